"""Reads folders of text archives and of triples, and says what is held out.

Nothing is unpacked to disk. The split is decided by what was said, never by row:
a text by the hash of its words, a triple by its input, so that two rows about one
situation are always on the same side.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from tear_core.nano.sources import SOURCES, Source
from tear_core.nano.troubles import RecipeError, folder_there

HELD_OUT_EVERY = 50
"""One text document in this many is never trained on."""


WANTED = {
    "text": "--text is the folder of text archives",
    "triples": "--triples is the folder of .jsonl or .jsonl.xz files",
}


class CorpusError(RecipeError):
    """A file of the corpus cannot be read. The message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Document:
    """A plain text with the source it came from."""

    source: Source
    text: str

    @property
    def held_out(self) -> bool:
        digest = hashlib.blake2b(_normal(self.text).encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % HELD_OUT_EVERY == 0


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a triples file, before it is put into words."""

    source: Source
    input: str
    response: str
    consequence: str
    kind: str = ""
    split: str = "train"
    question: str = ""
    norm: str = ""

    @property
    def given(self) -> str:
        """What the split goes by: the input, or the event itself where a row has no input."""
        return _normal(self.input or self.response)


def check_folder(
    folder: Path, kind: Literal["text", "triples"], sources: Mapping[str, Source] = SOURCES
) -> None:
    """Refuse a folder in which there is nothing to read.

    Raises:
        RecipeError: it is not there, or holds none of the known sources of this kind.
    """
    folder_there(folder, WANTED[kind])
    known = [name for name, source in sources.items() if source.kind == kind]
    if known and not {path.name.split(".")[0] for path in folder.iterdir()} & set(known):
        names = ", ".join(sorted(known))
        raise RecipeError(
            f"{folder}: it holds none of the sources that nano reads ({names}); {WANTED[kind]}"
        )


def read_documents(folder: Path, sources: Mapping[str, Source] = SOURCES) -> Iterator[Document]:
    """Every text of the known sources in `folder`, in order of file name.

    A source is `<name>.tar`, `<name>.tar.xz`, `<name>.tar.gz`, `<name>.txt` or a
    folder `<name>` of .txt files. Names with a leading underscore and READMEs are
    notes about the archive, not text.
    """
    for path in sorted(folder.iterdir()):
        source = sources.get(path.name.split(".")[0])
        if source is None or source.kind != "text":
            continue
        for text in _texts(path):
            pieces = [text] if source.separator is None else text.split(source.separator)
            for piece in pieces:
                if piece.strip():
                    yield Document(source, piece.strip())


def read_rows(folder: Path, sources: Mapping[str, Source] = SOURCES) -> Iterator[Row]:
    """Every triple row of the known sources in `folder` (.jsonl or .jsonl.xz).

    Raises:
        CorpusError: a line is not a JSON object with input, response and consequence.
    """
    for path in sorted(folder.iterdir()):
        source = sources.get(path.name.split(".")[0])
        if source is None or source.kind != "triples":
            continue
        for number, line in enumerate(_lines(path), start=1):
            if line.strip():
                yield _row(line, source, f"{path.name}, line {number}")


def split_documents(documents: Iterable[Document]) -> tuple[list[Document], list[Document]]:
    """Texts to train on, and texts held out. The same words are never on both sides."""
    train: list[Document] = []
    held_out: list[Document] = []
    for document in documents:
        (held_out if document.held_out else train).append(document)
    return train, held_out


def split_rows(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Rows to train on (`split == "train"`), and rows held out (`dev`).

    A train row whose input also occurs in a held-out row is left out altogether.
    """
    rows = list(rows)
    held_out = [row for row in rows if row.split == "dev"]
    seen = {row.given for row in held_out}
    train = [row for row in rows if row.split == "train" and row.given not in seen]
    return train, held_out


def _row(line: str, source: Source, where: str) -> Row:
    try:
        fields: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise CorpusError(f"{where}: not JSON ({error.msg} at column {error.colno})") from None
    if not isinstance(fields, dict):
        raise CorpusError(f"{where}: expected an object, found {type(fields).__name__}")
    for name in ("input", "response", "consequence"):
        if not isinstance(fields.get(name), str):
            raise CorpusError(f"{where}: {name} is missing or is not text")
    known = ("input", "response", "consequence", "kind", "split", "question", "norm")
    return Row(
        source, **{name: str(fields[name]) for name in known if fields.get(name) is not None}
    )


def _texts(path: Path) -> Iterator[str]:
    if path.is_dir():
        for file in sorted(path.rglob("*.txt")):
            if not file.name.startswith("_"):
                yield _decode(file.read_bytes())
    elif path.suffix == ".txt":
        yield _decode(path.read_bytes())
    elif ".tar" in path.suffixes:
        try:
            with tarfile.open(path) as archive:
                members = [entry for entry in archive.getmembers() if entry.isfile()]
                for entry in sorted(members, key=lambda entry: entry.name):
                    name = entry.name.rsplit("/", 1)[-1]
                    content = archive.extractfile(entry)
                    if content is not None and name.endswith(".txt") and name[0] != "_":
                        yield _decode(content.read())
        except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError) as error:
            raise CorpusError(f"{path.name}: not a readable archive ({error})") from None


def _lines(path: Path) -> Iterator[str]:
    try:
        with _open_text(path) as lines:
            yield from lines
    except (lzma.LZMAError, EOFError, UnicodeDecodeError) as error:
        raise CorpusError(
            f"{path.name} cannot be read ({error}): put a whole copy in its place"
        ) from None


def _open_text(path: Path) -> IO[str]:
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace").replace("\r\n", "\n")


def _normal(text: str) -> str:
    return " ".join(text.casefold().split())
