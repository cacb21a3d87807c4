"""`tear-tui replay`: as text, as JSON, as a film that a terminal plays, and written again."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyte
import pytest
import torch
from typer.testing import CliRunner, Result

from tear_core.engine import client as engine_client
from tear_core.engine.client import EngineClient, EngineGone
from tear_core.engine.messages import LearnRequest, Reply, Sampling, SpeakRequest
from tear_core.store import Store, generations, open_store, sessions, triples
from tear_core.triples import Triple
from tear_core.turn import Event
from tear_tui.cli import app, replay_text
from tear_tui.conversing.conversation import ConversationLog
from tear_tui.conversing.talk import Talk
from tear_tui.filming import FilmApp, film, moments
from tear_tui.replays import verifying
from tear_tui.replays.replaying import frame, record
from tests.app.recorded import THEN, at, keep, lived, written
from tests.app.test_hostile_text import HOSTILE
from tests.tiny import save_tiny

SHORT = Sampling(max_response_tokens=10, max_scene_tokens=10)


def run(*words: str, home: Path | None = None, input: str | None = None, code: int = 0) -> Result:
    before = () if home is None else ("--home", str(home))
    result = CliRunner().invoke(app, [*before, "replay", *words], input=input)
    assert result.exit_code == code, (result.output, result.exception)
    return result


# --- as text and as JSON


def test_a_session_is_told_event_by_event(home: Path, store: Store) -> None:
    keep(store, [*lived(1), *lived(2, 100, blind=True)])
    result = run("last")
    told = result.stdout
    assert told.startswith("── turn 1 · 2026-03-01 09:30:00 ──\nyou\nI play badly, 1 times")
    for words in (
        "[draft · base · 5 tokens · 3.0 s · held back until its scene is there]",
        f"[scene foreseen · base · 15 tokens · 2.0 s]\n{THEN}\n",
        "[response · base · 5 tokens]\nWhich song was it, 1?\n",
        "[what happened is saved (healed)]\nShe did.\n",
        "[turn 1: surprise 3.25 nats/token]",
        "[turn 1: learned in generation 1]",
        "── turn 2 · blind · 2026-03-01 09:31:40 ──",
    ):
        assert words in told
    blind = told.partition("── turn 2")[2]
    assert "veiled until what happened is saved" in blind
    assert blind.index("She did.") < blind.index("unveiled") < blind.index(THEN)
    assert "(56 s of waiting left out)" in result.stderr
    assert "left out" not in run("last", "--pause", "1000").stderr


def test_a_revised_response_has_its_first_draft_below_it(home: Path, store: Store) -> None:
    events = [*lived()[:3], written(9, "response", 1, "Take your time.", 1.0)]
    keep(store, events)
    assert "Take your time.\n\n(its first draft)\nWhich song was it, 1?\n" in run("last").stdout


def test_words_come_as_fast_as_they_did_and_waiting_is_cut(
    home: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, lived())
    slept: list[float] = []
    monkeypatch.setattr(replay_text, "time", type("Clock", (), {"sleep": slept.append}))
    with open_store(home) as opened:
        recording = record("S", "", sessions.events(opened, run_session(opened)))
    monkeypatch.setattr(replay_text, "_watched", lambda: True)
    replay_text.play(recording, 2.0, step=False)
    assert sum(slept) == pytest.approx((recording.seconds - 3.0) / 2, abs=0.05)


def run_session(store: Store) -> str:
    latest = sessions.latest(store)
    assert latest is not None
    return latest.id


def test_each_step_waits_for_enter_until_nobody_is_there(home: Path, store: Store) -> None:
    keep(store, lived())
    assert run("last", "--step", input="\n\n\n").stdout == run("last").stdout


def test_json_has_every_event_and_every_turn(home: Path, store: Store) -> None:
    session = keep(store, [*lived(), at(99, "input", 2, text="And?")])
    lines = [json.loads(line) for line in run(session[:20], "--json").stdout.splitlines()]
    events, turns = lines[:-2], lines[-2:]
    kinds = ["input", "draft", "scene", "response", "take", "author", "surprise", "learned"]
    assert [line["event"] for line in events] == [*kinds, "input"]
    assert events[2]["text"] == THEN and events[2]["seed"] == 7
    assert [(t["event"], t["turn"], t["phase"]) for t in turns] == [
        ("turn", 1, "learned"),
        ("turn", 2, "sent"),
    ]
    assert (turns[0]["scene"], turns[0]["consequence"], turns[0]["surprise"]) == (
        THEN,
        "She did.",
        3.25,
    )
    assert turns[1]["response"] is None


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_that_a_terminal_obeys_is_printed(home: Path, store: Store, name: str) -> None:
    text = HOSTILE[name]
    keep(store, [at(0, "input", 1, text=text), *(lived(scene=text)[1:])])
    for words in (["last"], ["last", "--json"]):
        shown = run(*words).output
        plain = shown.replace("\n", "").replace("\t", "")
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in plain)


def test_odd_sessions_and_wrong_usage_are_a_sentence(home: Path, store: Store) -> None:
    assert "there is no session yet" in run("last", code=1).stderr
    session = keep(store, [])
    assert "Nothing happened in this session." in run(session).stderr
    assert "nothing to verify" in run(session, "--verify", code=3).stdout
    assert "there is no session 'nope'" in run("nope", code=1).stderr
    keep(store, [*lived()[:2], at(9, "take", 1, candidate=4)])
    broken = run("last", code=1)
    assert "event 3 of 3 breaks the log" in broken.stderr and "held back" in broken.stdout
    for words in (["--cast", "x.cast", "--json"], ["--cast", "x.cast", "--size", "9x9"]):
        run("last", *words, code=2)
    run("last", "--speed", "0", code=2)


# --- as a film


def played(path: Path) -> tuple[dict[str, Any], list[tuple[float, str, str]]]:
    """The header of an asciicast v3, and its events with their times from the start."""
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    now, events = 0.0, []
    for line in lines:
        interval, code, data = json.loads(line)
        assert interval >= 0
        now += interval
        events.append((now, code, data))
    return json.loads(header), events


def test_a_film_is_an_asciicast_that_a_terminal_plays(
    home: Path, store: Store, tmp_path: Path
) -> None:
    keep(store, [*lived(1), *lived(2, 100, blind=True)], "Piano [/b] 漢字")
    target = tmp_path / "out" / "piano.cast"
    result = run("last", "--cast", str(target), "--size", "90x28", "--speed", "8")
    assert result.stdout == f"{target}: 4 s, 90x28\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    header, events = played(target)
    assert header["version"] == 3 and header["title"] == "Piano [/b] 漢字"
    assert header["term"] == {"cols": 90, "rows": 28, "type": "xterm-256color"}
    with open_store(home) as opened:
        recording = record("S", "Piano [/b] 漢字", sessions.events(opened, run_session(opened)))
    assert events[-1][1:] == ("x", "0")
    assert events[-1][0] == pytest.approx(recording.seconds / 8 + 2, abs=0.02)
    marks = [data for _, code, data in events if code == "m"]
    assert marks[:3] == [
        "turn 1", "turn 1: what happened is saved (healed)", "turn 1: learned in generation 1",
    ]  # fmt: skip
    screen = pyte.Screen(90, 28)
    stream, pictures = pyte.Stream(screen), []
    for _, code, data in events:
        if code == "o":
            stream.feed(data)
            pictures.append("\n".join(screen.display))
    assert "draft held back" in pictures[3] and "Which song was it, 1?" not in pictures[3]
    assert any("She laughed, and sat" in each and "played" not in each for each in pictures)
    assert any("veiled until you save" in each for each in pictures)
    assert screen.display == last_picture(recording, (90, 28))
    assert "exists already" in run("last", "--cast", str(target), code=1).stderr
    run("last", "--cast", str(target), "--force", "--size", "60x12", "--speed", "100")
    assert played(target)[0]["term"]["cols"] == 60


def last_picture(recording: Any, size: tuple[int, int]) -> list[str]:
    """The rows of the app's own screen at the end."""
    import asyncio

    async def draw() -> list[str]:
        app = FilmApp(recording, "ink")
        async with app.run_test(size=size) as pilot:
            app.show(frame(recording, recording.seconds), 8)
            await pilot.pause()
            await pilot.pause()
            strips = app.screen._compositor.render_strips()
            return [spread(strip.text) for strip in strips]

    return asyncio.run(draw())


