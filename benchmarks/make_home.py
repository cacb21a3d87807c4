"""A home with a history in it, to try the app on: sessions, triples, generations.

    python benchmarks/make_home.py HOME [--triples 2000] [--sessions 50] [--seed 0]

Everything goes through the store's own functions: conversations of some weeks with second
candidates, edits, dropped turns and scenes written blind; triples reviewed, rejected with a reason,
taken back; generations that nano has really learned, in a tree with branches and labels, each with
what the gate really said of it.
The newest session was really spoken by nano, so that it can be regenerated.

The words are those of `data/`. Beyond as many triples as are there, an input, a response and a
consequence of different triples are put together: words to read, but not to learn from. Surprises
of triples that no generation has seen are made up, and so are the seconds and
the memory that things took. The same seed makes the same home, but for the names of the
generations' folders.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ulid import ULID

from tear_core.corpus.import_jsonl import open_jsonl, read_rows
from tear_core.corpus.records import Row
from tear_core.engine.messages import LearnRequest, Sampling, SpeakRequest
from tear_core.engine.service import Service
from tear_core.settings import Settings
from tear_core.store import Store, changes, generations, open_store, sessions, triples, witnessing
from tear_core.store import ids as store_ids
from tear_core.triples import ORDERS, Triple
from tear_core.turn import Event, Kind
from tear_tui.conversing.conversation import title_of

DATA = Path(__file__).parents[1] / "data"
BEGAN = datetime(2026, 3, 2, 8, 30, tzinfo=timezone.utc)
REASONS = ("reads like advice", "nothing happens in the scene", "two scenes in one", "not my words")
BATCH = 2_000
"""Triples written in one transaction."""
PACE, SPEAKS, MEMORY = 900.0, 50.0, 600_000_000
"""Tokens that are learned, and that are spoken, in a second; bytes that learning held. What it
really took is no part of a home that is to come out the same."""


@dataclass(frozen=True)
class Branch:
    """A generation to be learned: from which one, and what a person calls it."""

    parent: int
    label: str = ""
    pinned: bool = False
    lambda_: float | None = None


TREE = (
    Branch(0, "first scenes"),
    Branch(1),
    Branch(2, "after the holidays", pinned=True),
    Branch(3),
    Branch(2, "λ 3, too much", lambda_=3.0),
    Branch(5),
    Branch(4),
    Branch(7, "the careful one", pinned=True),
    Branch(7, "λ 0, for comparison", lambda_=0.0),
    Branch(8),
    Branch(0, "from the base again"),
    Branch(10),
)


class Clock:
    """The time in the home that is being made. It moves on a little whenever it is asked."""

    def __init__(self, rng: random.Random) -> None:
        self.time, self._rng, self._last = BEGAN, rng, 0

    def pass_(self, **time: float) -> None:
        self.time += timedelta(**time)

    def now(self) -> str:
        self.pass_(seconds=self._rng.uniform(0.02, 0.3))
        return self.time.isoformat(timespec="microseconds")

    def new_id(self) -> str:
        stamp = int(self.time.timestamp() * 1000)
        drawn = ULID.from_bytes(stamp.to_bytes(6, "big") + self._rng.randbytes(10))
        self._last = max(int(drawn), self._last + 1)
        return str(ULID.from_int(self._last))

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Within the block the store's rows are dated and named by this clock."""
        names = {"now": (store_ids.now, self.now), "new_id": (store_ids.new_id, self.new_id)}
        with ExitStack() as stack:
            for module in [m for n, m in sys.modules.items() if n.startswith("tear_core.store")]:
                for name, (real, ours) in names.items():
                    if getattr(module, name, None) is real:
                        stack.enter_context(patch.object(module, name, ours))
            yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--triples", type=int, default=2_000)
    parser.add_argument("--generations", type=int, default=len(TREE), help=f"at most {len(TREE)}")
    parser.add_argument("--new", type=int, default=12, help="triples that each generation learns")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if given.sessions < 2:
        parser.error("at least 2 sessions: a long one, and one that nano speaks")
    if (given.home / "tear.db").exists():
        parser.error(f"{given.home} is a home already; give a folder that is not there yet")
    began = time.perf_counter()
    maker = Maker(given.home, random.Random(given.seed))
    maker.make(given.sessions, given.triples, TREE[: given.generations], given.new)
    print(f"{given.home} made in {time.perf_counter() - began:.1f} s")


