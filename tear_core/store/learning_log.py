"""What learning did, kept while it happens: a row for each update, a row for each of its steps."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tear_core.home import learner_lock
from tear_core.store.database import Store
from tear_core.store.ids import new_id, now

Outcome = Literal["", "published", "refused", "stopped", "interrupted", "failed"]
"""How an update ended: "" is not yet, or never (its process died). "refused": the gate did not
let it go live. After "stopped" (by a person), "interrupted" (its process ended) and "failed"
nothing is published."""

CAME_TO_NOTHING: tuple[Outcome, ...] = ("refused", "stopped", "failed")
"""Doing the same again would end the same."""


@dataclass(frozen=True, slots=True)
class LearningRun:
    """One update, from the moment it was begun.

    Attributes:
        parent: the generation it started from; 0 is the base.
        triples: ids of the new triples that it was to learn.
        pid: the process that learns, or did.
        why: what a person should know about the outcome.
        generation: what it was published as.
        taken, steps: how many steps it has taken, and of how many.
        stages: seconds by the name of the stage, of an update that was published or refused
            (see `learn.stages`).
    """

    id: str
    base: str
    parent: int
    triples: tuple[str, ...]
    pid: int
    began_at: str
    ended_at: str = ""
    outcome: Outcome = ""
    why: str = ""
    generation: int | None = None
    taken: int = 0
    steps: int = 0
    stages: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LearningStep:
    """One step of the optimizer.

    Attributes:
        run: names the learning run (see `begin`).
        step: counts from 1 to `steps`.
        response_loss, consequence_loss: nats per token; None if the step had no such tokens.
        tokens: tokens in the step; `seconds`: how long it took.
        discarded: the step was undone (a loss or gradient that is not a number).
        generation: the one this run was published as; None until then.
        new_ids, replayed_ids: the triples of its window.
        memory_bytes: what the learning process held for the model after it; 0 is unknown.
    """

    run: str
    step: int
    steps: int
    response_loss: float | None
    consequence_loss: float | None
    lambda_: float
    grad_norm: float | None
    tokens: int
    seconds: float
    discarded: bool = False
    generation: int | None = None
    at: str = ""
    new_ids: tuple[str, ...] = ()
    replayed_ids: tuple[str, ...] = ()
    memory_bytes: int = 0


def new_run() -> str:
    """A name for a learning run."""
    return new_id()


def begin(store: Store, base: str, parent: int, triples: Sequence[str]) -> str:
    """Write down that this process begins an update; returns the run's name."""
    run = new_run()
    with store.write() as connection:
        connection.execute(
            "INSERT INTO learning_runs (id, base, parent, triples, pid, began_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (run, base, parent, json.dumps(list(triples)), os.getpid(), now()),
        )
    return run


def end(
    store: Store,
    run: str,
    outcome: Outcome,
    why: str = "",
    generation: int | None = None,
    stages: Mapping[str, float] | None = None,
) -> None:
    """Write down how an update ended, and where its time went."""
    with store.write() as connection:
        connection.execute(
            "UPDATE learning_runs SET ended_at = ?, outcome = ?, why = ?, generation = ?,"
            " stages = ? WHERE id = ?",
            (now(), outcome, why, generation, json.dumps(dict(stages or {})), run),
        )


_RUNS = """
    SELECT learning_runs.*, coalesce(last.step, 0) AS taken, coalesce(last.steps, 0) AS steps
    FROM learning_runs LEFT JOIN learning_steps AS last
        ON last.seq = (SELECT max(seq) FROM learning_steps WHERE run = learning_runs.id)
"""


def runs(store: Store, limit: int = 50) -> list[LearningRun]:
    """The latest updates, newest first."""
    rows = store.connection.execute(f"{_RUNS} ORDER BY learning_runs.id DESC LIMIT ?", (limit,))
    return [_run(row) for row in rows]


def get_run(store: Store, run: str) -> LearningRun | None:
    """An update by its name."""
    row = store.connection.execute(f"{_RUNS} WHERE learning_runs.id = ?", (run,)).fetchone()
    return _run(row) if row else None


