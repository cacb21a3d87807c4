"""Measures one model folder, or two side by side:

    python -m tear_core.nano.measure MODEL [OTHER] --text DIR --triples DIR [--json FILE]

Both read the same held-out texts and write to the same twenty turns from the same seeds.
Bits per byte compare models of any tokenizer; nats per token only those of the same one.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import Qwen3ForCausalLM

from tear_core.nano.branches import Accuracy, own_branch_accuracy, pairs_of
from tear_core.nano.chat import Talk, first_turns
from tear_core.nano.corpus import Row, read_rows, split_rows
from tear_core.nano.losses import Score, evenly, held_out_scores, scene_nats
from tear_core.nano.prepare import own_rows, prepare
from tear_core.nano.rendering import told_plainly
from tear_core.nano.sources import SOURCES, Source
from tear_core.nano.start import adopt_tokenizer
from tear_core.nano.tables import tables
from tear_core.nano.tokenizer import load_tokenizer
from tear_core.nano.troubles import in_a_sentence

SCENES = 250
"""At most this many held-out triples a source have their scenes scored."""

SEED = 0


@dataclass(frozen=True)
class Measures:
    """What can be said of a model in numbers, and what it wrote.

    Attributes:
        losses: held-out loss by source. scenes: (triples, nats per token of their scenes).
        branches: own scene against the other act's; None where no story has both.
    """

    parameters: int
    losses: Mapping[str, Score]
    scenes: Mapping[str, tuple[int, float]]
    branches: Accuracy | None
    talk: Talk


def measured(
    folder: Path, text: Path, triples: Path, sources: Mapping[str, Source] = SOURCES
) -> Measures:
    """Measure the model in `folder` on the held-out side of the two corpus folders."""
    model = Qwen3ForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = load_tokenizer(folder)
    context = model.config.max_position_embeddings
    with tempfile.TemporaryDirectory() as scratch:
        adopt_tokenizer(folder, Path(scratch))
        data = prepare(text, triples, Path(scratch), SEED, context, sources, held_out_only=True)
    _, rows = split_rows([*read_rows(triples, sources), *own_rows(sources)])
    scenes = {}
    for name, own in by_source(rows).items():
        told = [triple for row in evenly(own, SCENES) if (triple := told_plainly(row))]
        if told:
            nats = scene_nats(model, tokenizer, told)
            scenes[name] = (len(told), sum(nats) / len(nats))
    pairs = pairs_of(row for row in rows if row.source.style == "moral_story")
    return Measures(
        model.num_parameters(),
        held_out_scores(model, tokenizer, data.held_out, context),
        scenes,
        own_branch_accuracy(model, tokenizer, pairs) if pairs else None,
        first_turns(model, tokenizer),
    )


def write_measures(found: Mapping[str, Measures], path: Path) -> None:
    """Keep measures as JSON, by the names they are given, for the card or for later."""
    numbers = {name: asdict(each) for name, each in found.items()}
    path.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")


def read_measures(path: Path) -> dict[str, Measures]:
    """What `write_measures` kept, in the order in which it was given."""
    return {name: _read(each) for name, each in json.loads(path.read_text()).items()}


def _read(given: dict[str, Any]) -> Measures:
    branches, talk = given["branches"], given["talk"]
    return Measures(
        given["parameters"],
        {name: Score(**score) for name, score in given["losses"].items()},
        {name: (count, nats) for name, (count, nats) in given["scenes"].items()},
        Accuracy(**branches) if branches else None,
        Talk(tuple(map(tuple, talk["told"])), talk["repetition"], talk["per_second"]),
    )


def by_source(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.source.name, []).append(row)
    return dict(sorted(found.items()))


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the tables, and write the numbers where asked."""
    parser = argparse.ArgumentParser(
        prog="python -m tear_core.nano.measure",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL", help="one or two folders")
    parser.add_argument("--text", type=Path, required=True, help="a folder of text archives")
    parser.add_argument("--triples", type=Path, required=True, help="a folder of .jsonl[.xz]")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads, 0: all cores")
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    given = parser.parse_args(arguments)
    if len(given.models) > 2:
        raise SystemExit("at most two models can stand side by side")
    if given.threads:
        torch.set_num_threads(given.threads)
    found: dict[str, Measures] = {}
    for folder in given.models:
        if not (folder / "config.json").exists():
            raise SystemExit(f"{folder} is not a model folder: it has no config.json")
        with in_a_sentence():
            found[str(folder)] = measured(folder, given.text, given.triples, SOURCES)
    print(tables(found))
    if given.json is not None:
        with in_a_sentence():
            write_measures(found, given.json)


if __name__ == "__main__":
    main()
