"""What is measured about a tree. Every number here comes from `model.scoring`.

Knows nothing of learning; what is measured must not depend on who learned it.
"""
