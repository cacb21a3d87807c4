"""Importing files: a bad line is named and skipped, and costs nothing else."""

import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tear_core.corpus import importing
from tear_core.corpus.import_jsonl import MAX_LINE_BYTES, BadLine, parse_line
from tear_core.corpus.importing import BATCH_ROWS, Wanted, import_file
from tear_core.store import Store, StoreError, triples
from tear_core.triples import Draft, Exchange

GOOD = {"input": "hi", "response": "yo", "consequence": "he wept"}


def import_jsonl(store: Store, path: Path, *, accept: bool = False) -> dict[str, Any]:
    return import_file(store, path, Wanted(format="jsonl", accept=accept))


def line(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode() + b"\n"


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: bytes, name: str = "triples.jsonl") -> Path:
        path = tmp_path / name
        opened = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)
        with opened(path, "wb") as out:  # type: ignore[operator]
            out.write(b"".join(lines))
        return path

    return write


def reasons(result: dict[str, list[dict[str, str]]]) -> list[tuple[str, str]]:
    return [(each["line"], each["reason"]) for each in result["skipped"]]


def test_what_was_imported_waits_unreviewed(store: Store, file: Callable[..., Path]) -> None:
    given = line(
        landing="hurt",
        order="reflect",
        context=[["a", "b"], {"input": "c", "response": "d"}],
        draft={"response": "go", "scene": "he runs"},
        source="field notes",
        id=7,
        kind="moral",
    )
    result = import_jsonl(store, file(given, line(consequence="he slept")))
    assert result == {"read": 2, "added": 2, "duplicates": 0, "skipped": []}
    plain, rich = triples.list_triples(store)
    assert (plain.status, plain.source) == ("unreviewed", "triples.jsonl")
    assert (rich.source, rich.triple.landing, rich.triple.order) == (
        "field notes",
        "hurt",
        "reflect",
    )
    assert rich.triple.context == (Exchange("a", "b"), Exchange("c", "d"))
    assert rich.triple.draft == Draft("go", "he runs")


def test_importing_again_adds_nothing(store: Store, file: Callable[..., Path]) -> None:
    path = file(line(), line(), line(consequence="he slept"))
    assert import_jsonl(store, path)["added"] == 2
    again = import_jsonl(store, path)
    assert again == {"read": 3, "added": 0, "duplicates": 3, "skipped": []}
    assert triples.counts(store)["unreviewed"] == 2


def test_accepting_makes_them_pending_also_those_imported_before(
    store: Store, file: Callable[..., Path]
) -> None:
    path = file(line(), line(consequence="he slept"), line(consequence="he left"))
    import_jsonl(store, path)
    looked_at = triples.search(store, "wept")[0]
    triples.set_status(store, [looked_at.id], "rejected", "not so")
    assert import_jsonl(store, path, accept=True)["duplicates"] == 3
    counts = triples.counts(store)
    assert (counts["pending"], counts["rejected"], counts["unreviewed"]) == (2, 1, 0)
    assert import_jsonl(store, file(line(input="x")), accept=True)["added"] == 1


BAD = {
    "not JSON: Expecting value (column 1)": b"nope\n",
    "a list: one JSON object a line is needed": b"[1, 2]\n",
    "not an object: one JSON object a line is needed": b"3\n",
    "not UTF-8 (byte 2)": b"{\xff}\n",
    "input is missing": b'{"response": "a", "consequence": "b"}\n',
    "consequence is not text": line(consequence=["x"]),
    "response is empty: a triple needs words in it": line(response=" "),
    "input is empty: a triple needs something that was said": line(input=""),
    "landing 'great' is not one of healed, neutral, hurt": line(landing="great"),
    "order 7 is not one of after, before, reflect": line(order=7),
    "context is not a list of earlier turns": line(context="a"),
    "context holds something that is not an earlier turn": line(context=[["a"]]),
    "draft is not an object": line(draft="x"),
    "scene is missing": line(draft={"response": "x"}),
    "source is not text": line(source=3),
    "source is not valid Unicode text": line(source="\ud800"),
    "consequence has a NUL character in it": line(consequence="a\0b"),
    "response is not valid Unicode text": line(response="\ud83d"),
    "context has a NUL character in it": line(context=[["a\0", "b"]]),
    "longer than 1 MiB": line(consequence="x" * MAX_LINE_BYTES),
    "not JSON that can be read: nested too deep, or a number too long": b"[" * 500_000 + b"\n",
}


