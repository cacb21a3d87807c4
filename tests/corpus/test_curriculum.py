"""The order of learning: what belongs where, and the same plan from the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tear_core.corpus.curriculum import belongs_to, plan
from tear_core.corpus.dataset import find_parts, take_in
from tear_core.store import Store, triples
from tear_core.store.triple_rows import Notes
from tear_core.store.triples import StoredTriple
from tear_core.triples import Landing, Triple


def add(
    store: Store, number: int, source: str, landing: Landing = "healed", **notes: object
) -> StoredTriple:
    triple = Triple(f"hello {number}", f"I am {number}", f"He ran {number}.", landing)
    kept, _ = triples.add(
        store,
        triple,
        source=source,
        status="pending",
        notes=Notes(**notes),  # type: ignore[arg-type]
    )
    return kept


@pytest.mark.parametrize(
    ("source", "landing", "warmth", "consequence"),
    [
        ("warmth", "neutral", True, False),
        ("data/warmth", "healed", True, False),
        ("contrast", "healed", False, True),
        ("pressure", "hurt", False, True),
        ("cli", "healed", True, False),
        ("cli", "hurt", False, True),
    ],
)
def test_what_belongs_to_which_pass(
    store: Store, source: str, landing: Landing, warmth: bool, consequence: bool
) -> None:
    stored = add(store, 1, source, landing)
    assert belongs_to(stored, "warmth") is warmth
    assert belongs_to(stored, "consequence") is consequence
    assert belongs_to(stored, "integration")


def test_three_passes_come_in_order_and_integration_has_everything(store: Store) -> None:
    warm = [add(store, i, "warmth") for i in range(5)]
    contrast = [add(store, 10 + i, "contrast", pair=f"p{i // 2}") for i in range(6)]
    lessons = plan([*contrast, *warm], "three-pass", size=4).lessons
    names = [lesson.name for lesson in lessons]
    assert names == sorted(names, key=["warmth", "consequence", "integration"].index)
    by_name = {n: [i for le in lessons if le.name == n for i in le.ids] for n in set(names)}
    assert set(by_name["warmth"]) == {s.id for s in warm}
    assert set(by_name["consequence"]) == {s.id for s in contrast}
    assert set(by_name["integration"]) == {s.id for s in [*warm, *contrast]}


def test_a_pair_is_never_torn_apart(store: Store) -> None:
    found = [add(store, i, "contrast", pair=f"p{i // 2}") for i in range(20)]
    where = {i: n for n, le in enumerate(plan(found, "mixed", 3).lessons) for i in le.ids}
    for first, second in zip(found[::2], found[1::2], strict=True):
        assert where[first.id] == where[second.id]


def test_the_ladder_goes_from_obvious_to_subtle(store: Store) -> None:
    found = [add(store, i, "contrast", difficulty=4 - i % 4) for i in range(12)]
    found.append(add(store, 99, "cli"))
    names = [lesson.name for lesson in plan(found, "ladder", 100).lessons]
    assert names == ["unmarked", *(f"difficulty {n}" for n in (1, 2, 3, 4))]


def test_the_same_words_and_seed_make_the_same_plan_in_another_home(tmp_path: Path) -> None:
    from tear_core.store import open_store

    made = []
    for home in ("a", "b"):
        with open_store(tmp_path / home) as store:
            numbers = range(10) if home == "a" else reversed(range(10))
            found = [add(store, i, "warmth") for i in numbers]
            whole = plan(found, "three-pass", 4, seed=1)
            words = {s.id: s.triple.input for s in found}
            made.append((whole.name, [[words[i] for i in le.ids] for le in whole.lessons]))
            assert plan(found, "three-pass", 4, seed=2).name != whole.name
            assert plan(found, "three-pass", 5, seed=1).name != whole.name
    assert made[0] == made[1]


def test_parts_are_found_and_gate_rows_are_never_read(store: Store, tmp_path: Path) -> None:
    line = '{{"input": "{0}", "response": "r {0}", "consequence": "c {0}", "difficulty": 2}}\n'
    for split in ("train", "dev", "gate"):
        (tmp_path / "data" / "warmth").mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / "warmth" / f"{split}.jsonl").write_text(line.format(split))
    lone = tmp_path / "mine.jsonl"
    lone.write_text(line.format("mine"))
    parts = find_parts([tmp_path / "data", lone])
    assert [(p.name, p.dev is not None) for p in parts] == [("warmth", True), ("mine", False)]
    taken = [s for part in parts for s in take_in(store, part)]
    assert [(s.triple.input, s.source, s.status, s.notes.difficulty) for s in taken] == [
        ("train", "warmth", "unreviewed", 2),
        ("mine", "mine", "unreviewed", 2),
    ]
    assert [s.id for part in parts for s in take_in(store, part)] == [s.id for s in taken]
