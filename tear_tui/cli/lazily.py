"""Commands whose files are imported when they are used: a start pays for one of them, not for all.

A group says of each such command its name, where it is, and the line that a list of commands shows
(a test holds the line to what the command says of itself).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command_from_info, get_group_from_info
from typer.models import CommandInfo, TyperInfo


@dataclass(frozen=True, slots=True)
class Later:
    """A command that is imported later.

    Attributes:
        place: "file:function" in this folder, or "file:app" for a group of commands.
    """

    name: str
    place: str
    line: str


class LazyGroup(TyperGroup):
    """A group that has the commands of `later`, before those that are registered with it."""

    later: ClassVar[Sequence[Later]] = ()

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = {**{each.name: _Named(each) for each in self.later}, **self.commands}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.itself() if isinstance(command, _Named) else command, rest


class _Named(TyperCommand):
    """What stands for a command until it is called: its name and its line."""

    def __init__(self, later: Later) -> None:
        super().__init__(later.name, help=later.line)
        self._later = later

    def itself(self) -> Any:
        """The command, imported."""
        file, _, attribute = self._later.place.partition(":")
        found = getattr(import_module(f"tear_tui.cli.{file}"), attribute)
        if isinstance(found, typer.Typer):
            return get_group_from_info(
                TyperInfo(found, name=self.name),
                pretty_exceptions_short=True,
                suggest_commands=True,
                rich_markup_mode=None,
            )
        return get_command_from_info(
            CommandInfo(self.name, callback=found),
            pretty_exceptions_short=True,
            rich_markup_mode=None,
        )
