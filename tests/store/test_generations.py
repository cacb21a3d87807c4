"""Generations: entered whole or not at all, chosen, and held against their folders."""

from dataclasses import replace

import pytest
from filelock import FileLock

from tear_core.home import generations_folder, learner_lock
from tear_core.store import (
    Store,
    StoreError,
    generations,
    learning_log,
    reconciling,
    sessions,
    triples,
)
from tear_core.store.folders import verify_folder
from tear_core.store.learning_log import LearningStep
from tear_core.store.reconciling import FellBack
from tests.store.made import generation, pending_triple, write_folder


def publish(store: Store, parent: int | None = None, base: str = "nano") -> int:
    kept = pending_triple(store, f"scene {generations.next_number(store)}")
    made = generation(store, base, parent)
    return generations.publish(store, made, [kept.id], []).number


def test_publishing_enters_everything_at_once(store: Store) -> None:
    old, new = pending_triple(store, "old"), pending_triple(store, "new")
    generations.publish(store, generation(store), [old.id], [])
    made = generations.publish(store, generation(store, parent=1), [new.id], [old.id, new.id])
    assert generations.get(store, 2) == made == generations.list_generations(store)[1]
    assert made.id and made.created_at and made.settings == {"rank": 16}
    assert generations.live(store, "nano") == 2
    assert generations.exposed(store, 2) == [old.id, new.id]
    assert generations.exposed(store, 2, "new") == [new.id]
    assert triples.get(store, old.id).generations == (1, 2)
    assert triples.get(store, new.id).status == "learned"
    assert triples.history(store, new.id)[-1]["why"] == "generation 2"
    assert [row["generation"] for row in generations.live_history(store, "nano")] == [1, 2]


def test_a_generation_may_be_published_without_going_live(store: Store) -> None:
    kept = pending_triple(store, "scene")
    generations.publish(store, generation(store), [kept.id], [], make_live=False)
    assert generations.live(store, "nano") == 0
    assert triples.get(store, kept.id).status == "learned"


def test_publishing_that_cannot_be_leaves_nothing(store: Store) -> None:
    kept = pending_triple(store, "scene")
    good = generation(store)
    with pytest.raises(StoreError, match="there is no triple 'nope'"):
        generations.publish(store, good, [kept.id, "nope"], [])
    with pytest.raises(StoreError, match="generation 1 cannot be published"):
        generations.publish(store, replace(good, parent=7), [kept.id], [])
    assert generations.list_generations(store) == []
    assert triples.get(store, kept.id).status == "pending"
    generations.publish(store, good, [kept.id], [])
    with pytest.raises(StoreError, match="generation 1 cannot be published"):
        generations.publish(store, good, [kept.id], [])


def test_a_triple_retracted_while_it_was_learned_stays_retracted(store: Store) -> None:
    kept = pending_triple(store, "scene")
    triples.set_status(store, [kept.id], "retracted", "asked to")
    generations.publish(store, generation(store), [kept.id], [])
    found = triples.get(store, kept.id)
    assert (found.status, found.generations) == ("retracted", (1,))


def test_any_generation_can_be_made_live_again(store: Store) -> None:
    publish(store)
    publish(store, 1)
    generations.use(store, "nano", 1, "the second forgot")
    assert generations.live(store, "nano") == 1
    live = generations.get(store, "live", "nano")
    assert live is not None and live.number == 1
    generations.use(store, "nano", 0, "start over")
    assert generations.live(store, "nano") == 0
    assert generations.get(store, "live", "nano") is generations.get(store, "base") is None
    assert generations.live_history(store)[-1]["generation"] == 0
    assert generations.next_number(store) == 3


def test_what_is_live_is_kept_for_each_base(store: Store) -> None:
    publish(store)
    publish(store, base="other")
    assert (generations.live(store, "nano"), generations.live(store, "other")) == (1, 2)
    with pytest.raises(StoreError, match="generation 2 was learned on other, not on nano"):
        generations.use(store, "nano", 2, "mistake")
    assert [each.number for each in generations.list_generations(store, "other")] == [2]


