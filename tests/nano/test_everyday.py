"""Everyday talk: what is drawn, what is held out, and that what ships can be drawn at all."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

from tear_core.nano.everyday import DRAWS, HELD_OUT_EVERY, everyday_rows, scenarios
from tear_core.nano.rendering import row_triple, told_plainly
from tear_core.nano.sources import SOURCES
from tear_core.triples import Exchange

SOURCE = SOURCES["everyday"]
PET = {
    "about": "a pet",
    "slots": {"pet": ["cat", "dog"]},
    "input": ["My {pet} died.", "I miss my {pet}."],
    "response": ["I'm sorry. What was your {pet} like?", "Poor {pet}. You loved it."],
    "consequence": ["She tells a story about her {pet}.", "He cries for his {pet}."],
    "next": [
        {
            "input": ["It slept on my bed."],
            "response": ["Then the bed must feel empty without the {pet}."],
            "consequence": ["She nods."],
        }
    ],
}


def written(folder: Path, *given: object) -> Path:
    path = folder / "talk.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in given))
    return path


def test_what_was_named_comes_back_in_the_reply_and_in_the_scene(tmp_path: Path) -> None:
    rows = list(everyday_rows(SOURCE, written(tmp_path, PET)))
    assert len(rows) > 10
    for row in rows:
        pets = set(re.findall(r"\b(cat|dog)\b", f"{row.input} {row.response} {row.consequence}"))
        assert len(pets) == 1
        assert "{" not in f"{row.input}{row.response}{row.consequence}"


def test_the_same_rows_each_time_and_each_once(tmp_path: Path) -> None:
    path = written(tmp_path, PET)
    rows = list(everyday_rows(SOURCE, path))
    assert rows == list(everyday_rows(SOURCE, path))
    assert len(rows) == len(set(rows)) <= DRAWS


def test_a_second_turn_has_the_first_before_it(tmp_path: Path) -> None:
    rows = list(everyday_rows(SOURCE, written(tmp_path, PET)))
    triples = [told_plainly(row) for row in rows]
    second = [each for each in triples if each is not None and each.context]
    assert 0 < len(second) < len(rows)
    for triple in second:
        assert triple.input == "It slept on my bed."
        assert [type(each) for each in triple.context] == [Exchange]
    plain = row_triple(rows[0], random.Random(0))
    assert plain is not None and not plain.input.startswith("Human")


def test_a_scenario_is_held_out_whole(tmp_path: Path) -> None:
    given = [
        {**PET, "about": f"pet {number}", "input": [f"I have {number} {{pet}}s."], "next": []}
        for number in range(1, HELD_OUT_EVERY + 2)
    ]
    rows = list(everyday_rows(SOURCE, written(tmp_path, *given)))
    held_out = {row.input.split()[3] for row in rows if row.split == "dev"}
    trained = {row.input.split()[3] for row in rows if row.split == "train"}
    assert held_out == {str(HELD_OUT_EVERY)}
    assert len(trained) == HELD_OUT_EVERY and not trained & held_out


def test_what_ships_is_plain_and_whole() -> None:
    """Every slot has words, every text ends, and nothing but ASCII that any keyboard has."""
    shipped = scenarios()
    assert len({each.about for each in shipped}) == len(shipped) > 100
    for scenario in shipped:
        for turn in (scenario.first, *scenario.following):
            for text in (*turn.inputs, *turn.responses, *turn.scenes):
                assert text.isascii(), text
                assert set(re.findall(r"\{(\w+)\}", text)) <= set(scenario.slots), text
            for text in (*turn.responses, *turn.scenes):
                assert text[-1] in ".?!\"'", text
