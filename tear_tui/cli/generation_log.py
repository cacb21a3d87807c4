"""`tear-tui generations log` and `show`: how one grew from another, and all about one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from tear_core import __version__
from tear_core.store import Store
from tear_core.store import generations as stored_generations
from tear_core.store.exposures import exposures
from tear_core.store.generation_rows import full_gate, full_gate_stale
from tear_core.store.generations import Generation
from tear_tui.cli.generation_rows import Which, as_json, called, configured_base, learned
from tear_tui.cli.listing import Csv, Json, Nl, how
from tear_tui.cli.output import emit_json, emit_list, emit_table, emit_text, narrate
from tear_tui.cli.root import home_of, store_of
from tear_tui.lineage.families import Family, Node, nodes
from tear_tui.lineage.generation_words import delta
from tear_tui.lineage.reading_generations import read

_LOG = ("", "generation", "made", "label", "triples", "Δ loss", "gate", "when", "")
_LIVE = ("at", "base", "generation", "why")
_SIGNS = "○ learned, ◆ merged, ◇ negated, ◎ rebuilt, ● answers, × removed"


def log(
    ctx: typer.Context,
    live: Annotated[
        bool, typer.Option("--live", help="What answered when, and why, instead.")
    ] = False,
    json: Json = False,
    nl: Nl = False,
    csv: Csv = False,
) -> None:
    """The tree of generations, newest first: what grew from what.

    Δ loss is how far the consequence loss on its own triples moved, in nats per token.
    """
    asked = how(json, nl, csv)
    with store_of(ctx) as store:
        history = stored_generations.live_history(store)
        newest = list(reversed(stored_generations.list_generations(store)))
        rows = [as_json(store, each) for each in newest]
    if live:
        emit_list(history, _LIVE, asked)
    elif asked is not None:
        emit_list(rows, (), asked)
    elif not rows:
        narrate("No generations yet; the base answers.")
    else:
        emit_table(_LOG, [_line(node) for node in nodes(_families(ctx))])
        narrate(_SIGNS)


def _families(ctx: typer.Context) -> list[Family]:
    return [each for each in read(home_of(ctx), configured_base()) if each.generations]


def _line(node: Node) -> tuple[Any, ...]:
    row, live = node.generation, "live" if node.is_live else None
    if row is None:
        return (node.lines, f"base {node.family.base}", *([None] * 6), live)
    made = row.kind if row.kind == "learned" else f"{row.kind} of {_numbers(row.sources)}"
    state = live or ("removed" if row.removed_at else "pinned" if row.pinned else None)
    return (
        node.lines,
        row.number,
        made,
        row.label or None,
        row.triples,
        delta(row) or None,
        row.verdict or None,
        row.created_at[:16],
        state,
    )


def show(ctx: typer.Context, which: Which, json: Json = False) -> None:
    """All about one generation: where it comes from, what it learned, what the gate said."""
    with store_of(ctx) as store:
        row = learned(store, which)
        told = {
            **as_json(store, row),
            "gate": row.gate,
            "full_gate_stale": full_gate_stale(row, __version__),
            "settings": row.settings,
            "ancestors": [each.number for each in stored_generations.ancestors(store, row.number)],
            "children": _children(store, row),
            "seen": {
                role: [each.triple for each in exposures(store, row.number, role)]
                for role in ("new", "replayed")
            },
            "whole": stored_generations.is_whole(store, row),
        }
    if json:
        emit_json(told)
        return
    emit_text("\n".join(_about(row, told)))
    _show_probe((row.gate or {}).get("probe") or {})
    _show_full(full_gate(row), told["full_gate_stale"])


def _children(store: Store, row: Generation) -> list[int]:
    every = stored_generations.list_generations(store, row.base)
    return [e.number for e in every if e.parent == row.number or row.number in e.sources]


def _about(row: Generation, told: Mapping[str, Any]) -> Iterator[str]:
    yield f"generation {row.number} of {row.base}" + (f", “{row.label}”" if row.label else "")
    marks = [name for name in ("live", "pinned") if told[name]]
    gone = f"files removed {row.removed_at[:10]}" if row.removed_at else "files missing or altered"
    marks += [] if told["whole"] else [gone]
    of = f" of {_numbers(row.sources)}" if row.sources else ""
    yield f"{row.kind}{of}, from {called(row.parent or 0)}, {row.created_at[:16]}" + "".join(
        f", {mark}" for mark in marks
    )
    yield (
        f"{row.triples} new triples, {row.replayed} replayed, {row.steps} steps, {row.tokens}"
        f" tokens, {row.seconds:.1f} s, λ {row.lambda_:.2f}"
    )
    for name, before, after in (
        ("consequence", row.consequence_before, row.consequence_after),
        ("response", row.response_before, row.response_after),
    ):
        if before is not None and after is not None:
            yield f"{name} loss on them: {before:.3f} -> {after:.3f} nats per token"
    if told["ancestors"]:
        yield f"ancestors: {_numbers(told['ancestors'])}, the base"
    if told["children"]:
        yield f"grown from it: {_numbers(told['children'])}"
    kept = ", ".join(f"{name} {value}" for name, value in row.settings.items() if _plain(value))
    yield f"learned with: {kept}" if kept else "learned with: not known"


def _plain(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and value != ""


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _show_probe(probe: Mapping[str, Any]) -> None:
    emit_text("")
    if not probe:
        emit_text("the fast gate: never run on it")
        return
    emit_text(f"the fast gate: {probe.get('verdict')}" + (f", {w}" if (w := probe["why"]) else ""))
    emit_table(
        ("rule", "figure", "at most", ""),
        [
            (
                rule["rule"],
                _figure(rule["value"]),
                float(rule["at_most"]),
                None if rule["passed"] else "not met",
            )
            for rule in probe.get("rules", [])
        ],
    )


def _show_full(full: Mapping[str, Any], stale: str) -> None:
    emit_text("")
    if not full:
        emit_text("the full gate: not run yet (`tear-tui gate`)")
        return
    when = f" on {str(full.get('at', ''))[:16]}, {full.get('seconds', 0):.0f} s"
    emit_text(f"the full gate: {full['verdict']}{when}")
    if stale:
        emit_text(f"that verdict does not hold any more: {stale}; run `tear-tui gate` again")
    show_tests(full["tests"])


def show_tests(tests: Sequence[Mapping[str, Any]]) -> None:
    """The tests of the full gate as a table, and in words what keeps one from passing."""
    emit_table(
        ("", "test", "outcome", "items", "rules met"),
        [
            (
                test["number"],
                test["name"],
                test["status"],
                test["n"],
                f"{sum(r['met'] is True for r in test['rules'])} of {len(test['rules'])}",
            )
            for test in tests
        ],
    )
    for test in tests:
        if test["status"] != "pass":
            emit_text(f"{test['number']} {test['name']}: {test['why']}")


def _figure(value: Any) -> float | str:
    return float(value) if isinstance(value, (int, float)) else "not measured"
