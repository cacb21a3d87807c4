"""Results of suites, kept in the home: a gate that was cut off goes on, and the base is run once.

Figures by the item's id, never what was written. A file that is of other weights, items, bars or
another version is not used.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tear_core import __version__
from tear_core.corpus.atomic import whole_text
from tear_core.evaluate.suites.bars import FILE as BARS
from tear_core.evaluate.suites.result import SuiteResult
from tear_core.home import private_folder


def read(home: Path, model: str, suite: str, items: str) -> SuiteResult | None:
    """The result of a suite under these weights on these items, if it is kept and is current."""
    try:
        kept = json.loads(_path(home, model, suite, items).read_text(encoding="utf-8"))
        if kept["of"] != _of(model, items):
            return None
        found = SuiteResult.from_json(kept["result"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # half a file, or one of another form: it is measured again
    return found if (found.name, found.items_hash) == (suite, items) else None


def keep(home: Path, model: str, result: SuiteResult) -> None:
    """Keep a result. `model` is the hash of the weights that it is of.

    Raises:
        OSError: it could not be written.
    """
    told = {"of": _of(model, result.items_hash), "result": result.as_json()}
    path = _path(home, model, result.name, result.items_hash)
    whole_text(path, json.dumps(told, allow_nan=False) + "\n", force=True)


def _path(home: Path, model: str, suite: str, items: str) -> Path:
    return private_folder(home / "gate") / f"{model[:16]}-{suite}-{items[:16]}.json"


def _of(model: str, items: str) -> dict[str, str]:
    bars = hashlib.blake2b(BARS.read_bytes(), digest_size=8).hexdigest()
    return {"model": model, "items": items, "version": __version__, "bars": bars}
