"""What is left of a conversation's speed while the engine learns, or measures, at the same time.

    python benchmarks/chat_while_learning.py --out results.json

Three engine processes on homes of their own, the same base, seeds and threads, so all of them say
the same words. `idle` has nothing else to do. `learning` is in an update that does not end.
`measuring` runs suites, scoring and writing, one after the other. Only the engine whose round it
is works: the others stand still. A round asks for the replies of a short conversation, with a
breath between two of them in which learning goes on.

tokens/s        of whole replies, from the request to the last word: the wait is in it
words           tokens/s from the first word on
first word      seconds from the request
early           tokens/s in a reply's first 0.1 s, where what was under way shows
kept            tokens/s beside the idle engine's in the same round; the aim is 0.9

`processor` is what the engine used of all cores while it answered. On a busy machine read that
beside the seconds: what the learner takes from a reply shows in both, what others take does not.
"""

from __future__ import annotations

import argparse
import atexit
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from an_engine import DATA, pend, processor_seconds, running, settings_for, wait_for, words
from side_by_side import (
    CannotRun,
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

from tear_core.engine.client import HttpClient
from tear_core.engine.messages import EngineError, Sampling, SpeakRequest, SuitesRequest

IDLE, LEARNING, MEASURING = "idle", "learning", "measuring"
SAID = (
    "I have not slept well.",
    "My brother called last night.",
    "I think I was wrong.",
    "The dog ran away this morning.",
    "She never wrote back to me.",
    "I start the new job tomorrow.",
)
SAMPLING = Sampling(temperature=0.0, max_response_tokens=48, max_scene_tokens=48)
EARLY = 0.1
BREATH = 0.5
"""Seconds between the end of a reply and the next request: somebody reads."""
WORDY = ("anti-judge", "format", "pressure")
"""Suites that write answers, and then score them."""


def main() -> None:
    parser = arguments_for(__doc__)
    parser.add_argument("--base", default="nano")
    parser.set_defaults(rounds=7)
    given = parser.parse_args()
    if given.child:
        serve(lambda: _round_of(given.child, given))
        return
    arguments = ["--base", given.base, "--device", given.device, "--threads", str(given.threads)]
    names = (IDLE, LEARNING, MEASURING)
    taken = in_turn(__file__, names, arguments, rounds=given.rounds, threads=given.threads)
    kept = {name: ratios(taken, "tokens/s", name, IDLE) for name in names}
    print(_told(taken, kept))
    settings = {"base": given.base, "device": given.device, "threads": given.threads}
    content = {"kept": {name: vars(each) for name, each in kept.items()}}
    settings["rounds"] = given.rounds
    save(
        given.out,
        report("chat_while_learning", settings, {"figures": summed_up(taken), **content}),
    )


# --- in a contender's process


def _round_of(name: str, given: argparse.Namespace) -> Round:
    endless = {"epochs": "1000", "gate": "off"} if name == LEARNING else {"learn_when": "off"}
    settings_for(given.base, given.device, given.threads, **endless)
    last = ExitStack()
    atexit.register(last.close)
    home = Path(last.enter_context(tempfile.TemporaryDirectory()))
    pend(home, words("warmth", "subtle"))
    client = last.enter_context(running(home))
    begin, rest = {
        IDLE: (_nothing, _nothing),
        LEARNING: (lambda: _learn(client), client.pause_learning),
        MEASURING: _measuring(client),
    }[name]
    rest()

    def one() -> Figures:
        begin()
        try:
            return _talk(client)
        finally:
            rest()
            _quiet(client)

    return one


def _nothing() -> None:
    pass


def _learn(client: HttpClient) -> None:
    """Learning goes on: another step is taken before the first word is asked for."""
    client.resume_learning()
    client.poke()
    before = (client.status().learning or {}).get("step")
    wait_for(lambda: (client.status().learning or {}).get("step") != before, "a step")


def _measuring(client: HttpClient) -> tuple[Callable[[], None], Callable[[], None]]:
    """To begin to measure, over and over, and to stop."""
    going = threading.Event()
    work: list[threading.Thread] = []

    def measure() -> None:
        request = SuitesRequest(str(DATA / "suites"), WORDY, "base", "", limit=8)
        while going.is_set():
            for told in client.suites(request):
                if told["event"] == "error":
                    raise CannotRun(told["message"])
                if not going.is_set():
                    break

    def begin() -> None:
        going.set()
        work[:] = [threading.Thread(target=measure, daemon=True)]
        work[0].start()
        used = processor_seconds(client.status().pid)
        wait_for(lambda: processor_seconds(client.status().pid) > used + 0.3, "measuring")

    def rest() -> None:
        going.clear()
        for thread in work:
            thread.join()

    return begin, rest


def _talk(client: HttpClient) -> dict[str, float]:
    """Ask for every reply of the conversation; figures over all of them."""
    pid = client.status().pid
    tokens, seconds, waits, used, early = 0, 0.0, [], 0.0, 0
    for number, text in enumerate(SAID):
        if number:
            time.sleep(BREATH)
        before, began, first = processor_seconds(pid), time.perf_counter(), 0.0
        for told in client.speak(SpeakRequest(text, seed=number, sampling=SAMPLING)):
            if told["event"] == "error":
                raise SystemExit(f"the reply failed: {told['message']}")
            since = time.perf_counter() - began
            first = first or since
            early += told["event"] == "token" and since < EARLY
            tokens += told["tokens"] if told["event"] in ("draft", "scene") else 0
        seconds += time.perf_counter() - began
        used += processor_seconds(pid) - before
        waits.append(first)
    return {
        "tokens/s": tokens / seconds,
        "words": tokens / (seconds - sum(waits)),
        "first word": sum(waits) / len(waits),
        "early": early / EARLY / len(SAID),
        "processor": used,
        "tokens": float(tokens),
    }


def _quiet(client: HttpClient) -> None:
    """Wait until the engine works no more: the next round is somebody else's."""
    pid = client.status().pid

    def still() -> bool:
        before = processor_seconds(pid)
        time.sleep(0.2)
        return processor_seconds(pid) - before < 0.03

    with suppress(EngineError):
        wait_for(still, "the engine to stand still")


# --- what is told


def _told(taken: Rounds, kept: dict[str, Spread]) -> str:
    keys = list(next(iter(taken.values()))[0])
    rows = []
    for name, rounds in taken.items():
        middles = [Spread.of([each[key] for each in rounds]).median for key in keys]
        share = kept[name]
        rows.append(
            [
                name,
                *(f"{value:.3f}" if value < 10 else f"{value:.0f}" for value in middles),
                f"{share.median:.2f} ({share.low:.2f}-{share.high:.2f})",
            ]
        )
    return table(["", *keys, "kept"], rows)


if __name__ == "__main__":
    main()
