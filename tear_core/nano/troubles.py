"""What can keep the recipe from going on, for reasons a person can act on, and how it is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class RecipeError(ValueError):
    """A command of the recipe cannot go on. The message is a sentence: what, which, what to do."""


@contextmanager
def in_a_sentence() -> Iterator[None]:
    """Have a command end with its sentence on stderr and exit code 1, where it cannot go on."""
    try:
        yield
    except RecipeError as error:
        raise SystemExit(str(error)) from None
    except OSError as error:
        if error.filename is None or error.strerror is None:
            raise SystemExit(f"it cannot go on: {error}") from None
        raise SystemExit(f"{error.filename}: {error.strerror}: give another place") from None


def folder_there(folder: Path, wanted: str) -> None:
    """Refuse a folder that is not there; `wanted` says what should be.

    Raises:
        RecipeError: there is none, or it is a file.
    """
    if folder.is_dir():
        return
    problem = "it is not a folder" if folder.exists() else "there is no such folder"
    raise RecipeError(f"{folder}: {problem}; {wanted}")
