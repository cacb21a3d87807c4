"""A tracker hears figures, never words, and cannot end learning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tear_core.engine import trackers
from tear_core.engine.messages import EngineError, Reply

STEP = {
    "event": "step",
    "step": 1,
    "steps": 2,
    "response_loss": None,
    "consequence_loss": 2.5,
    "lambda": 0.3,
    "tokens_per_second": 100.0,
    "discarded": False,
}
TOLD: list[Reply] = [
    {"event": "waiting", "triples": 2},
    {"event": "surprise", "triple": "secret", "nats_per_token": 3.0, "tokens": 4, "generation": 0},
    STEP,
    {**STEP, "step": 2},
    {
        "event": "published",
        "generation": 1,
        "response_loss": {"before": 3.0, "after": 2.0},
        "consequence_loss": {"before": 3.0, "after": 2.0},
    },
]


class Fake:
    """What a tracker of accelerate looks like from here."""

    def __init__(self, breaks: bool = False) -> None:
        self.heard: list[tuple[int, dict[str, float]]] = []
        self.finished, self.breaks = False, breaks

    def log(self, figures: dict[str, float], step: int) -> None:
        if self.breaks:
            raise ConnectionError("gone")
        self.heard.append((step, figures))

    def finish(self) -> None:
        self.finished = True


def told() -> Iterator[Reply]:
    yield from TOLD


def test_figures_are_mirrored_and_no_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = Fake()
    monkeypatch.setattr(trackers, "_open", lambda *_: fake)
    assert list(trackers.mirrored(told(), "trackio", tmp_path)) == TOLD
    assert [step for step, _ in fake.heard] == [0, 1, 2, 2]
    everything: dict[str, Any] = {k: v for _, figures in fake.heard for k, v in figures.items()}
    assert all(isinstance(value, float) for value in everything.values())
    assert "secret" not in str(fake.heard)
    assert "learn/response_loss" not in everything  # there was none
    assert fake.finished


def test_a_tracker_that_breaks_is_said_once_and_learning_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(trackers, "_open", lambda *_: Fake(breaks=True))
    heard = list(trackers.mirrored(told(), "trackio", tmp_path))
    assert [r for r in heard if r["event"] != "notice"] == TOLD
    assert [r["message"] for r in heard if r["event"] == "notice"] == [
        "trackio has stopped listening: gone"
    ]


def test_a_tracker_that_is_not_there_is_refused_before_anything_is_learned(tmp_path: Path) -> None:
    begun: list[int] = []

    def learning() -> Iterator[Reply]:
        begun.append(1)
        yield STEP

    with pytest.raises(EngineError, match="no tracker 'carrier pigeon'"):
        list(trackers.mirrored(learning(), "carrier pigeon", tmp_path))
    assert not begun


def test_a_tracker_that_is_not_installed_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "trackio", None)
    with pytest.raises(EngineError, match="not installed") as error:
        list(trackers.mirrored(told(), "trackio", tmp_path))
    assert error.value.hint == "pip install trackio"
