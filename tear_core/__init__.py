"""The engine of tear-tui: everything that reads, stores, speaks, learns and measures.

Knows nothing of screens or terminals. Data flows from the plain (`triples`,
`witness_format`, `turn`) through `store`, `model`, `generate` and `learn` up to
`engine`, the long-lived process that the app and the command line talk to.
"""

__version__ = "0.1.0"