def spread(text: str) -> str:
    """A row as pyte keeps it: nothing stands in the second cell of a wide letter."""
    screen = pyte.Screen(200, 1)
    pyte.Stream(screen).feed(text.rstrip())
    return screen.display[0].rstrip().ljust(90 - sum(1 for c in text if ord(c) > 0x2E80))


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_film_of_hostile_words_holds_only_colours_and_places(name: str) -> None:
    import io
    import re

    text = HOSTILE[name]
    recording = record("S", text, [at(0, "input", 1, text=text), *lived(scene=text)[1:4]])
    file = io.StringIO()
    await film(recording, file, (60, 20), speed=50)
    for line in file.getvalue().splitlines()[1:]:
        data = json.loads(line)[2]
        rest = re.sub(r"\x1b\[[0-9;]*[mH]|\x1b\[2J|\x1b\[\?25l", "", data)
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in rest)


def test_a_film_has_a_picture_of_each_event_and_of_words_as_they_come() -> None:
    recording = record("S", "", lived())
    times = list(moments(recording, 2.0))
    assert times == sorted(times) and len(set(times)) == len(times)
    assert {beat.happens for beat in recording.beats} <= set(times)
    assert sum(1 for each in times if 1.0 < each < 4.0) > 15  # the draft takes three seconds


