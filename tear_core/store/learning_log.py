"""What each step of learning did, kept row by row while it happens."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from tear_core.store.database import Store
from tear_core.store.ids import new_id, now


@dataclass(frozen=True, slots=True)
class LearningStep:
    """One step of the optimizer.

    Attributes:
        run: names the learning run (see `new_run`).
        step: counts from 1 to `steps`.
        response_loss, consequence_loss: nats per token; None if the step had no such tokens.
        tokens: tokens in the step; `seconds`: how long it took.
        discarded: the step was undone (a loss or gradient that is not a number).
        generation: the one this run was published as; None until then.
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


def new_run() -> str:
    """A name for a learning run."""
    return new_id()


def append(store: Store, step: LearningStep) -> None:
    """Write a step down. A loss that is not a number is kept as None."""
    with store.write() as connection:
        connection.execute(
            "INSERT INTO learning_steps (run, generation, step, steps, response_loss,"
            " consequence_loss, lambda, grad_norm, tokens, seconds, discarded, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            ),
        )


def published_as(store: Store, run: str, generation: int) -> None:
    """Note which generation a run was published as."""
    with store.write() as connection:
        connection.execute(
            "UPDATE learning_steps SET generation = ? WHERE run = ?", (generation, run)
        )


def read(store: Store, run: str) -> list[LearningStep]:
    """The steps of a run, in order."""
    rows = store.connection.execute(
        "SELECT * FROM learning_steps WHERE run = ? ORDER BY seq", (run,)
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
    return LearningStep(lambda_=row["lambda"], discarded=bool(row["discarded"]), **values)
