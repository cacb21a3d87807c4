"""Writes the card of a finished run: `python -m tear_core.nano.card --run DIR --text DIR ...`.

Everything in the card is measured or sampled here, from the exported weights: held-out
losses, figures, twenty turns that nobody chose, and the credits that the licences ask for.
With `--before` the same is measured of an earlier model and stands beside it; `--measures`
takes what `measure --json` has kept, the earlier model first, and measures nothing again.
"""

from __future__ import annotations

import argparse
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tear_core.nano import checkpoint, tables
from tear_core.nano.card_words import BIASES, DATA, HEAD, LICENCES, MEASURED, TALK
from tear_core.nano.checkpoint import Progress
from tear_core.nano.measure import Measures, measured, read_measures
from tear_core.nano.mixture import shares, sizes_of
from tear_core.nano.prepare import prepare
from tear_core.nano.schedule import TURN_SHARE
from tear_core.nano.sources import ALL_SOURCES, Source
from tear_core.nano.tokenizer import DELIMITER_IDS, VOCABULARY_ROWS, load_tokenizer
from tear_core.nano.troubles import in_a_sentence


@dataclass(frozen=True, slots=True)
class Words:
    """What nothing here can measure: the hardware in general words, and what is worth noting."""

    hardware: str = "two CPU cores"
    note: str = ""


def write_card(
    run: Path,
    text: Path,
    triples: Path,
    folder: Path,
    words: Words,
    sources: Mapping[str, Source] = ALL_SOURCES,
    before: Path | None = None,
    measures: Path | None = None,
) -> None:
    """Write README.md and ATTRIBUTION.md into the model folder.

    `before` is the folder of an earlier model to stand beside this one; `measures` a file of
    one model's measures or of two, the earlier first.
    """
    progress = checkpoint.load_progress(run)
    if progress is None:
        raise SystemExit(f"{run} holds no checkpoint: train first")
    sizes = progress.sizes or _sizes(progress, text, triples, run, sources)
    own = {name: source for name, source in sources.items() if name in sizes}
    if measures is not None:
        kept = list(read_measures(measures).values())[-2:]
    else:
        folders = (folder,) if before is None else (before, folder)
        kept = [measured(each, text, triples, own) for each in folders]
    found = dict(zip(("before", "nano")[-len(kept) :], kept, strict=True))
    parts = [
        _head(progress, found["nano"].parameters, folder, words),
        _data(progress, sizes, own),
        MEASURED.format(beside=", before and after" if len(found) > 1 else ""),
        tables.loss_table(found),
        _unmeasured(sizes, found["nano"]),
        tables.scene_table(found),
        tables.figures(found),
        BIASES,
        TALK,
        tables.talks(found),
    ]
    (folder / "README.md").write_text("\n".join(parts), encoding="utf-8")
    lines = attribution(text, own)
    (folder / "ATTRIBUTION.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def attribution(text: Path, sources: Mapping[str, Source]) -> Iterator[str]:
    """Lines naming title and author of each story whose licence asks for it."""
    yield "# Stories in nano's training text\n"
    yield (
        "Each story below is under CC-BY unless marked otherwise. The texts were cut into\n"
        "tokens for training and are not contained in this package."
    )
    for name, source in sources.items():
        credits = _credits(text, name)
        if credits:
            yield f"\n## {source.credit.split(',')[0]}\n"
        for _, licence, title, author in credits:
            mark = "" if licence == "CC-BY" else f" ({licence})"
            yield f"- {title}, {author}{mark}"


def _credits(folder: Path, name: str) -> list[list[str]]:
    """The `_attribution.json` of an archive: [file, licence, title, author] rows."""
    for path in folder.glob(f"{name}.tar*"):
        with tarfile.open(path) as archive:
            for entry in archive.getmembers():
                content = archive.extractfile(entry) if entry.isfile() else None
                if content is not None and entry.name.endswith("_attribution.json"):
                    return [[str(field) for field in row] for row in json.loads(content.read())]
    return []


def _sizes(
    progress: Progress, text: Path, triples: Path, run: Path, sources: Mapping[str, Source]
) -> dict[str, int]:
    """Tokens of the training side by source, counted again for a run that did not record them."""
    seed, context = int(progress.identity["seed"]), int(progress.identity["context"])
    modern = {name: source for name, source in sources.items() if source.style != "book"}
    data = prepare(text, triples, run, seed, context, modern)
    return sizes_of(data.train)


def _head(progress: Progress, parameters: int, folder: Path, words: Words) -> str:
    identity, earlier = progress.identity, progress.earlier
    minutes = (progress.seconds + earlier.get("seconds", 0)) / 60
    begun = ""
    if earlier:
        begun = (
            f"The last run began with the weights of earlier ones, of {earlier['steps']:,.0f} "
            f"steps and {earlier['tokens']:,.0f} tokens, and took {progress.step:,} steps and "
            f"{progress.tokens:,} tokens.\n"
        )
    return HEAD.format(
        **{key: identity[key] for key in ("hidden", "layers", "intermediate", "heads")},
        **{key: identity[key] for key in ("kv_heads", "head_size", "context", "seed")},
        parameters=parameters,
        millions=parameters / 1e6,
        megabytes=(folder / "model.safetensors").stat().st_size / 1e6,
        entries=load_tokenizer(folder).get_vocab_size(),
        rows=VOCABULARY_ROWS,
        first=min(DELIMITER_IDS.values()),
        last=max(DELIMITER_IDS.values()),
        spare=VOCABULARY_ROWS - 1 - max(DELIMITER_IDS.values()),
        steps=progress.step + int(earlier.get("steps", 0)),
        batch=identity["batch_tokens"],
        tokens=progress.tokens + int(earlier.get("tokens", 0)),
        minutes=minutes,
        fall=1 - float(identity.get("turn", TURN_SHARE)),
        hardware=words.hardware,
        begun=begun,
        note=words.note,
    )


def _data(progress: Progress, sizes: Mapping[str, int], sources: Mapping[str, Source]) -> str:
    by_size = float(progress.identity.get("by_size", 0.0))
    general = shares(sizes, sources, "general", by_size)
    final = shares(sizes, sources, "final", by_size)
    lines = [DATA]
    for name, source in sources.items():
        lines.append(
            f"| {name} | {source.licence} | {source.credit} | {sizes[name]:,} "
            f"| {general.get(name, 0):.0%} | {final.get(name, 0):.0%} |"
        )
    return "\n".join((*lines, LICENCES))


def _unmeasured(sizes: Mapping[str, int], found: Measures) -> str:
    names = ", ".join(sorted(set(sizes) - set(found.losses)))
    return f"Wholly on the training side, so not measured: {names}.\n" if names else ""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tear_core.nano.card", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the finished run")
    parser.add_argument("--text", type=Path, required=True, help="the folder it read")
    parser.add_argument("--triples", type=Path, required=True, help="the folder it read")
    parser.add_argument("--to", type=Path, required=True, help="the exported model")
    parser.add_argument("--before", type=Path, help="an earlier model, to stand beside it")
    parser.add_argument("--measures", type=Path, help="a file that measure --json has written")
    parser.add_argument("--hardware", default="two CPU cores", help="in general words")
    parser.add_argument("--note", default="", help="what else a reader of the card must know")
    given = parser.parse_args()
    words = Words(given.hardware, given.note)
    with in_a_sentence():
        write_card(
            given.run,
            given.text,
            given.triples,
            given.to,
            words,
            before=given.before,
            measures=given.measures,
        )


if __name__ == "__main__":
    main()
