"""What the fast gate measured of a base, kept in the home: every engine would measure the same.

A function of the weights, how they are held, the items and this version; a file that is of others
is not used. Figures alone, never what was written.
"""

from __future__ import annotations

import json
from pathlib import Path

from tear_core import __version__
from tear_core.corpus.atomic import whole_text
from tear_core.evaluate.gate.probing import Probed
from tear_core.home import private_folder
from tear_core.model.base import Base


def read(home: Path, base: Base, items: str) -> Probed | None:
    """The figures of this base on the items with this hash, if they are kept and current."""
    try:
        kept = json.loads(_path(home, base, items).read_text(encoding="utf-8"))
        if kept["of"] != _of(base, items):
            return None
        found = Probed.from_json(kept["measured"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # half a file, or one of another form: it is measured again
    return found if found.hash == items else None


def keep(home: Path, base: Base, measured: Probed) -> None:
    """Keep the figures of a base.

    Raises:
        OSError: they could not be written.
    """
    told = {"of": _of(base, measured.hash), "measured": measured.as_json()}
    path = _path(home, base, measured.hash)
    whole_text(path, json.dumps(told, allow_nan=False) + "\n", force=True)


def _path(home: Path, base: Base, items: str) -> Path:
    folder = private_folder(home / "gate")
    return folder / f"{base.fingerprint[:16]}-probe-{items[:16]}.json"


def _of(base: Base, items: str) -> dict[str, str]:
    return {
        "model": base.fingerprint,
        "dtype": str(base.dtype),
        "device": base.device.type,
        "items": items,
        "version": __version__,
    }
