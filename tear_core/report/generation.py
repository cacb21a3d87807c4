"""The report of a generation: where it comes from, what it was taught, and what the gate said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

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
from tear_core.store.generations import Generation

MOST_QUOTED = 40
"""Triples that are quoted, those with the greatest surprise first."""
VERDICTS = {
    "pass": "It passed.",
    "provisional": "It passed what could be tested; arms to compare it with are missing.",
    "fail": "It failed, and did not go live by itself.",
    "insufficient": "There was not enough to judge by, which is no pass.",
}


def generation_page(
    store: Store, which: int | str, base: str, full: Mapping[str, Any] | None = None
) -> Page:
    """A generation's page. `full`: the report of the whole gate on it, where it was run.

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
            section("The gate", _gate(row, full)),
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


def _gate(row: Generation, full: Mapping[str, Any] | None) -> list[Block | None]:
    told: list[Block | None] = []
    if row.verdict:
        told.append(Paragraph(f"{row.verdict.capitalize()}. {VERDICTS[row.verdict]}"))
    else:
        told.append(Paragraph("It was never judged."))
    if row.gate:
        told.append(_checks(row.gate))
    if full is not None:
        told.append(Paragraph(f"The whole gate: {full.get('verdict', 'no verdict')}."))
        told.append(_tests(full))
    return told


def _checks(gate: Mapping[str, Any]) -> Table | None:
    """What the probe measured, a row for each of its checks."""
    rows = tuple(
        (
            str(check.get("name", "")),
            number(check.get("value"), ".4f"),
            str(check.get("rule", "")),
            "holds" if check.get("passed") else "does not hold",
            str(check.get("why", "")),
        )
        for check in gate.get("checks", [])
        if isinstance(check, dict)
    )
    return Table(("check", "value", "rule", "", "why"), rows, (1,)) if rows else None


def _tests(full: Mapping[str, Any]) -> Table | None:
    rows = tuple(
        (
            str(test.get("name", "")),
            str(test.get("status", test.get("verdict", ""))),
            str(test.get("n", "")),
            str(test.get("rule", "")),
            str(test.get("why", "")),
        )
        for test in full.get("tests", [])
        if isinstance(test, dict)
    )
    return Table(("test", "outcome", "n", "rule", "why"), rows, (2,)) if rows else None


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
