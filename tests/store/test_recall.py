"""What was written before is found again, the newest first or the likest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tear_core.store import Store, recall, sessions, triples, witnessing
from tear_core.triples import Triple
from tear_core.turn import Event
from tests.store.made import lived_turn


def say(store: Store, *texts: str) -> None:
    session = sessions.create(store).id
    for number, text in enumerate(texts, start=1):
        sessions.append(store, session, Event("input", number, {"text": text}))


def write(store: Store, response: str, scene: str) -> str:
    session = sessions.create(store).id
    lived = replace(lived_turn(store, session), response=response, consequence=scene)
    return witnessing.author(store, session, 1, lived).triple.id


def test_what_was_said_comes_back_from_every_session_newest_first_and_once(store: Store) -> None:
    say(store, "one", "two\nlines", "one")
    say(store, "three", " ")
    assert [each.text for each in recall.prompts(store)] == ["three", "one", "two\nlines"]
    assert [each.text for each in recall.prompts(store, "LINES tw")] == ["two\nlines"]
    assert [each.text for each in recall.prompts(store, limit=1)] == ["three"]
    assert recall.prompts(store, '"%_\0') == []


def test_only_the_researchers_own_scenes_are_offered_again(store: Store) -> None:
    mine = write(store, "a", "She sang.")
    triples.add(store, Triple("x", "y", "from a file"), source="file", status="pending")
    gone = write(store, "b", "taken back")
    triples.set_status(store, [gone], "retracted", "no")
    found = recall.scenes(store)
    assert [(each.text, each.triple) for each in found] == [("She sang.", mine)]
    assert recall.scenes(store, "sang she") == found
    assert recall.scenes(store, "danced") == []


def test_scenes_after_responses_like_this_one_come_first(store: Store) -> None:
    like = write(store, "Play the piano slowly tonight.", "She slowed down.")
    write(store, "Bake bread.", "It rose.")
    newest = write(store, "Bake more bread.", "It fell.")
    found = recall.scenes_like(store, "Could you play that piano piece?")
    assert [each.triple for each in found][:2] == [like, newest]
    assert len(found) == 3


@pytest.mark.parametrize("response", ["", "a b c", "NEAR(\"'* AND", "漢字 👩‍👧"])
def test_any_response_can_be_compared(store: Store, response: str) -> None:
    write(store, "Bake bread.", "It rose.")
    assert [each.text for each in recall.scenes_like(store, response)] == ["It rose."]
