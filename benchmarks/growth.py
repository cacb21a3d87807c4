"""What becomes slower as triples accumulate, and how fast that grows: 1,000 to a million.

    python benchmarks/growth.py --out results.json

A home for each size, filled with learned triples of made-up words; all of them are asked the same
in turn. An update learns 8 new triples with 8 replayed ones on nano, from a reservoir through
which all of the home's triples have gone.

power    of the number of triples that a figure grows with, from the smallest to the largest home:
         0 is flat, 1 is linear (log of the ratio over log of the ratio of the sizes)

`status` is what the engine is asked several times a second; `list` and `search` give a first page.
`numbers` reads the numbers of all triples in order, for a list that can be jumped about in: 8
bytes each, so it is linear by design, and so is `numbers, common word`. A search puts the best of
up to 5,000 matches first, and grows up to there. Milliseconds, medians; `update` and `step` are
processor time, the rest is what somebody waits.
"""

from __future__ import annotations

import argparse
import atexit
import hashlib
import math
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from an_engine import settings_for, words
from side_by_side import (
    Figures,
    Round,
    Rounds,
    Spread,
    arguments_for,
    in_turn,
    report,
    save,
    serve,
    summed_up,
    table,
)
from ulid import ULID

from tear_core.engine.service import Service
from tear_core.learn.entering import Made, enter, shape_of
from tear_core.learn.learner import Asked, Learner
from tear_core.learn.plan import plan_for
from tear_core.learn.publish import LearnerState
from tear_core.learn.replay import Reservoir
from tear_core.model.tree import grow
from tear_core.settings import load_settings
from tear_core.store import Store, open_store, triples
from tear_core.store.filters import parse
from tear_core.store.listing import lines, listing
from tear_core.triples import LANDINGS, Triple

SIZES = ("1000", "10000", "100000", "1000000")
NEW, EPOCHS = 8, 3
AGAIN = 5
"""Times that each question is asked in a round; their median is the round's figure."""
COMMON = (
    *("the", "a", "of", "and", "to", "she", "he", "they", "said", "door", "river", "morning"),
    *("kettle", "hands", "letter", "quiet", "brother", "bread"),
)
RARE = [f"word{number}" for number in range(5_000)]
AT = "2026-03-01T09:30:00.000000+00:00"


def main() -> None:
    parser = arguments_for(__doc__)
    parser.add_argument("--sizes", nargs="+", default=list(SIZES))
    parser.set_defaults(rounds=3)
    given = parser.parse_args()
    if given.child:
        serve(lambda: _round_of(int(given.child), given))
        return
    arguments = ["--device", given.device, "--threads", str(given.threads)]
    taken = in_turn(__file__, given.sizes, arguments, rounds=given.rounds, threads=given.threads)
    powers = _powers(taken)
    print(_told(taken, powers))
    settings = {"device": given.device, "threads": given.threads, "rounds": given.rounds}
    figures = {"milliseconds": summed_up(taken), "powers": powers}
    save(given.out, report("growth", settings, figures))


# --- in the process of one size


def _round_of(size: int, given: argparse.Namespace) -> Round:
    settings_for("nano", given.device, given.threads, gate="off")
    last = ExitStack()
    atexit.register(last.close)
    home = Path(last.enter_context(tempfile.TemporaryDirectory()))
    store = last.enter_context(open_store(home))
    fill(store, size)
    service = Service(home, load_settings())
    base = service.load()
    learner = Learner(base, plan_for(base, service.settings))
    reservoir = _reservoir(store, size)
    _lineage(store, learner, reservoir)
    new = iter(words("warmth", "subtle", "firm", "repair", "neutral"))

    def one() -> Figures:
        asked = questions(store, service, reservoir)
        figures = {name: _milliseconds(ask) for name, ask in asked.items()}
        figures |= {"save one": _milliseconds(lambda: _pend(store, next(new)), NEW)}
        return {**figures, **_update(store, learner)}

    return one


