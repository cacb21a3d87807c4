"""`tear-tui config`: see and change the settings without the app."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from typing import Annotated, Any

import typer

from tear_core.settings import Settings, SettingsError, kinds, load_settings
from tear_tui.cli.output import CommandError, emit_json, emit_list, emit_text, narrate
from tear_tui.preferences import settings_file
from tear_tui.preferences.settings_table import NONE, Row, counts_from, rows, source_word, written

app = typer.Typer(help="See and change the settings.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
Project = Annotated[
    bool, typer.Option("--project", help="The project's tear.toml instead of your config.toml.")
]
Name = Annotated[str, typer.Argument(help="A setting, or keymap.ID for the keys of one binding.")]

KEYS = "keymap."


@app.command("list")
def list_(json: Json = False) -> None:
    """Every setting: its value, and who has the last word about it."""
    settings = load_settings()
    told = [_told(row, settings) for row in rows(settings)]
    if json:
        emit_json(told)
        return
    shown = [{**each, "value": each["shown"], "from": each["source"]["word"]} for each in told]
    emit_list(shown, ("group", "name", "value", "from"))


@app.command()
def get(name: Name, json: Json = False) -> None:
    """One setting."""
    settings = load_settings()
    if name.startswith(KEYS):
        keys = settings.keymap.get(name.removeprefix(KEYS))
        emit_json(keys) if json else emit_text(keys or NONE)
        return
    told = next((_told(row, settings) for row in rows(settings) if row.name == name), None)
    if told is None:
        raise CommandError(f"there is no setting `{name}`", _near(name, kinds()))
    emit_json(told) if json else emit_text(told["shown"])


@app.command("set")
def set_(name: Name, value: str, project: Project = False) -> None:
    """Write a setting into your config.toml, or the project's tear.toml."""
    _change(name, value, project)


@app.command()
def unset(name: Name, project: Project = False) -> None:
    """Take a setting out of the file; what is weaker, or the default, counts then."""
    _change(name, None, project)


@app.command()
def path(json: Json = False) -> None:
    """Where the settings files are, whether or not they are there."""
    files = {which: settings_file.path_of(which) for which in settings_file.FILES}
    if json:
        told = {
            which: {"path": str(file), "exists": file.is_file()} for which, file in files.items()
        }
        emit_json(told)
        return
    for which, file in files.items():
        emit_text(f"{which:<8} {file}{'' if file.is_file() else '  (not there yet)'}")


def _change(name: str, value: str | None, project: bool) -> None:
    which: settings_file.Which = "project" if project else "user"
    file = settings_file.path_of(which)
    if name.startswith(KEYS):
        _change_key(name.removeprefix(KEYS), value, which)
        narrate(f"Written into {file}. It counts when the app opens.")
        return
    if name == "theme" and value is not None:
        _check_theme(value)
    settings = settings_file.change(name, value, which)
    now = written(getattr(settings, name))
    done = f"taken out of {file}" if value is None else f"written into {file}"
    narrate(f"`{name}` is {now}: {done}. It counts {counts_from(name)}.")


def _change_key(id: str, keys: str | None, which: settings_file.Which) -> None:
    from tear_tui.preferences.key_table import groups
    from tear_tui.preferences.keymap import problems

    settings = load_settings()
    if keys is not None:
        found = problems({**settings.keymap, id: keys}, groups())
        if id in found:
            raise SettingsError([f"`{id}` cannot have {keys}: it {found[id]}."])
    settings_file.change_key(id, keys, which, settings)


def _check_theme(name: str) -> None:
    from tear_tui.preferences.themes import theme_names

    if name not in theme_names():
        raise CommandError(f"there is no theme {name!r}", _near(name, theme_names()))


def _near(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, known, n=3)
    return f"Did you mean {' or '.join(near)}?" if near else "`tear-tui config list` lists them."


def _told(row: Row, settings: Settings) -> dict[str, Any]:
    source = {**asdict(row.source), "word": source_word(row.source)}
    return {
        "group": row.group,
        "name": row.name,
        "value": getattr(settings, row.name),
        "shown": row.value,
        "source": source,
        "help": row.help,
        "choices": list(row.choices),
        "counts": counts_from(row.name),
    }
