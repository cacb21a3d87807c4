"""`tear-tui say` and `tear-tui witness`: one turn, or one scene, without the app."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tear_core.engine.client import EngineError
from tear_core.engine.manner import sampling_of
from tear_core.engine.messages import Reply, SpeakRequest
from tear_core.store import Store, sessions
from tear_core.turn import Conversation, Event, Kind, advance
from tear_tui.cli.output import emit_json, emit_text, narrate
from tear_tui.cli.root import engine_of, store_of

if TYPE_CHECKING:
    from tear_core.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON lines, one for each event.")]
Seed = Annotated[int | None, typer.Option(help="The same seed gives the same words.", min=0)]

_MARK = {"draft": "draft", "scene": "scene foreseen", "response": "response"}


def say(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="What you say.")],
    session: Annotated[
        str | None,
        typer.Option(help="Go on with this session (an id, or `last`). Else a new one begins."),
    ] = None,
    order: Annotated[
        Literal["after", "before", "reflect"] | None,
        typer.Option(help="Where the scene stands: after the draft, before it, or between."),
    ] = None,
    seed: Seed = None,
    json: Json = False,
) -> None:
    """Say something: the model drafts, foresees what that will do, and responds.

    The turn is kept in a session; its response is what was said.
    """
    from tear_core.settings import load_settings

    settings = load_settings({"order": order})
    with store_of(ctx) as store:
        log = _TurnLog(store, _session(store, session, text), text, settings)
        request = SpeakRequest(
            input=text,
            context=log.conversation.context(before=log.turn),
            order=settings.order,
            seed=seed,
            sampling=sampling_of(settings),
        )
        for reply in _told(engine_of(ctx).speak(request)):
            if reply["event"] == "token":
                continue
            if reply["event"] == "done":
                log.take()
                turn = {"session": log.session, "turn": log.turn, "generation": reply["generation"]}
                _show({"event": "turn", **turn, "seed": reply["seed"]}, json)
            else:
                log.written(reply)
                _show(reply, json)


def witness(
    ctx: typer.Context,
    input: Annotated[str, typer.Option(help="What somebody said.")],
    response: Annotated[str, typer.Option(help="What would be answered.")],
    seed: Seed = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
) -> None:
    """Foresee a scene: what this response would do to whoever said this input."""
    from tear_core.settings import load_settings

    settings = load_settings()
    request = SpeakRequest(
        input=input, response=response, seed=seed, sampling=sampling_of(settings)
    )
    scene: Reply = {}
    generation = 0
    for reply in _told(engine_of(ctx).speak(request)):
        if reply["event"] == "scene":
            scene = reply
        elif reply["event"] == "done":
            generation = reply["generation"]
    if json:
        emit_json({"scene": scene["text"], "tokens": scene["tokens"], "generation": generation})
    else:
        emit_text(scene["text"])


def _told(replies: Iterator[Reply]) -> Iterator[Reply]:
    """The replies; an error among them is raised."""
    for reply in replies:
        if reply["event"] == "error":
            raise EngineError(reply["message"], reply.get("hint", ""))
        yield reply


def _session(store: Store, wanted: str | None, text: str) -> str:
    if wanted is None:
        return sessions.create(store, text[:60]).id
    if wanted == "last":
        latest = sessions.latest(store)
        return latest.id if latest else sessions.create(store, text[:60]).id
    return sessions.get(store, wanted).id


class _TurnLog:
    """One turn being written down, event by event, as it happens."""

    def __init__(self, store: Store, session: str, text: str, settings: Settings) -> None:
        self._store, self.session = store, session
        self.conversation: Conversation = sessions.conversation(store, session)
        self.turn = len(self.conversation.turns) + 1
        self._sampling = asdict(sampling_of(settings))
        self._append("input", {"text": text, "order": settings.order, "blind": False})

    def written(self, reply: Reply) -> None:
        """A draft, a scene or a response."""
        facts = {name: value for name, value in reply.items() if name != "event"}
        self._append(reply["event"], {"candidate": 0, **facts, "sampling": self._sampling})

    def take(self) -> None:
        """What was written last is what was said."""
        self._append("take", {"candidate": 0})

    def _append(self, kind: Kind, data: dict[str, Any]) -> None:
        event = Event(kind, self.turn, data)
        self.conversation = advance(self.conversation, event)
        sessions.append(self._store, self.session, event)


def _show(reply: Reply, json: bool) -> None:
    if json:
        emit_json(reply)
    elif reply["event"] == "turn":
        which = reply["generation"] or "the base"
        narrate(f"turn {reply['turn']} of session {reply['session']}, written by {which}")
    elif reply["event"] != "draft":  # the draft is held back until its scene has been seen
        emit_text(f"[{_MARK[reply['event']]}]\n{reply['text']}\n")
