"""Is the app quick: its first picture, a key while it is busy, long lists, long talks?

    python benchmarks/app.py --out results/app.json

`tear-tui` itself runs on a pseudo-terminal of 120x40, and what it writes there is read.

  first picture  process start to the newest turn of a talk on the screen (an engine runs already),
                 beside a bare Textual app that shows one word, and beside `python -c pass`
  a key          a letter typed into the composer, to that letter on the screen: with nothing going
                 on; with a scene coming at 60 tokens a second; with the real engine learning (nano)
  a long list    100,000 triples: page down, to the next page; a letter of a search, to its answer
                 (how many there are, in a list that can be leafed through)
  a long talk    bytes in memory once a talk of so many turns is open, and 40 pages further up

"clock" is what a person waits, on this machine as it is; "processor" is what the app spent, all
its threads together, which a busy machine stretches little. Percentiles are of one round's keys;
what is told is their median over the rounds. Linux only.

Knows the store, the corpus and the engine's client; prints tables and writes JSON.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from app_homes import TRIPLES, TURNS, home_of, make_homes
from app_rounds import (
    first_picture,
    leafing,
    remembered,
    searching,
    typing,
    typing_while_a_scene_comes,
    typing_while_it_learns,
)
from side_by_side import (
    Round,
    Rounds,
    Spread,
    arguments_for,
    in_turn,
    ratios,
    report,
    save,
    serve,
    summed_up,
    table,
)

KEYS = 40
STARTS = ("tear-tui", "bare Textual", "python")
BUSY: Mapping[str, Callable[[Path, int], Round]] = {
    "nothing goes on": typing,
    "a scene comes": typing_while_a_scene_comes,
    "the engine learns": typing_while_it_learns,
}
LISTS: Mapping[str, Callable[[Path, int], Round]] = {
    "page down": leafing,
    "a letter of a search": searching,
}
PARTS = {"first picture": STARTS, "a key": tuple(BUSY), "a long list": tuple(LISTS)}


def main() -> None:
    parser = arguments_for(__doc__)
    parser.add_argument("--keys", type=int, default=KEYS, help="letters in a round")
    parser.add_argument("--triples", type=int, default=TRIPLES)
    parser.add_argument("--turns", type=int, nargs="*", default=TURNS)
    parser.add_argument("--parts", nargs="*", choices=tuple(PARTS), default=tuple(PARTS))
    parser.add_argument("--homes", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        serve(lambda: round_of(given.child, given))
        return
    with tempfile.TemporaryDirectory() as folder:
        homes = Path(folder)
        keep_bytecode(homes / "bytecode")
        make_homes(homes, tuple(BUSY), given.triples, given.turns)
        engine = scripted(homes, given.turns)
        passed = ["--homes", folder, "--keys", str(given.keys)]
        taken = {
            part: in_turn(__file__, PARTS[part], passed, rounds=given.rounds, threads=given.threads)
            for part in given.parts
        }
        memory = {str(turns): remembered(homes / str(turns), given.keys) for turns in given.turns}
        engine.terminate()
        engine.wait()
    tell(taken, memory)
    settings = {"keys": given.keys, "triples": given.triples, "size": [120, 40]}
    results = {part: summed_up(each) for part, each in taken.items()}
    save(given.out, report("app", settings, {**results, "a long talk": memory}))


def round_of(name: str, given: argparse.Namespace) -> Round:
    if name in STARTS:
        return lambda: first_picture(name, given.homes / "talk")
    if name in BUSY:
        return BUSY[name](home_of(given.homes, name), given.keys)
    return LISTS[name](given.homes / "list", given.keys)


def scripted(homes: Path, turns: list[int]) -> subprocess.Popen[bytes]:
    """An engine of made-up words for every home but that in which something is learned."""
    idle, coming, _ = BUSY
    names = ["talk", "list", *map(str, turns)]
    places = [homes / name for name in names] + [home_of(homes, name) for name in (idle, coming)]
    script = Path(__file__).with_name("scripted_engine.py")
    return subprocess.Popen([sys.executable, str(script), *map(str, places)])


def keep_bytecode(folder: Path) -> None:
    """Have every program find its modules compiled, as one that was installed does: the first
    start, which is not counted, compiles them. Some machines forbid to write it beside them."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder)


# --- what is told


def tell(taken: Mapping[str, Rounds], memory: Mapping[str, Mapping[str, int]]) -> None:
    for part, rounds in taken.items():
        keys = [key for each in rounds.values() for key in (each[0] if each else ())]
        header = list(dict.fromkeys(keys))
        rows = [
            [name, *(f"{Spread.of([r[key] for r in each]).median:.1f}" for key in header)]
            for name, each in rounds.items()
        ]
        print(table([part, *header], rows), end="\n\n")
    starts = taken.get("first picture")
    if starts:
        for other in STARTS[1:]:
            ratio = ratios(starts, "processor_ms", STARTS[0], other)
            print(f"first picture, {STARTS[0]} / {other}: {ratio.median:.2f} of its processor time")
    rows = [
        [f"{int(turns):,} turns", f"{told['opened'] / 1e6:.1f}", f"{told['leafed'] / 1e6:.1f}"]
        for turns, told in memory.items()
    ]
    print(table(["a long talk", "opened, MB", "leafed, MB"], rows))


if __name__ == "__main__":
    main()