@pytest.mark.parametrize("unknown", [7, "7", "-1", "newest", "", "9" * 30, "²"])
def test_an_unknown_generation_is_named(store: Store, unknown: int | str) -> None:
    with pytest.raises(StoreError, match=f"there is no generation {unknown}"):
        generations.get(store, unknown)


def test_what_a_line_of_generations_has_seen_is_replayed(store: Store) -> None:
    publish(store)
    publish(store, 1)
    publish(store, 1)
    ids = triples.replayable_ids(store)
    assert len(ids) == 3
    assert triples.replayable_ids(store, 2) == ids[:2]
    assert triples.replayable_ids(store, 3) == [ids[0], ids[2]]
    assert [each.number for each in generations.ancestors(store, 3)] == [1]
    assert generations.ancestors(store, 0) == []


def test_a_folder_is_whole_only_with_the_bytes_of_its_manifest(store: Store) -> None:
    folder, _ = write_folder(store, "x")
    assert verify_folder(folder)
    (folder / "adapter.safetensors").write_bytes(b"other weights")
    assert not verify_folder(folder)
    (folder / "adapter.safetensors").unlink()
    assert not verify_folder(folder)
    for manifest in ("", "{}", '{"files": {}}', '{"files": ["a"]}', '{"files": {"../x": "0"}}'):
        (folder / "manifest.json").write_text(manifest)
        assert not verify_folder(folder)
    assert not verify_folder(folder / "nowhere")


def test_leftovers_of_publishing_are_removed_and_nothing_else(store: Store) -> None:
    number = publish(store)
    row = generations.get(store, number)
    assert row is not None
    orphan, _ = write_folder(store, "01ARZ3NDEKTSV4RRFFQ69G5FAV")
    for name in (".tmp-01ARZ3NDEKTSV4RRFFQ69G5FAV", "my notes"):
        (generations_folder(store.home) / name).mkdir()
    report = reconciling.reconcile(store)
    assert report.removed == (".tmp-01ARZ3NDEKTSV4RRFFQ69G5FAV", orphan.name)
    assert (report.broken, report.fell_back) == ((), ())
    left = {path.name for path in generations_folder(store.home).iterdir()}
    assert left == {row.folder, "my notes"}


def test_nothing_is_removed_while_a_learner_is_at_work(store: Store) -> None:
    orphan, _ = write_folder(store, "01ARZ3NDEKTSV4RRFFQ69G5FAV")
    with FileLock(learner_lock(store.home)):
        assert reconciling.reconcile(store).removed == ()
        assert orphan.is_dir()
        assert reconciling.reconcile(store, holding_learner_lock=True).removed == (orphan.name,)


def test_a_broken_live_generation_gives_way_to_its_nearest_whole_ancestor(store: Store) -> None:
    publish(store)
    publish(store, 1)
    publish(store, 2)
    folders = {
        each.number: generations_folder(store.home) / each.folder
        for each in generations.list_generations(store)
    }
    (folders[3] / "adapter.safetensors").write_bytes(b"altered")
    (folders[2] / "manifest.json").unlink()
    report = reconciling.reconcile(store)
    assert report.broken == (2, 3)
    assert report.fell_back == (FellBack("nano", broken=3, now_live=1),)
    assert generations.live(store, "nano") == 1
    assert generations.live_history(store)[-1]["why"] == "generation 3 is broken"
    (folders[1] / "manifest.json").write_text("{}")
    assert reconciling.reconcile(store).fell_back == (FellBack("nano", broken=1, now_live=0),)
    assert generations.live(store, "nano") == 0
    assert reconciling.reconcile(store).fell_back == ()


