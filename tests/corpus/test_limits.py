"""Files that are damaged, absurd or hostile: refused or named, and never a crash."""

import gzip
import json
import os
import sqlite3
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tear_core.corpus import importing, json_stream, opening
from tear_core.corpus.formats import FORMATS, Format
from tear_core.corpus.importing import Wanted, import_file
from tear_core.corpus.opening import Refused
from tear_core.store import Store, triples
from tests.corpus.made import TEAR_ROW, plain_chatgpt, write, write_lines, zipped

ROW = {"input": "a", "response": "b", "consequence": "c"}


def reasons(store: Store, path: Path) -> list[str]:
    return [each["reason"] for each in import_file(store, path)["skipped"]]


def test_a_record_nested_too_deep_is_named_and_passed_over(store: Store, tmp_path: Path) -> None:
    deep: object = "x"
    for _ in range(200):
        deep = [deep]
    path = write(tmp_path / "deep.json", [TEAR_ROW, {**TEAR_ROW, "input": deep}, deep, TEAR_ROW])
    result = import_file(store, path)
    assert result["skipped"] == [
        {"path": "deep.json[1]", "reason": "nested deeper than 100"},
        {"path": "deep.json[2]", "reason": "nested deeper than 100"},
    ]
    assert (result["added"], result["duplicates"]) == (2, 2)
    bottomless = tmp_path / "bottomless.json"
    bottomless.write_text(json.dumps([TEAR_ROW])[:-1] + "," + "[" * 1_000_000)
    assert "damaged from here on" in reasons(store, bottomless)[0]


def test_a_list_that_breaks_off_keeps_what_came_before(store: Store, tmp_path: Path) -> None:
    text = json.dumps([TEAR_ROW, TEAR_ROW])
    path = tmp_path / "half.json"
    path.write_text(text[: len(text) - 40])
    result = import_file(store, path)
    assert result["added"] == 2 and result["skipped"][0]["path"] == "half.json[1]"
    assert "the file is damaged from here on" in result["skipped"][0]["reason"]
    assert "piano" not in result["skipped"][0]["reason"]  # nobody's words in a message
    path.write_bytes(text.encode().replace(b"waltz", b"w\xffltz"))
    with pytest.raises(Refused, match="damaged from here on"):  # before anything was read
        import_file(store, path)
    path.write_text(json.dumps([TEAR_ROW])[:-1] + ', {"id": ' + "9" * 5000 + "}]")
    assert import_file(store, path)["duplicates"] == 2


def test_one_record_without_an_end_is_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "MAX_RECORD_BYTES", 1 << 18)
    path = tmp_path / "endless.json"
    path.write_text(json.dumps([TEAR_ROW])[:-1] + ', {"input": "' + "x" * (1 << 20) + '"}]')
    result = import_file(store, path)
    assert result["added"] == 2
    assert "refused from here on: a record is larger than" in result["skipped"][0]["reason"]


def test_a_triple_longer_than_any_is_named(store: Store, tmp_path: Path) -> None:
    rows = [{**TEAR_ROW, "consequence_harmful": "x" * (1 << 20)}]
    assert reasons(store, write(tmp_path / "long.json", rows)) == ["longer than 1 MiB"]


def test_zip_bombs_are_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "RATIO_FROM", 1 << 20)
    bomb = b"[" + b" " * (8 << 20) + b"]"
    honest = zipped(tmp_path / "honest.zip", {"conversations.json": bomb})
    with pytest.raises(Refused, match="unpacks to absurdly more"):
        import_file(store, honest)
    liar = tmp_path / "liar.zip"
    liar.write_bytes(
        honest.read_bytes().replace(len(bomb).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    )
    with pytest.raises(Refused, match="damaged zip"):  # it is read no further than it says
        import_file(store, liar)
    packed = tmp_path / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress(json.dumps(ROW).encode() + b"\n" * (8 << 20)))
    result = import_file(store, packed)
    assert result["added"] == 1
    assert "refused from here on: it unpacks to more than" in result["skipped"][0]["reason"]
    monkeypatch.setattr(opening, "MAX_MEMBERS", 3)
    many = zipped(tmp_path / "many.zip", {f"{n}.png": b"" for n in range(5)})
    with pytest.raises(Refused, match="has 5 entries"):
        import_file(store, many)


