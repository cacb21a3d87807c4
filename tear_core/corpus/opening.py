"""Opening what a person hands over: plain or packed, and never more of it than is sane.

Nothing is unpacked to the disk, no link is followed, and what unpacks to absurdly more than it
was is refused while it is read: what an archive says of its own sizes may be a lie.
"""

from __future__ import annotations

import gzip
import io
import lzma
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

MAX_UNPACKED = 32 << 30
"""Bytes that one file may unpack to."""

MAX_RATIO = 400
"""Text packs ten or twenty times smaller; nothing that a person wrote packs 400 times."""

RATIO_FROM = 64 << 20
"""The ratio counts from here on: a short file of one repeated line is no attack."""

MAX_MEMBERS = 200_000
"""Entries of an archive. An account's export has one for each picture."""

_CONVERSATIONS = re.compile(r"(?:^|/)conversations(?:-\d+)?\.json$")


class Refused(ValueError):
    """A file that is not read at all. `hint` says what a person can do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class TooMuch(OSError):
    """What is being read has grown beyond a limit; it is read no further."""


class Bounded(io.RawIOBase):
    """Bytes of an inner stream, until there are absurdly many of them.

    Args:
        packed: how many bytes the inner stream takes while packed; None: it is not packed.
    """

    def __init__(self, inner: IO[bytes], packed: int | None = None) -> None:
        self._inner = inner
        self._most = MAX_UNPACKED
        if packed is not None:
            self._most = min(self._most, max(RATIO_FROM, packed * MAX_RATIO))
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._inner.read(len(buffer))
        self._read += len(data)
        if self._read > self._most:
            raise TooMuch(f"it unpacks to more than {self._most >> 20} MiB, which no text does")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._inner.close()
        super().close()


def open_jsonl(path: Path) -> IO[bytes]:
    """A file as bytes, unpacked if its name ends in .gz or .xz."""
    if path.suffix == ".gz":
        return _bounded(cast(IO[bytes], gzip.open(path, "rb")), path.stat().st_size)
    if path.suffix == ".xz":
        return _bounded(lzma.open(path, "rb"), path.stat().st_size)
    return path.open("rb")


def _bounded(inner: IO[bytes], packed: int | None) -> IO[bytes]:
    return cast(IO[bytes], io.BufferedReader(Bounded(inner, packed), 1 << 16))


@contextmanager
def opened_parts(path: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """The files to read of a file, a folder or a zip: their names and their bytes.

    Of an account's export those are its conversations, in the order of their names.

    Raises:
        Refused: a damaged, encrypted or absurd archive, or one with nothing to read in it.
    """
    if path.is_dir():
        yield _folder(path)
    elif zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                yield _members(path, archive)
        except zipfile.BadZipFile as error:
            raise Refused(f"{path} is a damaged zip: {error}") from None
    else:
        if path.suffix == ".zip":
            raise Refused(f"{path} is a damaged zip: its end is missing", "Download it again.")
        with open_jsonl(path) as file:
            yield iter([(path.name, file)])


def parts_of(folder: Path) -> list[Path]:
    """The files of a folder that are read: an account's conversations, or an export of ours."""
    named = sorted(each for each in folder.iterdir() if _CONVERSATIONS.search(each.name))
    ours = [folder / "data" / "triples.jsonl", folder / "triples.jsonl"]
    found = [each for each in named or ours if each.is_file() and not each.is_symlink()]
    if not found:
        raise Refused(
            f"{folder} has no conversations.json in it, and no triples.jsonl",
            "Name the files themselves.",
        )
    return found


def _folder(folder: Path) -> Iterator[tuple[str, IO[bytes]]]:
    for path in parts_of(folder):
        with path.open("rb") as file:
            yield path.name, file


def _members(path: Path, archive: zipfile.ZipFile) -> Iterator[tuple[str, IO[bytes]]]:
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise Refused(f"{path} has {len(infos)} entries in it, which no export has")
    wanted = sorted(
        (each for each in infos if _CONVERSATIONS.search(each.filename)), key=lambda e: e.filename
    )
    if not wanted:
        raise Refused(
            f"{path} has no conversations.json in it", "Unpack it, and name the files themselves."
        )
    for info in wanted:
        if info.flag_bits & 1:
            raise Refused(f"{path} is encrypted", "Unpack it with its password, and import that.")
        if info.file_size > max(RATIO_FROM, info.compress_size * MAX_RATIO):
            raise Refused(f"{path}: {info.filename} unpacks to absurdly more than it is")
        with archive.open(info) as member:
            yield info.filename, _bounded(member, info.compress_size)
