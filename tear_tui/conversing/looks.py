"""What may be seen of a candidate now: its words stay held back until its scene is there.

Pure. The live screen, replay and the tests ask the same function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tear_core.turn import Candidate, Turn, scene_generation
from tear_tui.conversing.spread import Spread, spread_of

Section = Literal["draft", "scene", "response"]
SECTIONS: tuple[Section, ...] = ("draft", "scene", "response")


@dataclass(frozen=True, slots=True)
class Written:
    """A section as far as it is written: its text, how many tokens it took, and what ended it."""

    text: str = ""
    tokens: int = 0
    stopped: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Writing:
    """A candidate that the model is writing at this moment, and the section it is in."""

    candidate: int
    section: Section | None = None
    sections: Mapping[Section, Written] = field(default_factory=dict)
    given: bool = False
    """The words came from the researcher; only their scene is being foreseen."""


@dataclass(frozen=True, slots=True)
class Look:
    """One candidate as it may be shown: a text to read, or the number of tokens held back."""

    said: str | None = None
    veiled: int | None = None
    scene: str | None = None
    scene_tokens: int = 0
    scene_veiled: int | None = None
    first_draft: str | None = None
    writing: Section | Literal["waiting"] | None = None
    stopped: bool = False
    edited: bool = False
    generation: int | None = None
    samples: int = 0
    """More scenes that were sampled for the same words."""
    spread: Spread | None = None


def look(turn: Turn, index: int, writing: Writing | None = None) -> Look:
    """What of candidate `index` may be shown while `writing` goes on."""
    known = index < len(turn.candidates)
    candidate = turn.candidates[index] if known else Candidate()
    live = writing if writing is not None and writing.candidate == index else None
    draft, scene, response = (_section(candidate, live, name) for name in SECTIONS)
    hidden = turn.blind and turn.consequence is None
    said, veiled = _words(candidate, live, draft, response)
    first = draft.text if draft is not None and response is not None else None
    return Look(
        said=said,
        veiled=veiled,
        scene=None if scene is None or hidden else scene.text,
        scene_tokens=0 if scene is None else scene.tokens,
        scene_veiled=scene.tokens if scene is not None and hidden else None,
        first_draft=first if said is not None and first != said else None,
        writing=None if live is None else (live.section or "waiting"),
        stopped=any(s is not None and s.stopped == "cancelled" for s in (draft, scene, response)),
        edited=candidate.edited,
        generation=scene_generation(candidate) if known else None,
        samples=0 if hidden else len(candidate.samples),
        spread=None if hidden else spread_of(candidate),
    )


def saw_prediction(turn: Turn) -> bool:
    """Whether the person has had a predicted scene of this turn before their eyes."""
    if turn.blind and turn.consequence is None:
        return False
    return any((each.scene or "").strip() or each.samples for each in turn.candidates)


def _words(
    candidate: Candidate, live: Writing | None, draft: Written | None, response: Written | None
) -> tuple[str | None, int | None]:
    if live is None or live.given or candidate.edited:
        return (candidate.words or None), None
    if response is not None:
        return response.text, None
    return None, draft.tokens if draft is not None else 0


def _section(candidate: Candidate, live: Writing | None, name: Section) -> Written | None:
    if live is not None and name in live.sections:
        return live.sections[name]
    text: str | None = getattr(candidate, name)
    if text is None:
        return None
    facts = candidate.facts.get(name, {})
    return Written(text, int(facts.get("tokens", 0)), str(facts.get("stopped", "")), facts)
