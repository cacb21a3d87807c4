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
     "prefill_tokens", "stopped": "end" | "length" | "cancelled", "generation", "seed", "base"}
    {"event": "done", "generation", "seed", "base"}    always last, also when cancelled
    {"event": "error", "message", "hint"}              instead of `done`

Learning yields:

    {"event": "waiting", "triples", "run"}             the model is being made ready
    {"event": "notice", "message"}                     something to know, at any time
    {"event": "surprise", "triple", "nats_per_token", "tokens", "generation"}
    {"event": "step", "run", "step", "steps", "response_loss", "consequence_loss", "lambda",
     "tokens_per_second", "discarded", "new_ids", "replayed_ids", "memory_bytes"}
    {"event": "gate", "run", "verdict": "pass" | "fail", "why", "rules", "measured", "seconds",
     ...}                                              what the fast gate found; not with gate off
    {"event": "published", ...the row that `train-pending` prints: with the verdict "fail" it is
     kept, `why` says why, it is not live, and its triples are still pending; `stages` has the
     seconds of each stage (see `learn.stages`)}
    {"event": "error", "message", "hint"}

Making generations out of others yields:

    {"event": "combined", "error", "rank"}             a merge or a negation, and how far it is from
                                                       the weighted sum, as a share of it
    {"event": "rebuilding", "of", "place", "lineage", "left_out"}, steps, then
    {"event": "rebuilt", "of", "generation", "same", "files"}         for each in the lineage
    {"event": "gate", ...}
    {"event": "published", ...}                        a merge or a negation; it is not live
    {"event": "lineage", "of", "generation", "left_out", "live", "verdict"}       a rebuild
    {"event": "error", "message", "hint"}

Comparing behaviour yields `measuring`, and for each generation:

    {"event": "behaviour", "generation", "probe", "answers": {id: {"input", "response", "scene"}}}

Measuring awareness yields:

    {"event": "measuring", "what", "generation", "done", "of"}
    {"event": "awareness", "base", "fingerprint", "version", "items_hash",
     "arms": [{"generation", "scored_in", "calibration_items", "awareness",
               "ranking", "paraphrases", "swap", "talk"}, ...],      what was not asked is missing
     "comparisons": [{"generation", "against", ...}, ...]}
    {"event": "error", "message", "hint"}

The full gate yields `measuring` as awareness does, and at the end:

    {"event": "gate_report", "generation", "base", "live",
     "verdict": "pass" | "provisional" | "fail" | "insufficient", "why", "tests": [...], "items",
     "thresholds", "version", "packages", "seconds", ..., "evidence": every
     figure of every item, or null if it was not asked for}
    {"event": "error", "message", "hint"}

Running suites yields `measuring`, with the name of the `suite`, and for each as it is done:

    {"event": "suite", "generation", "asks", "result": <SuiteResult as JSON, with its comparison>,
     "others": {number: <SuiteResult as JSON>}}
    {"event": "suites", "base", "fingerprint", "version", "generation", "against": [numbers],
     "limit", "verdict": "pass" | "fail" | "insufficient"}            last
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

    `read_anew`: at least so many of the prompt's last tokens are read although they may be
    cached. Sums of floating point depend on how a reading was divided, so a section is written
    again bit for bit only where the division, its `prefill_tokens`, is the same.

    `seeds` given: a candidate for each, all written at once at little more than the cost of one.
    Their sections come whole, each with its own `seed`, as they are done; no tokens.
    """

    input: str
    context: tuple[Exchange, ...] = ()
    order: Order = "after"
    seed: int | None = None
    sampling: Sampling = field(default_factory=Sampling)
    response: str | None = None
    generation: str = "live"
    read_anew: int = 0
    seeds: tuple[int, ...] = ()
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
class AwarenessRequest:
    """Measure whether predictions depend on what was said (see `evaluate.awareness`).

    Paths are absolute. `items` are the files that are scored; `train` and `dev`, where they are
    empty, are found beside them. `generation` and each of `compare` are "live", "base" or a number
    as text. `limit`: at most so many items. `ranking`: also the ranking among eight. `swap`: also
    have scenes written for so many items. `paraphrases`: also this file of paraphrases.
    """

    items: tuple[str, ...]
    train: tuple[str, ...] = ()
    dev: tuple[str, ...] = ()
    generation: str = "live"
    compare: tuple[str, ...] = ()
    limit: int | None = None
    ranking: bool = False
    swap: int = 0
    paraphrases: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class SuitesRequest:
    """Run suites under a generation (see `evaluate.suites`).

    `names`: of the suites; none means all. `items`: the absolute path of the folder with their
    items. `generation` and `against` are "live", "base" or a number as text; `against` "" compares
    with nothing. `limit`: at most so many scenarios, pairs or documents of each file.
    """

    items: str
    names: tuple[str, ...] = ()
    generation: str = "live"
    against: str = "base"
    limit: int | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class GateRequest:
    """Run the ten tests of the full gate on a generation (see `evaluate.gate.full`).

    Paths are absolute. `items`, `train`, `dev`, `paraphrases` and `limit` are those of an
    `AwarenessRequest`; `suites` is the folder of the suites' items. `study`: the arms of this
    study. `benchmarks`: a file of answers of other harnesses. `swap`: have scenes written for so
    many pairs. `evidence`: give every figure of every item with the report.
    """

    generation: str
    items: tuple[str, ...]
    suites: str
    train: tuple[str, ...] = ()
    dev: tuple[str, ...] = ()
    paraphrases: str = ""
    study: str = ""
    benchmarks: str = ""
    limit: int | None = None
    swap: int = 40
    evidence: bool = False
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class BehaviourRequest:
    """What generations measure and answer on fixed inputs, to be held beside each other.

    Each of `generations` is "live", "base" or a number as text. `inputs`: these instead of those
    that ship.
    """

    generations: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class ReworkRequest:
    """Make a generation out of others.

    "merge" puts `generations` together by `method`; without weights each counts the same.
    "negate" gives `of` (None: its parent) less of what the one generation learned.
    "rebuild" learns it again without the triples `without` and those that were retracted.
    """

    kind: Literal["merge", "negate", "rebuild"]
    generations: tuple[int, ...]
    method: Literal["linear", "ties", "dare_linear", "dare_ties", "svd", "cat"] = "linear"
    weights: tuple[float, ...] = ()
    density: float = 0.5
    seed: int = 0
    weight: float = 0.5
    of: int | None = None
    without: tuple[str, ...] = ()
    label: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What the engine is doing now.

    `learning` is the last reply of the update in hand (see `Reply`). `paused`: whoever learns in
    this home stands still until somebody resumes it. `memory_bytes`: on a GPU what is taken of
    it, else what the process has in memory. `learn_when` and the two after it are the policy in
    force (see `Settings`). `fingerprint` is that of the weights that are loaded, "" until then;
    `unfit`, the generation that the base answers for because it was learned on others (0: none).
    """

    model: Literal["loading", "ready", "failed"]
    base: str
    live: int
    pending: int
    learning: dict[str, Any] | None = None
    speaking: bool = False
    message: str = ""
    device: str = ""
    pid: int = 0
    paused: bool = False
    memory_bytes: int = 0
    learn_when: Literal["off", "after", "idle"] = "after"
    learn_after: int = 1
    learn_idle_seconds: float = 20.0
    fingerprint: str = ""
    unfit: int = 0


class EngineError(RuntimeError):
    """The engine could not do it. `hint` says what a person can do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class EngineGone(EngineError):
    """The engine process does not answer any more."""


class EngineBusy(EngineError):
    """Another learner holds the lock; the message says which process."""
