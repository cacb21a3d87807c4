"""A session that is deleted is gone for good, and takes along what it is told to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tear_core.store import (
    Store,
    StoreError,
    drafts,
    forgetting,
    generations,
    learning_log,
    sessions,
    triples,
    witnessing,
)
from tests.store.made import generation, lived_turn

WORDS = "zebrafinch"


def witnessed(store: Store, title: str = "Piano", scene: str = WORDS) -> tuple[str, str]:
    """A session with one witnessed turn; ids of both."""
    session = sessions.create(store, title).id
    triple = replace(lived_turn(store, session), consequence=f"{scene} sang in {title}")
    return session, witnessing.author(store, session, 1, triple).triple.id


def learned(store: Store, triple: str) -> None:
    generations.publish(store, generation(store), [triple], [])


def test_the_triples_of_a_deleted_session_are_kept_unless_wanted_otherwise(store: Store) -> None:
    session, triple = witnessed(store)
    done = forgetting.delete(store, session, with_triples=False)
    assert (done.kept, done.removed, done.retracted) == (1, 0, 0)
    kept = triples.get(store, triple)
    assert (kept.session, kept.status) == (None, "pending")
    with pytest.raises(StoreError, match="there is no session"):
        sessions.get(store, session)


def test_triples_that_nobody_has_learned_are_erased_and_found_no_more(store: Store) -> None:
    session, triple = witnessed(store)
    done = forgetting.delete(store, session, with_triples=True)
    assert (done.kept, done.removed, done.retracted) == (0, 1, 0)
    with pytest.raises(StoreError, match="there is no triple"):
        triples.get(store, triple)
    assert triples.search(store, WORDS) == []


def test_what_a_generation_has_seen_is_retracted_and_not_erased(store: Store) -> None:
    session, triple = witnessed(store)
    learned(store, triple)
    assert forgetting.written_in(store, session).learned == (triple,)
    done = forgetting.delete(store, session, with_triples=True)
    assert (done.kept, done.removed, done.retracted) == (0, 0, 1)
    assert triples.get(store, triple).status == "retracted"


def test_what_is_being_learned_is_not_taken_from_under_the_learner(store: Store) -> None:
    session, triple = witnessed(store)
    run = learning_log.begin(store, "nano", 0, [triple])
    assert forgetting.written_in(store, session).learned == (triple,)
    learning_log.end(store, run, "stopped")
    assert forgetting.written_in(store, session).removable == (triple,)


def test_a_triple_that_a_fork_speaks_of_stays(store: Store) -> None:
    session, triple = witnessed(store)
    fork = sessions.fork(store, session)
    done = forgetting.delete(store, session, with_triples=True)
    assert (done.kept, done.removed) == (1, 0)
    assert sessions.conversation(store, fork.id).turns[0].triple == triple
    assert triples.get(store, triple).status == "pending"


def test_no_word_of_it_is_left_in_the_files(store: Store) -> None:
    session, _ = witnessed(store, "a title like quagga", "zebrafinch")
    other, _ = witnessed(store, "the other", "nightjar")
    drafts.save(store, f"prompt@{session}", "half an axolotl", session)
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    forgetting.delete(store, session, with_triples=True)
    held = b"".join(each.read_bytes() for each in store.home.glob("tear.db*"))
    assert [word in held for word in (b"quagga", b"zebrafinch", b"axolotl")] == [False] * 3
    assert b"nightjar" in held
    assert len(sessions.events(store, other)) == 5


def test_a_session_that_is_not_there_deletes_nothing(store: Store) -> None:
    _, triple = witnessed(store)
    with pytest.raises(StoreError, match="there is no session 'nope'"):
        forgetting.delete(store, "nope", with_triples=True)
    assert triples.get(store, triple).status == "pending"
