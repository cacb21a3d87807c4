"""Triples as rows of a published dataset: our own, and those that trainers read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from tear_core.corpus.splitting import split_of
from tear_core.store.triple_rows import StoredTriple
from tear_core.triples import Triple

Row = dict[str, Any]

_RANK = {"healed": 2, "neutral": 1, "hurt": 0}


def triple_row(stored: StoredTriple) -> Row:
    """All of a triple that is nobody's private matter; `import` reads it back as it was."""
    triple, notes = stored.triple, stored.notes
    return {
        "id": stored.id,
        "input": triple.input,
        "response": triple.response,
        "consequence": triple.consequence,
        "landing": triple.landing,
        "order": triple.order,
        "context": [{"input": past.input, "response": past.response} for past in triple.context],
        "draft": triple.draft and {"response": triple.draft.response, "scene": triple.draft.scene},
        "status": stored.status,
        "source": stored.source,
        "licence": notes.licence,
        "consent": notes.consent,
        "theme": notes.theme,
        "difficulty": notes.difficulty,
        "culture": notes.culture,
        "pair": notes.pair,
        "predicted": stored.predicted,
        "surprise": stored.surprise,
        "split": split_of(triple.input),
        "content_hash": triple.content_hash,
        "created_at": stored.created_at,
    }


def message_row(stored: StoredTriple) -> Row:
    return {
        "messages": [*prompt(stored.triple), _reply(stored.triple)],
        "consequence": stored.triple.consequence,
        "landing": stored.triple.landing,
        **_marks(stored),
    }


def sft_rows(several: Iterable[StoredTriple]) -> Iterator[Row]:
    """Prompt and completion to imitate: nothing that hurt is among them."""
    for stored in several:
        if stored.triple.landing != "hurt":
            yield {
                "prompt": prompt(stored.triple),
                "completion": [_reply(stored.triple)],
                "consequence": stored.triple.consequence,
                "landing": stored.triple.landing,
                **_marks(stored),
            }


def kto_rows(several: Iterable[StoredTriple]) -> Iterator[Row]:
    """Replies that are wanted (healed) or not (hurt). A neutral one says neither."""
    for stored in several:
        if stored.triple.landing != "neutral":
            yield {
                "prompt": prompt(stored.triple),
                "completion": [_reply(stored.triple)],
                "label": stored.triple.landing == "healed",
                "consequence": stored.triple.consequence,
                "landing": stored.triple.landing,
                **_marks(stored),
            }


def preference_rows(by_input: Iterable[StoredTriple]) -> Iterator[Row]:
    """Two replies to the same words of which one landed better: each that landed worse beside
    the first of the best.

    Args:
        by_input: in the order of `overview.walk(by_input=True)`.
    """
    for _, several in groupby(by_input, lambda each: (each.triple.input, each.triple.context)):
        best: StoredTriple | None = None
        for stored in several:
            if best is None:
                best = stored
            if _RANK[stored.triple.landing] < _RANK[best.triple.landing]:
                yield {
                    "prompt": prompt(best.triple),
                    "chosen": [_reply(best.triple)],
                    "rejected": [_reply(stored.triple)],
                    "chosen_consequence": best.triple.consequence,
                    "rejected_consequence": stored.triple.consequence,
                    "chosen_landing": best.triple.landing,
                    "rejected_landing": stored.triple.landing,
                    **_marks(best),
                }


def prompt(triple: Triple) -> list[dict[str, str]]:
    """What was said before the reply, as chat messages."""
    turns: list[dict[str, str]] = []
    for past in triple.context:
        turns.append({"role": "user", "content": past.input})
        turns.append({"role": "assistant", "content": past.response})
    return [*turns, {"role": "user", "content": triple.input}]


def _reply(triple: Triple) -> dict[str, str]:
    return {"role": "assistant", "content": triple.response}


def _marks(stored: StoredTriple) -> Row:
    return {"id": stored.id, "split": split_of(stored.triple.input)}
