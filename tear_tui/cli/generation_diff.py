"""`tear-tui generations diff`: what another generation learned, and what it does differently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tear_core.engine.client import EngineError
from tear_core.engine.messages import BehaviourRequest
from tear_core.store import Store, lineage
from tear_core.store import generations as stored_generations
from tear_core.store import triples as stored_triples
from tear_tui.cli.generation_rows import called, configured_base
from tear_tui.cli.listing import Json
from tear_tui.cli.output import CommandError, emit_json, emit_table, emit_text, narrate
from tear_tui.cli.root import engine_of, store_of

_FIGURES = (
    ("response", "kind responses, nats per token"),
    ("consequence", "scenes, nats per token"),
    ("preference", "hurtful ones cost more by"),
    ("bits_per_byte", "plain English, bits per byte"),
    ("awareness", "awareness, 28 triples: a trend"),
)
_SHARES = (("repetition", "4-grams repeated"), ("penalty", "anti-judge penalty"))
SHOWN = 5
"""Triples of each side, and answers, that are printed; `--json` has them all."""

Side = Annotated[str, typer.Argument(metavar="N|base|live")]


def diff(
    ctx: typer.Context,
    one: Side,
    other: Side,
    say: Annotated[
        list[str] | None,
        typer.Option(help="Ask both this instead of the fixed inputs. Can be repeated."),
    ] = None,
    words_only: Annotated[
        bool, typer.Option("--lessons", help="Only what they learned: no model is asked.")
    ] = False,
    json: Json = False,
) -> None:
    """What changed from one generation to another: in what it does, beside what it learned.

    Both answer the same fixed inputs, greedily, and are measured on the same fixed items.
    """
    with store_of(ctx) as store:
        numbers = _number(store, one), _number(store, other)
        if numbers[0] == numbers[1]:
            raise CommandError(f"both are {called(numbers[0])}", "Name two.")
        told: dict[str, Any] = {"one": numbers[0], "other": numbers[1], **_lessons(store, *numbers)}
    if not words_only:
        told["behaviour"] = _behaviour(ctx, numbers, tuple(say or ()))
    if json:
        emit_json(told)
        return
    emit_text(f"{called(numbers[0])} -> {called(numbers[1])}")
    _show_lessons(told)
    if "behaviour" in told:
        _show_behaviour(*told["behaviour"])


def _number(store: Store, which: str) -> int:
    found = stored_generations.get(store, which, configured_base())
    return found.number if found else 0


def _lessons(store: Store, one: int, other: int) -> dict[str, Any]:
    seen = [_seen(store, number) for number in (one, other)]
    settings = [_settings(store, number) for number in (one, other)]
    both = all(settings)  # beside the base, which has none, every one would differ
    names = sorted({*settings[0], *settings[1]}) if both else []
    return {
        "only_one_learned": _triples(store, seen[0] - seen[1]),
        "only_other_learned": _triples(store, seen[1] - seen[0]),
        "both_learned": len(seen[0] & seen[1]),
        "settings": {
            name: [settings[0].get(name), settings[1].get(name)]
            for name in names
            if settings[0].get(name) != settings[1].get(name)
        },
    }


def _seen(store: Store, number: int) -> set[str]:
    return set(lineage.seen_by(store, number)) if number else set()


def _settings(store: Store, number: int) -> dict[str, Any]:
    row = stored_generations.get(store, number)
    if row is None:
        return {}
    return {**row.settings, "lambda": row.lambda_, "kind": row.kind}


def _triples(store: Store, ids: set[str]) -> list[dict[str, Any]]:
    return [
        {
            "id": each.id,
            "status": each.status,
            "landing": each.triple.landing,
            "input": each.triple.input,
            "consequence": each.triple.consequence,
        }
        for each in stored_triples.get_many(store, sorted(ids))
    ]


def _behaviour(
    ctx: typer.Context, numbers: tuple[int, int], inputs: tuple[str, ...]
) -> list[Mapping[str, Any]]:
    request = BehaviourRequest(tuple(str(n) if n else "base" for n in numbers), inputs)
    found: list[Mapping[str, Any]] = []
    for reply in engine_of(ctx).behaviour(request):
        if reply["event"] == "error":
            raise EngineError(reply["message"], reply.get("hint", ""))
        if reply["event"] == "measuring":
            narrate(f"{called(reply['generation'])}: {reply['what']}")
        else:
            found.append({key: value for key, value in reply.items() if key != "event"})
    if len(found) != 2:
        raise CommandError("the comparison was stopped", "Ask again.")
    return found


def _show_lessons(told: Mapping[str, Any]) -> None:
    for key, whose in (("only_one_learned", told["one"]), ("only_other_learned", told["other"])):
        rows = told[key]
        if rows:
            emit_text(f"\nonly {called(whose)} learned {len(rows)} triples")
            emit_table(
                ("landing", "input", "consequence"),
                [(r["landing"], r["input"], r["consequence"]) for r in rows[:SHOWN]],
            )
            if len(rows) > SHOWN:
                emit_text(f"and {len(rows) - SHOWN} more")
    emit_text(f"\nboth learned {told['both_learned']} triples")
    changed = [(n, _said(a), _said(b)) for n, (a, b) in told["settings"].items()]
    if changed:
        emit_table(("learned with", called(told["one"]), called(told["other"])), changed)


def _show_behaviour(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    emit_text("")
    before, after = one["probe"], other["probe"]
    rows = [(words, *_change(before.get(n), after.get(n))) for n, words in _FIGURES]
    said = before.get("canaries") or {}, after.get("canaries") or {}
    rows += [(words, *_change(said[0].get(n), said[1].get(n))) for n, words in _SHARES]
    names = called(one["generation"]), called(other["generation"])
    emit_table(("on the fixed items", *names, "change"), rows)
    different = [key for key, each in other["answers"].items() if one["answers"][key] != each]
    emit_text(f"\n{len(different)} of {len(other['answers'])} answers differ")
    for key in different[:SHOWN]:
        emit_text(f"\n> {other['answers'][key]['input']}")
        for who, side in zip(names, (one, other), strict=True):
            answer = side["answers"][key]
            emit_text(f"  {who}: {answer['response'].strip()}\n    ~ {answer['scene'].strip()}")


def _change(before: Any, after: Any) -> tuple[float | None, float | None, float | None]:
    one, two = (float(v) if isinstance(v, (int, float)) else None for v in (before, after))
    return one, two, None if one is None or two is None else two - one


def _said(value: Any) -> str | None:
    return None if value is None else str(value)
