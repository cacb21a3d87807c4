"""What is kept on the disk: settings, home, database, generations, locks; and the clock."""

from __future__ import annotations

import json
import os
import shlex
import time
from pathlib import Path

from tear_core import home as places
from tear_core.engine import client
from tear_core.machine import disk_free
from tear_core.settings import SettingsError, load_settings, settings_files
from tear_core.store import Store, StoreError, generations, open_store
from tear_core.store.database import SCHEMA_VERSION
from tear_core.store.folders import is_leftover_name, is_there
from tear_core.store.health import Health, examine
from tear_tui.checks import Check, fail, gigabytes, ok, warn
from tear_tui.lineage import fitting

EARLIEST = 1_735_689_600
"""A clock before 2025 is wrong: this code is younger."""
DAY = 86_400
LITTLE, NOTHING = 2e9, 100e6
"""Free bytes below which the disk deserves a warning, and below which it is full."""


def check_settings() -> tuple[Check, str]:
    """The settings, and the base model that they name."""
    files = ", ".join(map(str, settings_files())) or "none, so the defaults"
    try:
        settings = load_settings()
    except SettingsError as error:
        return fail("settings", " ".join(error.problems), "Correct it where it is set."), "nano"
    return ok("settings", f"files: {files}"), settings.base


def check_home(flag: Path | None) -> list[Check]:
    """Everything that lies in the home folder."""
    try:
        home = places.resolve_home(flag)
    except OSError as error:
        return [fail("home", str(error), "Name another folder with --home or TEAR_HOME.")]
    checks = [check_folder(home), check_disk(home), *check_database(home)]
    return [*checks, check_learner(home), check_engine(home), check_clock(home)]


PRIVATE = ("tear.db", "tear.db-wal", "tear.db-shm", "generations", "backups", "copies", "logs")


def check_folder(home: Path) -> Check:
    """Only its owner may read what is in the home, since conversations are, or put things there."""
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        return fail("home", f"{home} is not yours to write", f"sudo chown -R $USER {_quoted(home)}")
    private = [home / name for name in PRIVATE if (home / name).exists()]
    exposed = [path for path in private if path.stat().st_mode & 0o077]
    if home.stat().st_mode & 0o022:
        exposed.append(home)
    if exposed:
        found = f"open to others: {', '.join(map(str, exposed))}"
        return warn("home", found, f"chmod -R go= {_quoted(home)}")
    return ok("home", str(home))


def check_disk(home: Path) -> Check:
    free = disk_free(home)
    found, fix = f"{gigabytes(free)} free", "Make room, or move the home: --home, TEAR_HOME."
    if free < NOTHING:
        return fail("disk", found, fix)
    return warn("disk", found, fix) if free < LITTLE else ok("disk", found)


def check_database(home: Path) -> list[Check]:
    path = places.database_path(home)
    if not path.exists():
        return [ok("database", "none yet; the first words make it")]
    try:
        health = examine(path)
        checks = [_judged(health, home)]
        if health.is_current and not health.problems:
            with open_store(home) as store:
                checks += [*check_generations(store), *check_live(store)]
    except StoreError as error:
        return [fail("database", str(error), error.hint or _put_back(home))]
    return checks


def _judged(health: Health, home: Path) -> Check:
    found = f"schema {health.schema}, {health.journal}"
    if health.problems:
        return fail("database", "; ".join(health.problems), _put_back(home))
    if health.schema > SCHEMA_VERSION:
        return fail("database", f"{found}: written by a newer tear-tui", "Upgrade tear-tui.")
    if not health.is_current:
        found += f"; the next start brings it to schema {SCHEMA_VERSION}, after a backup"
    elif health.journal != "wal":
        fix = "Keep the home on a local disk: network file systems cannot keep it safe."
        return warn("database", found, fix)
    return ok("database", f"sound, {found}")


def _put_back(home: Path) -> str:
    return f"Copy {home} away, then put the newest of {home / 'backups'} in place of tear.db."


def check_generations(store: Store) -> list[Check]:
    """Each generation has its folder, and each folder its generation."""
    folder = store.home / "generations"
    rows = [row for row in generations.list_generations(store) if not row.removed_at]
    live = {generations.live(store, base) for base in {row.base for row in rows}}
    broken = [
        str(row.number)
        for row in rows
        if not (
            generations.is_whole(store, row)
            if row.number in live
            else is_there(folder / row.folder, row.manifest_sha256)
        )
    ]
    known = {row.folder for row in rows}
    names = {path.name for path in folder.iterdir() if path.is_dir()} if folder.exists() else set()
    stray = [name for name in names - known if is_leftover_name(name)]
    checks = []
    if broken:
        fix = "Put the folder back from a copy; until then its nearest whole ancestor answers."
        checks.append(fail("generations", f"missing or altered: {', '.join(broken)}", fix))
    elif not stray or _alive(_learner(store.home)):
        checks.append(ok("generations", f"{len(rows)}, all whole"))
    if stray and not _alive(_learner(store.home)):
        found = f"{len(stray)} left by learning that was killed"
        checks.append(warn("generations", found, "The next start removes them."))
    return checks


def check_live(store: Store) -> list[Check]:
    """What answers was learned on the weights that are here; nothing, where that is not known."""
    try:
        settings = load_settings()
    except SettingsError:
        return []
    live = generations.live(store, settings.base)
    if number := fitting.misfit(store, settings):
        fix = f"{fitting.mended_by(number)}. Other `quantize` or `delimiters` count as others, too."
        return [warn("live generation", fitting.said(number, settings.base), fix)]
    if live and fitting.fingerprint_here(settings):
        return [ok("live generation", f"generation {live} fits the weights of {settings.base}")]
    return []


def check_learner(home: Path) -> Check:
    owner = _learner(home)
    if owner is None:
        return ok("learner", "idle")
    if _alive(owner):
        return ok("learner", f"process {owner} is learning")
    fix = f"Its lock is free again: nothing to mend. To forget it: rm {_quoted(_learner_pid(home))}"
    return warn("learner", f"process {owner} was killed while learning", fix)


def check_engine(home: Path) -> Check:
    owner = _engine(home)
    if owner is None:
        return ok("engine", "not running; the app starts it")
    if not _alive(owner):
        found = f"process {owner} was killed"
        return warn("engine", found, "Nothing to mend: the next one takes its place.")
    try:
        running = client.connect(home)
    except client.EngineError as error:
        return warn("engine", str(error), error.hint or f"kill {owner}")
    if running is None:
        found = f"process {owner} does not answer"
        return warn("engine", found, f"Wait a little; if it stays so: kill {owner}")
    return ok("engine", f"process {owner} is running")


def check_clock(home: Path) -> Check:
    """Ids and times go by the clock: one that was set back makes new things look old."""
    now = time.time()
    database = places.database_path(home)
    last = database.stat().st_mtime if database.exists() else now
    if now < EARLIEST or last > now + DAY:
        found = time.strftime("%Y-%m-%d %H:%M, earlier than what is stored", time.localtime(now))
        return warn("clock", found, "Set the clock of this machine: timedatectl set-ntp true")
    return ok("clock", time.strftime("%Y-%m-%d %H:%M %Z", time.localtime(now)))


def _learner(home: Path) -> int | None:
    try:
        return int(_learner_pid(home).read_text())
    except (OSError, ValueError):
        return None


def _learner_pid(home: Path) -> Path:
    return places.learner_lock(home).with_suffix(".pid")


def _engine(home: Path) -> int | None:
    try:
        return int(json.loads((home / "engine.json").read_text())["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _alive(process: int | None) -> bool:
    if process is None:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