def at_work(store: Store) -> LearningRun | None:
    """The update in hand, in whichever process: one that has not ended, and whose process holds
    the learner's lock and lives."""
    newest = next(iter(runs(store, 1)), None)
    if newest is None or newest.ended_at:
        return None
    try:
        held = int(learner_lock(store.home).with_suffix(".pid").read_text())
    except (OSError, ValueError):
        return None
    return newest if held == newest.pid and _lives(held) else None


def _lives(pid: int) -> bool:
    """Whether there is such a process, and not only its entry that its parent has not read yet."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return True
    return state not in ("Z", "X")


def untried(store: Store, base: str) -> int:
    """How many pending triples were in no update of this base that came to nothing, or have been
    changed since. Where there are none, learning what is pending would come to nothing again."""
    row = store.connection.execute(
        """
        WITH tried(id, at) AS (
            SELECT value, max(ended_at) FROM learning_runs, json_each(learning_runs.triples)
            WHERE base = ? AND outcome IN (SELECT value FROM json_each(?)) GROUP BY value
        )
        SELECT (SELECT coalesce(sum(n), 0) FROM triple_kinds WHERE status = 'pending')
            - (SELECT count(*) FROM tried CROSS JOIN triples USING (id)  -- in this order
               WHERE status = 'pending' AND updated_at <= at)
        """,
        (base, json.dumps(CAME_TO_NOTHING)),
    ).fetchone()
    return int(row[0])


def append(store: Store, step: LearningStep) -> None:
    """Write a step down. A loss that is not a number is kept as None."""
    with store.write() as connection:
        connection.execute(
            "INSERT INTO learning_steps (run, generation, step, steps, response_loss,"
            " consequence_loss, lambda, grad_norm, tokens, seconds, discarded, at, new_ids,"
            " replayed_ids, memory_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                step.run,
                step.generation,
                step.step,
                step.steps,
                step.response_loss,
                step.consequence_loss,
                step.lambda_,
                step.grad_norm,
                step.tokens,
                step.seconds,
                int(step.discarded),
                step.at or now(),
                json.dumps(step.new_ids),
                json.dumps(step.replayed_ids),
                step.memory_bytes,
            ),
        )


def published_as(store: Store, run: str, generation: int) -> None:
    """Note which generation a run was published as."""
    with store.write() as connection:
        connection.execute(
            "UPDATE learning_steps SET generation = ? WHERE run = ?", (generation, run)
        )


def read(store: Store, run: str, after: int = 0) -> list[LearningStep]:
    """The steps of a run, in order; only those that come after step number `after`."""
    rows = store.connection.execute(
        "SELECT * FROM learning_steps WHERE run = ? AND step > ? ORDER BY seq", (run, after)
    )
    return [_step(row) for row in rows]


def of_generation(store: Store, generation: int) -> list[LearningStep]:
    """The steps by which a generation was learned, in order."""
    rows = store.connection.execute(
        "SELECT * FROM learning_steps WHERE generation = ? ORDER BY seq", (generation,)
    )
    return [_step(row) for row in rows]


def latest_run(store: Store) -> str | None:
    """The run that wrote a step last."""
    row = store.connection.execute(
        "SELECT run FROM learning_steps ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return row["run"] if row else None


def _step(row: sqlite3.Row) -> LearningStep:
    values = {key: row[key] for key in row.keys() if key not in ("seq", "lambda", "discarded")}  # noqa: SIM118
    for name in ("new_ids", "replayed_ids"):
        values[name] = tuple(json.loads(values[name]))
    return LearningStep(lambda_=row["lambda"], discarded=bool(row["discarded"]), **values)


def _run(row: sqlite3.Row) -> LearningRun:
    values = {key: row[key] for key in row.keys()}  # noqa: SIM118
    values["triples"] = tuple(json.loads(values["triples"]))
    values["stages"] = json.loads(values["stages"])
    values["ended_at"] = values["ended_at"] or ""
    return LearningRun(**values)
