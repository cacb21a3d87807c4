"""How the learning place says what it shows. Pure: state in, words out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from tear_core.store.generations import Generation
from tear_core.store.learning_log import LearningRun
from tear_tui.engine_link import EngineView
from tear_tui.monitoring.learning import (
    Learning,
    Taught,
    seconds_left,
    stands_still,
    tokens_per_second,
)

if TYPE_CHECKING:
    from tear_tui.widgets.plain import Part

DOT = "  ·  "


@dataclass(frozen=True, slots=True)
class Policy:
    """When the engine learns by itself (see `Settings`)."""

    when: str = "after"
    after: int = 1
    idle_seconds: float = 20.0

    @classmethod
    def of(cls, source: Any) -> Policy:
        """The policy of an engine's status, or of settings."""
        return cls(source.learn_when, source.learn_after, source.learn_idle_seconds)


def policy(rule: Policy) -> str:
    """The policy as a phrase."""
    if rule.when == "off":
        return "only when asked"
    if rule.when == "idle":
        return f"when nobody has asked for anything in {rule.idle_seconds:g} s"
    return "after each scene" if rule.after == 1 else f"after {rule.after} new scenes"


def headline(
    now: Learning, view: EngineView, paused: bool, start: str = "F8 starts it"
) -> list[Part]:
    """What is going on, in one line: the word for it first. `start`: how an engine is started."""
    run = now.at_work
    if run is not None:
        mark, word = ("‖", "paused") if paused else ("●", "learning")
        speaks = view.status is not None and view.status.speaking
        told = _progress(now, run, paused, speaks)
        parts: list[Part] = [(f"{mark} {word}", "bold $accent"), DOT, told]
        pid = view.status.pid if view.status is not None and view.state != "gone" else 0
        return parts if run.pid == pid else [*parts, DOT, f"process {run.pid}"]
    away = {
        "gone": f"the engine is not running; {start}",
        "failed": f"the model cannot be loaded: {view.problem}",
        "starting": "the engine is starting…",
        "loading": "the model is loading…",
    }
    if view.state in away:
        return [("○ not learning", "bold"), DOT, away[view.state]]
    return [("‖ paused" if paused else "○ idle", "bold"), DOT, *_waiting(now)]


def _progress(now: Learning, run: LearningRun, paused: bool, speaks: bool) -> str:
    if not now.is_live or now.latest is None:
        if run.taken:
            return f"step {run.taken} of {run.steps}"
        return f"measuring {count(len(run.triples), 'triple')} before the first step"
    step, left = now.latest, seconds_left(now.steps)
    told = f"step {step.step} of {step.steps}"
    if not paused and stands_still(now.steps, datetime.now(timezone.utc)):
        return f"{told}{DOT}{'a reply goes first' if speaks else 'measuring what it did'}"
    return told if not left else f"{told}{DOT}at most {duration(left)} left"


def _waiting(now: Learning) -> list[Part]:
    if not now.pending:
        return ["nothing waits to be learned"]
    waits = f"{count(now.pending, 'scene')} wait{'s' if now.pending == 1 else ''} to be learned"
    if not now.untried:
        return [waits, " (tried before, so not by itself)"]
    return [waits]


def figures(now: Learning, memory_bytes: int) -> str:
    """The figures of the update that is looked at, in one line."""
    step = now.latest
    told: list[str] = []
    if step is not None:
        told.append(f"λ {step.lambda_:.2f}")
    if (speed := tokens_per_second(now.steps)) is not None:
        told.append(f"{speed:,.0f} tokens/s")
    memory = memory_bytes if now.is_live or step is None else step.memory_bytes
    memory = memory or (step.memory_bytes if step is not None else 0)
    if memory:
        told.append(size(memory))
    if now.shown is not None:
        told.append(f"from {generation(now.shown.parent)}")
    return DOT.join(told)


