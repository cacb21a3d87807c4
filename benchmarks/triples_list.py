"""How long until a long list of triples shows its first page?

    python benchmarks/triples_list.py --rows 100000 --out results/triples_list.json

A home with made-up triples is written. Then, in one process and warm, the median of some rounds of:

  the place        the whole triples place of the app, from the key press to rows on the screen
  the list alone   the same list in a bare app: the store's query on a thread, then a page of rows
  DataTable        Textual's own table in a bare app, filled with the newest --table rows
  the store alone  which triples match, in order, and the first page of them; no screen
  plain SELECT     `SELECT … ORDER BY … LIMIT` of sqlite3, on a connection of its own; no screen

Times are of the processor: a busy machine does not stretch them (by the clock is told too). The
ratios are what to read. A plain SELECT reads one page and knows neither how many rows there are
nor the next page; the list reads the number of every match, so that it can be jumped about in.

Knows the app, the store and the corpus; prints a table and writes JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from import_growth import write
from rich.text import Text
from textual.app import App, ComposeResult
from textual.strip import Strip
from textual.widgets import DataTable

from tear_core import __version__
from tear_core.corpus.importing import Wanted, import_file
from tear_core.settings import Settings
from tear_core.store import Store, open_store
from tear_core.store.filters import parse
from tear_core.store.listing import CUT, Sort, lines, listing
from tear_tui.app import TearApp, open_log
from tear_tui.background import in_background
from tear_tui.reviewing.review_queue import ReviewQueue
from tear_tui.reviewing.triple_list import COLUMNS
from tear_tui.screens.triples import TriplesScreen
from tear_tui.widgets.paged_list import PAGE, PagedList

SIZE = (120, 40)
PATIENCE = 300.0
ASKED: tuple[tuple[str, Sort], ...] = (("", "newest"), ("", "surprise"), ("river", "newest"))
ORDER = {"newest": "id DESC", "surprise": "surprise DESC, id DESC"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--table", type=int, default=10_000, help="rows of the DataTable")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        make(home, given.rows, Path(folder))
        found = [stored(home, typed, sort, given.rounds) for typed, sort in ASKED]
        shown = asyncio.run(on_screens(home, given.table, given.rounds))
    print(f"{given.rows:,} triples, median of {given.rounds}, warm, {SIZE[0]}x{SIZE[1]}\n")
    for row in found:
        print(
            f"{row['asked']:<24} the store {row['store_ms']:7.1f} ms"
            f"   plain SELECT {row['select_ms']:7.1f} ms   {row['found']:>8,} found"
        )
    for name, took in shown.items():
        print(f"{name:<24} {took.cpu_ms:8.1f} ms   by the clock {took.clock_ms:8.1f} ms")
    ratios = compared(found, shown, given.table)
    print("\n" + "\n".join(f"{name}: {ratio:.2f}" for name, ratio in ratios.items()))
    if given.out:
        given.out.write_text(json.dumps(report(given, found, shown, ratios), indent=2) + "\n")


def make(home: Path, rows: int, folder: Path) -> None:
    """Import made-up triples, and give three in four of them a surprise."""
    file = folder / "rows.jsonl"
    write(file, "jsonl", rows)
    with open_store(home) as store:
        import_file(store, file, Wanted(accept=False))
        with store.write() as connection:
            connection.execute(
                "UPDATE triples SET surprise = (seq * 7919 % 1000) / 100.0 WHERE seq % 4"
            )


def stored(home: Path, typed: str, sort: Sort, rounds: int) -> dict[str, Any]:
    """The first page out of the store, beside what sqlite3 alone takes for its texts."""
    wanted = parse(typed)
    texts = ", ".join(f"substr({name}, 1, {CUT})" for name in ("input", "response", "consequence"))
    search = "seq IN (SELECT rowid FROM triples_fts WHERE triples_fts MATCH ?)" if typed else "1"
    sql = (
        "SELECT seq, id, status, landing, surprise, source, theme, created_at,"
        f" {texts} FROM triples WHERE {search} ORDER BY {ORDER[sort]} LIMIT {PAGE}"
    )
    plain = sqlite3.connect(home / "tear.db")
    with open_store(home) as store:
        ours = median_ms(lambda: first_page(store, wanted, sort), rounds)
        theirs = median_ms(lambda: plain.execute(sql, (typed,) if typed else ()).fetchall(), rounds)
        found = len(listing(store, wanted, sort))
    plain.close()
    asked = f"{typed or 'everything'}, {sort}"
    return {"asked": asked, "found": found, "store_ms": ours, "select_ms": theirs}


def first_page(store: Store, wanted: Any, sort: Sort) -> object:
    return lines(store, list(listing(store, wanted, sort).seqs[:PAGE]))


def median_ms(call: Callable[[], object], rounds: int) -> float:
    call()
    took = []
    for _ in range(rounds):
        began = time.process_time()
        call()
        took.append((time.process_time() - began) * 1000)
    return statistics.median(took)


# --- on a screen


@dataclass(frozen=True)
class Took:
    cpu_ms: float
    clock_ms: float


class Watch:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._cpu, self._clock = time.process_time(), time.perf_counter()

    def took(self) -> Took:
        cpu, clock = time.process_time(), time.perf_counter()
        return Took((cpu - self._cpu) * 1000, (clock - self._clock) * 1000)


async def on_screens(home: Path, table: int, rounds: int) -> dict[str, Took]:
    """What it takes until rows are drawn, of each way to show them."""
    ways: dict[str, Callable[[], Awaitable[Took]]] = {
        "the place": lambda: open_place(home),
        "the list alone": lambda: open_list(home),
        f"DataTable, {table:,} rows": lambda: open_table(home, table),
    }
    took: dict[str, list[Took]] = {name: [] for name in ways}
    for round_ in range(rounds + 1):
        for name, open_it in ways.items():
            each = await open_it()
            if round_:  # the first one imports
                took[name].append(each)
    return {name: middle(each) for name, each in took.items()}


def middle(took: list[Took]) -> Took:
    return Took(
        statistics.median(each.cpu_ms for each in took),
        statistics.median(each.clock_ms for each in took),
    )


async def open_place(home: Path) -> Took:
    """The app itself, with no engine, going to the triples."""
    with open_store(home) as store:
        app = TearApp(
            home,
            Settings(),
            open_log(store, new=True),
            connect=lambda _: None,
            start=lambda _: None,
            may_start=False,
        )
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause()
            watch = Watch()
            await app.go("triples")
            place = cast(TriplesScreen, app.screen)
            await until(lambda: drawn(place.rows))
            took = watch.took()
            app.leave()
    return took


class ListApp(App[None]):
    def __init__(self, store: Store) -> None:
        super().__init__()
        self.queue = ReviewQueue(store, "somebody")
        self.rows = PagedList(COLUMNS)

    def compose(self) -> ComposeResult:
        yield self.rows

    async def fill(self) -> None:
        take_in = await in_background(self.queue.reading())
        take_in(0)
        self.rows.show(len(self.queue.listing), self.queue.rows)


async def open_list(home: Path) -> Took:
    with open_store(home) as store:
        app = ListApp(store)
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause()
            watch = Watch()
            await app.fill()
            await until(lambda: drawn(app.rows))
            return watch.took()


def drawn(rows: PagedList) -> bool:
    """A page is read when a line of it is drawn, and not before."""
    return rows.count > 0 and bool(rows._pages)


class Table(DataTable[Text]):
    drawn = False

    def render_line(self, y: int) -> Strip:
        self.drawn = self.virtual_size.height > 1
        return super().render_line(y)


class TableApp(App[None]):
    def __init__(self, store: Store) -> None:
        super().__init__()
        self.queue = ReviewQueue(store, "somebody")
        self.table = Table()

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        for column in COLUMNS:
            self.table.add_column(Text(column.name), width=column.width)

    def fill(self, count: int) -> None:
        take_in = self.queue.reading()()
        take_in(0)
        self.table.add_rows([Text(cell) for cell in row.cells] for row in self.queue.rows(0, count))


async def open_table(home: Path, count: int) -> Took:
    with open_store(home) as store:
        app = TableApp(store)
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause()
            app.table.drawn = False
            watch = Watch()
            app.fill(count)
            await until(lambda: app.table.drawn)
            return watch.took()


async def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise SystemExit("nothing was drawn")
        await asyncio.sleep(0.001)


# --- what is told


def compared(found: list[dict[str, Any]], shown: dict[str, Took], table: int) -> dict[str, float]:
    """How many times as long as the other, for each pair worth comparing."""
    select, list_ = found[0]["select_ms"], shown["the list alone"].cpu_ms
    ratios = {f"the store / SELECT, {each['asked']}": _ratio(each) for each in found}
    ratios["the list alone / SELECT, everything, newest"] = list_ / select
    name = f"DataTable, {table:,} rows"
    ratios[f"the list alone / {name}"] = list_ / shown[name].cpu_ms
    return ratios


def _ratio(row: dict[str, Any]) -> float:
    return float(row["store_ms"] / row["select_ms"])


def report(
    given: argparse.Namespace,
    found: list[dict[str, Any]],
    shown: dict[str, Took],
    ratios: dict[str, float],
) -> dict[str, Any]:
    return {
        "benchmark": "triples_list",
        "date": datetime.now(timezone.utc).date().isoformat(),
        "versions": {
            "tear-tui": __version__,
            "textual": version("textual"),
            "sqlite": sqlite3.sqlite_version,
            "python": platform.python_version(),
        },
        "machine": platform.machine(),
        "rows": given.rows,
        "rounds": given.rounds,
        "size": SIZE,
        "store": found,
        "screen": {name: asdict(took) for name, took in shown.items()},
        "ratios": ratios,
    }


if __name__ == "__main__":
    main()