def questions(store: Store, service: Service, reservoir: Reservoir) -> dict[str, Callable[[], Any]]:
    """What is asked of a home, by name."""
    all_of_them = listing(store, parse(""))
    middle = all_of_them.seqs[len(all_of_them) // 2 :][:50]

    def replay() -> Any:
        return triples.get_many(store, reservoir.draw(NEW, 0, random.randrange(1 << 30)))

    return {
        "status": service.status,
        "list": lambda: triples.list_triples(store, limit=20),
        "list of a theme": lambda: triples.list_triples(store, theme="work", limit=20),
        "search, rare word": lambda: triples.search(store, "word77 "),
        "search, two words": lambda: triples.search(store, "letter brother"),
        "search, common word": lambda: triples.search(store, "the"),
        "a page anywhere": lambda: lines(store, middle),
        "replay draw": replay,
        "reservoir offer": lambda: reservoir.offer([f"new {n}" for n in range(NEW)], 0),
        "numbers": lambda: listing(store, parse("")),
        "numbers, common word": lambda: listing(store, parse("the")),
    }


def _milliseconds(ask: Callable[[], Any], times: int = AGAIN) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    return median(took)


def _pend(store: Store, triple: Triple) -> None:
    triples.add(store, triple, source="benchmark", status="pending")


def _update(store: Store, learner: Learner) -> dict[str, float]:
    """Learn what is pending: milliseconds of processor time, of all of it and of one step."""
    began, steps = time.process_time(), []
    for told in learner.learn(store, Asked(epochs=EPOCHS)):
        if told["event"] == "step":
            steps.append(time.process_time())
    used = (time.process_time() - began) * 1000
    if told["event"] != "published" or not told["replayed"]:
        raise SystemExit(f"the update went wrong: {told}")
    apart = [(later - earlier) * 1000 for earlier, later in pairwise(steps)]
    return {"update": used, "step": median(apart)}


# --- a home of a size


def fill(store: Store, count: int) -> None:
    """Learned triples of made-up words; the search index is made at once, as it is quicker."""
    store.connection.execute("PRAGMA synchronous = OFF")
    with store.write() as connection:
        (trigger,) = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'triples_fts_insert'"
        ).fetchone()
        connection.execute("DROP TRIGGER triples_fts_insert")
        connection.executemany(
            "INSERT INTO triples (id, input, response, consequence, landing, witness_order,"
            " content_hash, status, source, theme, surprise, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, 'after', ?, 'learned', ?, ?, ?, ?, ?)",
            _rows(count),
        )
        connection.execute("INSERT INTO triples_fts(triples_fts) VALUES ('rebuild')")
        connection.execute(trigger)
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.connection.execute("PRAGMA synchronous = FULL")


def _rows(count: int) -> Iterator[tuple[Any, ...]]:
    draw = random.Random(1)
    phrases = [
        " ".join(draw.choice(COMMON if draw.random() < 0.7 else RARE) for _ in range(9))
        for _ in range(20_000)
    ]
    first = int(ULID.from_str("01JA0000000000000000000000"))
    for number in range(count):
        one, two, three, four = draw.choices(phrases, k=4)
        yield (
            str(ULID.from_int(first + number)),
            one,
            two,
            f"{three} {four} {number}",
            LANDINGS[number % 3],
            hashlib.blake2b(str(number).encode(), digest_size=16).hexdigest(),
            ("session", "letters.jsonl")[number % 2],
            ("work", "family", "")[number % 3],
            draw.random() * 8,
            AT,
            AT,
        )


def _reservoir(store: Store, size: int) -> Reservoir:
    """As if all triples had been learned: any 2,048 of them, each with the same chance."""
    ids = [row["id"] for row in store.connection.execute("SELECT id FROM triples ORDER BY id")]
    kept = random.Random(1).sample(ids, min(size, Reservoir().capacity))
    return Reservoir(tuple(kept), seen=size)


def _lineage(store: Store, learner: Learner, reservoir: Reservoir) -> None:
    """A generation from which the learner goes on, with this reservoir."""
    tree = grow(learner.base, learner.plan.shape)
    state = LearnerState(depth=1, reservoir=reservoir)
    enter(store, Made(tree, state, parent=0, settings=shape_of(tree)), make_live=True)


# --- what is told


def _powers(taken: Rounds) -> dict[str, float]:
    small, large = min(taken, key=int), max(taken, key=int)
    if small == large:
        return {}
    sizes = math.log(int(large) / int(small))
    middles = {name: _middles(taken[name]) for name in (small, large)}
    return {
        key: math.log(middles[large][key] / middles[small][key]) / sizes for key in middles[small]
    }


def _middles(rounds: list[Figures]) -> dict[str, float]:
    return {key: Spread.of([each[key] for each in rounds]).median for key in rounds[0]}


def _told(taken: Rounds, powers: dict[str, float]) -> str:
    middles = {name: _middles(rounds) for name, rounds in taken.items()}
    rows = [
        [
            key,
            *(f"{middles[name][key]:.2f}" for name in taken),
            f"{powers[key]:.2f}" if key in powers else "",
        ]
        for key in next(iter(middles.values()))
    ]
    return table(["milliseconds", *(f"{int(name):,}" for name in taken), "power"], rows)


if __name__ == "__main__":
    main()
