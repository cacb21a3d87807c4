"""A corpus ready to train on, as a folder of token files: no archive to unpack, nothing to
tokenise, a few seconds to read.

    python -m tear_core.nano.token_files --text DIR --triples DIR --to FOLDER [--books]

Small enough to carry to another machine. Stopped half-way, the same command goes on: a file
is written under another name and renamed when it is whole. What the tokens are depends on
the seed and on the corpus alone.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import sys
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tear_core.nano.prepare import Prepared, prepare
from tear_core.nano.sources import ALL_SOURCES, SOURCES
from tear_core.nano.tokenizer import load_tokenizer
from tear_core.nano.troubles import RecipeError, in_a_sentence

ABOUT = "corpus.json"
SIDES = ("train", "held_out")
Log = Callable[[str], None]


class TokenFileError(RecipeError):
    """A prepared corpus is missing, half-written or damaged. The message names the file."""


def write_tokens(data: Prepared, folder: Path, seed: int, context: int, log: Log = print) -> None:
    """Write every source that is not there yet, and at last what is in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, list[str]] = {}
    for side, sequences in zip(SIDES, (data.train, data.held_out), strict=True):
        names[side] = sorted(sequences)
        for name in names[side]:
            path = _path(folder, side, name)
            if not path.exists():
                _replace(path, lzma.compress(_packed(sequences[name]), preset=6))
            log(f"{path.name}: {sum(map(len, sequences[name])):,} tokens")
    about = {"seed": seed, "context": context, **names}
    _replace(folder / ABOUT, (json.dumps(about, indent=2) + "\n").encode())


def read_tokens(folder: Path, seed: int, context: int) -> Prepared:
    """The corpus of `folder`.

    Raises:
        TokenFileError: it is not whole, or was made for another seed or a longer context.
    """
    if not (folder / ABOUT).exists():
        raise TokenFileError(f"{folder} holds no {ABOUT}: run the command that prepares it again")
    about = _read_about(folder / ABOUT)
    if about["seed"] != seed or about["context"] < context:
        raise TokenFileError(
            f"{folder} was prepared with --seed {about['seed']} for {about['context']} tokens"
        )
    train, held_out = (
        {name: _unpacked(_path(folder, side, name)) for name in about[side]} for side in SIDES
    )
    return Prepared(load_tokenizer(folder), train, held_out)


def _read_about(path: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if all(isinstance(about[name], int) for name in ("seed", "context")) and all(
            isinstance(about[side], list) for side in SIDES
        ):
            return about
    except (ValueError, KeyError, TypeError):
        pass
    raise TokenFileError(f"{path} is damaged: delete it, and run the command token_files again")


def _path(folder: Path, side: str, name: str) -> Path:
    return folder / f"{name}.{side}.xz"


def _packed(sequences: Sequence[array[int]]) -> bytes:
    """The number of sequences, their lengths (both 4 bytes), then all ids (2 bytes each)."""
    lengths = array("I", [len(sequences), *map(len, sequences)])
    ids = array("H")
    for sequence in sequences:
        ids.extend(sequence)
    if sys.byteorder == "big":
        lengths.byteswap()
        ids.byteswap()
    return lengths.tobytes() + ids.tobytes()


def _unpacked(path: Path) -> list[array[int]]:
    try:
        raw = lzma.decompress(path.read_bytes())
        count = int.from_bytes(raw[:4], "little")
        lengths, ids = array("I"), array("H")
        lengths.frombytes(raw[4 : 4 + 4 * count])
        ids.frombytes(raw[4 + 4 * count :])
    except (OSError, lzma.LZMAError, EOFError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise TokenFileError(f"{path.name} cannot be read ({why}): prepare it again") from None
    if sys.byteorder == "big":
        lengths.byteswap()
        ids.byteswap()
    if len(lengths) != count or sum(lengths) != len(ids):
        raise TokenFileError(f"{path.name} is damaged: delete it and prepare it again")
    sequences, at = [], 0
    for length in lengths:
        sequences.append(ids[at : at + length])
        at += length
    return sequences


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def main(arguments: list[str] | None = None) -> None:
    """Read the folders, write the token files, say how large they are."""
    parser = argparse.ArgumentParser(
        prog="python -m tear_core.nano.token_files",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--text", type=Path, required=True, help="a folder of text archives")
    parser.add_argument("--triples", type=Path, required=True, help="a folder of .jsonl[.xz]")
    parser.add_argument("--to", type=Path, required=True, help="the folder to write")
    parser.add_argument("--books", action="store_true", help="the old books too, screened")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--context", type=int, default=1024)
    given = parser.parse_args(arguments)
    sources = ALL_SOURCES if given.books else SOURCES
    with in_a_sentence():
        data = prepare(given.text, given.triples, given.to, given.seed, given.context, sources)
        write_tokens(data, given.to, given.seed, given.context)
    size = sum(path.stat().st_size for path in given.to.iterdir())
    print(f"{given.to}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
