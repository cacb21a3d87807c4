"""Where triples come from besides the talk itself, and where they go: files.

Reads and writes plain files and the store. Knows no torch, no screen and no network.
Whatever is imported is unreviewed until a person accepts it.
"""
