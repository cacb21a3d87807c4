"""Reads what the learning place shows. Takes a store of its own: it runs beside the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tear_core.engine.messages import TripleText
from tear_core.store import Store, StoreError, generations, learning_log, open_store, triples
from tear_core.store import surprises as measured
from tear_core.store.generations import Generation
from tear_core.store.learning_log import LearningRun
from tear_tui.monitoring.learning import Learning, Taught, taken
from tear_tui.text.safe_text import safe_line

RUNS = 200
CURVE = 100
"""Measured triples in the chart of surprise."""
WORDS = 200
"""Characters of a triple that are kept to be shown."""


def read(home: Path, base: str, before: Learning, chosen: str = "") -> Learning:
    """Learning as it stands now; `chosen` names the update to look at, else it is the newest.

    Raises:
        StoreError: the database cannot be read.
    """
    with open_store(home) as store, store.read():
        runs = tuple(learning_log.runs(store, RUNS))
        shown = next((run for run in runs if run.id == chosen), runs[0] if runs else None)
        same = before.shown is not None and shown is not None and before.shown.id == shown.id
        after = before.steps[-1].step if same and before.steps else 0
        rows = learning_log.read(store, shown.id, after) if shown is not None else []
        now = taken(before, shown, rows)
        return replace(
            now,
            runs=runs,
            at_work=learning_log.at_work(store),
            window=_window(store, now) if rows or not same else before.window,
            generations=_generations(store, runs),
            curve=tuple(measured.curve(store, CURVE)),
            live=generations.live(store, base),
            pending=triples.counts(store)["pending"],
            untried=learning_log.untried(store, base),
        )


def texts(home: Path, ids: Sequence[str]) -> dict[str, TripleText]:
    """These triples as the engine scores them, by id."""
    with open_store(home) as store:
        return {
            each.id: TripleText(
                each.triple.input,
                each.triple.response,
                each.triple.consequence,
                each.triple.landing,
                each.triple.context,
            )
            for each in triples.get_many(store, ids)
        }


def _window(store: Store, now: Learning) -> tuple[Taught, ...]:
    """The triples of the latest step, the new ones first."""
    step = now.latest
    if step is None:
        return ()
    found = triples.get_many(store, (*step.new_ids, *step.replayed_ids))
    new = set(step.new_ids)
    return tuple(
        Taught(each.id, each.id in new, each.triple.landing, first_words(each)) for each in found
    )


def first_words(stored: triples.StoredTriple) -> str:
    """The beginning of a triple on one line: what was said, and what came of it."""
    triple = stored.triple
    said = safe_line(triple.input[:WORDS]) or "…"
    return f"{said} → {safe_line(triple.consequence[:WORDS])}"


def _generations(store: Store, runs: Sequence[LearningRun]) -> dict[int, Generation]:
    """What the updates were published as. A label or a pin may have changed: they are read anew."""
    found: dict[int, Generation] = {}
    for run in runs:
        if run.generation is None:
            continue
        try:
            row = generations.get(store, run.generation)
        except StoreError:
            continue
        if row is not None:
            found[row.number] = row
    return found