# --- written again


class Stopping:
    """An engine that is asked to stop at its fourth token."""

    def __init__(self, client: EngineClient) -> None:
        self._client = client

    def speak(self, request: SpeakRequest) -> Iterator[Reply]:
        for number, reply in enumerate(self._client.speak(request)):
            if number == 3:
                self._client.cancel(request.request_id)
            yield reply


def speak(talk: Talk, client: Any) -> None:
    """Have what is wanted written, as the app does it."""
    speech = talk.begin()
    reader = threading.Thread(target=speech.read, args=(client,))
    reader.start()
    reader.join()
    talk.collect(0)
    assert talk.finish() is None


def talked(home: Path, client: EngineClient) -> str:
    """Three turns: a reroll, an edit, and an alternative; one draft is stopped on its way."""
    with open_store(home) as store:
        talk = Talk(ConversationLog(store), SHORT)
        talk.send("My daughter wants to quit the swim team.", "after", False)
        speak(talk, client)
        talk.reroll()
        speak(talk, client)
        talk.browse(-1)
        talk.take()
        talk.send("She said nothing all evening.", "before", False)
        speak(talk, client)
        talk.edited("You could ask her what she wishes for.")
        speak(talk, client)
        talk.take()
        talk.sampling = replace(SHORT, temperature=0.0, repetition_penalty=1.0)
        talk.send("And now?", "reflect", False)
        speak(talk, Stopping(client))
        talk.alternative()
        speak(talk, client)
        talk.take()
        assert talk.log.session_id is not None
        assert [len(turn.candidates) for turn in talk.log.turns] == [2, 2, 2]
        return talk.log.session_id


