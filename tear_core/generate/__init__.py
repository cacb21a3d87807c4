"""How a tree speaks: a draft, its scene and the response, over one key-value cache.

Knows nothing of learning, of the database or of HTTP: tokens in, text events out.
"""
