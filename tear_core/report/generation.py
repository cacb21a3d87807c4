"""The report of a generation: where it comes from, what it was taught, and what the gate said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tear_core import __version__
from tear_core.report.page import (
    Block,
    Claim,
    Figure,
    Page,
    Paragraph,
    Quotation,
    Table,
    number,
    page,
    section,
)
from tear_core.report.plots import Line, lines
from tear_core.store import generations, learning_log, triples
from tear_core.store.database import Store, StoreError
from tear_core.store.generation_rows import full_gate, full_gate_stale
from tear_core.store.generations import Generation

MOST_QUOTED = 40
"""Triples that are quoted, those with the greatest surprise first."""
FAST = {
    "pass": "It passed.",
    "fail": "It failed, and did not go live by itself.",
}
VERDICTS = {
    "pass": "It passed all of them.",
    "provisional": "It passed what could be tested; arms or benchmarks to hold it against are"
    " missing.",
    "fail": "It failed.",
    "insufficient": "There was not enough to judge by, which is no pass.",
}
OUTCOMES = {
    "pass": "passes",
    "fail": "fails",
    "insufficient": "too few to tell",
    "open": "open",
}


def generation_page(store: Store, which: int | str, base: str) -> Page:
    """A generation's page, with what the gate has said of it.

    Raises:
        StoreError: there is no such generation, or the base model was asked for.
    """
    row = generations.get(store, which, base)
    if row is None:
        raise StoreError("the base model has learned nothing to report on", "Name a generation.")
    line = generations.ancestors(store, row.number)
    facts = [
        ("base", row.base),
        ("came to be", f"{row.kind}, {row.created_at}"),
        ("parent", f"generation {row.parent}" if row.parent else "the base model"),
        ("live", "yes" if generations.live(store, row.base) == row.number else "no"),
        ("fingerprint", row.manifest_sha256),
    ]
    if row.label:
        facts.insert(0, ("label", row.label))
    return page(
        f"Generation {row.number}",
        facts,
        [
            section("What was learned", _learned(row)),
            section("Step by step", [_steps(store, row.number)]),
            section("The gate", _gate(row)),
            section("Where it comes from", [_lineage([row, *line])]),
            section("What it was taught", _taught(store, row.number)),
            section("Settings", [_settings(row)]),
        ],
    )


def _learned(row: Generation) -> list[Block | None]:
    rows = (
        ("response", number(row.response_before), number(row.response_after)),
        ("consequence", number(row.consequence_before), number(row.consequence_after)),
    )
    return [
        Paragraph(
            f"{row.triples} new triples and {row.replayed} replayed ones, {row.steps} steps,"
            f" {row.tokens} tokens, {row.seconds:.1f} s, λ {row.lambda_:g}."
        ),
        Table(("loss on the new triples, nats per token", "before", "after"), rows, (1, 2)),
        Claim(
            "It expects what it was taught.",
            "measured" if _fell(row) else "open",
            "On the very triples it learned: this is memory, not understanding.",
        ),
    ]


def _fell(row: Generation) -> bool:
    before, after = row.consequence_before, row.consequence_after
    return before is not None and after is not None and after < before


def _steps(store: Store, generation: int) -> Figure | None:
    steps = learning_log.of_generation(store, generation)
    if len(steps) < 2:
        return None
    series = [
        Line("response", tuple((float(s.step), s.response_loss) for s in steps)),
        Line("consequence", tuple((float(s.step), s.consequence_loss) for s in steps)),
    ]
    says = "Both losses at each step, before it was taken."
    return Figure("steps", lines(series, "step", "loss, nats per token"), says)


def _gate(row: Generation) -> list[Block | None]:
    """The fast gate before it could go live, and the ten tests, where they were run."""
    probe, full = (row.gate or {}).get("probe"), full_gate(row)
    if not isinstance(probe, dict) and not full:
        return [Paragraph("It was never judged.")]
    told: list[Block | None] = []
    if isinstance(probe, dict):
        said = FAST.get(str(probe.get("verdict")), "There is no verdict.")
        why = str(probe.get("why") or "")
        told.append(Paragraph(f"The fast gate. {said}" + (f" {_sentence(why)}" if why else "")))
        told.append(_rules(probe))
    if full:
        told += _full(row, full)
    return told


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + "."


def _rules(probe: Mapping[str, Any]) -> Table | None:
    """What the probe measured, a row for each of its rules."""
    rows = tuple(
        (
            str(rule.get("rule", "")),
            number(rule.get("value"), ".4f"),
            number(rule.get("at_most"), "g"),
            "holds" if rule.get("passed") is True else "does not hold",
            str(rule.get("source", "")),
        )
        for rule in probe.get("rules") or []
        if isinstance(rule, dict)
    )
    headers = ("rule", "figure", "at most", "", "where the bar comes from")
    return Table(headers, rows, (1, 2)) if rows else None


def _full(row: Generation, full: Mapping[str, Any]) -> list[Block | None]:
    verdict = str(full.get("verdict", ""))
    words = f"The ten tests: {verdict or 'no verdict'}. {VERDICTS.get(verdict, '')}"
    told: list[Block | None] = [Paragraph(words.strip())]
    if why := full_gate_stale(row, __version__):
        told.append(Paragraph(f"That verdict does not hold any more: {why}."))
    tests = [test for test in full.get("tests") or [] if isinstance(test, dict)]
    told.append(_tests(tests))
    told += [_rules_of(test) for test in tests]
    return told


def _tests(tests: Sequence[Mapping[str, Any]]) -> Table | None:
    rows = tuple(
        (
            str(test.get("number", "")),
            f"{test.get('name', '')}: {test.get('asks', '')}",
            OUTCOMES.get(str(test.get("status")), "fails"),
            str(test.get("n", "")),
        )
        for test in tests
    )
    return Table(("", "test", "outcome", "items"), rows, (0, 3)) if rows else None


def _rules_of(test: Mapping[str, Any]) -> Table | None:
    """The rules of one test; of one that was not measured, why."""
    rules = [rule for rule in test.get("rules") or [] if isinstance(rule, dict)]
    name = f"{test.get('number', '')} {test.get('name', '')}"
    if not rules:
        return Table((name, ""), ((str(test.get("why", "")), "fails"),))
    rows = tuple(
        (str(rule.get("words", "")), _met(rule), str(rule.get("source", ""))) for rule in rules
    )
    return Table((name, "", "where the bar comes from"), rows)


def _met(rule: Mapping[str, Any]) -> str:
    if rule.get("too_few") is True:
        return "too few to tell"
    return {True: "holds", None: "open"}.get(rule.get("met"), "does not hold")


def _lineage(line: Sequence[Generation]) -> Table:
    rows = tuple(
        (
            str(each.number),
            each.label,
            each.kind,
            str(each.triples),
            number(each.consequence_before),
            number(each.consequence_after),
            each.verdict or "not judged",
            each.created_at,
        )
        for each in line
    )
    headers = ("generation", "label", "kind", "triples", "before", "after", "gate", "when")
    return Table(headers, rows, numbers=(0, 3, 4, 5))


def _taught(store: Store, generation: int) -> list[Block | None]:
    new = triples.get_many(store, generations.exposed(store, generation, "new"))
    ordered = sorted(new, key=lambda each: -(each.surprise or 0.0))
    told: list[Block | None] = []
    if len(ordered) > MOST_QUOTED:
        told.append(Paragraph(f"The {MOST_QUOTED} most surprising of {len(ordered)}."))
    for each in ordered[:MOST_QUOTED]:
        title = f"{each.triple.landing}, {each.status}"
        if each.surprise is not None:
            title += f", surprise {each.surprise:.2f}"
        parts = [("input", each.triple.input), ("response", each.triple.response)]
        if each.predicted:
            parts.append(("scene foreseen, before", each.predicted))
        parts.append(("what happened", each.triple.consequence))
        told.append(Quotation(title, tuple(parts)))
    return told


def _settings(row: Generation) -> Table:
    rows = tuple(
        (name, value if isinstance(value, str) else json.dumps(value))
        for name, value in sorted(row.settings.items())
    )
    return Table(("setting", "value"), rows)
