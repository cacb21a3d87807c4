"""Which triples the surface is fitted on, which items set the temperature, and which are scored.

A file of a dataset in folders (`siblings/gate.jsonl`) brings its neighbours: `train.jsonl` for the
surface and `dev.jsonl` for the temperature. A file whose rows name their split is divided by that;
one with neither, by a hash of each input (as `tear-tui export` does). What is scored is never
fitted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tear_core.corpus.splitting import SPLITS, split_of
from tear_core.evaluate.awareness.items import Item, Witness, items_of, read


@dataclass(frozen=True)
class Sets:
    """What a measurement is made of.

    Attributes:
        train: triples for the surface model.
        calibration: items that set the temperature. Empty: `measure` sets it across halves.
        items: the pairs that are scored. scored: all triples of those files, alone or not.
    """

    train: list[Witness]
    calibration: list[Item]
    items: list[Item]
    scored: list[Witness]


def sets_of(items: Sequence[Path], train: Sequence[Path] = (), dev: Sequence[Path] = ()) -> Sets:
    """Read the files to be scored and what they need beside them; `train`, `dev` say it outright.

    An input that is to be scored is left out of the other two, wherever it turns up.

    Raises:
        OSError: a file cannot be opened.
    """
    scored: list[Witness] = []
    fitted = [witness for path in train for witness in read(path)]
    tuned = [witness for path in dev for witness in read(path)]
    for path in items:
        parts = _parts(path)
        scored += parts["scored"]
        fitted += parts["train"] if not train else []
        tuned += parts["dev"] if not dev else []
    taken = {witness.cluster for witness in scored}
    tuned = [witness for witness in tuned if witness.cluster not in taken]
    taken |= {witness.cluster for witness in tuned}
    fitted = [witness for witness in fitted if witness.cluster not in taken]
    return Sets(fitted, items_of(tuned), items_of(scored), scored)


def _parts(path: Path) -> dict[str, list[Witness]]:
    rows = read(path)
    if path.name.split(".")[0] in SPLITS:
        beside = {
            name: read(file) if (file := path.with_name(f"{name}.jsonl")) != path and file.exists()
            else []
            for name in ("train", "dev")
        }  # fmt: skip
        return {"scored": rows, **beside}
    by: dict[str, list[Witness]] = {"train": [], "dev": [], "scored": []}
    for row in rows:
        split = row.split or split_of(row.triple.input)
        by[split if split in by else "scored"].append(row)
    if not by["scored"]:
        by["scored"], by["dev"] = by["dev"], []
    return by
