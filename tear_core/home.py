"""Where things are: the home folder with the database, the generations and the engine's socket.

<home>/tear.db         the database, the only truth
<home>/generations/    one folder for each published generation
<home>/logs/           what the engine has to say for itself
<home>/backups/        the database as it was before a migration
<home>/copies/         a lock for each copy of the app that has words in its boxes
<home>/engine.sock     the engine listens here
<home>/engine.lock     held by the running engine
<home>/learner.lock    held by whoever is learning
<home>/learning.paused while it is there, whoever is learning stands still
<home>/tour.seen       the first-run tour has been shown
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_THIS_PROJECT = re.compile(r"""^name\s*=\s*["']tear-tui["']\s*(#.*)?$""", re.MULTILINE)


def resolve_home(flag: Path | None = None) -> Path:
    """The home folder, made (mode 0700) if it is not there yet.

    The first of: `flag`, the environment's `TEAR_HOME`, `sessions/` of the checkout that
    the current folder is in, the platform's folder for user data.

    Raises:
        NotADirectoryError: there is a file where the folder should be.
        OSError: the folder cannot be made.
    """
    return private_folder(_choose(flag))


def _choose(flag: Path | None) -> Path:
    if flag is not None:
        return flag.expanduser().absolute()
    named = os.environ.get("TEAR_HOME", "").strip()
    if named:
        return Path(named).expanduser().absolute()
    checkout = find_checkout(Path.cwd())
    if checkout is not None:
        return checkout / "sessions"
    from platformdirs import user_data_path

    return user_data_path("tear-tui", appauthor=False)


def find_checkout(start: Path) -> Path | None:
    """The nearest folder, from `start` upwards, that is a checkout of tear-tui."""
    for folder in (start, *start.parents):
        try:
            text = (folder / "pyproject.toml").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if _THIS_PROJECT.search(text):
            return folder
    return None


def private_folder(folder: Path) -> Path:
    """Make `folder` readable by its owner alone. One that exists keeps the mode it has."""
    try:
        folder.mkdir(mode=0o700, parents=True)
        folder.chmod(0o700)  # whatever the umask says
    except FileExistsError:
        if not folder.is_dir():
            raise NotADirectoryError(f"{folder} is a file, and a folder is needed there") from None
    return folder


def database_path(home: Path) -> Path:
    return home / "tear.db"


def generations_folder(home: Path) -> Path:
    """Holds one folder for each generation. Made if missing."""
    return private_folder(home / "generations")


def logs_folder(home: Path) -> Path:
    """Made if missing."""
    return private_folder(home / "logs")


def backups_folder(home: Path) -> Path:
    """Made if missing."""
    return private_folder(home / "backups")


def copies_folder(home: Path) -> Path:
    """Holds one lock for each copy of the app that has words in its boxes. Made if missing."""
    return private_folder(home / "copies")


def engine_socket(home: Path) -> Path:
    return home / "engine.sock"


def engine_lock(home: Path) -> Path:
    return home / "engine.lock"


def learner_lock(home: Path) -> Path:
    return home / "learner.lock"


def pause_mark(home: Path) -> Path:
    return home / "learning.paused"


def tour_mark(home: Path) -> Path:
    return home / "tour.seen"