def test_broken_and_closed_zips(store: Store, tmp_path: Path) -> None:
    talks = [plain_chatgpt("a", os.urandom(4000).hex(), f"c{n}") for n in range(60)]
    whole = zipped(tmp_path / "whole.zip", {"conversations.json": talks})
    content = whole.read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(Refused, match="damaged zip"):
        import_file(store, cut)
    rotten = bytearray(content)
    rotten[len(content) // 2 : len(content) // 2 + 400] = bytes(400)
    cut.write_bytes(rotten)
    result = import_file(store, cut)
    assert 0 < result["added"] < 60 and "damaged from here on" in result["skipped"][-1]["reason"]
    closed = bytearray(content)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        closed[content.index(mark) + at] |= 1
    cut.write_bytes(closed)
    with pytest.raises(Refused, match="is encrypted"):
        import_file(store, cut)
    with pytest.raises(Refused, match=r"no conversations\.json"):
        import_file(store, zipped(tmp_path / "empty.zip", {"notes.txt": b"x"}))


def test_names_in_a_zip_lead_nowhere(store: Store, tmp_path: Path) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    path = inside / "slip.zip"
    with zipfile.ZipFile(path, "w") as archive:
        name = "../../conversations.json"
        archive.writestr(name, json.dumps([plain_chatgpt("a", "b", "c")]))
    assert import_file(store, path)["added"] == 1
    assert sorted(each.name for each in tmp_path.rglob("*.json")) == []


def test_links_in_a_folder_are_not_followed(store: Store, tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.json", [plain_chatgpt("a", "b", "c")])
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "conversations.json").symlink_to(secret)
    with pytest.raises(Refused, match=r"no conversations\.json"):
        import_file(store, folder)


def test_a_database_that_is_none_of_those_we_know(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "training.db"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE thing (id TEXT, conversations TEXT)")
        made.execute("CREATE VIEW examples AS SELECT * FROM thing")  # somebody's own query
    made.close()
    with pytest.raises(Refused, match="without a table of examples"):
        import_file(store, path)
    path.write_bytes(b"SQLite format 3\x00" + os.urandom(5000))
    with pytest.raises(Refused, match="cannot be read"):
        import_file(store, path)
    with pytest.raises(Refused, match="is no database"):
        import_file(store, write(tmp_path / "x.json", []), Wanted(format="karma"))


def test_a_file_in_no_known_format_is_refused_with_the_names(store: Store, tmp_path: Path) -> None:
    for text in ('[{"a": 1}]', "", "[]", "{}"):
        path = tmp_path / "what.json"
        path.write_text(text)
        with pytest.raises(Refused, match="in no format that is known") as refused:
            import_file(store, path)
        assert "sharegpt" in refused.value.hint
    path.write_text("\x00\x01 hello there")
    with pytest.raises(Refused, match="not JSON"):
        import_file(store, path)
    path.write_text('[{"a": 1}]')
    (skip,) = import_file(store, path, Wanted(format="tear"))["skipped"]
    assert skip["reason"] == "response_harmful and response_gentle are missing"


def test_of_very_many_bad_records_the_first_are_named_and_all_are_counted(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MOST_NAMED", 3)
    monkeypatch.setattr(importing, "BATCH_ROWS", 2)
    result = import_file(store, write_lines(tmp_path / "bad.jsonl", *range(7), ROW))
    assert [each["line"] for each in result["skipped"]] == [1, 2, 3]
    assert (result["skipped_unnamed"], result["read"], result["added"]) == (4, 8, 1)
    assert result["duplicates"] == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    *("mapping", "current_node", "chat_messages", "messages", "conversations"),
                    *("prompt", "chosen", "rejected", "completion", "role", "from", "content"),
                    *("value", "parts", "author", "message", "parent", "sender", "text", "type"),
                    *("input", "response_harmful", "consequence_harmful", "uuid", "a", "b"),
                )
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(records=st.lists(JSON, max_size=3), format=st.sampled_from(FORMATS))
def test_no_record_whatsoever_breaks_an_import(
    store: Store, tmp_path: Path, records: list[object], format: Format
) -> None:
    if format == "karma":
        return
    path = write(tmp_path / "any.json", records)
    result = import_file(store, path, Wanted(format=format))
    skipped = len(result["skipped"])
    assert result["read"] == result["added"] + result["duplicates"] + skipped
    assert sum(triples.counts(store).values()) >= result["added"]
