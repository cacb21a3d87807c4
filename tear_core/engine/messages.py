"""What passes between the engine and whoever asks it: plain data, no torch, no HTTP.

Requests are dataclasses; replies that stream are dictionaries with an `"event"` key,
the same whether they come over a socket or from this process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from tear_core.triples import Exchange, Landing, Order

Reply = dict[str, Any]
"""One streamed event. Speaking yields, in the order in which they happen:

    {"event": "token", "section": "draft" | "scene" | "response", "text": <piece>}
    {"event": "draft" | "scene" | "response", "text", "tokens", "seconds",
     "prefill_tokens", "stopped": "end" | "length" | "cancelled", "generation", "seed"}
    {"event": "done", "generation", "seed"}            always last, also when cancelled
    {"event": "error", "message", "hint"}              instead of `done`

Learning yields:

    {"event": "waiting", "triples"}                    the model is being made ready
    {"event": "surprise", "triple", "nats_per_token", "tokens", "generation"}
    {"event": "step", "step", "steps", "response_loss", "consequence_loss", "lambda",
     "tokens_per_second", "discarded"}
    {"event": "published", ...the row that `train-pending` prints}
    {"event": "error", "message", "hint"}
"""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn. Temperature 0 is greedy; `top_k` 0 and `top_p` 1 are off."""

    temperature: float = 0.8
    top_p: float = 0.95
    top_k: int = 0
    repetition_penalty: float = 1.1
    max_response_tokens: int = 120
    max_scene_tokens: int = 120


@dataclass(frozen=True, slots=True)
class SpeakRequest:
    """One candidate: a draft, its scene and the response, in the given witness order.

    `response` given: nothing is drafted, the scene is foreseen for these words (an edit,
    or `tear-tui witness`). `generation` is "live", "base" or a number as text.
    """

    input: str
    context: tuple[Exchange, ...] = ()
    order: Order = "after"
    seed: int | None = None
    sampling: Sampling = field(default_factory=Sampling)
    response: str | None = None
    generation: str = "live"
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class TripleText:
    """A triple to be scored, not saved."""

    input: str
    response: str
    consequence: str
    landing: Landing = "neutral"
    context: tuple[Exchange, ...] = ()


@dataclass(frozen=True, slots=True)
class SurpriseRequest:
    """Score triples. `generation`: "live", "base" or a generation number as text."""

    triples: tuple[TripleText, ...]
    generation: str = "live"
    section: Literal["consequence", "response"] = "consequence"


@dataclass(frozen=True, slots=True)
class LearnRequest:
    """Learn what is pending, or with `ids` these triples. Each None means: as the settings say.

    `note` is kept with the generation's settings. `report_to` mirrors figures, never text, to a
    tracker that is installed: "trackio", "wandb" or "tensorboard".
    """

    limit: int | None = None
    lambda_: float | None = None
    epochs: int | None = None
    seed: int | None = None
    ids: tuple[str, ...] = ()
    note: dict[str, Any] = field(default_factory=dict)
    report_to: str = ""


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What the engine is doing now. `model` is "loading", "ready" or "failed"."""

    model: Literal["loading", "ready", "failed"]
    base: str
    live: int
    pending: int
    learning: dict[str, Any] | None = None
    speaking: bool = False
    message: str = ""
    device: str = ""
    pid: int = 0


class EngineError(RuntimeError):
    """The engine could not do it. `hint` says what a person can do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class EngineGone(EngineError):
    """The engine process does not answer any more."""


class EngineBusy(EngineError):
    """Another learner holds the lock; the message says which process."""
