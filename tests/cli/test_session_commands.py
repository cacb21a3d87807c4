"""`tear-tui sessions`, as a person types it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tear_core.store import Store, open_store, sessions, triples, witnessing
from tests.cli.test_commands import as_json, run
from tests.store.made import lived_turn

pytestmark = pytest.mark.usefixtures("home")

KEYS = [
    *("id", "title", "created_at", "updated_at", "forked_from", "forked_at", "used_at"),
    *("turns", "authored"),
]


def witnessed(store: Store, title: str) -> str:
    session = sessions.create(store, title).id
    lived = replace(lived_turn(store, session), consequence=f"she left {title}")
    witnessing.author(store, session, 1, lived)
    return session


def test_sessions_are_listed_and_found(store: Store) -> None:
    witnessed(store, "Piano")
    witnessed(store, "Violin")
    rows = as_json("sessions", "list")
    assert [row["title"] for row in rows] == ["Violin", "Piano"]
    assert list(rows[0]) == KEYS and (rows[0]["turns"], rows[0]["authored"]) == (1, 1)
    assert [row["title"] for row in as_json("sessions", "list", "pia", "hello")] == ["Piano"]
    assert "Violin" in run("sessions").stdout
    assert "The first 1; --limit 0 shows all." in run("sessions", "list", "--limit", "1").stderr
    assert run("sessions", "list", "--nl").stdout.count("\n") == 2
    assert run("sessions", "list", "--csv").stdout.startswith(",".join(KEYS))
    assert "No session has these words" in run("sessions", "list", "nowhere").stderr


def test_a_session_is_renamed(store: Store) -> None:
    one = witnessed(store, "Piano")
    assert as_json("sessions", "rename", one, " Grand piano ")["title"] == "Grand piano"
    assert "a title needs words" in run("sessions", "rename", one, " ", code=1).stderr
    assert "there is no session 'x'" in run("sessions", "rename", "x", "y", code=1).stderr


def test_a_fork_says_how_to_go_on_with_it(store: Store) -> None:
    one = witnessed(store, "Piano")
    made = as_json("sessions", "fork", one, "--at", "1", "--title", "Another way")
    assert (made["title"], made["forked_from"], made["turns"]) == ("Another way", one, 1)
    assert "goes on with it" in run("sessions", "fork", one).stderr
    assert "has no turn 7" in run("sessions", "fork", one, "--at", "7", code=1).stderr
    assert sessions.count(store) == 3


def test_deleting_asks_first_and_keeps_the_triples_unless_told(store: Store) -> None:
    one = witnessed(store, "Piano")
    asked = run("sessions", "delete", one, input="n\n", code=1)
    assert "1 triples were written in it" in asked.stderr and sessions.count(store) == 1
    told = as_json("sessions", "delete", one, "--yes")
    assert told == {"deleted": one, "triples": {"kept": 1, "removed": 0, "retracted": 0}}
    assert triples.counts(store)["pending"] == 1
    two = witnessed(store, "Violin")
    run("sessions", "delete", two, "--with-triples", input="y\n")
    with open_store(store.home) as fresh:
        assert (sessions.count(fresh), triples.counts(fresh)["pending"]) == (0, 1)
