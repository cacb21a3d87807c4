"""Figures as SVG text, drawn by matplotlib. The same data give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, MUTED, ACCENT, SECOND = "#2b2722", "#8d8578", "#8a5a20", "#4d6b5c"
MARKS = ("o", "s", "^", "D", "v", "P", "X")
"""Lines differ by mark and dash too: no meaning by colour alone."""
DASHES = ("-", "--", ":", "-.")
COLOURS = (ACCENT, SECOND, "#7a3b69", "#3d5a80", MUTED)


@dataclass(frozen=True, slots=True)
class Line:
    """Points in order; a None leaves a gap."""

    name: str
    points: tuple[tuple[float, float | None], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """An estimate with its interval, and each seed's own."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    seeds: tuple[float, ...] = ()


def lines(series: Sequence[Line], x: str, y: str, marks: Sequence[tuple[float, str]] = ()) -> str:
    """Lines over a common axis; `marks` are named moments on it."""

    def draw(axes: Axes) -> None:
        for number, line in enumerate(series):
            xs = [point[0] for point in line.points]
            ys = [float("nan") if point[1] is None else point[1] for point in line.points]
            few = len(xs) <= 40
            axes.plot(
                xs,
                ys,
                DASHES[number % len(DASHES)],
                color=COLOURS[number % len(COLOURS)],
                marker=MARKS[number % len(MARKS)] if few else None,
                markersize=4,
                linewidth=1.4,
                label=_plain(line.name),
            )
        for at, name in marks:
            axes.axvline(at, color=MUTED, linewidth=0.8, linestyle=":")
            axes.annotate(_plain(name), (at, 1.0), xycoords=("data", "axes fraction"), fontsize=7,
                          color=MUTED, rotation=90, va="top", ha="right")  # fmt: skip
        axes.set_xlabel(_plain(x))
        axes.set_ylabel(_plain(y))
        if len(series) > 1:
            axes.legend(frameon=False, fontsize=8)

    return _svg(draw, 3.0)


def intervals(bars: Sequence[Bar], x: str, zero: bool = True) -> str:
    """Estimates below each other, each with its interval and its seeds as small marks."""

    def draw(axes: Axes) -> None:
        for row, bar in enumerate(bars):
            if bar.low is not None and bar.high is not None:
                axes.plot([bar.low, bar.high], [row, row], color=ACCENT, linewidth=2)
            axes.plot(list(bar.seeds), [row + 0.18] * len(bar.seeds), "|", color=MUTED)
            if bar.value is not None:
                axes.plot([bar.value], [row], "o", color=INK, markersize=5)
            else:
                axes.annotate("not scored", (0.02, row), xycoords=("axes fraction", "data"),
                              fontsize=8, color=MUTED, va="center")  # fmt: skip
        if zero:
            axes.axvline(0, color=MUTED, linewidth=0.8)
        axes.set_yticks(range(len(bars)), [_plain(bar.name) for bar in bars])
        axes.set_ylim(len(bars) - 0.4, -0.6)
        axes.set_xlabel(_plain(x))

    return _svg(draw, 0.9 + 0.42 * len(bars))


def _svg(draw: Callable[[Axes], None], height: float) -> str:
    """A picture without time, random names or embedded fonts."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    style: dict[str, Any] = {
        "svg.hashsalt": "tear",
        "svg.fonttype": "none",
        "font.family": ["sans-serif"],
        "font.size": 9,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    }
    with rc_context(cast(Any, style)):
        figure = Figure(figsize=(7.2, height), layout="constrained")
        figure.patch.set_alpha(0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0)
        draw(axes)
        out = io.StringIO()
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def _plain(text: str) -> str:
    """One line without control characters: XML has no way to hold them."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())[:60]
