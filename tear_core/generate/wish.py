"""What is to be written, and to what: a wish, its prompt and the order of its sections."""

from __future__ import annotations

from dataclasses import dataclass

from tear_core.generate.sampling import Draw
from tear_core.model.base import Base
from tear_core.triples import Exchange, Order


@dataclass(frozen=True)
class Wish:
    """What is to be said to: see `engine.messages.SpeakRequest`."""

    input: str
    context: tuple[Exchange, ...] = ()
    order: Order = "after"
    seed: int = 0
    draw: Draw = Draw()
    max_response_tokens: int = 120
    max_scene_tokens: int = 120
    response: str | None = None
    read_anew: int = 0

    def limit(self, name: str) -> int:
        """Most tokens of a section of this name."""
        return self.max_scene_tokens if name == "witness" else self.max_response_tokens


class TooLong(ValueError):
    """The conversation does not fit into the model's context."""


def prompt_of(base: Base, wish: Wish) -> list[int]:
    """Ids up to where the first section is written, the oldest turns left out when that is full.

    Raises:
        TooLong: even the input alone leaves no room to answer.
    """
    fmt, context = base.format, wish.context
    given: list[int] = []
    if wish.response is not None:
        given = [*fmt.encode(wish.response), *fmt.close("response"), *fmt.open("witness")]
    said = len(given) - len(fmt.close("response")) - len(fmt.open("witness")) if given else 0
    room = base.context - wish.max_scene_tokens - said - 8
    room -= wish.max_response_tokens * (2 if wish.order == "reflect" else 1)
    # words that are given stand before their scene, whatever the order of the session
    order: Order = "after" if wish.response is not None else wish.order
    while True:
        ids = fmt.prompt(context, wish.input, order)
        if len(ids) <= room:
            return [*ids, *given]
        if not context:
            raise TooLong(
                f"the input has {len(ids)} tokens; this model has room for {max(0, room)}"
            )
        context = context[1:]


def parts_of(wish: Wish) -> list[tuple[str, str]]:
    """(event, section of the witness format) in the order in which they are written."""
    if wish.response is not None:
        return [("scene", "witness")]
    if wish.order == "before":
        return [("scene", "witness"), ("response", "response")]
    if wish.order == "reflect":
        return [("draft", "response"), ("scene", "witness"), ("response", "response")]
    return [("draft", "response"), ("scene", "witness")]


def stands(wish: Wish) -> bool:
    """The draft is what is said."""
    return wish.order == "after" and wish.response is None
