"""Candidates from a server: asked for, read, sifted, kept for review, gone on with."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tear_core.corpus.generate import asking
from tear_core.corpus.generate.asking import Unreadable, messages, read
from tear_core.corpus.generate.endpoint import Endpoint, EndpointError, is_loopback
from tear_core.corpus.generate.near import NearDuplicates
from tear_core.corpus.generate.rules import broken_rule
from tear_core.corpus.generate.run import Job, generate
from tear_core.store import Store, triples
from tear_core.triples import Triple

SEED = Triple(
    "I burned the rice again.", "You burn everything.", "He ate alone for a month.", "hurt"
)
SCENE = (
    "Mehmet scraped the pot while the second rice cooked on the small ring. He set two plates by"
    " the window, and his father came to the table without being called."
)
OTHER = (
    "The pot went out on the balcony with its lid on, under the rain. Until spring the kitchen"
    " light stayed off in the evening, and the bread came from the shop downstairs."
)


def pair(first: str = "healed", second: str = "hurt", **changed: str) -> dict[str, Any]:
    return {
        "triples": [
            {
                "response": "Leave the pot to soak and put new water on.",
                "consequence": SCENE,
                "landing": first,
                **changed,
            },
            {
                "response": "Order something, as everybody here does on such evenings.",
                "consequence": OTHER,
                "landing": second,
            },
        ]
    }


class Server(BaseHTTPRequestHandler):
    """An OpenAI-compatible server whose answers are written beforehand."""

    script: list[tuple[int, Any]]
    heard: list[dict[str, Any]]
    formats: tuple[str, ...] = ("json_schema", "json_object", "")

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        kind = type(self)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        kind.heard.append({**body, "authorization": self.headers.get("Authorization")})
        if body.get("response_format", {}).get("type", "") not in kind.formats:
            return self._send(400, {"error": "response_format is not known here"})
        code, said = kind.script.pop(0) if len(kind.script) > 1 else kind.script[0]
        if code != 200:
            return self._send(code, {"error": "no"}, {"Retry-After": "0"})
        content = said if isinstance(said, str) else json.dumps(said)
        answer = {"choices": [{"message": {"content": content}}], "usage": {"total_tokens": 100}}
        return self._send(200, answer)

    def _send(self, code: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[str, type[Server]]]]:
    servers = []

    def start(*script: tuple[int, Any], formats: tuple[str, ...] = Server.formats) -> Any:
        class Ours(Server):
            pass

        Ours.script, Ours.heard, Ours.formats = list(script), [], formats
        server = ThreadingHTTPServer(("127.0.0.1", 0), Ours)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/v1", Ours

    yield start
    for server in servers:
        server.shutdown()


def kept_seed(store: Store, triple: Triple = SEED) -> Any:
    return triples.add(store, triple, source="test", status="learned")[0]


def from_server(url: str, **options: Any) -> Any:
    server = Endpoint(url, "big", sleep=lambda _: None, **options)

    def propose(stored: Any, kind: Any, seed: int) -> Any:
        answer = server.ask(messages(stored.triple, kind), seed)
        return read(answer.text, stored.triple, kind), answer.tokens

    return propose


def test_a_pair_is_asked_for_and_waits_for_review(store: Store, serve: Any) -> None:
    url, heard = serve((200, pair()))
    seed = kept_seed(store)
    *told, last = generate(store, [seed], Job("big", ["contrast"], "CC0-1.0"), from_server(url))
    assert (last["kept"], last["dropped"], last["tokens"]) == (2, 0, 100)
    found = [t for t in triples.list_triples(store) if t.id != seed.id]
    assert {t.status for t in found} == {"unreviewed"}
    assert {t.triple.landing for t in found} == {"healed", "hurt"}
    assert {t.triple.input for t in found} == {SEED.input}
    for each in found:
        assert each.notes.origin == f"contrast:{seed.id}:big:v{asking.VERSION}"
        assert each.notes.licence == "CC0-1.0" and "big" in each.notes.consent
        assert each.source == "generated"
    assert heard.heard[0]["response_format"]["json_schema"]["schema"] == asking.SCHEMA
    assert [t["event"] for t in told] == ["kept", "kept", "progress"]


def test_going_on_asks_only_what_was_not_answered(store: Store, serve: Any) -> None:
    url, heard = serve((200, pair()))
    seeds = [kept_seed(store), kept_seed(store, Triple("Hello?", "Yes.", "She sat down."))]
    job = Job("big", ["contrast"], candidates=1)
    *_, first = generate(store, seeds, job, from_server(url))
    assert first["asked"] == 1
    assert len(heard.heard) == 1
    *_, second = generate(store, seeds, Job("big", ["contrast"]), from_server(url))
    assert (second["asked"], second["skipped"]) == (1, 1)


def test_a_budget_of_tokens_is_kept(store: Store, serve: Any) -> None:
    url, heard = serve((200, pair()))
    seeds = [kept_seed(store, Triple(f"Hello {i}?", "Yes.", "She sat down.")) for i in range(5)]
    *_, last = generate(store, seeds, Job("big", ["contrast"], tokens=150), from_server(url))
    assert len(heard.heard) == 2 and last["tokens"] == 200


def test_what_repeats_itself_is_dropped_with_its_reason(store: Store, serve: Any) -> None:
    url, _ = serve((200, pair()))
    seeds = [kept_seed(store), kept_seed(store, Triple("Hello?", "Yes.", "She sat down."))]
    *_, last = generate(store, seeds, Job("big", ["contrast"]), from_server(url))
    assert last["kept"] == 2
    assert last["reasons"] == {"nearly the same as another": 2}


def test_a_server_that_knows_no_schema_is_asked_more_plainly(store: Store, serve: Any) -> None:
    url, heard = serve((200, pair()), formats=("",))
    *_, last = generate(store, [kept_seed(store)], Job("big", ["contrast"]), from_server(url))
    assert last["kept"] == 2
    kinds = [h.get("response_format", {}).get("type") for h in heard.heard]
    assert kinds == ["json_schema", "json_object", None]


def test_a_busy_server_is_asked_again_and_a_refusal_is_said(store: Store, serve: Any) -> None:
    url, heard = serve((429, ""), (503, ""), (200, pair()))
    *_, last = generate(store, [kept_seed(store)], Job("big", ["contrast"]), from_server(url))
    assert last["kept"] == 2 and len(heard.heard) == 3
    refusing, _ = serve((401, ""))
    with pytest.raises(EndpointError, match="refuses \\(401\\)") as error:
        Endpoint(refusing, "big").ask([], 0)
    assert "key" in error.value.hint
    failing, heard = serve((500, ""))
    with pytest.raises(EndpointError, match="500"):
        Endpoint(failing, "big", sleep=lambda _: None).ask([], 0)
    assert len(heard.heard) == 4


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(EndpointError, match="does not answer"):
        Endpoint("http://127.0.0.1:9/v1", "big").ask([], 0)
    with pytest.raises(EndpointError, match="no web address"):
        Endpoint("localhost:8000", "big")


def test_requests_come_no_faster_than_asked_for(serve: Any) -> None:
    url, _ = serve((200, "hello"))
    paused: list[float] = []
    server = Endpoint(url, "big", per_minute=6, sleep=paused.append)
    for _ in range(3):
        server.ask([], 0)
    assert len(paused) == 2
    assert 9 < paused[0] <= 10 and 18 < paused[1] <= 20  # nothing really slept


def test_the_key_goes_into_the_header_and_nowhere_else(serve: Any) -> None:
    url, heard = serve((200, "hello"))
    Endpoint(url, "big", key="sk-secret").ask([{"role": "user", "content": "hi"}], 0)
    (said,) = heard.heard
    assert said.pop("authorization") == "Bearer sk-secret"
    assert "sk-secret" not in json.dumps(said)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("I would rather not.", "no JSON"),
        ('{"triples": []}', "no list"),
        ('{"triples": ["x"]}', "no object"),
        ('{"triples": [{"response": "a", "consequence": "b"}]}', "without landing"),
        (json.dumps(pair("hurt", "hurt")), "one that healed"),
        (json.dumps(pair(response=" ")), "response is empty"),
        (json.dumps(pair("proud")), "landing 'proud'"),
        ("{" * 5000, "no JSON"),
    ],
)
def test_an_answer_that_is_no_use_says_why(answer: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(answer, SEED, "contrast")


def test_text_around_the_json_is_passed_over() -> None:
    answer = f"Sure {{here}} it is:\n```json\n{json.dumps(pair())}\n```\nAnything else?"
    assert [p.triple.landing for p in read(answer, SEED, "contrast")] == ["healed", "hurt"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"response": "No."}, "1 words"),
        ({"consequence": "He left."}, "2 words"),
        ({"response": "Look at https://example.org for a recipe."}, "web address"),
        ({"response": "As an AI I cannot smell burned rice."}, "being a model"),
        ({"consequence": f"{SCENE} The moral is patience."}, "names a moral"),
        ({"consequence": f"I went to the kitchen. {SCENE}"}, "third person"),
        ({"consequence": f"<|witness|> {SCENE}"}, "delimiter"),
    ],
)
def test_a_rule_that_is_broken_is_named(change: dict[str, str], why: str) -> None:
    fine = {"response": "Leave the pot to soak now.", "consequence": SCENE}
    assert broken_rule(Triple(SEED.input, **fine), SEED) is None
    assert why in (broken_rule(Triple(SEED.input, **{**fine, **change}), SEED) or "")


def test_speech_within_a_scene_may_say_i() -> None:
    spoken = f'"I was wrong," his father said. {SCENE}'
    assert broken_rule(Triple("x", "Leave the pot to soak now.", spoken), SEED) is None


def test_a_few_changed_words_make_no_new_triple() -> None:
    known = NearDuplicates()
    one = Triple("x", "Leave the pot to soak and put new water on.", SCENE)
    assert known.add("one", one) is None
    assert known.add("two", Triple("x", one.response, SCENE.replace("small", "big"))) == "one"
    assert known.add("three", Triple("x", "Order something else tonight.", OTHER)) is None


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://localhost:8000/v1", True),
        ("http://127.0.0.1/v1", True),
        ("http://[::1]:8000/v1", True),
        ("https://api.example.com/v1", False),
        ("http://192.168.0.4/v1", False),
    ],
)
def test_it_is_known_whether_words_would_leave_the_machine(url: str, here: bool) -> None:
    assert is_loopback(url) is here


@pytest.mark.slow
def test_a_real_server_is_asked_and_what_is_no_use_is_dropped(store: Store, tmp_path: Any) -> None:
    """`transformers serve` with nano: a real server, and a model far too small to obey."""
    import shutil
    import socket
    import subprocess
    import sys
    import time
    from pathlib import Path

    import httpx

    from tear_core.nano import WEIGHTS

    folder = tmp_path / "served"
    shutil.copytree(WEIGHTS, folder)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["chat_template"] = "{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "transformers"), "serve", "--host", "127.0.0.1"]
    server = subprocess.Popen(
        [*command, "--port", str(port), "--device", "cpu", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.2)
        endpoint = Endpoint(f"http://127.0.0.1:{port}/v1", str(folder), max_tokens=40)

        def propose(stored: Any, kind: Any, seed: int) -> Any:
            answer = endpoint.ask(messages(stored.triple, kind), seed)
            assert answer.tokens > 50 and answer.text
            return read(answer.text, stored.triple, kind), answer.tokens

        *_, last = generate(store, [kept_seed(store)], Job("nano", ["subtle"]), propose)
    finally:
        server.terminate()
        server.wait(30)
    assert last["asked"] == 1 and last["kept"] == 0
    assert last["reasons"] == {"no JSON object with triples in it": 1}
