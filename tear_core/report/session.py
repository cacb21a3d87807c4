"""The report of a session: what was said and witnessed, and how surprising it was."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence

from tear_core.report.page import (
    Block,
    Claim,
    Figure,
    Page,
    Paragraph,
    Quotation,
    Section,
    Table,
    number,
    page,
    section,
)
from tear_core.report.plots import Line, lines
from tear_core.store import sessions, triples
from tear_core.store.database import Store
from tear_core.store.triples import StoredTriple
from tear_core.turn import Turn

MOST_TURNS = 200
"""Turns that are quoted; of a longer session the newest."""
LEAST_SCENES = 8
"""Scenes before one speaks of a direction at all."""


def session_page(store: Store, session_id: str, base: Mapping[str, float] | None = None) -> Page:
    """A session's page. `base`: surprise of the base model at its triples, nats per token by id.

    Raises:
        StoreError: there is no such session.
    """
    about = sessions.get(store, session_id)
    turns = sessions.conversation(store, about.id).turns
    witnessed = [turn for turn in turns if turn.consequence is not None and not turn.retracted]
    known = {s.id: s for s in triples.get_many(store, [t.triple for t in witnessed if t.triple])}
    facts = [
        ("session", about.id),
        ("began", about.created_at),
        ("last used", about.updated_at),
        ("turns", f"{len(turns)}, {len(witnessed)} of them witnessed"),
    ]
    return page(
        about.title or "A session",
        facts,
        [
            section("Surprise", _surprise(witnessed, base or {})),
            section("What happened", _landings(witnessed)),
            section("Who spoke", _speakers(turns)),
            _turns(turns, known),
        ],
    )


def _surprise(witnessed: Sequence[Turn], base: Mapping[str, float]) -> list[Block | None]:
    scored = [turn for turn in witnessed if turn.surprise is not None]
    if not scored:
        return [Paragraph("No scene of this session has been scored yet.")]
    live = tuple((float(turn.number), turn.surprise) for turn in scored)
    beside = tuple((float(turn.number), base.get(turn.triple or "")) for turn in scored)
    series = [Line("the live generation", live)]
    if any(value is not None for _, value in beside):
        series.append(Line("the base model", beside))
    learned = [
        (float(turn.number), f"generation {turn.learned_in}")
        for before, turn in zip([None, *scored], scored, strict=False)
        if turn.learned_in and (before is None or before.learned_in != turn.learned_in)
    ]
    svg = lines(series, "turn", "surprise, nats per token", learned[:12])
    says = (
        "Surprise at each authored scene, measured before it was learned. "
        f"First {live[0][1]:.2f}, last {live[-1][1]:.2f} nats per token."
    )
    return [Figure("surprise", svg, says), *_direction(scored, base)]


def _direction(scored: Sequence[Turn], base: Mapping[str, float]) -> list[Block]:
    """What may be said of a curve without a control: little."""
    if len(scored) < LEAST_SCENES:
        text = f"{len(scored)} scenes are too few to speak of a direction."
        return [Claim(text, "open", f"It takes {LEAST_SCENES}.")]
    half = len(scored) // 2
    first, last = scored[:half], scored[-half:]
    fell = _mean(first) - _mean(last)
    text = (
        f"The second half of the scenes surprised the model {abs(fell):.2f} nats per token"
        f" {'less' if fell > 0 else 'more'} than the first."
    )
    told: list[Block] = [
        Claim(text, "open", "A session has no control: later scenes may just be easier.")
    ]
    gaps = [
        base[turn.triple] - turn.surprise
        for turn in scored
        if turn.triple is not None and turn.triple in base and turn.surprise is not None
    ]
    if len(gaps) >= LEAST_SCENES:
        half = len(gaps) // 2
        grew = statistics.fmean(gaps[-half:]) - statistics.fmean(gaps[:half])
        text = (
            f"Beside the base model on the same scenes, the live one's lead grew by {grew:+.2f}"
            " nats per token from the first half to the second."
        )
        why = "The base meets the same scenes, so easier ones do not count; one session is one run."
        told.append(Claim(text, "suggestive" if grew > 0 else "open", why))
    return told


def _mean(turns: Sequence[Turn]) -> float:
    return statistics.fmean(turn.surprise for turn in turns if turn.surprise is not None)


def _landings(witnessed: Sequence[Turn]) -> list[Block | None]:
    if not witnessed:
        return [Paragraph("Nothing has been witnessed in this session.")]
    counts = Counter(str(turn.landing) for turn in witnessed)
    rows = tuple((name, str(counts[name])) for name in ("healed", "neutral", "hurt"))
    seen = sum(turn.saw_prediction for turn in witnessed)
    return [
        Table(("landing", "scenes"), rows, numbers=(1,)),
        Paragraph(f"{seen} of {len(witnessed)} were written after the prediction had been seen."),
    ]


def _speakers(turns: Sequence[Turn]) -> list[Block | None]:
    said = Counter(turn.said.generation for turn in turns if turn.said is not None)
    if not said:
        return [Paragraph("Nothing has been said yet.")]
    rows = tuple(
        (f"generation {n}" if n else "the base model", str(count))
        for n, count in sorted(said.items())
    )
    return [Table(("who", "responses taken"), rows, numbers=(1,))]


def _turns(turns: Sequence[Turn], known: Mapping[str, StoredTriple]) -> Section | None:
    kept = [turn for turn in turns if turn.phase != "cancelled"]
    shown = kept[-MOST_TURNS:]
    blocks: list[Block | None] = [_quoted(turn, known) for turn in shown]
    if len(shown) < len(kept):
        blocks.insert(0, Paragraph(f"The last {len(shown)} of {len(kept)} turns."))
    return section("The conversation", blocks)


def _quoted(turn: Turn, known: Mapping[str, StoredTriple]) -> Quotation:
    said = turn.said
    parts = [("said to the model", turn.input)]
    if said is not None:
        who = "response, in the researcher's words" if said.edited else "response"
        parts.append((who, said.words))
    if said is not None and said.scene:
        parts.append(("scene foreseen", said.scene))
    if turn.consequence is not None:
        parts.append((f"what happened ({turn.landing})", turn.consequence))
    title = f"turn {turn.number}"
    if turn.surprise is not None:
        title += f", surprise {number(turn.surprise, '.2f')}"
    stored = known.get(turn.triple or "")
    if stored is not None:
        title += f", {stored.status}"
    return Quotation(title, tuple(parts))
