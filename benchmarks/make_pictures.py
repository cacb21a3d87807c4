"""The pictures of `docs/app.md`, drawn by the app itself.

    python benchmarks/make_pictures.py [docs/images]

Makes a home with a history in a temporary folder (see `make_home`), opens the app on it with nano
in the same process, goes from place to place and keeps what is seen, as SVG. Takes a few minutes:
the generations in it are really learned. Nothing is fetched, and the pictures name no font that a
browser would fetch.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parent))
from make_home import TREE, Maker

from tear_core.engine.client import EngineClient, in_process
from tear_core.engine.messages import SurpriseRequest, TripleText
from tear_core.store import generations, open_store, sessions
from tear_core.store.comparisons import Choice, Comparison, record
from tear_tui.lineage import duel
from tear_tui.screenshot import draw

SESSIONS, TRIPLES, GENERATIONS, NEW = 14, 400, 7, 12
SIZE = (100, 30)
SAID = "My sister sold the piano without asking me."
CHOICES: tuple[Choice, ...] = ("one", "other", "other", "other", "tie")
"""What somebody chose between the first generation and the live one."""
LARGEST = 100_000
"""Bytes of a picture."""


@dataclass(frozen=True)
class Picture:
    """What is to be seen: a place, what it is told, and the keys that are pressed there."""

    name: str
    place: str
    what: dict[str, Any] = field(default_factory=dict)
    keys: tuple[str, ...] = ()


STANDING = ("space", "home", "right_square_bracket", "full_stop", "full_stop", "full_stop")
"""The film does not run, and is three events into its second turn."""


def pictures(session: str) -> list[Picture]:
    """Every picture. `session`: the one to be shown."""
    return [
        Picture("converse", "converse"),
        Picture("replay", "replay", {"session": session}, STANDING),
        Picture("triples", "triples"),
        Picture("learning", "learning"),
        Picture("generations", "generations", {"generation": 3}),
        Picture("compare", "generations", {"generation": 1}, ("c", *SAID, "enter")),
        Picture("settings", "settings", {"setting": "temperature"}),
        Picture("models", "settings", {"setting": "base"}, ("enter",)),
        Picture("help", "learning", {}, ("question_mark",)),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).parents[1] / "docs" / "images"
    parser.add_argument("folder", type=Path, nargs="?", default=default)
    parser.add_argument("--home", type=Path, help="a home that is there already, for a quick look")
    parser.add_argument("--only", nargs="+", default=[], help="names of pictures; else all")
    given = parser.parse_args()
    folder = given.folder.absolute()
    os.environ["TZ"] = "UTC"
    time.tzset()
    with tempfile.TemporaryDirectory() as made:
        os.environ["HOME"] = made  # nobody's own settings and models
        os.environ.pop("XDG_CONFIG_HOME", None)
        os.chdir(made)
        home = given.home.absolute() if given.home else make_home(Path(made) / "home")
        return asyncio.run(draw_all(home, folder, given.only))


def make_home(home: Path) -> Path:
    Maker(home, random.Random(0)).make(SESSIONS, TRIPLES, TREE[:GENERATIONS], NEW)
    with open_store(home) as store:
        live = generations.live(store, "nano")
        for choice in CHOICES:
            record(store, Comparison("nano", 1, live, 1, SAID, {}, choice))
    return home


async def draw_all(home: Path, folder: Path, only: list[str]) -> int:
    """Write every picture; 1 if one is larger than it may be."""
    client = ready(home)
    with open_store(home) as store:
        session = sessions.list_sessions(store)[0].id
    for each in pictures(session):
        if only and each.name not in only:
            continue
        with patch.object(duel.drawn, "__defaults__", (None, lambda below: 11 % below)):
            svg = await draw(
                home,
                SIZE,
                "ink",
                session,
                connect=lambda _: client,
                place=each.place,
                what=each.what,
                keys=each.keys,
            )
        (folder / f"{each.name}.svg").write_text(svg, encoding="utf-8")
        print(f"{each.name}.svg: {len(svg.encode()):,} bytes", flush=True)
        if len(svg.encode()) > LARGEST:
            return 1
    return 0


def ready(home: Path) -> EngineClient:
    """Nano in this process, loaded."""
    client = in_process(home)
    client.surprise(SurpriseRequest((TripleText("a", "b", "c"),)))
    return client


if __name__ == "__main__":
    sys.exit(main())
