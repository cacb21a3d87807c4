"""Generations as a tree, in words, and two of them compared."""
