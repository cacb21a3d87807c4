"""A generation fits only the weights that it was learned on; on others the base answers for it.

That the base answers for this reason, and for which generation, stands in the history of what was
live: so it can be said, and taken back when the weights are back.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from tear_core.store.database import Store
from tear_core.store.generations import BASE, get, live, use


def fingerprint_of(folder: Path, *choices: str) -> str:
    """32 hex digits that change with the config, the tensors' names and offsets, the last bytes and
    the sizes of the files in a model's folder, and with these choices. Fast on 100 GB."""
    digest = hashlib.blake2b(" ".join(choices).encode(), digest_size=16)
    config = folder / "config.json"
    digest.update(config.read_text(encoding="utf-8").encode() if config.exists() else b"")
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            digest.update(file.read(min(length, 64 << 20)))
            file.seek(max(-1 << 16, -path.stat().st_size), os.SEEK_END)
            digest.update(file.read())
        digest.update(str(path.stat().st_size).encode())
    return digest.hexdigest()


def other_weights(number: int) -> str:
    """Why a generation cannot answer. The history says it in these words."""
    return f"generation {number} was learned on other weights"


def stands_for(store: Store, base: str) -> int:
    """The generation that the base answers for, since it does not fit the weights; 0: none."""
    found = store.connection.execute(
        "SELECT coalesce(generation, 0) AS generation, why FROM live_history WHERE base = ?"
        " ORDER BY seq DESC LIMIT 2",
        (base,),
    ).fetchall()
    if len(found) < 2 or found[0]["generation"] != BASE:
        return BASE
    before = int(found[1]["generation"])
    return before if before and found[0]["why"] == other_weights(before) else BASE


def unfit(store: Store, base: str, fingerprint: str | None) -> int:
    """The generation that would answer, had it been learned on the weights of this fingerprint.

    0: what is live fits. Where the fingerprint is not known, what the history says.
    """
    number = live(store, base) or stands_for(store, base)
    row = get(store, number)
    if row is None or fingerprint == row.base_fingerprint:
        return BASE
    return number if fingerprint is not None else stands_for(store, base)


def settle(store: Store, base: str, fingerprint: str) -> int:
    """Have the base answer where what is live does not fit; have that answer again where it does.

    Returns the number of the generation that the base stands for; 0: none.

    Raises:
        StoreError: the database is busy.
    """
    with store.write():  # nobody chooses another one meanwhile
        misfit, waiting = unfit(store, base, fingerprint), stands_for(store, base)
        if misfit and misfit == live(store, base):
            use(store, base, BASE, other_weights(misfit))
        row = get(store, waiting)
        if not misfit and row is not None and not row.removed_at:
            use(store, base, waiting, "the weights that it was learned on are back")
    return misfit
