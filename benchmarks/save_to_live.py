"""From a saved scene to a model that has learned it: how long, and where the time goes.

    python benchmarks/save_to_live.py --out results.json

A real engine process, its home with 40 learned triples for replay. Each round saves one triple
through the store and tells the engine, as the app does, and waits until another generation is
live: surprise, replay, steps, the gate, publishing, all of it. In the rounds of `with a chat` a
reply is asked for in the middle of learning, which stands still for it; `quiet` has nobody speak.

save → live    seconds from before the save until the live generation has moved
less reply     the same without the time in which learning stood still for the reply
processor      seconds of all cores that the engine used for it
noticed …      the stages, as the engine wrote them down (`learn.stages`)
first word     of the reply, asked for in the middle of learning; `idle`, with nobody learning
micro-batch    median seconds of an optimizer step: of so few triples it is one micro-batch

A round whose generation the gate refused counts: it took the same way, and is told at the end.
"""

from __future__ import annotations

import argparse
import atexit
import tempfile
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from an_engine import (
    learn_before,
    pend,
    processor_seconds,
    running,
    settings_for,
    wait_for,
    words,
)
from side_by_side import (
    Round,
    Rounds,
    arguments_for,
    in_turn,
    percentile,
    report,
    save,
    serve,
    summed_up,
    table,
)

from tear_core.engine.client import HttpClient
from tear_core.engine.messages import Sampling, SpeakRequest
from tear_core.store import learning_log
from tear_core.store.database import open_store
from tear_core.triples import Triple

QUIET, CHAT = "quiet", "with a chat"
REPLY = SpeakRequest("I have not slept well.", sampling=Sampling(max_response_tokens=24,
                     max_scene_tokens=24))  # fmt: skip
STAGES = ("taken up", "standing", "scored", "gate before", "steps", "scored after", "gate after",
          "published")  # fmt: skip


def main() -> None:
    parser = arguments_for(__doc__)
    parser.add_argument("--base", default="nano")
    parser.add_argument("--learned", type=int, default=40, help="triples to replay from")
    parser.set_defaults(rounds=12)
    given = parser.parse_args()
    if given.child:
        serve(lambda: _round_of(given.child, given))
        return
    arguments = ["--base", given.base, "--device", given.device, "--threads", str(given.threads)]
    arguments += ["--learned", str(given.learned)]
    taken = in_turn(__file__, (QUIET, CHAT), arguments, rounds=given.rounds, threads=given.threads)
    print(_told(taken))
    settings = {"base": given.base, "device": given.device, "learned before": given.learned}
    settings |= {"threads": given.threads, "rounds": given.rounds}
    figures = {"figures": summed_up(taken), "p95": _p95(taken)}
    save(given.out, report("save_to_live", settings, figures))


# --- in a contender's process


def _round_of(name: str, given: argparse.Namespace) -> Round:
    settings_for(given.base, given.device, given.threads, learn_when="after", learn_after="1")
    last = ExitStack()
    atexit.register(last.close)
    folder = Path(last.enter_context(tempfile.TemporaryDirectory()))
    learn_before(folder, words("subtle")[: given.learned])
    waiting = iter(words("firm", "repair", "warmth"))
    client = last.enter_context(running(folder))
    # the base is measured once in a home, while nobody waits: not a part of any save
    wait_for(lambda: any((folder / "gate").glob("*.json")), "the base to be measured")

    return lambda: _saved(folder, client, next(waiting), chat=name == CHAT)


def _saved(home: Path, client: HttpClient, triple: Triple, chat: bool) -> dict[str, float]:
    """Save one triple and see it through."""
    before = client.status()
    used = processor_seconds(before.pid)
    saved_at, began = time.time(), time.perf_counter()
    pend(home, [triple])
    client.poke()
    figures: dict[str, float] = {}
    if chat:
        wait_for(lambda: (client.status().learning or {}).get("event") == "step", "a step", 0.01)
        figures["first word"] = _first_word(client)
    with open_store(home) as store:
        run = wait_for(lambda: _ended_run(store, saved_at), "the update to end", 0.005)
        figures["save → live"] = time.perf_counter() - began
        if run.outcome not in ("published", "refused"):
            raise SystemExit(f"the update {run.outcome}: {run.why}")
        steps = learning_log.read(store, run.id)
    figures["processor"] = processor_seconds(before.pid) - used
    gave_way = run.stages.get("gave way", 0.0)
    figures["less reply"] = figures["save → live"] - gave_way
    figures["noticed"] = _epoch(run.began_at) - saved_at
    figures |= {name: run.stages.get(name, 0.0) for name in STAGES}
    figures["gave way"] = gave_way
    figures["micro-batch"] = median(step.seconds for step in steps)
    figures["live"] = float(client.status().live != before.live)
    if chat:
        figures["first word idle"] = _first_word(client)
    return figures


def _ended_run(store: Any, since: float) -> learning_log.LearningRun | None:
    newest = next(iter(learning_log.runs(store, 1)), None)
    if newest is None or not newest.ended_at or _epoch(newest.began_at) < since:
        return None
    return newest


def _epoch(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _first_word(client: HttpClient) -> float:
    """Ask for a reply and hear it out; seconds until its first word."""
    began, first = time.perf_counter(), 0.0
    for told in client.speak(REPLY):
        if told["event"] == "error":
            raise SystemExit(f"the reply failed: {told['message']}")
        first = first or time.perf_counter() - began
    return first


# --- what is told


def _told(taken: Rounds) -> str:
    names = list(taken)
    keys = list(dict.fromkeys(key for rounds in taken.values() for key in rounds[0]))
    rows = []
    for key in keys:
        row = [key]
        for name in names:
            values = [each[key] for each in taken[name] if key in each]
            row += (
                [f"{median(values):.3f}", f"{percentile(values, 0.95):.3f}"] if values else ["", ""]
            )
        rows.append(row)
    header = ["seconds", *(f"{name} {which}" for name in names for which in ("p50", "p95"))]
    return table(header, rows)


def _p95(taken: Rounds) -> dict[str, dict[str, float]]:
    return {
        name: {key: percentile([each[key] for each in rounds], 0.95) for key in rounds[0]}
        for name, rounds in taken.items()
    }


if __name__ == "__main__":
    main()
