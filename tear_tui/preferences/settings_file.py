"""Writes settings into a person's TOML file: comments stay, and half a file is never there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from tear_core.corpus.atomic import whole_text
from tear_core.settings import (
    Settings,
    SettingsError,
    checked,
    kinds,
    load_settings,
    project_file,
    source_of,
    user_file,
)

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

Which = Literal["user", "project"]
"""The user's own `config.toml`, or the project's `tear.toml`."""
FILES: tuple[Which, ...] = get_args(Which)

TRUMPED_BY: dict[Which, tuple[str, ...]] = {
    "user": ("flag", "environment", "project"),
    "project": ("flag", "environment"),
}
"""Whose word counts more than what a file says."""


def path_of(which: Which) -> Path:
    """The file, which need not exist: a project's is made in the current folder."""
    return user_file() if which == "user" else project_file() or Path.cwd() / "tear.toml"


def change(name: str, value: Any, which: Which, settings: Settings | None = None) -> Settings:
    """Write one setting and give those that are in force then. None takes it out of the file.

    Args:
        settings: those in force so far; their flags stay in force.

    Raises:
        SettingsError: there is no such setting, it cannot have this value, or this file does not
            have the last word about it, or it cannot be written. Nothing is written then.
    """
    flags = settings.flags if settings is not None else {}
    wanted = None if value is None else checked(name, value)
    if name not in kinds():
        checked(name, value)
    refuse_in_vain(name, which, settings)
    _write(path_of(which), lambda document: _put(document, name, wanted))
    return load_settings(flags)


def change_key(id: str, keys: str | None, which: Which, settings: Settings) -> Settings:
    """Write the keys of one binding, or take them out of the file; see `change`."""
    refuse_in_vain("keymap", which, settings, also_below=True)

    def put(document: TOMLDocument) -> None:
        import tomlkit

        table = document.get("keymap")
        if table is None:
            table = document["keymap"] = tomlkit.table()
        _forget(table, id)
        if keys is not None:
            table[id] = keys
        if not table:
            del document["keymap"]

    _write(path_of(which), put)
    return load_settings(settings.flags)


def refuse_in_vain(
    name: str, which: Which, settings: Settings | None = None, *, also_below: bool = False
) -> None:
    """Raise if what is written into this file would change nothing.

    `also_below`: what a file says is joined with the other file, so that neither trumps the other.

    Raises:
        SettingsError: says who has the last word, and how to get it back.
    """
    source = source_of(name, settings.flags if settings is not None else {})
    if source.kind not in TRUMPED_BY[which] or (also_below and source.kind == "project"):
        return
    undo = {
        "flag": "start without it to set it here",
        "environment": "unset that to set it here",
        "project": "that file has the last word here: change it there",
    }[source.kind]
    raise SettingsError([f"`{name}` is set by {source.where}; {undo}."])


def _put(document: TOMLDocument, name: str, value: Any) -> None:
    if value is None:
        document.pop(name, None)
    else:
        document[name] = value


def _forget(table: Any, id: str) -> None:
    """Take a binding out, written in one piece or as tables within tables."""
    table.pop(id, None)
    first, _, rest = id.partition(".")
    if rest and isinstance(table.get(first), dict):
        _forget(table[first], rest)
        if not table[first]:
            del table[first]


def _write(path: Path, alter: Callable[[TOMLDocument], None]) -> None:
    """Read the file, alter it and put it back in one piece, readable by its owner alone."""
    import tomlkit
    from tomlkit.exceptions import ParseError, TOMLKitError

    try:
        path = path.resolve()  # a link to a file elsewhere stays a link
        text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        document = tomlkit.parse(text)
        alter(document)
        fresh = tomlkit.dumps(document)
    except (ParseError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path} is not TOML: {error}."]) from None
    except TOMLKitError as error:
        raise SettingsError([f"{path} cannot be changed: {error}."]) from None
    except OSError as error:
        raise SettingsError([f"{path} cannot be read: {error.strerror}."]) from None
    try:
        whole_text(path, fresh, force=True)
    except OSError as error:
        raise SettingsError([f"{path} cannot be written: {error.strerror}."]) from None