def test_each_bad_line_is_named_with_its_reason(store: Store, file: Callable[..., Path]) -> None:
    result = import_jsonl(store, file(line(), *BAD.values(), b"\n", line(consequence="he slept")))
    assert reasons(result) == [(n, reason) for n, reason in enumerate(BAD, start=2)]
    assert (result["read"], result["added"]) == (len(BAD) + 2, 2)


def test_a_line_may_be_exactly_as_long_as_allowed(store: Store, file: Callable[..., Path]) -> None:
    room = MAX_LINE_BYTES - len(line(consequence=""))
    result = import_jsonl(store, file(line(consequence="x" * room), line(consequence="last")))
    assert result["added"] == 2
    one_more = file(line(consequence="y" * (room + 1)), line(consequence="after it"))
    assert (import_jsonl(store, one_more)["skipped"][0]["line"]) == 1
    assert triples.search(store, "after it")


def test_byte_order_mark_windows_newlines_and_a_missing_last_newline(
    store: Store, file: Callable[..., Path]
) -> None:
    text = b"\xef\xbb\xbf" + line().replace(b"\n", b"\r\n") + b"\r\n" + line(input="x").rstrip()
    assert import_jsonl(store, file(text))["added"] == 2


@pytest.mark.parametrize("name", ["triples.jsonl.gz", "triples.jsonl.xz"])
def test_compressed_files_are_read(store: Store, file: Callable[..., Path], name: str) -> None:
    assert import_jsonl(store, file(line(), line(input="x"), name=name))["added"] == 2


@pytest.mark.parametrize("name", ["triples.jsonl.gz", "triples.jsonl.xz"])
def test_a_damaged_file_keeps_what_could_be_read(
    store: Store, file: Callable[..., Path], name: str
) -> None:
    path = file(*(line(input=f"{n} {n * n * 7919}") for n in range(5000)), name=name)
    path.write_bytes(path.read_bytes()[:-2000])
    result = import_jsonl(store, path)
    assert 0 < result["added"] < 5000
    assert "the file is damaged from here on" in result["skipped"][-1]["reason"]
    not_packed = file(b"plain", name="x.jsonl")
    not_packed.rename(path)
    assert "damaged" in import_jsonl(store, path)["skipped"][0]["reason"]


def test_a_crash_between_batches_keeps_the_whole_batches(
    store: Store, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = importing.insert, []

    def insert(*args: object, **kwargs: object) -> object:
        seen.append(1)
        if len(seen) > BATCH_ROWS + 10:
            raise KeyboardInterrupt
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(importing, "insert", insert)
    path = file(*(line(input=str(n)) for n in range(BATCH_ROWS * 2)))
    with pytest.raises(KeyboardInterrupt):
        import_jsonl(store, path)
    assert triples.counts(store)["unreviewed"] == BATCH_ROWS
    monkeypatch.undo()
    assert import_jsonl(store, path)["duplicates"] == BATCH_ROWS


def test_a_file_that_is_not_there_is_an_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        import_jsonl(store, tmp_path / "nope.jsonl")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["input", "response", "consequence", "context", "draft", "landing", "order"]
                ),
                inner,
                max_size=7,
            )
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_no_line_whatsoever_breaks_the_import(store: Store, raw: bytes) -> None:
    try:
        triple, _ = parse_line(raw)
    except BadLine as error:
        assert str(error)
        return
    try:
        triples.add(store, triple, source="fuzz", status="unreviewed")
    except StoreError as error:
        raise AssertionError("what the import lets in, the store keeps") from error
