"""How the generations place says what it shows. Pure: rows in, words out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tear_core.store.comparisons import Tally
from tear_core.store.generations import Generation
from tear_tui.lineage.families import Family, Lessons, Node
from tear_tui.lineage.fitting import mended_by
from tear_tui.monitoring.learning_words import date, duration, gate, moment
from tear_tui.text.interval import clopper_pearson
from tear_tui.text.safe_text import safe_line

if TYPE_CHECKING:
    from tear_tui.widgets.plain import Part

HEADER = "generation, Δ consequence loss, triples, made"


def row(node: Node, marked: bool) -> list[Part]:
    """A row of the tree: its lines, the number, how the loss moved, and what is known of it."""
    sign = "◂ " if marked else "  "
    lines: list[Part] = [(node.lines, "$accent"), " "]
    generation = node.generation
    if generation is None:
        live: list[Part] = [("  live", "bold $accent")] if node.is_live else []
        return [*lines, f"base {safe_line(node.family.base)}", (sign, "bold"), *live]
    return [
        *lines,
        (f"{node.number:>4}", "bold"),
        (sign, "bold"),
        f"{delta(generation):>7}  {generation.triples:>5,}  ",
        (moment(generation.created_at), "dim"),
        ("  live" if node.is_live else "", "bold $accent"),
        *_notes(generation, node.fits),
    ]


def _notes(row: Generation, fits: bool) -> list[Part]:
    notes: list[Part] = [] if fits else [("  other weights", "bold")]
    if row.removed_at:
        notes.append(("  removed", "dim"))
    if row.verdict:
        notes.append((f"  {row.verdict}", "bold" if row.refused else ""))
    if row.kind != "learned":
        notes.append(f"  {row.kind}")
    if row.pinned:
        notes.append("  pinned")
    if row.label:
        notes.append((f"  “{safe_line(row.label)}”", "italic"))
    return notes


def delta(row: Generation) -> str:
    """How far the loss on its own consequences moved; below 0 is better."""
    before, after = row.consequence_before, row.consequence_after
    return "" if before is None or after is None else f"{after - before:+.2f}".replace("-", "−")


def title(family: Family, number: int) -> str:
    """A generation by its number, and by its label if it has one."""
    row = family.generations.get(number)
    name = f"generation {number}" if number else f"the base {safe_line(family.base)}"
    return f"{name} “{safe_line(row.label)}”" if row is not None and row.label else name


def details(node: Node, taught: Lessons) -> list[Part]:
    """Everything about a generation: where it comes from, what it measured, what it was taught."""
    generation = node.generation
    if generation is None:
        return _of_the_base(node.family)
    parts: list[Part] = [(title(node.family, node.number), "bold $accent"), "\n"]
    parts += [_origin(generation), "\n"]
    if not node.fits:
        parts += [(f"{cannot_answer(node)} {mended_by(node.number)}.", "bold"), "\n"]
    verdict, *rules = gate(generation) or [[]]
    parts += [*verdict, "\n"] if verdict else []
    parts += [_losses(generation), "\n", _work(generation), "\n"]
    parts += _lessons(taught)
    if rules:
        parts += [("what the gate measured", "bold"), "\n"]
        for rule in rules:
            parts += [*rule, "\n"]
    return [*parts, ("learned with", "bold"), "\n", _settings(generation.settings)]


def cannot_answer(node: Node) -> str:
    """Why a generation that does not fit the weights cannot be made live."""
    base = safe_line(node.family.base)
    return f"Generation {node.number} was learned on other weights of {base}: it cannot answer."


def why_refused(row: Generation) -> str:
    """What the gate said against a generation."""
    probe: Mapping[str, Any] = (row.gate or {}).get("probe") or {}
    return str(probe.get("why") or row.verdict)


def _of_the_base(family: Family) -> list[Part]:
    count = len(family.generations)
    return [
        (f"the base {safe_line(family.base)}", "bold $accent"),
        "\nThe model as it came, without anything it has learned here.\n",
        *_stands_for(family),
        f"{count} generation{'' if count == 1 else 's'} grew from it.",
    ]


def _stands_for(family: Family) -> list[Part]:
    number, base = family.stands_for, safe_line(family.base)
    if not number:
        return []
    told = f"It answers for generation {number}, which was learned on other weights of {base}."
    return [(f"{told} {mended_by(number)}.\n", "bold")]


def _origin(row: Generation) -> str:
    parent = f"generation {row.parent}" if row.parent else "the base"
    how = {
        "learned": f"learned, from {parent}",
        "merged": f"merged of {_numbers(row)}",
        "negated": f"negated: less of {_numbers(row)}, from {parent}",
        "rebuilt": f"rebuilt as {_numbers(row)}, from {parent}",
    }.get(row.kind, row.kind)
    told = [how, date(row.created_at)]
    if row.pinned:
        told.append("pinned")
    if row.removed_at:
        told.append(f"its files were removed {date(row.removed_at)}")
    return ", ".join(told)


def _numbers(row: Generation) -> str:
    return ", ".join(map(str, row.sources)) or "nothing known"


def _losses(row: Generation) -> str:
    told = [
        f"{name} {before:.3f} → {after:.3f}"
        for name, before, after in (
            ("consequence", row.consequence_before, row.consequence_after),
            ("response", row.response_before, row.response_after),
        )
        if before is not None and after is not None
    ]
    return "loss on its own triples: " + (", ".join(told) + " nats/token" if told else "not known")


def _work(row: Generation) -> str:
    return (
        f"{row.triples:,} new, {row.replayed:,} replayed, {row.steps:,} steps,"
        f" {row.tokens:,} tokens, {duration(row.seconds)}, λ {row.lambda_:.2f}"
    )


def _settings(settings: Mapping[str, Any]) -> str:
    plain = {
        name: value
        for name, value in settings.items()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool)
    }
    return ", ".join(f"{name} {safe_line(str(value))}" for name, value in plain.items())


def _lessons(taught: Lessons) -> list[Part]:
    if not taught.rows:
        return []
    parts: list[Part] = [("taught", "bold"), "\n"]
    for landing, words in taught.rows:
        parts += [(f"{landing:<8} ", "dim"), words, "\n"]
    if taught.count > len(taught.rows):
        parts.append((f"and {taught.count - len(taught.rows):,} more\n", "dim"))
    return parts


def tally(found: Tally) -> str:
    """The blind choices between two generations in one line, ties apart."""
    if not found.decided + found.ties:
        return "no blind choice between these two yet"
    one, other = _short(found.one), _short(found.other)
    told = f"{one} preferred {found.one_preferred}×, {other} preferred {found.other_preferred}×"
    told += f", neither {found.ties}×" if found.ties else ""
    if not found.decided:
        return told
    low, high = clopper_pearson(found.one_preferred, found.decided)
    share = found.one_preferred / found.decided
    return f"{told}  ·  {one}: {share:.0%} [{low:.0%}, {high:.0%}]"


def counted(left: int, right: int) -> str:
    """What is said after a blind choice: which was which."""
    return f"Counted. Left was {_short(left)}, right was {_short(right)}."


def _short(number: int) -> str:
    return str(number) if number else "the base"
