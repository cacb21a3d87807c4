"""What the pages say of a session, a generation and a study."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tear_core import __version__
from tear_core.evaluate.gate.full.evidence import Expected
from tear_core.evaluate.gate.full.judging import FullVerdict
from tear_core.evaluate.gate.full.rules import Rule, Trial
from tear_core.report.generation import generation_page
from tear_core.report.page import Claim, Page, Quotation, Table
from tear_core.report.session import session_page
from tear_core.report.study import study_page
from tear_core.report.writing import as_html, as_markdown
from tear_core.store import (
    Store,
    StoreError,
    generations,
    open_store,
    sessions,
    triples,
    witnessing,
)
from tear_core.store.generations import Generation
from tear_core.triples import Triple
from tear_core.turn import Event
from tests.study.test_findings import a_study


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "home")


def talk(store: Store, surprises: list[float]) -> tuple[str, list[str]]:
    """A session with a witnessed turn for each of these surprises; its triples are learned."""
    session = sessions.create(store, "about the piano").id
    ids = []
    for number, nats in enumerate(surprises, start=1):
        words = f"answer {number}"
        for kind, data in (
            ("input", {"text": f"question {number}", "order": "after"}),
            ("draft", {"candidate": 0, "text": words, "generation": 0}),
            ("scene", {"candidate": 0, "text": "he foresaw it"}),
            ("response", {"candidate": 0, "text": words}),
            ("take", {"candidate": 0}),
        ):
            sessions.append(store, session, Event(kind, number, data))  # type: ignore[arg-type]
        triple = Triple(f"question {number}", words, f"it went like {number}", "healed")
        written = witnessing.author(
            store, session, number, triple, blind=False, saw_prediction=True
        )
        kept = written.triple.id
        triples.record_surprise(store, kept, nats, 5, 0)
        ids.append(kept)
    return session, ids


def claims(page: Page) -> list[Claim]:
    return [b for section in page.sections for b in section.blocks if isinstance(b, Claim)]


def words(page: Page) -> str:
    return as_markdown(page) + as_html(page)


def test_a_session_alone_claims_nothing_of_learning(store: Store) -> None:
    session, _ = talk(store, [5.0 - 0.2 * n for n in range(12)])
    page = session_page(store, session)
    assert [claim.status for claim in claims(page)] == ["open"]
    assert "no control" in claims(page)[0].why
    assert page.figures[0].name == "surprise" and "First 5.00, last 2.80" in page.figures[0].says
    quotes = [b for b in page.sections[-1].blocks if isinstance(b, Quotation)]
    assert len(quotes) == 12 and "surprise 5.00" in quotes[0].title


def test_beside_the_base_a_growing_lead_is_suggestive_at_most(store: Store) -> None:
    session, ids = talk(store, [5.0 - 0.2 * n for n in range(12)])
    level = session_page(store, session, dict.fromkeys(ids, 5.0))
    assert [claim.status for claim in claims(level)] == ["open", "suggestive"]
    easier = session_page(store, session, {i: 5.5 - 0.3 * n for n, i in enumerate(ids)})
    assert [claim.status for claim in claims(easier)] == ["open", "open"]


def test_three_scenes_are_too_few(store: Store) -> None:
    session, _ = talk(store, [4.0, 3.0, 2.0])
    assert "too few" in claims(session_page(store, session))[0].text


def test_an_empty_session_has_a_page(store: Store) -> None:
    assert "No scene" in words(session_page(store, sessions.create(store, "").id))


def published(store: Store, ids: list[str], gate: dict[str, object] | None) -> Generation:
    row = Generation(
        number=1, parent=None, base="nano", base_fingerprint="f", folder="01X", manifest_sha256="m",
        triples=len(ids), replayed=0, steps=2, tokens=30, seconds=1.5, lambda_=0.3,
        settings={"rank": 16, "note": "a|b"}, response_before=4.0, response_after=3.0,
        consequence_before=5.0, consequence_after=3.5, verdict="fail" if gate else "", gate=gate,
    )  # fmt: skip
    return generations.publish(store, row, ids, [])


PROBE = {
    "verdict": "fail",
    "why": "plain English costs 90% more than before (at most 3%)",
    "rules": [
        {"rule": "bits_over_parent", "value": 0.9, "at_most": 0.03, "passed": False,
         "words": "plain English costs 90% more", "source": "the forgetting test"},
        {"rule": "alike", "value": {"unscored": "lost"}, "at_most": 0.5, "passed": False},
    ],
}  # fmt: skip


def test_a_generation_shows_what_it_was_taught_and_why_it_failed(store: Store) -> None:
    _, ids = talk(store, [4.0, 6.0])
    published(store, ids, {"probe": PROBE})
    page = generation_page(store, 1, "nano")
    text = words(page)
    assert "does not hold" in text and "did not go live" in text and "it went like 2" in text
    assert "Plain English costs 90% more" in text and "the forgetting test" in text
    taught = next(section for section in page.sections if section.title == "What it was taught")
    first = taught.blocks[0]
    assert isinstance(first, Quotation) and "surprise 6.00" in first.title
    assert [claim.why for claim in claims(page)] == [
        "On the very triples it learned: this is memory, not understanding."
    ]


def test_the_ten_tests_are_told_with_their_rules_and_a_stale_verdict_says_so(store: Store) -> None:
    _, ids = talk(store, [4.0])
    row = published(store, ids, None)
    held = [Rule("a", "the figure holds", "somewhere", True), Rule("b", "an arm", "design", None)]
    tests = (
        Trial(1, "awareness", "does it depend?", (replace(held[0], met=False),), n=61),
        Trial(2, "attribution", "because of it?", tuple(held)),
        Trial(3, "ranking", "among eight?", missing="ranking was not measured"),
    )
    expected = Expected(row.manifest_sha256, "f", {}, __version__)
    full = FullVerdict(tests, expected, "t").summary()
    generations.judged(store, 1, "fail", full)
    text = words(generation_page(store, 1, "nano"))
    assert "The ten tests: fail. It failed." in text and "any more" not in text
    assert "does it depend?" in text and "the figure holds" in text and "open" in text
    assert "ranking was not measured" in text
    generations.judged(store, 1, "fail", {**full, "version": "0.0"})
    assert "given by version 0.0" in words(generation_page(store, 1, "nano"))


def test_a_generation_nobody_judged_says_so(store: Store) -> None:
    _, ids = talk(store, [4.0])
    published(store, ids, None)
    assert "never judged" in words(generation_page(store, 1, "nano"))


def test_the_base_has_no_page(store: Store) -> None:
    with pytest.raises(StoreError, match="learned nothing"):
        generation_page(store, "base", "nano")


def test_a_study_says_what_is_measured_and_what_is_not() -> None:
    found = {
        **a_study(link=4.0),
        "study": {"name": "s", "base": "nano", "seeds": 3, "triples": 0, "lambda_": 0.3},
        "data": "abc",
        "complete": True,
        "date": "2026-01-01",
    }
    page = study_page(found)
    assert {claim.status for claim in claims(page)} == {"measured"}
    tables = [b for s in page.sections for b in s.blocks if isinstance(b, Table)]
    assert [row[0] for row in tables[0].rows] == ["base", "adapter", "lambda-0", "placebo"]
    assert [figure.name for figure in page.figures] == ["surprise", "awareness"]
    nothing = study_page({**found, "arms": [], "differences": []})
    assert "no two arms" in words(nothing)