class Maker:
    """Makes one home."""

    def __init__(self, home: Path, rng: random.Random) -> None:
        self.home, self.rng, self.clock = home, rng, Clock(rng)
        self.rows = [row for row in _all_rows() if row.triple is not None]
        rng.shuffle(self.rows)
        self.service = Service(home, Settings())

    def make(self, sessions_: int, triples_: int, tree: tuple[Branch, ...], new: int) -> None:
        """Fill the home: talk and learn in turn, then import and review, then talk once more."""
        with open_store(self.home) as store, self.clock.in_force():
            alone = [row for row in self.rows if row.triple and not row.triple.context]
            talks = iter(_by_theme(alone))
            self._import(store, len(tree) * new)
            for number, branch in enumerate(tree, start=1):
                for _ in range((sessions_ - 2) // max(1, len(tree))):
                    self._session(store, next(talks))
                self._learn(store, number, branch, new)
            self._session(store, alone[: self.rng.randint(50, 60)], whole=True)
            while len(sessions.list_sessions(store)) < sessions_ - 1:
                self._session(store, next(talks))
            self._fill(store, triples_)
            self._spoken(store)

    # --- conversations

    def _session(self, store: Store, rows: list[Row], whole: bool = False) -> None:
        """A conversation about what these rows are about; about some of them, unless `whole`."""
        self.clock.pass_(hours=self.rng.uniform(2, 20))
        turns = min(len(rows), len(rows) if whole else self.rng.choice((1, 3, 5, 7, 9, 14)))
        said = [row.triple for row in rows[:turns] if row.triple is not None]
        with store.write():
            session = sessions.create(store, title_of(said[0].input)).id
            for number, words in enumerate(said, start=1):
                left = number == turns and not whole and self.rng.random() < 0.3
                self._turn(store, session, number, words, left_open=left)

    def _turn(
        self, store: Store, session: str, number: int, words: Triple, *, left_open: bool
    ) -> None:
        live, rng = generations.live(store, "nano"), self.rng
        order = rng.choices(ORDERS, (6, 2, 2))[0]
        blind = rng.random() < 0.2

        def happens(kind: Kind, **data: Any) -> None:
            sessions.append(store, session, Event(kind, number, data))

        self.clock.pass_(seconds=rng.uniform(5, 90))
        happens("input", text=words.input, order=order, blind=blind)
        candidates = rng.choices((1, 2, 3), (6, 3, 1))[0]
        for index in range(candidates):
            mine = index == candidates - 1
            said = words.response if mine else self._other().response
            self._candidate(happens, index, order, said, live)
        if candidates > 1 and rng.random() < 0.3:
            happens("edit", candidate=candidates, text=words.response, of=0)
            self._section(happens, "scene", candidates, self._other().consequence, live)
            candidates += 1
        self.clock.pass_(seconds=rng.uniform(2, 40))
        if left_open:
            return
        if rng.random() < 0.06:
            happens("cancel")
            return
        happens("take", candidate=candidates - 1)
        if rng.random() < 0.85:
            self.clock.pass_(seconds=rng.uniform(20, 240))
            context = sessions.conversation(store, session).context(before=number)
            triple = replace(words, context=context, order=order, draft=None)
            witnessing.author(store, session, number, triple, saw_prediction=not blind)

    def _candidate(self, happens: Any, index: int, order: str, said: str, live: int) -> None:
        scene = self._other().consequence
        if order == "before":
            self._section(happens, "scene", index, scene, live)
            self._section(happens, "response", index, said, live)
            return
        first = self._other().response if order == "reflect" else said
        self._section(happens, "draft", index, first, live)
        self._section(happens, "scene", index, scene, live)
        self._section(happens, "response", index, said, live, instantly=order == "after")

    def _section(
        self,
        happens: Any,
        kind: Kind,
        index: int,
        text: str,
        live: int,
        instantly: bool = False,
    ) -> None:
        """A section as the app records it when the model has written it to its end."""
        tokens = 0 if instantly else round(len(text.split()) * 1.3)
        seconds = tokens / self.rng.uniform(35, 65)
        self.clock.pass_(seconds=seconds)
        happens(
            kind,
            candidate=index,
            text=text,
            tokens=tokens,
            seconds=round(seconds, 3),
            prefill_tokens=0 if instantly else self.rng.randint(2, 300),
            stopped="end",
            generation=live,
            seed=self.rng.randrange(1 << 31),
            sampling=asdict(Sampling()),
        )

    def _other(self) -> Triple:
        triple = self.rng.choice(self.rows).triple
        assert triple is not None
        return triple

    def _spoken(self, store: Store) -> None:
        """One session whose words nano really wrote, with seeds that write them again."""
        self.clock.pass_(hours=9)
        session = sessions.create(store, "Really spoken by nano").id
        for number in range(1, 4):
            said = self._other().input
            start = sessions.conversation(store, session).context()
            sampling = Sampling(max_response_tokens=40, max_scene_tokens=50)
            seed = self.rng.randrange(1 << 31)
            asked = SpeakRequest(said, start, "after", seed, sampling)
            self._append(store, session, number, "input", {"text": said, "order": "after"})
            for reply in self.service.speak(asked):
                kind = reply["event"]
                if kind in ("draft", "scene", "response"):
                    told = {key: value for key, value in reply.items() if key != "event"}
                    told["seconds"] = round(reply["tokens"] / SPEAKS, 3)
                    self.clock.pass_(seconds=told["seconds"])
                    about = {"candidate": 0, **told, "seed": seed, "sampling": asdict(sampling)}
                    self._append(store, session, number, kind, about)
            self.clock.pass_(seconds=12)
            self._append(store, session, number, "take", {"candidate": 0})

    def _append(
        self, store: Store, session: str, turn: int, kind: Kind, data: Mapping[str, Any]
    ) -> None:
        sessions.append(store, session, Event(kind, turn, data))

    # --- learning

    def _learn(self, store: Store, number: int, branch: Branch, new: int) -> None:
        """Have nano learn what waits, going on from the branch's parent."""
        self.clock.pass_(hours=1)
        if generations.live(store, "nano") != branch.parent:
            generations.use(store, "nano", branch.parent, "chosen")
        waiting = len(triples.pending(store, new))
        spare = [t.id for t in triples.list_triples(store, status="unreviewed", limit=new)]
        if waiting < new and spare:
            changes.accept(store, spare[: new - waiting], "reviewed")
        request = LearnRequest(limit=new, epochs=1, lambda_=branch.lambda_, seed=number)
        *_, row = self.service.learn(request)
        if row.get("generation") != number:
            raise SystemExit(f"generation {number} could not be learned: {row}")
        print(f"generation {number}: {row['triples']} new, {row['replayed']} replayed", flush=True)
        with store.write() as connection:
            connection.execute(
                "UPDATE generations SET label = ?, pinned = ?, seconds = tokens / ?"
                " WHERE number = ?",
                (branch.label, int(branch.pinned), PACE, number),
            )
            connection.execute(
                "UPDATE learning_steps SET seconds = tokens / ?, memory_bytes = ?", (PACE, MEMORY)
            )

    # --- triples

    def _import(self, store: Store, rows: int) -> None:
        """What is there to be learned beside the conversations, as an import brings it."""
        with store.write():
            for row in self.rows[-rows:]:
                self._add(store, row, row.triple)

    def _fill(self, store: Store, wanted: int) -> None:
        """Import until there are as many as wanted, and review some of them."""
        there = sum(triples.counts(store).values())
        words = iter(self._words())
        while there < wanted:
            with store.write():
                for _ in range(min(BATCH, wanted - there)):
                    there += self._add(store, *next(words))
        self.clock.pass_(hours=3)
        found = triples.list_triples(store, status="unreviewed", limit=wanted // 4)
        self.rng.shuffle(found)
        share = len(found) // 5
        for start, reason in enumerate(REASONS):
            mine = [one.id for one in found[:share][start :: len(REASONS)]]
            changes.reject(store, mine, reason)
        changes.accept(store, [one.id for one in found[share : share + 20]], "reviewed")
        seen = triples.list_triples(store, status="learned", limit=8)
        triples.set_status(store, [one.id for one in seen], "retracted", "asked to", "researcher")
        with store.write():
            for one in found[share + 20 :]:
                nats = self.rng.lognormvariate(1.25, 0.3)
                tokens = round(len(one.triple.consequence.split()) * 1.3)
                triples.record_surprise(store, one.id, nats, tokens, 0)

    def _words(self) -> Iterator[tuple[Row, Triple]]:
        """First every triple of `data/` as it is, then ones put together of several."""
        for row in self.rows:
            assert row.triple is not None
            yield row, row.triple
        while True:
            row = self.rng.choice(self.rows)
            assert row.triple is not None
            yield (
                row,
                replace(
                    row.triple,
                    context=(),
                    response=self._other().response,
                    consequence=self._other().consequence,
                    landing=self._other().landing,
                ),
            )

    def _add(self, store: Store, row: Row, triple: Triple | None) -> int:
        assert triple is not None
        self.clock.pass_(milliseconds=3)
        source = row.source or "import"
        _, new = triples.add(store, triple, source=source, status="unreviewed", notes=row.notes)
        return int(new)


def _all_rows() -> Iterator[Row]:
    for path in sorted(DATA.glob("*/*.jsonl")):
        if path.stem == "gate":
            continue  # kept for judging
        with open_jsonl(path) as lines:
            for row in read_rows(lines):
                yield row._replace(source=f"{path.parent.name}.jsonl")


def _by_theme(rows: list[Row]) -> Iterator[list[Row]]:
    """What conversations are made of: up to 14 rows of one theme, over and over."""
    themes: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        themes[row.notes.theme].append(row)
    while True:
        for members in themes.values():
            for start in range(0, len(members), 14):
                yield members[start : start + 14]


if __name__ == "__main__":
    main()
