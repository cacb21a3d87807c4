"""Writing a file or a folder so that it is there whole or not at all, readable by its owner."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from tear_core.corpus.opening import Refused
from tear_core.store.ids import new_id


@contextmanager
def private_file(path: Path) -> Iterator[IO[str]]:
    """A new text file (mode 0600), on the disk when the block ends."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        if hasattr(os, "fchmod"):  # whatever the umask says
            os.fchmod(descriptor, 0o600)
        yield file
        file.flush()
        os.fsync(descriptor)


def whole_file(target: Path, write: Callable[[IO[str]], None], *, force: bool = False) -> None:
    """Write a file beside `target`, and rename it when it is whole.

    Raises:
        Refused: there is something at `target`, and no `force`; or a folder.
    """
    if target.is_dir() or (target.exists() and not force):
        raise Refused(f"{target} exists already", "--force replaces a file.")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".tmp-{new_id()}")
    try:
        with private_file(beside) as file:
            write(file)
        os.replace(beside, target)  # noqa: PTH105 - the one call that replaces on every system
        _sync(target.parent)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def whole_text(target: Path, text: str, *, force: bool = False) -> None:
    """Write a text file as `whole_file` does."""

    def write(file: IO[str]) -> None:
        file.write(text)

    whole_file(target, write, force=force)


def whole_folder(
    target: Path,
    write: Callable[[Path], None],
    is_ours: Callable[[Path], bool],
    *,
    force: bool = False,
) -> None:
    """Write a folder beside `target`, and rename it when it is whole.

    With `force` a folder that `is_ours` is replaced; any other never, whatever anybody forces.

    Raises:
        Refused: there is something at `target` that is not to be replaced.
    """
    target = target.absolute()
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise Refused(f"{target} is no folder", "Name another one.")
    filled = target.is_dir() and any(target.iterdir())
    if filled and not force:
        raise Refused(f"{target} is not empty", "--force replaces an earlier export.")
    if filled and not is_ours(target):
        raise Refused(f"{target} holds something that is no export", "Name another folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".tmp-{new_id()}")
    beside.mkdir(mode=0o700)
    try:
        write(beside)
        _sync(beside)
        old = target.with_name(f".tmp-{new_id()}") if target.exists() else None
        if old is not None:
            target.rename(old)
        beside.rename(target)
        _sync(target.parent)
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _sync(folder: Path) -> None:
    """The names in a folder are on the disk too. Not every system lets a folder be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
