"""The report of a study: arms beside each other, and what may be claimed of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tear_core.report.page import (
    Block,
    Claim,
    Figure,
    Page,
    Paragraph,
    Status,
    Table,
    interval,
    number,
    page,
    section,
)
from tear_core.report.plots import Bar, Line, intervals, lines

NAMES = {
    "base": "the base model",
    "lambda-0": "one that learned with λ = 0",
    "placebo": "one that learned consequences of other inputs",
}


def study_page(found: Mapping[str, Any]) -> Page:
    """A study's page from its findings (see `study.findings.summarize`)."""
    design = found["study"]
    facts = [
        ("base", str(design["base"])),
        ("date", str(found["date"])),
        ("seeds", str(design["seeds"])),
        ("triples learned", str(design["triples"] or "all")),
        ("λ", f"{design['lambda_']:g}"),
        ("data", str(found["data"])),
        ("complete", "yes" if found["complete"] else "no: cells are missing"),
    ]
    arms = found["arms"]
    return page(
        f"Study {design['name']}",
        facts,
        [
            section("Claims", _claims(found["differences"])),
            section("Arms", [_table(arms), *_pictures(arms)]),
            section("Differences", [_differences(found["differences"])]),
            section("λ", [_sweep(arms)]),
            section("What else was measured", [_parts(arms)]),
            section("What this cannot show", _limits(found)),
        ],
    )


def _claims(differences: Sequence[Mapping[str, Any]]) -> list[Block | None]:
    told: list[Block | None] = []
    for each in differences:
        other = NAMES.get(each["from"], f"the arm {each['from']}")
        told.append(_claim("expects unseen scenes better", "surprise", other, each, "+.3f"))
        if each["cas"] is not None:
            what = "ties its predictions to what was said more closely"
            told.append(_claim(what, "cas", other, each, "+.3f"))
    if not told:
        return [Paragraph("There are no two arms to compare yet.")]
    return told


def _claim(what: str, key: str, other: str, each: Mapping[str, Any], form: str) -> Claim:
    found = each[key]
    label = "surprise, nats per token" if key == "surprise" else "CAS"
    status: Status = found["claim"]
    why = f"{label}: not scored"
    if isinstance(found["value"], int | float):
        seeds = ", ".join(number(v, form) for v in found["per_seed"])
        why = f"{label}: {found['value']:{form}}, 95 % {interval(found, form)}; by seed {seeds}"
    return Claim(f"A model that learned real consequences {what} than {other}.", status, why)


def _table(arms: Sequence[Mapping[str, Any]]) -> Table:
    rows = []
    for arm in arms:
        measured = arm["awareness"]
        cas = measured["cas"] if measured else {}
        rows.append(
            (
                arm["arm"],
                "" if arm["lambda"] is None else f"{arm['lambda']:g}",
                str(len(arm["seeds"])),
                number(arm["surprise"]["mean"], ".4f"),
                number(cas.get("value")),
                interval(cas),
                _mean(measured, "own"),
                _mean(measured, "group"),
                str(arm["learned"][0].get("steps", 0)),
            )
        )
    headers = (
        "arm", "λ", "seeds", "surprise", "CAS", "95 %", "own branch", "both right", "steps",
    )  # fmt: skip
    return Table(headers, tuple(rows), numbers=tuple(range(1, len(headers))))


def _mean(measured: Mapping[str, Any] | None, name: str) -> str:
    if measured is None:
        return "not scored"
    values = [each["value"] for each in measured[name]["per_seed"]]
    numbers = [v for v in values if isinstance(v, int | float)]
    return number(sum(numbers) / len(numbers)) if len(numbers) == len(values) else "not scored"


