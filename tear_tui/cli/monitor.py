"""`tear-tui monitor`: the learning screen beside a long run, or its state for scripts."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tear_core.engine.client import EngineError, connect
from tear_core.engine.messages import EngineStatus
from tear_core.home import pause_mark
from tear_core.settings import load_settings
from tear_tui.cli.output import CommandError, emit_json, emit_text
from tear_tui.cli.root import home_of
from tear_tui.engine_link import EngineView
from tear_tui.monitoring import learning_words, reading_learning
from tear_tui.monitoring.learning import Learning, seconds_left, tokens_per_second
from tear_tui.monitoring.learning_words import Policy

if TYPE_CHECKING:
    from tear_tui.widgets.plain import Part

LOOK = 1.0
"""Seconds between two looks while the state is followed."""


def monitor(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Print how it stands, and end.")] = False,
    json: Annotated[
        bool,
        typer.Option("--json", help="Print JSON: one value with --once, else a line a change."),
    ] = False,
) -> None:
    """Watch learning, in the engine or in a command. Starts nothing and loads no model.

    Everything is read from the log, so it works beside `tear-tui train` in another terminal, and
    after a restart.
    """
    home = home_of(ctx)
    if not once and not json:
        raise typer.Exit(_open(home))
    for now, status in _states(home, once):
        paused = status.paused if status is not None else pause_mark(home).exists()
        rule = Policy.of(status or load_settings())
        if json:
            emit_json(as_json(now, status, paused, rule))
        else:
            emit_text(_sentences(now, status, paused, rule))


def _open(home: Path) -> int:
    """The app, on the learning place; an engine is started only when somebody asks for it."""
    from tear_tui.entrance import run

    if not sys.stdout.isatty():
        raise CommandError("there is no terminal to draw on", "`--once` prints how it stands.")
    return run(home, at="learning", may_start=False)


def _states(home: Path, once: bool) -> Iterator[tuple[Learning, EngineStatus | None]]:
    """How it stands now; then, unless `once`, each time that it stands otherwise."""
    now: Learning | None = None
    before: EngineStatus | None = None
    while True:
        status = _status(home)
        base = status.base if status is not None else load_settings().base
        fresh = reading_learning.read(home, base, now or Learning())
        if (fresh, _lasting(status)) != (now, _lasting(before)):
            yield fresh, status
        if once:
            return
        now, before = fresh, status
        time.sleep(LOOK)


def _lasting(status: EngineStatus | None) -> tuple[object, ...] | None:
    """What of an engine's status is news: not every byte of its memory."""
    if status is None:
        return None
    return status.model, status.live, status.paused, Policy.of(status)


def _status(home: Path) -> EngineStatus | None:
    client = connect(home)
    try:
        return None if client is None else client.status()
    except EngineError:
        return None


def _sentences(now: Learning, status: EngineStatus | None, paused: bool, rule: Policy) -> str:
    view = EngineView("gone" if status is None else status.model, status)
    told: list[Sequence[Part]] = [
        learning_words.headline(now, view, paused, "`tear-tui engine start` starts it"),
        [learning_words.figures(now, status.memory_bytes if status is not None else 0)],
        [f"learns {learning_words.policy(rule)}"],
        *(learning_words.row(run, now) for run in now.runs[:5]),
    ]
    lines = (
        "".join(part if isinstance(part, str) else part[0] for part in parts) for parts in told
    )
    return "\n".join(line for line in lines if line.strip())


def as_json(
    now: Learning, status: EngineStatus | None, paused: bool, rule: Policy
) -> dict[str, Any]:
    """The state for scripts. Names and figures, no text of anybody."""
    step, run = now.latest, now.shown
    return {
        "learning": now.at_work is not None,
        "paused": paused,
        "process": now.at_work.pid if now.at_work is not None else None,
        "engine": None if status is None else status.pid,
        "run": None if run is None else run.id,
        "outcome": "" if run is None else run.outcome,
        "why": "" if run is None else run.why,
        "parent": None if run is None else run.parent,
        "generation": None if run is None else run.generation,
        "step": 0 if step is None else step.step,
        "steps": 0 if step is None else step.steps,
        "response_loss": None if step is None else step.response_loss,
        "consequence_loss": None if step is None else step.consequence_loss,
        "lambda": None if step is None else step.lambda_,
        "tokens_per_second": tokens_per_second(now.steps),
        "seconds_left": seconds_left(now.steps) if now.is_live else None,
        "memory_bytes": None if step is None else step.memory_bytes,
        "new": [] if step is None else list(step.new_ids),
        "replayed": [] if step is None else list(step.replayed_ids),
        "verdict": "" if now.result is None else now.result.verdict,
        "surprise": now.curve[-1].nats if now.curve else None,
        "live": now.live,
        "pending": now.pending,
        "untried": now.untried,
        "learn_when": rule.when,
        "learn_after": rule.after,
        "learn_idle_seconds": rule.idle_seconds,
    }
