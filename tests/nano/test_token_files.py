"""A prepared corpus gives the run that reads it what the archives would have given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tear_core.nano import checkpoint
from tear_core.nano.loop import train
from tear_core.nano.mixture import shares, sizes_of
from tear_core.nano.options import Options
from tear_core.nano.prepare import Prepared, prepare
from tear_core.nano.token_files import ABOUT, TokenFileError, main, read_tokens, write_tokens
from tests.nano.conftest import TINY_SOURCES


@pytest.fixture
def data(corpus: tuple[Path, Path], tmp_path: Path) -> Prepared:
    (tmp_path / "tokens").mkdir()
    return prepare(*corpus, tmp_path / "tokens", 7, 64, TINY_SOURCES)


@pytest.fixture
def tokens(data: Prepared, tmp_path: Path) -> Path:
    write_tokens(data, tmp_path / "tokens", 7, 64, log=str)
    return tmp_path / "tokens"


def test_what_is_written_is_read_back(data: Prepared, tokens: Path) -> None:
    again = read_tokens(tokens, 7, 64)
    assert dict(again.train) == dict(data.train)
    assert dict(again.held_out) == dict(data.held_out)
    assert again.tokenizer.to_str() == data.tokenizer.to_str()


def test_a_run_from_token_files_ends_with_the_same_weights(options: Options, tokens: Path) -> None:
    train(options, TINY_SOURCES, log=str)
    other = replace(options, out=tokens.parent / "other", text=None, triples=None, corpus=tokens)
    train(other, TINY_SOURCES, log=str)
    one, two = checkpoint.load_weights(options.out), checkpoint.load_weights(other.out)
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_going_on_writes_only_what_is_missing(data: Prepared, tokens: Path) -> None:
    kept, lost = tokens / "deeds.train.xz", tokens / "tales.train.xz"
    before = kept.stat().st_mtime_ns
    lost.unlink()
    (tokens / ABOUT).unlink()
    write_tokens(data, tokens, 7, 64, log=str)
    assert kept.stat().st_mtime_ns == before and lost.exists()
    assert dict(read_tokens(tokens, 7, 64).train) == dict(data.train)


def test_a_half_written_corpus_is_not_read(tokens: Path) -> None:
    (tokens / ABOUT).unlink()
    with pytest.raises(TokenFileError, match="run the command that prepares it again"):
        read_tokens(tokens, 7, 64)


@pytest.mark.parametrize("damage", [b"", b"not xz at all"])
def test_a_damaged_file_is_named(tokens: Path, damage: bytes) -> None:
    (tokens / "deeds.train.xz").write_bytes(damage)
    with pytest.raises(TokenFileError, match=r"deeds\.train\.xz"):
        read_tokens(tokens, 7, 64)


@pytest.mark.parametrize(("seed", "context"), [(8, 64), (7, 128)])
def test_a_corpus_for_another_seed_or_a_shorter_context_is_refused(
    tokens: Path, seed: int, context: int
) -> None:
    with pytest.raises(TokenFileError, match="--seed 7 for 64 tokens"):
        read_tokens(tokens, seed, context)


def test_the_command_prepares_a_folder(
    corpus: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tear_core.nano.token_files.SOURCES", TINY_SOURCES)
    text, triples = corpus
    main(["--text", str(text), "--triples", str(triples), "--to", str(tmp_path / "to")])
    assert "deeds.train.xz" in capsys.readouterr().out
    assert read_tokens(tmp_path / "to", 0, 1024).train


def test_a_run_that_names_no_corpus_says_what_to_give(options: Options) -> None:
    with pytest.raises(SystemExit, match="--corpus, or both --text and --triples"):
        train(replace(options, text=None), TINY_SOURCES, log=str)


def test_shares_go_from_what_was_asked_to_the_sizes(data: Prepared) -> None:
    sizes = sizes_of(data.train)
    asked = shares(sizes, TINY_SOURCES, "final")
    between = shares(sizes, TINY_SOURCES, "final", by_size=0.5)
    by_size = shares(sizes, TINY_SOURCES, "final", by_size=1.0)
    assert asked == pytest.approx({"deeds": 0.8, "tales": 0.2})
    total = sum(sizes.values())
    assert by_size == pytest.approx({name: size / total for name, size in sizes.items()})
    low, high = sorted((asked["deeds"], by_size["deeds"]))
    assert low < between["deeds"] < high
