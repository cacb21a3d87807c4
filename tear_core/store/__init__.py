"""The database: sessions and their events, triples, generations, drafts, the learning log.

Plain functions that take a `Store`. Knows no torch, no screen and no network; nothing
outside this folder writes SQL. `open_store(home)` is the one way in.
"""

from tear_core.store.database import Store, StoreError, open_store

__all__ = ["Store", "StoreError", "open_store"]
