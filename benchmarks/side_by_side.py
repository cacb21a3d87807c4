"""What every benchmark here does alike: contenders in turn, medians with spread, a table, JSON.

A contender is a child process that stays alive: it loads once, then does one round each time it
is asked. So rounds of different contenders alternate (a machine that slows down slows all of
them), and nobody's memory is counted as another's.

In a benchmark's script:

    def round_of(name, given) -> Callable[[], dict[str, float]]: ...   # set up, return one round

    if given.child:
        serve(round_of(given.child, given))
    else:
        figures = in_turn(__file__, names, arguments, rounds=5)

Knows nothing of the product but its version.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

Figures = Mapping[str, float]
Round = Callable[[], Figures]
Rounds = dict[str, list[Figures]]
"""By contender, what each of its rounds measured, in order."""

PACKAGES = ("tear-tui", "torch", "transformers", "peft", "trl", "accelerate", "bitsandbytes")
MARK = "side-by-side "


@dataclass(frozen=True)
class Spread:
    """The middle of some values, and how far they lie apart."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values), len(values))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


# --- contenders


def in_turn(
    script: str,
    names: Sequence[str],
    arguments: Sequence[str] = (),
    *,
    rounds: int = 5,
    warm: int = 1,
    threads: int | None = None,
) -> Rounds:
    """Every contender in a process of its own, one round of each in turn; `warm` are not counted.

    A contender that cannot run (its package is not installed, its device is missing) is named on
    stderr with its reason and left out.
    """
    children = {name: _Child(script, name, arguments, threads) for name in names}
    try:
        alive = {name: child for name, child in children.items() if child.begun()}
        if not alive:
            raise SystemExit("none of the contenders can run here")
        taken: Rounds = {name: [] for name in alive}
        for number in range(warm + rounds):
            order = list(alive)
            for name in order[number % len(order) :] + order[: number % len(order)]:
                figures = alive[name].round()
                if number >= warm:
                    taken[name].append(figures)
        return taken
    finally:
        for child in children.values():
            child.end()


class _Child:
    def __init__(
        self, script: str, name: str, arguments: Sequence[str], threads: int | None
    ) -> None:
        self.name = name
        environment = dict(os.environ)
        if threads:
            environment |= {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        command = [sys.executable, script, *arguments, "--child", name]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def begun(self) -> bool:
        said = self._hear()
        if reason := said.get("cannot"):
            print(f"{self.name}: left out: {reason}", file=sys.stderr)
        return not reason

    def round(self) -> Figures:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return self._hear()

    def end(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:  # libraries print too
            if line.startswith(MARK):
                said: dict[str, Any] = json.loads(line.removeprefix(MARK))
                return said
        raise SystemExit(f"{self.name} ended with {self._process.wait()}, see above")


class CannotRun(RuntimeError):
    """A contender cannot take part here; says why."""


def serve(set_up: Callable[[], Round]) -> None:
    """In a contender's process: set up, then a round for each line that is asked for."""
    try:
        one = set_up()
    except (CannotRun, ImportError) as error:
        _say({"cannot": str(error)})
        return
    _say({})
    for _ in sys.stdin:
        gc.collect()
        _say(one())


def _say(words: Mapping[str, Any]) -> None:
    print(MARK + json.dumps(words), flush=True)


# --- memory


class Peak:
    """The most memory held while a block ran, in bytes: `above` what was held at its start."""

    total = 0
    above = 0


@contextmanager
def peak_memory(device: str = "cpu") -> Iterator[Peak]:
    """Of a GPU what torch allocated, else what this process had in memory (Linux)."""
    peak = Peak()
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        yield peak
        peak.total = torch.cuda.max_memory_allocated()
    else:
        Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew
        before = _of_process("VmRSS")
        yield peak
        peak.total = _of_process("VmHWM")
    peak.above = max(0, peak.total - before)


def _of_process(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    return 0


# --- what is told


def arguments_for(description: str | None) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--device", default="cpu", type=_device, help="cpu or cuda")
    parser.add_argument("--out", type=Path, help="where the JSON goes")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser


def _device(name: str) -> str:
    """Said before anything is loaded, not as a traceback of each contender."""
    if name not in ("cpu", "cuda"):
        raise argparse.ArgumentTypeError(f"{name!r} is neither cpu nor cuda")
    if name == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise argparse.ArgumentTypeError("torch finds no GPU here")
    return name


def summed_up(taken: Rounds) -> dict[str, dict[str, Any]]:
    """Median, lowest, highest of every figure of every contender."""
    return {
        name: {key: asdict(Spread.of([r[key] for r in each])) for key in (each[0] if each else ())}
        for name, each in taken.items()
    }


def ratios(taken: Rounds, key: str, ours: str, other: str) -> Spread:
    """ours / other, round by round: what a drifting machine does not change."""
    pairs = zip(taken[ours], taken[other], strict=True)
    return Spread.of([mine[key] / theirs[key] for mine, theirs in pairs])


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns in line, the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(row: Sequence[str]) -> str:
        first, *others = (c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in _cells(row, widths))
        return "  ".join([first, *others]).rstrip()

    return "\n".join([line(header), "  ".join("-" * w for w in widths), *map(line, rows)])


def _cells(row: Sequence[str], widths: Sequence[int]) -> Iterator[tuple[int, tuple[str, int]]]:
    return enumerate(zip(row, widths, strict=True))


def report(name: str, settings: Mapping[str, Any], results: Mapping[str, Any]) -> dict[str, Any]:
    """What goes into the JSON: results, and what they were measured with."""
    return {
        "benchmark": name,
        "command": shlex.join(
            ["python", f"benchmarks/{Path(sys.argv[0]).name}", *_told_arguments()]
        ),
        "date": datetime.now(timezone.utc).date().isoformat(),
        "versions": {"python": platform.python_version(), **_versions()},
        "machine": _machine(),
        "settings": dict(settings),
        **results,
    }


def save(out: Path | None, content: Mapping[str, Any]) -> None:
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(content, indent=2) + "\n")


def _told_arguments() -> list[str]:
    """As they were given, less the folders of this machine."""
    return [Path(each).name if each.startswith(("/", "~")) else each for each in sys.argv[1:]]


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _machine() -> dict[str, Any]:
    about: dict[str, Any] = {"cpu": _cpu(), "cores": os.cpu_count()}
    if "torch" in sys.modules:
        import torch

        about["threads"] = torch.get_num_threads()
        if torch.cuda.is_available():
            about["gpu"] = torch.cuda.get_device_name()
            about["cuda"] = torch.version.cuda
    return about


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()
