"""`tear-tui generations seen` and `of`: from a triple forward, and from a reply back."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tear_core.store import Store, lineage, sessions
from tear_core.store import generations as stored_generations
from tear_core.store import triples as stored_triples
from tear_core.store.exposures import exposures, fingerprint
from tear_core.store.lineage import Carried
from tear_core.store.triples import StoredTriple
from tear_core.turn import Turn, scene_generation
from tear_tui.cli.generation_rows import called
from tear_tui.cli.listing import Json
from tear_tui.cli.output import CommandError, emit_json, emit_table, emit_text, narrate
from tear_tui.cli.root import store_of

SHOWN = 20
"""Triples that are printed; `--json` has them all."""


def seen(
    ctx: typer.Context,
    triple_id: Annotated[str, typer.Argument(metavar="TRIPLE", help="An id, or how one begins.")],
    json: Json = False,
) -> None:
    """From a triple forward: every generation that was shown it, and all that grew from them."""
    with store_of(ctx) as store:
        found = stored_triples.get(store, triple_id)
        carried = lineage.carried(store, found.id)
        rows = [_shown(store, found, number) for each in carried for number in each.seen]
    if json:
        bases = [{name: getattr(each, name) for name in each.__slots__} for each in carried]
        emit_json({"triple": found.id, "status": found.status, "shown": rows, "carried": bases})
        return
    if not carried:
        emit_text(f"no generation has seen {found.id}; it is {found.status}")
        return
    emit_text(f"{found.id}, {found.status}")
    columns = ("generation", "base", "as", "place", "words", "verdict")
    emit_table(columns, [[row[name] for name in columns] for row in rows])
    for each in carried:
        for sentence in _grown(each):
            emit_text(sentence)


def _shown(store: Store, triple: StoredTriple, number: int) -> dict[str, Any]:
    row = stored_generations.get(store, number)
    exposure = next(e for e in exposures(store, number) if e.triple == triple.id)
    same = exposure.words == fingerprint(triple.triple)
    return {
        "generation": number,
        "base": row.base if row else "",
        "as": exposure.role,
        "place": None if exposure.place is None else exposure.place + 1,
        "words": "not known" if not exposure.words else "as now" if same else "edited since",
        "verdict": row.verdict if row else "",
    }


def _grown(carried: Carried) -> list[str]:
    told = []
    if carried.grown:
        told.append(f"grown from those: {', '.join(map(str, carried.grown))}")
    carries = carried.live in (*carried.seen, *carried.grown)
    told.append(
        f"{called(carried.live)} of {carried.base} answers, which"
        f" {'carries it' if carries else 'does not carry it'}"
    )
    return told


def of(
    ctx: typer.Context,
    reply: Annotated[
        str,
        typer.Argument(
            metavar="SESSION[:TURN]",
            help="A session's id (or `last`), and the turn; else its last.",
        ),
    ],
    json: Json = False,
) -> None:
    """From a reply back: which generation wrote it, and every triple that shaped that one."""
    with store_of(ctx) as store:
        session, turn = _turn(store, reply)
        candidate = turn.said or (turn.candidates[-1] if turn.candidates else None)
        if candidate is None:
            raise CommandError(f"nothing was answered in turn {turn.number}")
        number = scene_generation(candidate)
        made_of = [row.number for row in lineage.made_of(store, number)] if number else []
        shaped = lineage.seen_by(store, number) if number else {}
        found = stored_triples.get_many(store, list(shaped))
    told = {
        "session": session,
        "turn": turn.number,
        "words": candidate.words,
        "edited": candidate.edited,
        "generation": number,
        "made_of": made_of,
        "triples": [
            {
                "id": each.id,
                "status": each.status,
                "landing": each.triple.landing,
                "consequence": each.triple.consequence,
                "shown_in": shaped[each.id],
            }
            for each in sorted(found, key=lambda each: (shaped[each.id][0], each.id))
        ],
    }
    if json:
        emit_json(told)
    else:
        _show_of(told)


def _turn(store: Store, reply: str) -> tuple[str, Turn]:
    name, _, place = reply.partition(":")
    latest = sessions.latest(store) if name == "last" else None
    session = latest or sessions.get(store, name)
    turns = sessions.conversation(store, session.id).turns
    if place and not place.isdecimal():
        raise CommandError(f"{place!r} is no turn", "A reply is SESSION:TURN, as in last:3.")
    wanted = int(place) if place else len(turns)
    for turn in turns:
        if turn.number == wanted:
            return session.id, turn
    raise CommandError(
        f"there is no turn {wanted} in {session.id}",
        f"It has {len(turns)}: `tear-tui replay {session.id}` shows them.",
    )


def _show_of(told: dict[str, Any]) -> None:
    who = called(told["generation"])
    if told["edited"]:
        emit_text(f"turn {told['turn']} was written by a person; {who} foresaw its scene")
    else:
        emit_text(f"turn {told['turn']} was written by {who}")
    if not told["made_of"]:
        narrate("Nothing it learned here shaped it.")
        return
    emit_text(f"it was made of {', '.join(map(str, told['made_of']))}")
    rows = told["triples"]
    emit_text(f"{len(rows)} triples shaped it")
    emit_table(
        ("id", "status", "landing", "first in", "consequence"),
        [
            (r["id"], r["status"], r["landing"], r["shown_in"][0], r["consequence"])
            for r in rows[:SHOWN]
        ],
    )
    if len(rows) > SHOWN:
        narrate(f"The first {SHOWN}; --json has all.")
