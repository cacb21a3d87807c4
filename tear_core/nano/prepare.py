"""From folders to token sequences: tokenizer, training sequences, and what is held out."""

from __future__ import annotations

import hashlib
import random
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tokenizers import Tokenizer

from tear_core.nano import rendering
from tear_core.nano.corpus import (
    Document,
    Row,
    check_folder,
    read_documents,
    read_rows,
    split_documents,
    split_rows,
)
from tear_core.nano.everyday import everyday_rows
from tear_core.nano.mixture import Sequences
from tear_core.nano.moral import stories_of
from tear_core.nano.sources import SOURCES, Source
from tear_core.nano.tokenizer import (
    DELIMITER_IDS,
    eos_id,
    load_tokenizer,
    save_tokenizer,
    train_tokenizer,
)
from tear_core.triples import Exchange, Triple
from tear_core.witness_format import TripleTooLong, WitnessFormat

VARIANTS = {"moral_story": 6, "next_turn": 2, "social": 2, "event": 2, "feeling": 1, "plain": 6}
"""Times a row is put into words: each with its own order, wording and names."""

OWN_TRIPLES = Path(__file__).parent
"""Where `small_talk.jsonl` is: rows written for nano, with the recipe rather than the corpus."""

EARLIER_SHARE = 0.1
"""Share of triples without earlier turns that are told after an exchange about something else,
as a talk in the app would go on."""


@dataclass(frozen=True)
class Prepared:
    """What the loop trains on, and what it is measured on, by name of the source."""

    tokenizer: Tokenizer
    train: Sequences
    held_out: Sequences


def witness_format(tokenizer: Tokenizer) -> WitnessFormat:
    """The witness format over nano's tokenizer."""
    return WitnessFormat(
        encode=lambda text: list(tokenizer.encode(text, add_special_tokens=False).ids),
        delimiters={name: [number] for name, number in DELIMITER_IDS.items()},
        eos=eos_id(tokenizer),
    )


def prepare(
    text: Path,
    triples: Path,
    out: Path,
    seed: int,
    context: int,
    sources: Mapping[str, Source] = SOURCES,
    held_out_only: bool = False,
) -> Prepared:
    """Read both folders; train the tokenizer into `out` unless it is already there.

    `held_out_only` leaves the training side out of the result: measuring needs none of it.

    Raises:
        RecipeError: a folder is not there or has nothing to read, or a file cannot be read.
    """
    check_folder(text, "text", sources)
    check_folder(triples, "triples", sources)
    out.mkdir(parents=True, exist_ok=True)
    documents, held_documents = split_documents(read_documents(text, sources))
    rows, held_rows = split_rows([*read_rows(triples, sources), *own_rows(sources)])
    if not (out / "tokenizer.json").exists():
        texts = [document.text for document in documents] + list(_row_texts(rows))
        save_tokenizer(train_tokenizer(texts), out, context)
    tokenizer = load_tokenizer(out)
    if held_out_only:
        documents, rows = [], []
    return Prepared(
        tokenizer,
        _sequences(documents, rows, tokenizer, seed, variants=VARIANTS),
        _sequences(held_documents, held_rows, tokenizer, seed, variants={}),
    )


def own_rows(sources: Mapping[str, Source] = SOURCES) -> Iterator[Row]:
    """The rows that were written for nano, if `sources` names them."""
    yield from read_rows(OWN_TRIPLES, sources)
    for source in sources.values():
        if source.kind == "scenarios":
            yield from everyday_rows(source)


def digest(sequences: Sequences) -> str:
    """16 hex digits that change with any token of the corpus."""
    found = hashlib.blake2b(digest_size=8)
    for name, own in sorted(sequences.items()):
        found.update(name.encode())
        for sequence in own:
            found.update(sequence.tobytes())
    return found.hexdigest()


def _row_texts(rows: list[Row]) -> Iterator[str]:
    for row in rows:
        yield f"{row.input}\n{row.response}\n{row.consequence}"


def _sequences(
    documents: list[Document],
    rows: list[Row],
    tokenizer: Tokenizer,
    seed: int,
    variants: Mapping[str, int],
) -> dict[str, list[array[int]]]:
    """Every document and triple as ids. A style without an entry in `variants` is told once."""
    form = witness_format(tokenizer)
    out: dict[str, list[array[int]]] = {}

    stories = stories_of(rows)

    def add(source: Source, triple: Triple | None) -> None:
        if triple is None:
            return
        try:
            ids = form.training_tokens(triple, source.longest).ids
        except TripleTooLong:
            return
        out.setdefault(source.name, []).append(array("H", ids))

    for name in dict.fromkeys(document.source.name for document in documents):
        own = [document for document in documents if document.source.name == name]
        if own[0].source.style == "dialogue":
            for index, document in enumerate(own):
                rng = random.Random(f"{seed}:{name}:{index}")
                add(document.source, rendering.dialogue_triple(document.text, rng))
        else:
            texts = list(rendering.document_texts(own, seed))
            encoded = tokenizer.encode_batch(texts, add_special_tokens=False)
            out[name] = [array("H", [*entry.ids, form.eos]) for entry in encoded]
    spoken = [row for row in rows if row.input]
    for index, row in enumerate(rows):
        for variant in range(variants.get(row.source.style, 1)):
            rng = random.Random(f"{seed}:{row.source.name}:{index}:{variant}")
            triple = rendering.row_triple(row, rng, stories)
            if triple and spoken and not triple.context and rng.random() < EARLIER_SHARE:
                triple = replace(triple, context=_earlier(rng.choice(spoken), rng))
            add(row.source, triple)
    return out


def _earlier(row: Row, rng: random.Random) -> tuple[Exchange, ...]:
    """An exchange about something else, in the words of another row."""
    triple = rendering.row_triple(row, rng)
    return (Exchange(triple.input, triple.response),) if triple else ()
