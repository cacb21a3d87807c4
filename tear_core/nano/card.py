"""Writes the card of a finished run: `python -m tear_core.nano.card --run DIR --text DIR ...`.

Everything in the card is measured or sampled here, from the exported weights: held-out
losses, ten samples that nobody chose, and the credits that the licences ask for.
"""

from __future__ import annotations

import argparse
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import Qwen3ForCausalLM

from tear_core.nano import checkpoint
from tear_core.nano.card_words import BIASES, HEAD
from tear_core.nano.checkpoint import Progress
from tear_core.nano.corpus import Row, read_rows, split_rows
from tear_core.nano.measure import Score, held_out_scores
from tear_core.nano.prepare import prepare
from tear_core.nano.samples import draft_and_scene
from tear_core.nano.sources import SOURCES, Source
from tear_core.nano.tokenizer import DELIMITER_IDS, VOCABULARY_ROWS, load_tokenizer

SAMPLES = 10
SHOWN = "moral_stories"
TEMPERATURE = 0.7
SAMPLE_SEED = 0


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
    sources: Mapping[str, Source] = SOURCES,
    shown: str = SHOWN,
) -> None:
    """Write README.md and ATTRIBUTION.md into the model folder.

    `shown` is the source whose held-out situations the samples answer.
    """
    progress = checkpoint.load_progress(run)
    if progress is None:
        raise SystemExit(f"{run} holds no checkpoint: train first")
    seed = int(progress.identity["seed"])
    context = int(progress.identity["context"])
    model = Qwen3ForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = load_tokenizer(folder)
    data = prepare(text, triples, run, seed, context, sources)
    scores = held_out_scores(model, tokenizer, data.held_out, context)
    _, held_rows = split_rows(read_rows(triples, sources))
    rows = first_situations(held_rows, shown, SAMPLES)
    told = [draft_and_scene(model, tokenizer, row.input, TEMPERATURE, SAMPLE_SEED) for row in rows]
    sizes = {name: sum(map(len, sequences)) for name, sequences in data.train.items()}
    parts = [
        _head(progress, model.num_parameters(), folder, tokenizer.get_vocab_size(), words),
        _data(sizes, sources),
        _losses(scores, [name for name in sizes if name not in scores]),
        BIASES,
        _samples(rows, told, shown),
    ]
    (folder / "README.md").write_text("\n".join(parts), encoding="utf-8")
    (folder / "ATTRIBUTION.md").write_text(
        "\n".join(attribution(text, sources)) + "\n", encoding="utf-8"
    )


def first_situations(held_out: list[Row], source: str, count: int) -> list[Row]:
    """The first `count` held-out rows of a source with different inputs, in file order."""
    first: dict[str, Row] = {}
    for row in held_out:
        if row.source.name == source:
            first.setdefault(row.given, row)
    return list(first.values())[:count]


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


def _head(progress: Progress, parameters: int, folder: Path, entries: int, words: Words) -> str:
    identity = progress.identity
    return HEAD.format(
        **{key: identity[key] for key in ("hidden", "layers", "intermediate", "heads")},
        **{key: identity[key] for key in ("kv_heads", "head_size", "context", "seed")},
        parameters=parameters,
        millions=parameters / 1e6,
        megabytes=(folder / "model.safetensors").stat().st_size / 1e6,
        entries=entries,
        rows=VOCABULARY_ROWS,
        first=min(DELIMITER_IDS.values()),
        last=max(DELIMITER_IDS.values()),
        spare=VOCABULARY_ROWS - 1 - max(DELIMITER_IDS.values()),
        steps=progress.step,
        batch=identity["batch_tokens"],
        tokens=progress.tokens,
        minutes=progress.seconds / 60,
        hardware=words.hardware,
        note=words.note,
    )


def _data(sizes: Mapping[str, int], sources: Mapping[str, Source]) -> str:
    lines = [
        "## Data\n",
        "Only sources whose licence allows it. Tokens are those of the training split, triples in",
        "all the wordings they were given; the two shares are of the tokens read before and during",
        "the fall of the learning rate. Texts were shortened, split and re-worded as described in",
        "`tear_core/nano/rendering.py`. Titles and authors of the storybooks: `ATTRIBUTION.md`.\n",
        "| source | licence | credit | tokens | before | during |",
        "|---|---|---|---|---|---|",
    ]
    for name, source in sources.items():
        if name in sizes:
            lines.append(
                f"| {name} | {source.licence} | {source.credit} | {sizes[name]:,} "
                f"| {source.general:.0%} | {source.final:.0%} |"
            )
    lines.append(
        "\nCC-BY 4.0: https://creativecommons.org/licenses/by/4.0/ · "
        "CC-BY 2.0: https://creativecommons.org/licenses/by/2.0/\n"
    )
    return "\n".join(lines)


def _losses(scores: Mapping[str, Score], unmeasured: list[str]) -> str:
    lines = [
        "## Held-out loss\n",
        "Texts and situations that were never trained on, each read alone from its first token;",
        "at most 250 of a source. Bits per byte count delimiters as cost and text as bytes.\n",
        "| source | sequences | tokens | nats/token | bits/byte |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {score.sequences} | {score.tokens:,} | {score.nats_per_token:.3f} "
        f"| {score.bits_per_byte:.3f} |"
        for name, score in scores.items()
    ]
    if unmeasured:
        names = ", ".join(sorted(unmeasured))
        lines.append(f"\nWholly on the training side, so not measured: {names}.")
    return "\n".join(lines) + "\n"


def _samples(rows: list[Row], told: list[tuple[str, str]], shown: str) -> str:
    lines = [
        "## Samples that nobody chose\n",
        f"The first {len(rows)} held-out situations of {shown} in file order, temperature "
        f"{TEMPERATURE},\nseed {SAMPLE_SEED} for each, no top-k, no top-p, one try.\n",
    ]
    for number, (row, (response, scene)) in enumerate(zip(rows, told, strict=True), start=1):
        lines += [
            f"**{number}.** {row.input}\n",
            f"> response: {_quoted(response)}",
            ">",
            f"> scene: {_quoted(scene)}\n",
        ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    shown = "".join(sign for sign in text if sign.isprintable() or sign == "\n")
    return shown.replace("\n", "\n> ") or "(nothing)"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tear_core.nano.card", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the finished run")
    parser.add_argument("--text", type=Path, required=True, help="the folder it read")
    parser.add_argument("--triples", type=Path, required=True, help="the folder it read")
    parser.add_argument("--to", type=Path, required=True, help="the exported model")
    parser.add_argument("--hardware", default="two CPU cores", help="in general words")
    parser.add_argument("--note", default="", help="what else a reader of the card must know")
    given = parser.parse_args()
    words = Words(given.hardware, given.note)
    write_card(given.run, given.text, given.triples, given.to, words)


if __name__ == "__main__":
    main()