def _pictures(arms: Sequence[Mapping[str, Any]]) -> list[Block | None]:
    surprise = [
        Bar(arm["arm"], arm["surprise"]["mean"], seeds=tuple(arm["surprise"]["per_seed"]))
        for arm in arms
    ]
    drawn: list[Block | None] = [
        Figure(
            "surprise",
            intervals(surprise, "surprise on held-out scenes, nats per token", zero=False),
            "Surprise of each arm on scenes whose inputs none has seen; a small mark for each seed."
            " Further left is better.",
        )
    ]
    aware = [_bar(arm) for arm in arms if arm["awareness"] is not None]
    if aware:
        drawn.append(
            Figure(
                "awareness",
                intervals(aware, "CAS"),
                "Consequence awareness of each arm, with its 95 % interval. Whatever does not look"
                " at the response scores 0; the ceiling is 1.",
            )
        )
    return drawn


def _bar(arm: Mapping[str, Any]) -> Bar:
    cas = arm["awareness"]["cas"]
    value, low, high = (_or_none(cas[name]) for name in ("value", "low", "high"))
    seeds = [_or_none(each["value"]) for each in cas["per_seed"]]
    return Bar(arm["arm"], value, low, high, tuple(v for v in seeds if v is not None))


def _or_none(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _differences(differences: Sequence[Mapping[str, Any]]) -> Table | None:
    rows = []
    for each in differences:
        for key, label in (("surprise", "surprise"), ("cas", "CAS")):
            found = each[key]
            if found is None:
                continue
            rows.append(
                (
                    f"{each['of']} less {each['from']}",
                    label,
                    number(found["value"], "+.4f"),
                    interval(found, "+.4f"),
                    ", ".join(number(v, "+.3f") for v in found["per_seed"]),
                    found["claim"],
                )
            )
    headers = ("arms", "measure", "difference", "95 %", "by seed", "claim")
    return Table(headers, tuple(rows), numbers=(2, 3)) if rows else None


def _sweep(arms: Sequence[Mapping[str, Any]]) -> Figure | None:
    """Arms that learned real consequences, by their λ."""
    real = [a for a in arms if a["lambda"] is not None and a["arm"] != "placebo"]
    real = sorted(real, key=lambda arm: arm["lambda"])
    if len(real) < 3:
        return None
    seeds = sorted({seed for arm in real for seed in arm["seeds"]})
    series = [
        Line(f"seed {seed}", tuple((arm["lambda"], _seed(arm, seed)) for arm in real))
        for seed in seeds
    ]
    says = (
        "Surprise on held-out scenes by the weight of the consequence loss, a line for each seed."
    )
    return Figure("sweep", lines(series, "λ", "surprise, nats per token"), says)


def _seed(arm: Mapping[str, Any], seed: int) -> float | None:
    at = arm["seeds"].index(seed) if seed in arm["seeds"] else None
    return None if at is None else arm["surprise"]["per_seed"][at]


def _parts(arms: Sequence[Mapping[str, Any]]) -> Table | None:
    """Single figures that the cells carry beside surprise and awareness."""
    names = sorted(
        {
            name
            for arm in arms
            for part in arm["parts"]
            for name, value in part.get("also", {}).items()
            if isinstance(value, int | float)
        }
    )
    if not names:
        return None
    rows = tuple(
        (
            arm["arm"],
            *(
                ", ".join(number(part.get("also", {}).get(name)) for part in arm["parts"])
                for name in names
            ),
        )
        for arm in arms
    )
    return Table(("arm, by seed", *names), rows, numbers=tuple(range(1, len(names) + 1)))


def _limits(found: Mapping[str, Any]) -> list[Block | None]:
    told = [
        "The intervals speak of other inputs of this kind, not of other models; the figures of each"
        " seed say how much hangs on what was drawn and in which order it was learned.",
        "Consequence awareness is about whether predictions depend on what was said. It says"
        " nothing of whether a model cares, and nothing of what it will do.",
    ]
    why = sorted(
        {
            reason
            for arm in found["arms"]
            if arm["awareness"] is not None
            for reason in arm["awareness"]["why"]
        }
    )
    templates = {part.get("template") for arm in found["arms"] for part in arm["parts"]} - {None}
    if templates:
        told.append(
            f"The base was never trained on the format, so it is scored on plain text"
            f" ({', '.join(sorted(map(str, templates)))})."
        )
    return [Paragraph(text) for text in (*told, *why)]
