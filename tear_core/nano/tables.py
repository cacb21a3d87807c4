"""Measures of one model or two as Markdown: for the terminal and for the card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tear_core.nano.branches import SENTIMENT_ALONE
from tear_core.nano.chat import SEED, TEMPERATURE, TURNS

if TYPE_CHECKING:
    from tear_core.nano.measure import Measures

Column = Callable[["Measures"], str]


def tables(found: Mapping[str, Measures]) -> str:
    """Every table, a column for each model, by the name it is given."""
    return "\n".join((loss_table(found), scene_table(found), figures(found), talks(found)))


def loss_table(found: Mapping[str, Measures]) -> str:
    """Held-out bits per byte by source."""
    first = next(iter(found.values()))
    lines = _head("bits per byte, held out", "sequences", found)
    for name, score in first.losses.items():
        cells = [
            f"{each.losses[name].bits_per_byte:.3f}" if name in each.losses else ""
            for each in found.values()
        ]
        lines.append(_row(name, f"{score.sequences:,}", cells))
    return "\n".join(lines) + "\n"


def scene_table(found: Mapping[str, Measures]) -> str:
    """Nats per token of held-out scenes by source, told as they are."""
    first = next(iter(found.values()))
    lines = _head("nats per token of the scene", "triples", found)
    for name, (count, _) in first.scenes.items():
        cells = [
            f"{each.scenes[name][1]:.3f}" if name in each.scenes else "" for each in found.values()
        ]
        lines.append(_row(name, f"{count:,}", cells))
    return "\n".join(lines) + "\n"


def figures(found: Mapping[str, Measures]) -> str:
    """Accuracy, repetition and speed."""
    first = next(iter(found.values()))
    lines = _head("figure", "of", found)
    if first.branches is not None:
        label = f"own scene before the other act's (chance 50, sentiment {SENTIMENT_ALONE:.1%})"
        cells = [_accuracy(each) for each in found.values()]
        lines.append(_row(label, f"{first.branches.asked:,} acts", cells))
    cells = [f"{each.talk.repetition:.1%}" for each in found.values()]
    lines.append(_row("four words in a row said twice", f"{len(TURNS)} turns", cells))
    cells = [f"{each.talk.per_second:.0f}" for each in found.values()]
    lines.append(_row("tokens a second while writing them", "", cells))
    cells = [f"{each.parameters:,}" for each in found.values()]
    lines.append(_row("parameters", "", cells))
    return "\n".join(lines) + "\n"


def talks(found: Mapping[str, Measures]) -> str:
    """The twenty turns with every model's response and scene, in full."""
    lines = [f"Temperature {TEMPERATURE}, seeds from {SEED} on, no top-k, no top-p, one try.\n"]
    for number, turn in enumerate(TURNS):
        lines.append(f"**{number + 1}.** {turn}\n")
        for name, each in found.items():
            response, scene = each.talk.told[number]
            mark = f"{name}, " if len(found) > 1 else ""
            lines += [f"> {mark}response: {quoted(response)}", ">"]
            lines += [f"> {mark}scene: {quoted(scene)}\n"]
    return "\n".join(lines)


def quoted(text: str) -> str:
    """Model text as the inside of a Markdown quotation, control characters left out."""
    shown = "".join(sign for sign in text if sign.isprintable() or sign == "\n")
    return shown.replace("\n", "\n> ") or "(nothing)"


def _accuracy(each: Measures) -> str:
    if each.branches is None:
        return ""
    low, high = each.branches.interval
    return f"{each.branches.right:.1%} ({low:.1%} to {high:.1%})"


def _head(what: str, count: str, found: Mapping[str, Measures]) -> list[str]:
    return [_row(what, count, list(found)), "|---" * (2 + len(found)) + "|"]


def _row(name: str, count: str, cells: list[str]) -> str:
    return "| " + " | ".join((name, count, *cells)) + " |"
