"""Ask an OpenAI-compatible server (vLLM, Ollama, llama.cpp, transformers serve, or a vendor's).

One request at a time, no faster than asked for. Where the server can hold its answer to a JSON
schema it is asked to; where it cannot, to JSON; else the prompt has to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from tear_core.corpus.generate.asking import SCHEMA

ATTEMPTS = 4
LONGEST_PAUSE = 60.0

_FORMATS: tuple[dict[str, Any], ...] = (
    {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "triples", "strict": True, "schema": SCHEMA},
        }
    },
    {"response_format": {"type": "json_object"}},
    {},
)


class EndpointError(RuntimeError):
    """The server cannot be asked, or will not answer. `hint` says what a person can do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `tokens` counts prompt and answer, by the server's own word or estimated."""

    text: str
    tokens: int


def is_loopback(url: str) -> bool:
    """Whether this address is on this very machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Endpoint:
    """A server and a model on it. Remembers which answer format the server understands."""

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: str = "",
        per_minute: float = 0,
        temperature: float = 0.9,
        max_tokens: int = 700,
        seconds: float = 300,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`url` is the base that ends in /v1. `per_minute` 0 is as fast as the server answers."""
        import httpx

        if urlsplit(url).scheme not in ("http", "https"):
            raise EndpointError(f"{url} is no web address", "e.g. http://localhost:8000/v1")
        self._errors = (httpx.TransportError, httpx.InvalidURL)
        self._http = httpx.Client(
            base_url=url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=seconds,
            trust_env=False,
        )
        self.url, self.model = url, model
        self._temperature, self._max_tokens = temperature, max_tokens
        self._pause = 60 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._format = 0
        self._sleep = sleep

    def ask(self, messages: list[dict[str, str]], seed: int) -> Answer:
        """One answer.

        Raises:
            EndpointError: the server is not there, refuses, or keeps failing.
        """
        tries = 0
        while True:
            self._wait()
            body = {
                "model": self.model,
                "messages": messages,
                "temperature": self._temperature,
                "max_tokens": self._max_tokens,
                "seed": seed,
                **_FORMATS[self._format],
            }
            try:
                answer = self._http.post("chat/completions", json=body)
            except self._errors as error:
                raise EndpointError(
                    f"{self.url} does not answer: {error}", "is it running?"
                ) from None
            code = answer.status_code
            if code == 200:
                return _answer(answer.json(), messages)
            if code in (400, 422, 501) and self._format + 1 < len(_FORMATS):
                self._format += 1  # a server that does not know this format; ask in a plainer one
                continue
            tries += 1
            if code not in (408, 429, 500, 502, 503, 504) or tries == ATTEMPTS:
                raise EndpointError(
                    f"{self.url} refuses ({code}): {answer.text[:200]}",
                    "a key goes into the variable that --key-from names" if code == 401 else "",
                )
            self._sleep(_pause(answer.headers.get("retry-after", ""), tries))

    def _wait(self) -> None:
        now = time.monotonic()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._pause


def _answer(body: Any, messages: list[dict[str, str]]) -> Answer:
    try:
        text = body["choices"][0]["message"]["content"] or ""
    except (KeyError, IndexError, TypeError):
        raise EndpointError("the server's answer is not a chat completion") from None
    usage = body.get("usage") or {}
    counted = usage.get("total_tokens")
    letters = sum(len(m["content"]) for m in messages) + len(text)
    return Answer(str(text), int(counted) if counted else letters // 4)


def _pause(asked: str, tries: int) -> float:
    """Seconds before another try: as long as the server asks for, else longer each time."""
    try:
        return min(float(asked), LONGEST_PAUSE)
    except ValueError:
        return min(2.0**tries, LONGEST_PAUSE)