def outcome(run: LearningRun, at_work: LearningRun | None, result: Generation | None) -> str:
    """What became of an update, in a few words."""
    if at_work is not None and run.id == at_work.id:
        return f"in hand, step {run.taken} of {run.steps}" if run.taken else "in hand"
    done = f" after {run.taken} of {run.steps} steps" if run.taken else " before its first step"
    number = run.generation
    told = {
        "published": f"generation {number}{_verdict(result)}",
        "refused": f"generation {number}, refused",
        "stopped": f"stopped{done}",
        "interrupted": f"cut off{done}",
        "failed": f"failed: {run.why}",
    }
    return told.get(run.outcome, f"its process died{done}")


def _verdict(result: Generation | None) -> str:
    return f", {result.verdict}" if result is not None and result.verdict else ""


def row(run: LearningRun, now: Learning) -> list[Part]:
    """An update in the list of them: when, what it taught, what became of it."""
    result = now.generations.get(run.generation) if run.generation is not None else None
    fell = "" if result is None else change(result)
    return [
        (f"{moment(run.began_at)}  ", "dim"),
        f"{count(len(run.triples), 'triple'):>12}  ",
        (outcome(run, now.at_work, result), "bold" if run == now.at_work else ""),
        f"  {fell}" if fell else "",
        ("  live", "bold $accent") if result is not None and now.live == result.number else "",
    ]


def taught(each: Taught) -> list[Part]:
    """A triple of the window."""
    return [
        ("new       " if each.new else "replayed  ", "bold" if each.new else "dim"),
        f"{each.landing:<8} ",
        each.words,
    ]


def window_title(now: Learning) -> str:
    """What stands in the window: the gate's findings where there are any, and a step's triples."""
    step = now.latest
    told = ["the gate"] if gate(now.result) else []
    if step is not None and step.new_ids + step.replayed_ids:
        new, old = len(step.new_ids), len(step.replayed_ids)
        told.append(f"step {step.step}: {new} new, {old} replayed")
    return ", and ".join(told) or "a step's triples"


def window(now: Learning) -> list[tuple[list[Part], str]]:
    """Its rows: why the update came to nothing, if it did; the gate's findings; the triples, each
    with its id."""
    run = now.shown
    findings = gate(now.result)
    if run is not None and run.outcome == "failed":
        findings.insert(0, [("failed: ", "bold"), run.why])
    return [(row, "") for row in findings] + [(taught(each), each.id) for each in now.window]


def gate(result: Generation | None) -> list[list[Part]]:
    """What the gate found about a generation: its verdict and why, then each rule in words, those
    that were broken first."""
    if result is None or not (result.verdict or result.gate):
        return []
    found = result.gate or {}
    probe: Mapping[str, Any] = found.get("probe") or {}
    full: Mapping[str, Any] = found.get("full") or {}
    why = probe.get("why") or ""
    rows: list[list[Part]] = [
        [(f"gate: {result.verdict or 'unjudged'}", "bold"), f"  {why}" if why else ""]
    ]
    if full.get("verdict"):
        rows.append([f"all its tests: {full['verdict']}"])
    rules = [each for each in probe.get("rules") or () if isinstance(each, Mapping)]
    for rule in sorted(rules, key=lambda each: bool(each.get("passed"))):
        rows.append([f"{'✓' if rule.get('passed') else '✗'} {rule.get('words', '')}"])
    return rows


def change(result: Generation) -> str:
    """How the loss on its own consequences moved."""
    before, after = result.consequence_before, result.consequence_after
    if before is None or after is None:
        return ""
    return f"loss {before:.2f} → {after:.2f}"


def generation(number: int) -> str:
    return f"generation {number}" if number else "the base"


def moment(at: str) -> str:
    """A time of the log as people here write it: month, day, hour and minute."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%m-%d %H:%M")
    except ValueError:
        return at[:16]


def date(at: str) -> str:
    """A time of the log with its year."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return at[:16]


def duration(seconds: float) -> str:
    """A time span in at most two units."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def size(number: int) -> str:
    """Bytes as people say them."""
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"


def count(number: int, what: str) -> str:
    """So many of something."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def latest(scenes: int) -> str:
    """How many scenes a chart shows; empty if none."""
    return "" if not scenes else "one scene" if scenes == 1 else f"the last {scenes} scenes"
