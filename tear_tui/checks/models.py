"""The models: the embedded one, the one that the settings name, and room for more."""

from __future__ import annotations

from pathlib import Path

from tear_core.machine import Hub, Weights, disk_free, weights
from tear_tui.checks import Check, fail, gigabytes, ok, warn
from tear_tui.checks.machine import reinstall

ROOM = 10e9
"""Bytes that fetching a base of 1.7 B takes, with room to spare."""


def check_models(base: str, embedded: Weights, hub: Hub) -> list[Check]:
    """Whether the embedded model and `base` load, and whether others can be fetched."""
    checks = [check_weights("embedded model", embedded, reinstall())]
    if base != "nano":
        checks.append(check_base(base, hub))
    return [*checks, check_hub(hub)]


def check_weights(name: str, found: Weights, fix: str) -> Check:
    if found.problem:
        return fail(name, found.problem, fix)
    return ok(name, f"{found.parameters / 1e6:.1f} M parameters, {found.bytes / 1e6:.0f} MB")


def check_base(base: str, hub: Hub) -> Check:
    folder = Path(base).expanduser()
    if folder.is_dir():
        fix = "Name another folder, or a Hub id, with TEAR_BASE or in tear.toml."
        return check_weights(f"base {base}", weights(folder), fix)
    if base in hub.models:
        return ok(f"base {base}", f"is in {hub.cache}")
    if hub.offline:
        fix = f"unset {' '.join(hub.offline)}, or choose the embedded model: TEAR_BASE=nano"
        return fail(f"base {base}", "is not here, and downloads are switched off", fix)
    return warn(f"base {base}", "is not here yet", "It is fetched when it is first used.")


def check_hub(hub: Hub) -> Check:
    free = disk_free(hub.cache)
    found = f"{len(hub.models)} in {hub.cache}, room for {gigabytes(free)}"
    if hub.offline:
        return ok("downloads", f"{found}; switched off by {', '.join(hub.offline)}")
    if free < ROOM:
        fix = "Nothing to mend for the embedded model; for others, HF_HOME can name a larger disk."
        return warn("downloads", found, fix)
    return ok("downloads", found)
