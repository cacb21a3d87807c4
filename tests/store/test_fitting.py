"""A generation that was learned on other weights does not answer, and it is known for which the
base does."""

from dataclasses import replace
from pathlib import Path

import pytest

from tear_core.store import Store, fitting, generations
from tear_core.store.fitting import fingerprint_of, settle, stands_for, unfit
from tests.store.made import generation

WHOLE, OTHER = "f" * 16, "0" * 16


def published(store: Store) -> int:
    parent = generations.live(store, "nano") or None
    return generations.publish(store, generation(store, parent=parent), [], []).number


def test_where_the_weights_are_those_nothing_is_amiss(store: Store) -> None:
    assert settle(store, "nano", WHOLE) == 0, "nothing was learned yet"
    number = published(store)
    assert unfit(store, "nano", WHOLE) == settle(store, "nano", WHOLE) == 0
    assert generations.live(store, "nano") == number


def test_the_base_stands_for_one_of_other_weights_until_they_are_back(store: Store) -> None:
    number = published(store)
    assert unfit(store, "nano", OTHER) == number and unfit(store, "nano", None) == 0
    assert settle(store, "nano", OTHER) == number
    assert generations.live(store, "nano") == 0
    assert stands_for(store, "nano") == unfit(store, "nano", None) == number
    before = len(generations.live_history(store))
    assert settle(store, "nano", OTHER) == number, "it is known on, and written down once"
    assert len(generations.live_history(store)) == before
    assert settle(store, "nano", WHOLE) == 0
    assert generations.live(store, "nano") == number and stands_for(store, "nano") == 0


def test_a_base_that_somebody_chose_stands_for_nothing(store: Store) -> None:
    published(store)
    generations.use(store, "nano", 0, "chosen")
    assert settle(store, "nano", OTHER) == stands_for(store, "nano") == 0
    assert settle(store, "nano", WHOLE) == generations.live(store, "nano") == 0


def test_what_is_learned_from_the_base_then_is_what_answers(store: Store) -> None:
    published(store)
    settle(store, "nano", OTHER)
    new = replace(generation(store), base_fingerprint=OTHER)
    assert generations.publish(store, new, [], []).number == generations.live(store, "nano")
    assert settle(store, "nano", OTHER) == stands_for(store, "nano") == 0


def test_nobody_chooses_another_one_while_it_is_settled(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what somebody chose in between would be overruled."""
    looked: list[bool] = []

    def look(*given: str | Store) -> int:
        looked.append(store.connection.in_transaction)
        return unfit(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(fitting, "unfit", look)
    published(store)
    settle(store, "nano", OTHER)
    assert looked == [True]


def test_one_whose_files_were_removed_does_not_come_back(store: Store) -> None:
    number = published(store)
    settle(store, "nano", OTHER)
    generations.remove(store, number)
    assert settle(store, "nano", WHOLE) == generations.live(store, "nano") == 0


def test_a_fingerprint_changes_with_weights_and_choices(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(bytes(8) + b"weights")
    one = fingerprint_of(tmp_path, "none", "rows")
    assert one == fingerprint_of(tmp_path, "none", "rows") and len(one) == 32
    assert one != fingerprint_of(tmp_path, "nf4", "rows")
    (tmp_path / "model.safetensors").write_bytes(bytes(8) + b"updated")
    assert one != fingerprint_of(tmp_path, "none", "rows")
