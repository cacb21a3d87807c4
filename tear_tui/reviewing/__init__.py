"""Triples in review: the queue, its filters and orders, and what a decision says."""
