"""Conversations as triples: what was said, what was answered, and what the human said next.

Chat formats have no consequences in them. The next human turn is one that really happened, so it
stands for the consequence; a reply that nobody answered is no triple. How it landed nobody knows:
`neutral`, until somebody reviews it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from tear_core.corpus.records import BadRecord
from tear_core.triples import Exchange, Landing, Triple

MOST_EARLIER = 20
"""Earlier exchanges kept as a triple's context: no model here reads more, and a conversation of a
thousand turns would otherwise be kept a thousand times."""

_ROLES = {
    **dict.fromkeys(("human", "user", "prompter"), "human"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "model", "bot", "claude"), "assistant"),
}
_TEXT_PARTS = (None, "text", "input_text", "output_text")


class Said(NamedTuple):
    """One message. No text: something was there that is no text, and nothing may jump over it."""

    role: str
    text: str


def messages_of(given: Any, left_out: Counter[str]) -> list[Said]:
    """A list of messages in any of the usual shapes; what is left out of it is counted.

    Raises:
        BadRecord: it is no list of messages.
    """
    if not isinstance(given, list):
        raise BadRecord("its messages are not a list")
    said = []
    for each in given:
        if not isinstance(each, dict):
            raise BadRecord("it holds something that is not a message")
        role = _ROLES.get(str(each.get("role") or each.get("from") or each.get("sender")).lower())
        if role is None:
            left_out["other_roles"] += 1
            continue
        content = next((each[k] for k in ("content", "value", "text") if each.get(k)), "")
        said.append(Said(role, text_of_parts(content, left_out)))
    return said


def text_of_parts(content: Any, left_out: Counter[str]) -> str:
    """The text of a message's content: a text, or a list of parts of which some are text."""
    parts = content if isinstance(content, list) else [content]
    texts = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict) and part.get("type") in _TEXT_PARTS and "text" in part:
            texts.append(str(part["text"] or ""))
        elif part is not None:
            left_out["non_text"] += 1
    return "\n\n".join(text.strip() for text in texts if text.strip())


def triples_of(
    said: Iterable[Said], consequence: str | None = None, landing: Landing = "neutral"
) -> Iterator[Triple]:
    """The triples of a conversation, in order.

    Args:
        consequence: what came of the last reply, where the format says it; and its `landing`.
    """
    turns = _turns(said)
    for number, (human, reply) in enumerate(turns):
        last = number + 1 == len(turns)
        follows = (consequence or "") if last else turns[number + 1][0]
        if not (human.strip() and reply.strip() and follows.strip()):
            continue
        earlier = turns[max(0, number - MOST_EARLIER) : number]
        context = tuple(Exchange(a, b) for a, b in earlier if a.strip() and b.strip())
        yield Triple(human, reply, follows, landing if last else "neutral", context=context)


def _turns(said: Iterable[Said]) -> list[tuple[str, str]]:
    """What the human said and what was answered, messages in a row put together.

    The last turn may have no answer yet. What stands before the human's first word is left out.
    """
    turns: list[list[list[str]]] = []
    last = "assistant"
    for role, text in said:
        if role == "human" and last != "human":
            turns.append([[], []])
        if turns:
            turns[-1][0 if role == "human" else 1].append(text)
        last = role
    return [(_joined(human), _joined(reply)) for human, reply in turns]


def _joined(texts: Sequence[str]) -> str:
    return "\n\n".join(text for text in texts if text.strip())
