"""`tear-tui doctor`: what works on this machine, and how to mend what does not."""

from __future__ import annotations

import json as json_lib
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from tear_tui.cli.output import DONE, FAILED, emit_json, narrate
from tear_tui.cli.root import RootOptions
from tear_tui.text.safe_text import safe_line

if TYPE_CHECKING:
    from tear_tui.checks import Check

_COLOURS = {"ok": typer.colors.GREEN, "warn": typer.colors.YELLOW, "fail": typer.colors.RED}


def doctor(
    ctx: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    machine: Annotated[
        bool, typer.Option("--machine", help="Only what the machine has; opens no home.")
    ] = False,
) -> None:
    """Say what works here and how to mend what does not. Exit code 1 if anything fails."""
    from tear_core.machine import as_json, look_around
    from tear_tui.checks.home import check_home, check_settings
    from tear_tui.checks.machine import check_machine
    from tear_tui.checks.models import check_models

    narrate("Looking around; torch takes some seconds to answer.")
    facts = look_around()
    checks = check_machine(facts)
    if not machine:
        settings, base = check_settings()
        options = ctx.find_object(RootOptions)
        checks += check_models(base, facts.embedded, facts.hub)
        checks += [settings, *check_home(options.home if options else None)]
    if json:
        emit_json(
            {
                "status": _worst(checks),
                "checks": [asdict(check) for check in checks],
                "machine": json_lib.loads(as_json(facts)),
            }
        )
    else:
        _show(checks)
    raise typer.Exit(FAILED if _worst(checks) == "fail" else DONE)


def _worst(checks: list[Check]) -> str:
    present = {check.status for check in checks}
    return next(status for status in ("fail", "warn", "ok") if status in present)


def _show(checks: list[Check]) -> None:
    """A line for each check; beneath it, indented, how to mend what is amiss."""
    width = max(len(check.name) for check in checks)
    for check in checks:
        mark = typer.style(f"{check.status:<4}", fg=_COLOURS[check.status])
        typer.echo(f"{mark}  {check.name:<{width}}  {safe_line(check.found)}")
        if check.fix:
            typer.echo(f"{'':<{width + 6}}  → {safe_line(check.fix)}")
