"""How a tree learns from triples: the dual loss, λ, replay, the update, and publishing.

Knows nothing of sampling, of HTTP or of screens. `learner` is the way in.
"""
