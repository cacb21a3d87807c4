"""A triple in words, as the screen shows it whole: its texts, its facts, its past. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tear_core.store.edits import NOTED, WORDS
from tear_core.store.triples import StoredTriple
from tear_core.store.versions import Suggestion
from tear_tui.conversing.status import generation
from tear_tui.text.safe_text import safe_text
from tear_tui.widgets.plain import Part

LONGEST = 20_000
"""Characters of one text that are shown; more would only slow the screen down."""

MARKS: Mapping[str, str] = {"healed": "▲", "neutral": "■", "hurt": "▼"}
"""How a response landed, as a sign beside the word."""

_HEAD = "bold $accent"
_EDITED = (*WORDS, "landing", *NOTED)


def facts(stored: StoredTriple) -> str:
    """What is known about a triple, on a line."""
    landing = stored.triple.landing
    parts = [stored.status, f"{MARKS[landing]} {landing}"]
    if stored.surprise is not None:
        parts.append(f"surprise {stored.surprise:.2f}")
    return " · ".join(parts)


def told(
    stored: StoredTriple, suggested: Suggestion | None = None, *, close: bool = False
) -> list[Part]:
    """All of a triple: what was said, what happened, what was foreseen, where it comes from.

    Args:
        close: with titles beside the texts, where there are few rows.
    """
    triple = stored.triple
    sections = [("you", triple.input, "")]
    if triple.draft is not None:
        sections.append(("model, at first", triple.draft.response, ""))
        sections.append(("scene foreseen for that", triple.draft.scene, "italic"))
    sections.append(("model", triple.response, ""))
    sections.append(("what happened", triple.consequence, ""))
    if suggested is not None and suggested.text != triple.consequence:
        sections.append((suggestion_title(suggested), suggested.text, "italic"))
    for number, past in enumerate(triple.context, start=1):
        title = f"before that, {number} of {len(triple.context)}"
        sections.append((title, f"{past.input}\n→ {past.response}", ""))
    sections.append(("about it", _about(stored), ""))
    before, after = ("  ", "\n") if close else ("\n", "\n\n")
    parts: list[Part] = []
    for title, text, style in sections:
        if text:
            parts += [(title, _HEAD), before, (shortened(text), style), after]
    return parts[:-1]


def suggestion_title(suggested: Suggestion) -> str:
    """Whose words a suggestion is."""
    if suggested.foreseen is not None:
        return f"scene foreseen by {_who(suggested.foreseen)}"
    return f"as it was {suggested.written or 'written by a model'}"


def _who(number: int) -> str:
    return generation(number) if number else "the base"


def shortened(text: str) -> str:
    """As much of a text as can be read on a screen."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… ({len(text) - LONGEST:,} more characters)"


def _about(stored: StoredTriple) -> str:
    notes = stored.notes
    lines = [f"{facts(stored)}{_measured(stored)}", seen(stored.generations)]
    if stored.session is not None:
        blind = ", written blind" if stored.blind else ""
        lines.append(f"from turn {stored.turn} of session {stored.session}{blind}")
    else:
        lines.append(f"from {stored.source}")
    named = ("theme", "difficulty", "culture", "licence", "consent", "pair", "origin")
    lines += [f"{name}: {value}" for name in named if (value := getattr(notes, name))]
    lines.append(f"{stored.id}, {stored.created_at[:16].replace('T', ' ')} UTC")
    return "\n".join(lines)


def _measured(stored: StoredTriple) -> str:
    if stored.surprise is None:
        return ", surprise not measured"
    by = _who(stored.surprise_generation or 0)
    return f" nats per token over {stored.surprise_tokens or 0} tokens, under {by}"


def seen(generations: Sequence[int]) -> str:
    """Which generations have been shown a triple."""
    if not generations:
        return "no generation has seen it"
    shown = ", ".join(map(str, generations[:12]))
    more = f" and {len(generations) - 12} more" if len(generations) > 12 else ""
    return f"seen by generation{'s' if len(generations) > 1 else ''} {shown}{more}"


def told_past(rows: Sequence[Mapping[str, Any]]) -> list[Part]:
    """Everything that happened to a triple, the newest first, with the words it had before."""
    parts: list[Part] = []
    for row in rows:
        moved = "" if row["from_status"] in (None, row["to_status"]) else f"{row['from_status']} → "
        when = f"{row['at'][:16].replace('T', ' ')}  {moved}{row['to_status']}"
        parts += [(when, _HEAD), f"  {row['why']}, by {row['who']}\n"]
        before, after = row["before"] or {}, row["after"] or {}
        if "replaces" in after:
            parts.append(f"its learned words stay as triple {after['replaces']}\n")
        for name in after:
            if name in _EDITED and name in before:
                parts += [
                    (f"{name} was", "bold"), f" {_or_nothing(before[name])}\n",
                    (f"{name} is", "bold"), f" {_or_nothing(after[name])}\n",
                ]  # fmt: skip
        parts.append("\n")
    return parts[:-1]


def _or_nothing(value: Any) -> str:
    return "–" if value in (None, "") else shortened(str(value))


def as_text(stored: StoredTriple) -> str:
    """A triple as text to be copied, all of it, safe to show."""
    triple = stored.triple
    said = [("before that", f"{past.input}\n→ {past.response}") for past in triple.context]
    said += [("you", triple.input), ("model", triple.response)]
    said.append((f"what happened ({triple.landing})", triple.consequence))
    return safe_text("\n\n".join(f"{name}:\n{text}" for name, text in said if text))
