"""Where a response comes from: who wrote it, with which numbers, and what became of it.

`told` is pure; `gather` asks the store what it says of the generation and of the triples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tear_core.store import Store, StoreError, generations, triples
from tear_core.store.generations import Generation
from tear_core.store.triples import StoredTriple
from tear_core.turn import Candidate, Turn, scene_generation
from tear_tui.conversing.looks import SECTIONS
from tear_tui.conversing.spread import spread_of
from tear_tui.text.safe_text import safe_line

NEWEST = 3
"""Triples of a generation that are shown."""
QUOTED = 60

Line = tuple[str, str]
"""What it is, and what is said of it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows about a candidate's generation and its turn's triple."""

    generation: Generation | None = None
    newest: tuple[StoredTriple, ...] = ()
    triple: StoredTriple | None = None


def gather(store: Store, turn: Turn, candidate: Candidate) -> Known:
    """Ask the store; what is not there any more is left out."""
    try:
        generation = generations.get(store, writer(candidate))
    except StoreError:
        generation = None
    newest: list[StoredTriple] = []
    if generation is not None:
        newest = triples.list_triples(store, generation=generation.number, limit=NEWEST)
    found = triples.get_many(store, [turn.triple]) if turn.triple else []
    return Known(generation, tuple(newest), found[0] if found else None)


def writer(candidate: Candidate) -> int:
    """The generation that wrote the words, or for an edit foresaw their scene; 0 is the base."""
    return scene_generation(candidate)


def told(turn: Turn, candidate: Candidate, known: Known) -> list[Line]:
    """All of it, line by line."""
    lines = [("written by", _writer(candidate, known.generation))]
    lines += _generation(known)
    facts = candidate.facts
    lines += [(name, _section(facts[name])) for name in SECTIONS if name in facts]
    lines += _sampler(candidate)
    lines += [("order", turn.order), ("blind", "yes" if turn.blind else "no")]
    if candidate.samples:
        lines.append(("more scenes", _samples(candidate)))
    lines += _what_happened(turn, known.triple)
    return lines


def _writer(candidate: Candidate, generation: Generation | None) -> str:
    number = writer(candidate)
    name = f"generation {number}" if number else "the base model"
    if generation is not None and generation.label:
        name += f", “{safe_line(generation.label)}”"
    if candidate.edited:
        return f"you; its scene was foreseen by {name}"
    return name


def _generation(known: Known) -> list[Line]:
    generation = known.generation
    if generation is None:
        return []
    verdict = {"": "not judged", "pass": "passed"}.get(generation.verdict, generation.verdict)
    parent = f"generation {generation.parent}" if generation.parent else "the base"
    about = f"from {parent} of {safe_line(generation.base)}, {verdict}"
    about += ", removed since" if generation.removed_at else ""
    lines = [("generation", about)]
    lines.append(("it learned", f"{_triples(generation.triples)}, {generation.replayed} replayed"))
    for triple in known.newest:
        lines.append(("", f"· {_quoted(triple.triple.consequence)}"))
    return lines


def _section(facts: Mapping[str, Any]) -> str:
    tokens, seconds = int(facts.get("tokens") or 0), float(facts.get("seconds") or 0.0)
    parts = ["1 token" if tokens == 1 else f"{tokens} tokens"]
    if seconds > 0:
        parts.append(f"{tokens / seconds:.1f} tokens/s")
    if "prefill_tokens" in facts:
        parts.append(f"{facts['prefill_tokens']} read before")
    if facts.get("stopped") in ("cancelled", "length"):
        parts.append("stopped by you" if facts["stopped"] == "cancelled" else "cut at the limit")
    return ", ".join(parts)


def _sampler(candidate: Candidate) -> list[Line]:
    facts: Mapping[str, Any] = next(
        (candidate.facts[name] for name in SECTIONS if "sampling" in candidate.facts.get(name, {})),
        {},
    )
    drawn = facts.get("sampling") or {}
    lines = []
    if facts.get("seed") is not None:
        lines.append(("seed", str(facts["seed"])))
    if drawn:
        names = ("temperature", "top_p", "top_k", "repetition_penalty")
        words = (f"{name.replace('_', ' ')} {drawn[name]:g}" for name in names if name in drawn)
        lines.append(("sampler", ", ".join(words)))
    return lines


def _samples(candidate: Candidate) -> str:
    apart = spread_of(candidate)
    facts = "" if apart is None else f", spread {apart.apart:.2f}{_by(apart.generation)}"
    return f"{len(candidate.samples)} sampled{facts}"


def _what_happened(turn: Turn, triple: StoredTriple | None) -> list[Line]:
    if turn.consequence is None:
        return [("what happened", "not written yet")]
    lines = [("what happened", f"{turn.landing}, triple {turn.triple}")]
    if triple is not None:
        lines.append(("its status", "retracted" if turn.retracted else triple.status))
    if turn.surprise is not None:
        by = "" if triple is None else _by(triple.surprise_generation)
        lines.append(("surprise", f"{turn.surprise:.3f} nats/token{by}"))
    lines.append(("the scene foreseen", "was seen first" if turn.saw_prediction else "was hidden"))
    if turn.started_from is not None:
        lines.append(("begun with", f"the scene of triple {turn.started_from}"))
    return lines


def _by(number: int | None) -> str:
    if number is None:
        return ""
    return f" for generation {number}" if number else " for the base model"


def _triples(number: int) -> str:
    return "1 triple" if number == 1 else f"{number} triples"


def _quoted(text: str) -> str:
    words = safe_line(text)
    return words if len(words) <= QUOTED else words[: QUOTED - 1] + "…"