def test_the_learning_log_keeps_each_step(store: Store) -> None:
    assert learning_log.latest_run(store) is None
    run, other = learning_log.new_run(), learning_log.new_run()
    step = LearningStep(run, 1, 2, 2.0, None, 0.3, 0.9, 100, 0.5)
    learning_log.append(store, step)
    learning_log.append(store, LearningStep(other, 1, 1, 2.0, 3.0, 0.3, 0.9, 100, 0.5))
    bad = replace(step, step=2, response_loss=float("nan"), discarded=True)
    learning_log.append(store, bad)
    first, second = learning_log.read(store, run)
    assert replace(first, at="") == step
    assert (second.response_loss, second.discarded) == (None, True)
    assert learning_log.latest_run(store) == run
    learning_log.published_as(store, run, 4)
    assert [each.generation for each in learning_log.read(store, run)] == [4, 4]
    assert learning_log.read(store, other)[0].generation is None
    assert sessions.list_sessions(store) == []


def test_a_label_and_a_pin_are_kept(store: Store) -> None:
    number = publish(store)
    assert generations.label(store, number, "  before   the\tmove ").label == "before the move"
    assert generations.pin(store, number, True).pinned
    found = generations.get(store, number)
    assert found is not None and (found.label, found.pinned) == ("before the move", True)
    assert not generations.pin(store, number, False).pinned
    assert generations.label(store, number, "").label == ""


@pytest.mark.parametrize("text", ["x" * 81, "a\x1b[31mb", "a\u202eb"])
def test_a_label_that_is_no_name_is_refused(store: Store, text: str) -> None:
    number = publish(store)
    with pytest.raises(StoreError, match="printable"):
        generations.label(store, number, text)


def test_a_removed_generation_keeps_its_row_and_what_it_has_seen(store: Store) -> None:
    publish(store)
    publish(store, 1)
    row = generations.get(store, 1)
    assert row is not None
    seen = generations.exposed(store, 1)
    folder = generations.folder_of(store, row)
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert generations.remove(store, 1) == size > 0
    assert not folder.exists()
    found = generations.get(store, 1)
    assert found is not None and found.removed_at
    assert generations.exposed(store, 1) == seen
    report = reconciling.reconcile(store)
    assert (report.broken, report.fell_back) == ((), ())
    with pytest.raises(StoreError, match="removed") as refused:
        generations.use(store, "nano", 1, "back")
    assert "rebuild" in refused.value.hint
    with pytest.raises(StoreError, match="already"):
        generations.remove(store, 1)
    with pytest.raises(StoreError, match="nothing left to pin"):
        generations.pin(store, 1, True)


def test_what_is_live_or_pinned_is_not_removed(store: Store) -> None:
    publish(store)
    publish(store, 1)
    generations.pin(store, 1, True)
    with pytest.raises(StoreError, match="pinned"):
        generations.remove(store, 1)
    with pytest.raises(StoreError, match="is live"):
        generations.remove(store, 2)
    with pytest.raises(StoreError, match="base is no generation"):
        generations.remove(store, 0)
    assert [generations.is_whole(store, each) for each in generations.list_generations(store)] == [
        True,
        True,
    ]


def test_falling_back_passes_over_what_was_removed(store: Store) -> None:
    publish(store)
    publish(store, 1)
    publish(store, 2)
    generations.remove(store, 2)
    live = generations.get(store, 3)
    assert live is not None
    (generations.folder_of(store, live) / "manifest.json").unlink()
    report = reconciling.reconcile(store)
    assert report.broken == (3,)
    assert report.fell_back == (FellBack("nano", broken=3, now_live=1),)


def test_a_folder_that_removing_left_behind_is_swept_up(store: Store) -> None:
    publish(store)
    publish(store, 1)
    row = generations.get(store, 1)
    assert row is not None
    generations.remove(store, 1)
    left, _ = write_folder(store, row.folder)
    assert reconciling.reconcile(store).removed == (left.name,)
