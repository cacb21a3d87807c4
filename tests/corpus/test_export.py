"""What is exported comes back the same, and other programs can open it."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tear_core.corpus import atomic
from tear_core.corpus.dataset_card import CONFIGS
from tear_core.corpus.exporting import export_file, export_folder
from tear_core.corpus.importing import Wanted, import_file
from tear_core.corpus.opening import Refused
from tear_core.store import Store, open_store, triples
from tear_core.store.triple_rows import Notes, insert
from tear_core.triples import LANDINGS, ORDERS, Draft, Exchange, Triple


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def fill(store: Store) -> None:
    """Two replies that landed differently, one in a talk, one that was taken back."""
    made = (
        (Triple("hi", "go away", "he left", "hurt"), "pending"),
        (Triple("hi", "sit down", "he stayed", "healed"), "learned"),
        (Triple("hi", "hm", "he looked up"), "unreviewed"),
        (Triple("so?", "yo", "he wept 世界", "healed", context=(Exchange("a", "b"),)), "pending"),
        (Triple("x", "y", "never published"), "retracted"),
        (Triple("x", "z", "never published"), "rejected"),
    )
    for triple, status in made:
        notes = Notes(licence="mit", theme="| a theme |", difficulty=2)
        triples.add(store, triple, source="t", status=status, notes=notes)  # type: ignore[arg-type]


def test_a_folder_has_every_config(store: Store, tmp_path: Path) -> None:
    fill(store)
    target = tmp_path / "out" / "dataset"
    told = export_folder(store, target)
    assert told.rows == {"triples": 4, "messages": 4, "sft": 3, "preference": 2, "kto": 3}
    found = {name: rows(target / "data" / f"{name}.jsonl") for name in CONFIGS}
    assert {name: len(several) for name, several in found.items()} == told.rows
    assert "never published" not in str(found)
    assert {row["landing"] for row in found["sft"]} == {"healed", "neutral"}
    assert [row["label"] for row in found["kto"]] == [False, True, True]
    pairs = [(row["chosen_landing"], row["rejected_landing"]) for row in found["preference"]]
    assert pairs == [("healed", "neutral"), ("healed", "hurt")]
    talk = found["messages"][3]["messages"]
    assert talk == [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": "so?"},
        {"role": "assistant", "content": "yo"},
    ]
    files = [target, *target.rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in files if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in files if path.is_dir()} == {0o700}


def test_the_card_says_what_is_in_it(store: Store, tmp_path: Path) -> None:
    fill(store)
    export_folder(store, tmp_path / "a")
    card = (tmp_path / "a" / "README.md").read_text()
    assert "license: mit\n" in card and "| healed | 2 |" in card and "n<1K" in card
    assert r"\| a theme \|" in card and "[More Information" not in card
    triples.add(store, Triple("p", "q", "r"), source="u", status="pending")
    export_folder(store, tmp_path / "b", redact=True)
    card = (tmp_path / "b" / "README.md").read_text()
    assert "license: other\n" in card and "(none)" in card
    assert "Taken out of the texts by rule: 0 names" in card


LOAD = """
import json, sys
from datasets import load_dataset
for name in sys.argv[2:]:
    found = load_dataset(sys.argv[1], name)
    rows = found["train"]
    print(json.dumps([list(found), name, len(rows), rows.column_names, rows[0]]))
