"""What the status line says, as words: pure, so that it can be read without a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.cells import cell_len

from tear_core.triples import Order
from tear_tui.engine_link import EngineView
from tear_tui.text.safe_text import safe_line

BLOCKS = "▁▂▃▄▅▆▇█"
SEPARATOR = "  ·  "
LONGEST_NAME = 24


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the status line may speak of."""

    engine: EngineView = field(default_factory=EngineView)
    base: str = ""
    live: int = 0
    pending: int = 0
    surprises: tuple[float, ...] = ()
    order: Order = "after"
    blind: bool = False


def status_line(facts: Facts, width: int) -> str:
    """The facts that fit into `width` cells; the most important ones stay longest."""
    parts = [
        (0, _model(facts)),
        (4, "" if not facts.pending else f"{facts.pending} pending"),
        (1, _learning(facts.engine)),
        (3, _surprise(facts.surprises)),
        (5, f"order {facts.order}"),
        (2, "blind" if facts.blind else ""),
    ]
    parts = [(rank, safe_line(text)) for rank, text in parts if text]
    while len(parts) > 1 and cell_len(SEPARATOR.join(text for _, text in parts)) > width:
        parts.remove(max(parts))
    return SEPARATOR.join(text for _, text in parts)


def sparkline(values: Sequence[float], width: int) -> str:
    """The last values as blocks, scaled between the lowest and the highest of them."""
    shown = list(values)[-width:]
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    span = high - low
    top = len(BLOCKS) - 1
    return "".join(
        BLOCKS[top // 2 if not span else round((value - low) / span * top)] for value in shown
    )


def _model(facts: Facts) -> str:
    name = safe_line(facts.base)
    name = name if len(name) <= LONGEST_NAME else "…" + name[1 - LONGEST_NAME :]
    match facts.engine.state:
        case "starting":
            return f"{name} · engine starting…"
        case "loading":
            said = facts.engine.status.message if facts.engine.status else ""
            return f"{name} · {said if said.startswith('downloading') else 'model loading'}…"
        case "failed":
            return f"{name} · cannot be loaded"
        case "gone":
            return f"{name} · engine gone, F8 starts it"
    unfit = facts.engine.status.unfit if facts.engine.status else 0
    misfit = f", {generation(unfit)} does not fit" if unfit and not facts.live else ""
    return f"{name} · {generation(facts.live)}{misfit}"


def generation(number: int) -> str:
    """A generation as it is called on the screen."""
    return f"generation {number}" if number else "base"


def _learning(engine: EngineView) -> str:
    learning: dict[str, Any] | None = engine.status.learning if engine.status else None
    paused = engine.status is not None and engine.status.paused
    if engine.state == "gone" or not (learning or paused):
        return ""
    if not learning:
        return "learning paused"
    if "steps" not in learning:
        return "learning paused" if paused else "learning"
    loss = learning.get("consequence_loss")
    told = f"learning {learning.get('step', 0)}/{learning['steps']}"
    if paused:
        return f"{told} paused"
    return told if loss is None else f"{told}, loss {loss:.2f}"


def _surprise(surprises: Sequence[float]) -> str:
    if not surprises:
        return ""
    return f"surprise {sparkline(surprises, 12)} {surprises[-1]:.2f}"
