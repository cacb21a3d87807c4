"""Triples in the store: kept once, followed through their statuses, found again."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tear_core.store import Store, StoreError, triples
from tear_core.store.triples import StoredTriple
from tear_core.triples import Draft, Exchange, Triple


def add(store: Store, scene: str, status: triples.Status = "pending") -> StoredTriple:
    kept, _ = triples.add(store, Triple("hi", "yo", scene), source="test", status=status)
    return kept


def test_a_triple_comes_back_as_it_was(store: Store) -> None:
    triple = Triple(
        "hi",
        "yo",
        "he wept\n世界 👩‍👧",
        "hurt",
        "reflect",
        (Exchange("a", "b"),),
        Draft("go", "oh"),
    )
    kept, new = triples.add(
        store,
        triple,
        source="test",
        status="pending",
        turn=3,
        predicted="he smiles",
        predicted_by=0,
        blind=True,
    )
    assert new and kept.triple == triple
    assert (kept.turn, kept.predicted, kept.predicted_by, kept.blind) == (3, "he smiles", 0, True)
    assert triples.get(store, kept.id) == kept
    assert kept.generations == ()


def test_the_same_words_are_kept_once(store: Store) -> None:
    first = add(store, "he wept", "unreviewed")
    again, new = triples.add(
        store, Triple("hi", "yo", "he wept", "hurt"), source="other", status="pending"
    )
    assert not new and again == first


@pytest.mark.parametrize("scene", ["he \0 wept", "he \ud83d wept"])
def test_words_that_cannot_be_kept_are_refused(store: Store, scene: str) -> None:
    with pytest.raises(StoreError, match="consequence"):
        add(store, scene)
    with pytest.raises(StoreError, match="no session 'nope'"):
        triples.add(store, Triple("hi", "yo", "x"), source="s", status="pending", session="nope")
    assert sum(triples.counts(store).values()) == 0


def test_a_triple_is_found_by_how_its_id_begins(store: Store) -> None:
    one = add(store, "one")
    assert triples.get(store, one.id[:14].lower()).id == one.id
    add(store, "two")
    with pytest.raises(StoreError, match="more than one triple begins with '0'"):
        triples.get(store, "0")
    for unknown in ("NOPE", "", "_"):
        with pytest.raises(StoreError, match=f"there is no triple '{unknown}'"):
            triples.get(store, unknown)


def test_lists_are_newest_first_and_pending_is_oldest_first(store: Store) -> None:
    made = [add(store, f"scene {n}") for n in range(5)]
    ids = [each.id for each in made]
    assert ids == sorted(ids)
    assert [each.id for each in triples.list_triples(store)] == ids[::-1]
    assert [each.id for each in triples.pending(store, 2)] == ids[:2]
    page = triples.list_triples(store, status="pending", limit=2, before=ids[3])
    assert [each.id for each in page] == [ids[2], ids[1]]
    assert triples.list_triples(store, source="elsewhere") == []
    assert triples.get_many(store, [ids[2], "nope", ids[0]]) == [made[2], made[0]]


def test_a_status_changes_with_its_history(store: Store) -> None:
    kept = add(store, "he wept", "unreviewed")
    assert triples.set_status(store, [kept.id], "pending", "looks right", "ada") == 1
    assert triples.set_status(store, [kept.id], "pending", "again", "ada") == 0
    past = [
        (row["from_status"], row["to_status"], row["why"], row["who"])
        for row in triples.history(store, kept.id)
    ]
    assert past == [
        (None, "unreviewed", "added: test", "tear-tui"),
        ("unreviewed", "pending", "looks right", "ada"),
    ]


def test_an_unknown_id_changes_nothing(store: Store) -> None:
    kept = add(store, "he wept")
    with pytest.raises(StoreError, match="there is no triple 'nope'"):
        triples.set_status(store, [kept.id, "nope"], "rejected", "why")
    assert triples.get(store, kept.id).status == "pending"
    assert len(triples.history(store, kept.id)) == 1


def test_counts_name_every_status(store: Store) -> None:
    add(store, "one")
    add(store, "two", "rejected")
    assert triples.counts(store) == {
        "unreviewed": 0,
        "pending": 1,
        "learned": 0,
        "rejected": 1,
        "retracted": 0,
        "too_long": 0,
    }


def test_surprise_is_kept(store: Store) -> None:
    kept = add(store, "he wept")
    triples.record_surprise(store, kept.id, 2.5, 7, 0)
    found = triples.get(store, kept.id)
    assert (found.surprise, found.surprise_tokens, found.surprise_generation) == (2.5, 7, 0)
    with pytest.raises(StoreError, match="there is no triple 'nope'"):
        triples.record_surprise(store, "nope", 2.5, 7, 0)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("self-harm", ["self-harm is named"]),
        ("don't", ["I don't know"]),
        ('"exact phrase"', ["an exact phrase here"]),
        ('"phrase exact"', []),
        ("phrase exact", ["phrase, not exact", "an exact phrase here"]),
        ("exa", ["phrase, not exact", "an exact phrase here"]),
        ('"exa"', []),
        ("EXACT here", ["an exact phrase here"]),
        ("naive", ["a naïve one"]),
        ("AND", ["this and that"]),
        ("NOT OR NEAR(", []),
        ("*", ["a * star"]),
        ('"', ['a "quoted" word']),
        ('quoted "', ['a "quoted" word']),
        ("input:know", []),
        ("^I", ["I don't know", "self-harm is named"]),
    ],
)
def test_a_search_takes_anything_typed(store: Store, typed: str, found: list[str]) -> None:
    for scene in (
        "self-harm is named",
        "I don't know",
        "an exact phrase here",
        "phrase, not exact",
        "a naïve one",
        "this and that",
        "a * star",
        'a "quoted" word',
    ):
        triples.add(store, Triple("q", "w", scene), source="test", status="pending")
    assert {each.triple.consequence for each in triples.search(store, typed)} == set(found)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=12) | st.text("\"'*-^:(){}+ aN\0\\", max_size=12))
def test_no_search_is_an_error(store: Store, typed: str) -> None:
    add(store, "he wept")
    triples.search(store, typed, 5)
    triples.search(store, typed, status="pending")


def test_a_search_still_finds_its_rows_after_a_vacuum(store: Store) -> None:
    made = [add(store, f"scene{n}") for n in range(6)]
    with store.write() as connection:
        connection.execute("DELETE FROM triples WHERE id IN (?, ?)", (made[0].id, made[2].id))
    store.connection.execute("VACUUM")
    assert [each.id for each in triples.search(store, "scene4")] == [made[4].id]
    assert triples.search(store, "scene2") == []


def test_only_learned_triples_are_replayed(store: Store) -> None:
    made = [add(store, f"scene {n}") for n in range(4)]
    triples.set_status(store, [made[2].id, made[0].id], "learned", "test")
    triples.set_status(store, [made[1].id], "too_long", "test")
    assert triples.replayable_ids(store) == [made[0].id, made[2].id]
    assert triples.replayable_ids(store, 0) == []