@pytest.fixture(scope="module")
def nano(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with a conversation that nano has had."""
    torch.set_num_threads(1)
    home = tmp_path_factory.mktemp("nano") / "home"
    return home, talked(home, engine_client.in_process(home))


def findings(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_nano_writes_a_conversation_again_to_the_last_letter(nano: tuple[Path, str]) -> None:
    home, session = nano
    *found, total = findings(run(session, "--verify", "--json", home=home))
    # turn 1: two candidates of three sections; 2: two sections, and the scene of the edit;
    # 3: a draft that was stopped, and three sections
    assert [(each["turn"], each["candidate"], each["section"]) for each in found] == [
        *((1, 0, section) for section in ("draft", "scene", "response")),
        *((1, 1, section) for section in ("draft", "scene", "response")),
        *((2, 0, section) for section in ("scene", "response")),
        (2, 1, "scene"),
        (3, 0, "draft"),
        *((3, 1, section) for section in ("draft", "scene", "response")),
    ]
    assert all(each["state"] == "same" for each in found)
    assert total == {"event": "verified", "sections": 13, "same": 13, "departs": 0, "cannot": 0}


def tamper(home: Path, session: str, change: Callable[[str, dict[str, Any]], bool]) -> None:
    """Change what is in the log, past the trigger that forbids it."""
    connection = sqlite3.connect(home / "tear.db")
    connection.execute("DROP TRIGGER events_are_never_changed")
    rows = connection.execute(
        "SELECT seq, kind, turn, data FROM events WHERE session_id = ? ORDER BY seq", (session,)
    ).fetchall()
    for seq, kind, turn, data in rows:
        facts = json.loads(data)
        if change(f"{turn} {kind}", facts):
            connection.execute("UPDATE events SET data = ? WHERE seq = ?", (json.dumps(facts), seq))
    connection.commit()
    connection.close()


def test_words_that_somebody_changed_in_the_log_are_found(
    nano: tuple[Path, str], tmp_path: Path
) -> None:
    home = Path(shutil.copytree(nano[0], tmp_path / "copy"))

    def change(what: str, facts: dict[str, Any]) -> bool:
        if what != "3 scene":
            return False
        facts["text"] = facts["text"][:9] + "XYZ" + facts["text"][9:]
        return True

    tamper(home, nano[1], change)
    result = run(nano[1], "--verify", home=home, code=1)
    assert "turn 3, candidate 2, scene (base): DEPARTS at character 10" in result.stdout
    assert "XYZ" in result.stdout
    assert "13 sections: the first that departs is the scene of turn 3." in result.stdout


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A tiny model as the base; gives its folder."""
    torch.set_num_threads(1)
    folder = str(save_tiny(tmp_path / "model"))
    settings = {"BASE": folder, "RANK": "4", "LEARNING_RATE": "0.01", "EPOCHS": "4"}
    for name, value in settings.items():
        monkeypatch.setenv(f"TEAR_{name}", value)
    return folder


def test_every_generation_writes_its_own_turns_again_and_a_removed_one_cannot(
    home: Path, store: Store, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = engine_client.in_process(home)
    talk = Talk(ConversationLog(store), SHORT)
    for number in range(3):
        talk.send(f"hello there {number}", "after", False)
        speak(talk, client)
        talk.take()
        if number == 0:
            kept = Triple("hello", "I am here", "He walked home in the rain.")
            triples.add(store, kept, source="test", status="pending")
            assert list(client.learn(LearnRequest()))[-1]["event"] == "published"
        elif number == 1:
            generations.use(store, tiny, 0, "test")
    said = [turn.candidates[0].generation for turn in talk.log.turns]
    assert said == [0, 1, 0]
    *found, total = findings(run("last", "--verify", "--json"))
    assert total["same"] == len(found) == 9
    with monkeypatch.context() as other:
        other.setenv("TEAR_DELIMITERS", "text")
        *found, total = findings(run("last", "--verify", "--json", code=3))
        assert total["cannot"] == 9
        assert "another base wrote it" in found[0]["why"]
        assert "other weights" in found[3]["why"]
    first = generations.get(store, 1)
    assert first is not None
    weights = generations.folder_of(store, first) / "adapter_model.safetensors"
    published = weights.read_bytes()
    weights.write_bytes(published[:-1] + bytes([published[-1] ^ 1]))
    *found, total = findings(run("last", "--verify", "--json", code=3))
    assert (total["same"], total["cannot"]) == (6, 3)
    assert "not those that were published" in found[3]["why"]
    weights.write_bytes(published)
    generations.remove(store, 1)
    result = run("last", "--verify", code=3)
    assert "turn 2, candidate 1, draft (generation 1): cannot be verified" in result.stdout
    assert "9 sections: 3 cannot be verified, the others are the same." in result.stdout


# --- the rule itself


class Says:
    """An engine whose answer is written down."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = replies
        self.asked: list[SpeakRequest] = []

    def speak(self, request: SpeakRequest) -> Iterator[Reply]:
        self.asked.append(request)
        yield from self.replies


def checked(store: Store, events: list[Event], *replies: Reply) -> list[verifying.Finding]:
    attempts = verifying.attempts(record("S", "", events), store)
    client: Any = Says(*replies)
    return [finding for each in attempts for finding in verifying.check(client, each)]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"generation": 0, "seed": None}, "with which seed"),
        ({"generation": 0, "sampling": None}, "how it was sampled"),
        ({"generation": 0, "sampling": {"temperature": "hot"}}, "how it was sampled"),
        ({}, "which generation"),
        ({"generation": 4}, "there is no generation 4"),
    ],
)
def test_what_the_log_does_not_say_cannot_be_verified(
    store: Store, facts: dict[str, Any], why: str
) -> None:
    section = written(1, "scene", 1, "x", **facts)
    (finding,) = checked(store, [at(0, "input", 1, text="hi"), section])
    assert finding.state == "cannot" and why in finding.why
    assert verifying.verdict([finding]) == "cannot"


def test_a_section_that_was_stopped_is_the_beginning_of_what_is_written_now(store: Store) -> None:
    def state(then: str, now: str) -> str:
        facts = {"generation": 0, "stopped": "cancelled"}
        events = [at(0, "input", 1, text="hi"), written(1, "scene", 1, then, **facts)]
        (finding,) = checked(store, events, {"event": "scene", "text": now})
        return finding.state

    assert state("She laug", "She laughed.") == "same"
    assert state("She laughed.<|/wit", "She laughed.") == "same"
    assert state("She laughed.<|/res", "She laughed.") == "departs"
    assert state("She lost", "She laughed.") == "departs"


def test_a_departure_says_where_and_what_was_read_otherwise(store: Store) -> None:
    events = [at(0, "input", 1, text="hi")]
    events.append(written(1, "scene", 1, "She laughed.", generation=0, prefill_tokens=5))
    now = {"event": "scene", "text": "She left.", "prefill_tokens": 30}
    (finding,) = checked(store, events, now)
    assert (finding.state, finding.at) == ("departs", 5)
    assert finding.why == "5 tokens were read then and 30 now"
    (finding,) = checked(store, events, {"event": "done"})
    assert (finding.state, finding.at) == ("departs", 0)
    (finding,) = checked(store, events, {"event": "error", "message": "out of memory"})
    assert (finding.state, finding.why) == ("cannot", "out of memory")


def test_an_engine_that_ends_meanwhile_ends_the_verification(store: Store) -> None:
    class Ends:
        def speak(self, request: SpeakRequest) -> Iterator[Reply]:
            raise EngineGone("the engine does not answer any more", "start it again")

    events = [at(0, "input", 1, text="hi"), written(1, "scene", 1, "x", generation=0)]
    (attempt,) = verifying.attempts(record("S", "", events), store)
    client: Any = Ends()
    with pytest.raises(EngineGone):
        verifying.check(client, attempt)


def test_help_says_what_the_exit_codes_mean() -> None:
    shown = run("--help").stdout
    assert "3 something cannot be verified" in " ".join(shown.split())
