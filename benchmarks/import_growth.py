"""Does an import need more memory when the file is longer, and are lists quick afterwards?

    python benchmarks/import_growth.py --rows 10000 100000 1000000 --out results.json

For each size a file of made-up triples is written and imported by a process of its own into a
fresh home, whose peak memory is asked of the system. In the largest home, searches and lists are
then timed inside one process: the median of seven, warm. Formats: our JSON lines, and ShareGPT as
one JSON list, which is streamed.

Knows the corpus and the store; prints a table and writes JSON.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tear_core import __version__
from tear_core.corpus.importing import Wanted, import_file
from tear_core.store import open_store, overview, triples

COMMON = (
    *("the", "a", "of", "and", "to", "she", "he", "they", "said", "door", "river", "morning"),
    *("kettle", "hands", "nothing", "letter", "brother", "quiet", "waited", "again", "market"),
    *("rain", "shoulder", "name", "promise", "answered", "laughed", "carried", "bread"),
)
RARE = tuple(f"word{number}" for number in range(5000))
SEARCHES = ("the", "the river", "word77", "self-harm", "don't", "*", '"she said"', "the morn")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--formats", nargs="+", default=["jsonl", "sharegpt"])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(imported(*given.child)))
        return
    began = time.time()
    results: list[dict[str, Any]] = []
    timed: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for form in given.formats:
            for rows in sorted(given.rows):
                home = Path(folder) / f"{form}-{rows}"
                results.append(measured(form, rows, Path(folder), home))
                print(line(results[-1]), flush=True)
        largest = max(results, key=lambda row: (row["format"] == "jsonl", row["rows"]))
        timed = timings(Path(folder) / f"{largest['format']}-{largest['rows']}")
    print(f"\nin {largest['rows']} triples, median of seven, warm:")
    for row in timed:
        print(f"  {row['what']:<28} {row['ms']:8.1f} ms  {row['found']:>8} found")
    if given.out:
        given.out.write_text(json.dumps(report(began, results, timed), indent=2) + "\n")


def measured(form: str, rows: int, folder: Path, home: Path) -> dict[str, Any]:
    """Import one file in a child; its seconds and its peak memory."""
    file = folder / (f"{rows}.jsonl" if form == "jsonl" else f"{rows}.json")
    write(file, form, rows)
    child = subprocess.run(
        [sys.executable, __file__, "--child", str(home), str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    size = file.stat().st_size
    file.unlink()
    told = json.loads(child.stdout)
    assert told["added"] == rows, told
    return {"format": form, "rows": rows, "megabytes": size / 1e6, **told}


def imported(home: Path, file: Path) -> dict[str, Any]:
    began = time.perf_counter()
    with open_store(home) as store:
        result = import_file(store, file, Wanted(accept=file.suffix == ".jsonl"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "added": result["added"],
        "seconds": time.perf_counter() - began,
        "peak_mib": peak / (1024 if platform.system() == "Linux" else 1024 * 1024),
    }


def write(file: Path, form: str, rows: int) -> None:
    with file.open("w", encoding="utf-8") as out:
        if form == "jsonl":
            out.writelines(json.dumps(row) + "\n" for row in made(rows))
            return
        out.write("[")
        for number, row in enumerate(made(rows)):
            turns = [("human", row["input"]), ("gpt", row["response"])]
            turns.append(("human", row["consequence"]))
            talk = [{"from": role, "value": text} for role, text in turns]
            out.write(("," if number else "") + json.dumps({"conversations": talk}))
        out.write("]")


def made(rows: int) -> Iterator[dict[str, str]]:
    draw = random.Random(1)

    def text(words: int) -> str:
        kinds = (COMMON if draw.random() < 0.7 else RARE for _ in range(words))
        return " ".join(draw.choice(kind) for kind in kinds)

    for number in range(rows):
        yield {
            "input": text(15),
            "response": text(20),
            "consequence": f"{text(45)} {number}",
            "landing": draw.choice(("healed", "neutral", "hurt")),
            "theme": draw.choice(("work", "family", "grief")),
        }


def timings(home: Path) -> list[dict[str, Any]]:
    with open_store(home) as store:
        asked: list[tuple[str, Callable[[], Any]]] = [
            (f"search {words}", lambda words=words: triples.search(store, words))  # type: ignore[misc]
            for words in SEARCHES
        ]
        asked += [
            ("search the, rejected", lambda: triples.search(store, "the", status="rejected")),
            ("list", lambda: triples.list_triples(store, limit=20)),
            ("list by theme", lambda: triples.list_triples(store, theme="grief", limit=20)),
            ("list by status", lambda: triples.list_triples(store, status="rejected", limit=20)),
            ("counts", lambda: list(triples.counts(store))),
            ("categories", lambda: overview.kinds(store)),
        ]
        rows = []
        for what, ask in asked:
            found = len(ask())
            took = []
            for _ in range(7):
                began = time.perf_counter()
                ask()
                took.append((time.perf_counter() - began) * 1000)
            rows.append({"what": what, "ms": statistics.median(took), "found": found})
        return rows


def line(row: dict[str, Any]) -> str:
    return (
        f"{row['format']:<9} {row['rows']:>9} rows  {row['megabytes']:8.1f} MB"
        f"  {row['seconds']:7.1f} s  {row['rows'] / row['seconds']:8.0f} rows/s"
        f"  peak {row['peak_mib']:6.1f} MiB"
    )


def report(
    began: float, results: list[dict[str, Any]], timed: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "benchmark": "import_growth",
        "tear": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "machine": platform.machine(),
        "at": datetime.fromtimestamp(began, timezone.utc).isoformat(),
        "imports": results,
        "timings": timed,
    }


if __name__ == "__main__":
    main()
