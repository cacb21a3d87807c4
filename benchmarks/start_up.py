"""What a start costs: the command line beside a bare typer script, and the engine until it speaks.

    python benchmarks/start_up.py --out results.json

`bare` is a script of two commands in typer, run by the same Python: `bare help` shows its help,
`bare hello` runs one. `help` is `tear-tui --help`, `list` is `tear-tui triples list` in a home of
1,000 triples. `python` runs nothing. Each is started several times in a round, in turn; seconds
from the start of the process to its end, and its processor time.

engine answers   from starting the engine to its first answer
engine ready     until its model is loaded and it would speak

times bare       beside the bare script in the same round; the aim is 2. Processor time, so that a
                 busy machine says the same
torch            whether the process has loaded torch, at its end
"""

from __future__ import annotations

import argparse
import atexit
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from an_engine import running, settings_for
from growth import fill
from side_by_side import (
    Figures,
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

from tear_core.store import open_store

PYTHON, BARE_HELP, BARE, HELP, LIST, ENGINE = (
    *("python", "bare help", "bare hello", "help", "list"),
    "engine",
)
BESIDE = {HELP: BARE_HELP, LIST: BARE}
AGAIN = 5
TRIPLES = 1_000

SCRIPT = '''
import typer

app = typer.Typer()


@app.command()
def hello(name: str = "you") -> None:
    """Say hello."""
    typer.echo(f"hello {name}")


@app.command()
def bye() -> None:
    """Say goodbye."""


app()
'''
OURS = "from tear_tui.cli import main; main()"
WATCHED = """
import sys
sys.argv = ["tear-tui", *sys.argv[1:]]
try:
    {run}
except SystemExit:
    pass
print("torch" in sys.modules, file=sys.stderr)
"""


def main() -> None:
    parser = arguments_for(__doc__)
    given = parser.parse_args()
    if given.child:
        serve(lambda: _round_of(given.child, given))
        return
    names = (PYTHON, BARE_HELP, HELP, BARE, LIST, ENGINE)
    arguments = ["--device", given.device, "--threads", str(given.threads)]
    taken = in_turn(__file__, names, arguments, rounds=given.rounds, threads=given.threads)
    times = {ours: ratios(taken, "processor", ours, bare) for ours, bare in BESIDE.items()}
    print(_told(taken, times))
    settings = {"device": given.device, "threads": given.threads, "rounds": given.rounds}
    beside = {"times_bare": {name: vars(each) for name, each in times.items()}}
    save(given.out, report("start_up", settings, {"figures": summed_up(taken), **beside}))


# --- in a contender's process


def _round_of(name: str, given: argparse.Namespace) -> Round:
    last = ExitStack()
    atexit.register(last.close)
    folder = Path(last.enter_context(tempfile.TemporaryDirectory()))
    settings_for("nano", given.device, given.threads)
    if name == ENGINE:
        return lambda: _engine(folder)
    script = folder / "bare.py"
    script.write_text(SCRIPT)
    home = str(folder / "home")
    if name == LIST:
        with open_store(Path(home)) as store:
            fill(store, TRIPLES)
    ours = [sys.executable, "-c", WATCHED.format(run=OURS)]
    commands: dict[str, list[str]] = {
        PYTHON: [sys.executable, "-c", "pass"],
        BARE_HELP: [sys.executable, str(script), "--help"],
        BARE: [sys.executable, str(script), "hello"],
        HELP: [*ours, "--help"],
        LIST: [*ours, "--home", home, "triples", "list"],
    }
    return lambda: _started(commands[name])


def _started(command: Sequence[str]) -> Figures:
    seconds, processor, torch = [], [], False
    for _ in range(AGAIN):
        before, began = _children(), time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - began)
        processor.append(_children() - before)
        torch = torch or "True" in done.stderr.split()
    return {"seconds": median(seconds), "processor": median(processor), "torch": float(torch)}


def _children() -> float:
    """Processor seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _engine(folder: Path) -> Figures:
    """Start an engine on a new home; it is ended afterwards."""
    home = Path(tempfile.mkdtemp(dir=folder))
    before, began = _children(), time.perf_counter()
    answers: list[float] = []
    with running(home, on_answer=_noting(answers, began)):
        ready = time.perf_counter() - began
    return {
        "seconds": ready,
        "processor": _children() - before,
        "answers": answers[0],
        "torch": 1.0,
    }


def _noting(found: list[float], began: float) -> Callable[[], None]:
    return lambda: found.append(time.perf_counter() - began)


# --- what is told


def _told(taken: Rounds, times: dict[str, Spread]) -> str:
    rows = []
    for name, rounds in taken.items():
        seconds, used = (_middle(rounds, key) for key in ("seconds", "processor"))
        share = times.get(name)
        rows.append(
            [
                "engine ready" if name == ENGINE else name,
                f"{seconds:.3f}",
                f"{used:.3f}",
                f"{share.median:.2f} ({share.low:.2f}-{share.high:.2f})" if share else "",
                "yes" if _middle(rounds, "torch") else "no",
            ]
        )
        if name == ENGINE:
            rows.append(["engine answers", f"{_middle(rounds, 'answers'):.3f}", "", "", ""])
    return table(["", "seconds", "processor", "times bare", "torch"], rows)


def _middle(rounds: Sequence[Figures], key: str) -> float:
    return Spread.of([each[key] for each in rounds]).median


if __name__ == "__main__":
    main()