"""


def test_datasets_opens_it_without_a_network(store: Store, tmp_path: Path) -> None:
    fill(store)
    told = export_folder(store, tmp_path / "full")
    export_folder(store, tmp_path / "bare", statuses=["unreviewed"])  # two configs are empty
    assert not (tmp_path / "bare" / "data" / "kto.jsonl").exists()
    away = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "cache")}
    for folder, names in (("full", CONFIGS), ("bare", ("triples", "sft"))):
        done = subprocess.run(
            [sys.executable, "-c", LOAD, str(tmp_path / folder), *names],
            capture_output=True,
            text=True,
            env={**os.environ, **away},
            timeout=200,
        )
        assert done.returncode == 0, done.stderr
        loaded = [json.loads(line) for line in done.stdout.splitlines() if line[:1] == "["]
        assert [each[1] for each in loaded] == list(names)
        for splits, name, count, columns, first in loaded:
            assert splits == ["train"] and "split" in columns
            if folder == "full":
                assert count == told.rows[name]
                assert first == rows(tmp_path / "full" / "data" / f"{name}.jsonl")[0]


TEXT = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=12
) | st.sampled_from(
    ["caf\u00c3\u00a9 \u00e2\u20ac\u201d", "a\u2028b\x85c\x1b[2J", '"\\n', "\ufeffx"]
)
WORDS = TEXT.filter(lambda text: bool(text.strip()))
TRIPLES = st.builds(
    Triple,
    WORDS,
    WORDS,
    WORDS,
    st.sampled_from(LANDINGS),
    st.sampled_from(ORDERS),
    st.lists(st.builds(Exchange, TEXT, TEXT), max_size=2).map(tuple),
    st.none() | st.builds(Draft, TEXT, TEXT),
)
NOTES = st.builds(
    Notes,
    licence=TEXT,
    consent=TEXT,
    theme=TEXT,
    difficulty=st.none() | st.integers(1, 4),
    culture=TEXT,
    pair=TEXT,
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(TRIPLES, NOTES, WORDS), min_size=1, max_size=5))
def test_export_and_import_give_the_same_triples(
    several: list[tuple[Triple, Notes, str]],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_store(folder / "one") as one, open_store(folder / "two") as two:
            for triple, notes, source in several:
                with one.write() as connection:
                    insert(connection, triple, source=source, status="pending", notes=notes)
            export_file(one, folder / "rows.jsonl")
            export_folder(one, folder / "dataset")
            result = import_file(two, folder / "rows.jsonl")
            assert result["skipped"] == [] and "repaired" not in result
            before, after = triples.list_triples(one), triples.list_triples(two)
            assert [each.triple for each in after] == [each.triple for each in before]
            assert [each.triple.content_hash for each in after] == [
                each.triple.content_hash for each in before
            ]
            for old, new in zip(before, after, strict=True):
                assert (new.source, new.status) == (old.source, "unreviewed")
                assert new.notes.origin == old.id
                assert vars_of(new.notes) == vars_of(old.notes)
            again = import_file(two, folder / "dataset")  # the folder itself
            assert (again["added"], again["duplicates"]) == (0, len(before))


def vars_of(notes: Notes) -> tuple[object, ...]:
    return (notes.licence, notes.consent, notes.theme, notes.difficulty, notes.culture, notes.pair)


@pytest.mark.parametrize("config", ["messages", "sft", "preference", "kto"])
def test_the_other_configs_can_be_imported_too(store: Store, tmp_path: Path, config: str) -> None:
    fill(store)
    export_folder(store, tmp_path / "out")
    known = {each.triple.content_hash: each.triple.landing for each in triples.list_triples(store)}
    with open_store(tmp_path / "other") as other:
        result = import_file(other, tmp_path / "out" / "data" / f"{config}.jsonl")
        assert result["skipped"] == []
        with_scene = [each for each in triples.list_triples(other) if each.triple.input != "a"]
        assert len(with_scene) >= 2
        for each in with_scene:
            assert known[each.triple.content_hash] == each.triple.landing


def test_nothing_is_no_dataset(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no triple to export"):
        export_folder(store, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_there_is_not_overwritten(store: Store, tmp_path: Path) -> None:
    fill(store)
    file, folder = tmp_path / "rows.jsonl", tmp_path / "dataset"
    file.write_text("mine")
    folder.mkdir()
    export_folder(store, folder)  # an empty folder may be filled
    for again in (
        lambda **how: export_file(store, file, **how),
        lambda **how: export_folder(store, folder, **how),
    ):
        with pytest.raises(Refused) as refused:
            again()
        assert "--force" in refused.value.hint
        again(force=True)
    assert len(rows(file)) == 4
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "README.md").write_text("my thesis")
    with pytest.raises(Refused, match="holds something that is no export"):
        export_folder(store, theirs, force=True)
    with pytest.raises(Refused, match="no folder"):
        export_folder(store, file, force=True)
    link = tmp_path / "link"
    link.symlink_to(folder)
    with pytest.raises(Refused, match="no folder"):
        export_folder(store, link, force=True)
    assert sorted(each.name for each in tmp_path.iterdir() if each.name.startswith(".tmp")) == []


def test_an_export_that_fails_leaves_nothing_behind(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    export_folder(store, tmp_path / "dataset")
    before = (tmp_path / "dataset" / "README.md").read_text()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        export_folder(store, tmp_path / "dataset", force=True)
    with pytest.raises(OSError, match="No space"):
        export_file(store, tmp_path / "rows.jsonl")
    assert [each.name for each in tmp_path.iterdir() if each.name not in ("home", "here")] == [
        "dataset"
    ]
    assert (tmp_path / "dataset" / "README.md").read_text() == before


def test_an_export_with_marks_names_nobody(store: Store, tmp_path: Path) -> None:
    said = Triple(
        "Harold Okafor asked for me at jo@example.org",
        "Tell Harold to ring (415) 555-2671.",
        "Harold rang. sk-live-abcdefghijklmnop was on the card.",
        context=(Exchange("who is Harold?", "my uncle"),),
    )
    triples.add(store, said, source="Harold.json", status="pending", predicted="Harold sleeps")
    told = export_file(store, tmp_path / "rows.jsonl", redact=True)
    text = (tmp_path / "rows.jsonl").read_text()
    for secret in ("Harold", "Okafor", "jo@", "555", "abcdefgh"):
        assert secret not in text
    (row,) = rows(tmp_path / "rows.jsonl")
    assert row["input"] == "[NAME_1] asked for me at [EMAIL]"
    assert row["response"] == "Tell [NAME_1] to ring [PHONE]."
    assert row["context"] == [{"input": "who is [NAME_1]?", "response": "my uncle"}]
    assert told.redacted == Counter(names=6, mails=1, phones=1, keys=1)
    with open_store(tmp_path / "other") as other:
        path = tmp_path / "rows.jsonl"
        assert import_file(other, path, Wanted(accept=True))["added"] == 1
