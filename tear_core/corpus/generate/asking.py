"""What a model is asked for, and how its answer is read: a seed triple in, proposals out.

Three kinds come from a seed: a contrast pair (one response hurts, one heals), siblings (the same
landing, different facts), and a subtle variant. The prompts are versioned: a proposal says which
version it came from.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from tear_core.triples import LANDINGS, Landing, Triple

Kind = Literal["contrast", "siblings", "subtle"]
KINDS: tuple[Kind, ...] = ("contrast", "siblings", "subtle")
VERSION = 1

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "triples": {
            "type": "array",
            "minItems": 1,
            "maxItems": 2,
            "items": {
                "type": "object",
                "properties": {
                    "response": {"type": "string"},
                    "consequence": {"type": "string"},
                    "landing": {"type": "string", "enum": list(LANDINGS)},
                },
                "required": ["response", "consequence", "landing"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["triples"],
    "additionalProperties": False,
}
"""What a server that can is held to."""

_SYSTEM = """\
You help to write data for research on consequences. A triple is what a person said to an \
assistant, what the assistant answered, and what really happened afterwards because of that answer.
The consequence is one small scene: third person, past tense, 30 to 90 words, concrete, with a \
detail one can see. It follows from what the answer actually says. It names no moral and does not \
explain feelings. Gentle is not flattering; harm is ordinary, never cartoonish.
Answer with JSON only: {"triples": [{"response": ..., "consequence": ..., "landing": ...}]} where \
landing is one of healed, neutral, hurt."""

_WANTED: dict[Kind, str] = {
    "contrast": (
        "Write two new answers to the same person, alike in length and manner: one that heals and"
        " one that hurts, each with its own consequence. Two triples, landings healed and hurt."
    ),
    "siblings": (
        "Write two new answers to the same person that land the same way (landing {landing}) but"
        " say different things, so that different things happen. A reader must be able to tell"
        " which consequence belongs to which answer only by what the answers say."
    ),
    "subtle": (
        "Write one new answer to the same person whose effect is subtler than in the example:"
        " something a careful reader would notice and a hasty one would not. One triple."
    ),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A candidate triple and the kind of question it answers."""

    triple: Triple
    kind: str


class Unreadable(ValueError):
    """The answer holds no triples of the form that was asked for; says why."""


def messages(seed: Triple, kind: Kind) -> list[dict[str, str]]:
    """The conversation that asks for one kind of proposal."""
    example = json.dumps(
        {
            "input": seed.input,
            "response": seed.response,
            "consequence": seed.consequence,
            "landing": seed.landing,
        },
        ensure_ascii=False,
        indent=1,
    )
    wanted = _WANTED[kind].format(landing=seed.landing)
    return [
        {"role": "system", "content": _SYSTEM},
        {"role": "user", "content": f"An example:\n{example}\n\n{wanted}"},
    ]


def read(answer: str, seed: Triple, kind: Kind) -> list[Proposal]:
    """The proposals in an answer; text around the JSON is passed over.

    Raises:
        Unreadable: there is no JSON, or it is not of the form that was asked for.
    """
    found = _object(answer).get("triples")
    if not isinstance(found, list) or not found:
        raise Unreadable("no list of triples in it")
    triples = [_triple(each, seed) for each in found[:2]]
    _check(triples, seed, kind)
    return [Proposal(triple, kind) for triple in triples]


def _object(answer: str) -> dict[str, Any]:
    decoder = json.JSONDecoder()
    for at, letter in enumerate(answer):
        if letter == "{":
            try:
                value, _ = decoder.raw_decode(answer[at:])
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict) and "triples" in value:
                return value
    raise Unreadable("no JSON object with triples in it")


def _triple(each: Any, seed: Triple) -> Triple:
    if not isinstance(each, dict):
        raise Unreadable("a triple that is no object")
    for name in ("response", "consequence", "landing"):
        if not isinstance(each.get(name), str):
            raise Unreadable(f"a triple without {name}")
    try:
        return Triple(
            input=seed.input,
            response=each["response"].strip(),
            consequence=each["consequence"].strip(),
            landing=cast(Landing, each["landing"]),
            context=seed.context,
        )
    except ValueError as error:
        raise Unreadable(str(error)) from None


def _check(triples: Sequence[Triple], seed: Triple, kind: Kind) -> None:
    landings = sorted(triple.landing for triple in triples)
    if kind == "contrast" and landings != ["healed", "hurt"]:
        raise Unreadable("a contrast needs one that healed and one that hurt")
    if kind == "siblings" and landings != [seed.landing] * 2:
        raise Unreadable(f"siblings need two that landed {seed.landing}")
