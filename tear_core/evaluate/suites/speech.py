"""Speech: what the model writes, looked at by rules that ask no model.

`anti-judge`: hard blocks, the penalty, how often it talks of consequences (shown; beside CAS).
`format`: whether it closes what it opens, whether it goes round in circles, how long it is.

Silence, an echo and one answer for everybody break no rule about words. So both suites first ask
for evidence: a response counts as an answer only if it has words, is not its input said back,
and what it adds to the words of its input is not also what another response adds to its own ("I
cannot help with: ..."). What is no answer is wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from statistics import median

from tear_core.evaluate import statistics
from tear_core.evaluate.anti_judge import judge
from tear_core.evaluate.awareness.talk import talks
from tear_core.evaluate.figures import Estimate
from tear_core.evaluate.repetition import repeated
from tear_core.evaluate.suites.bars import above, below, enough, plain, thresholds
from tear_core.evaluate.suites.items import hash_of
from tear_core.evaluate.suites.result import Bar, Outcome, SuiteResult, beside, more_of
from tear_core.evaluate.suites.voices import Prompt, Speak, Written

ANTI_JUDGE, FORMAT = "anti-judge", "format"
_JUDGED, _FORM = "anti_judge", "format"
ECHO = 0.8
"""A response that shares so much with its input (Jaccard of their words) says it back."""


def run_anti_judge(speak: Speak, prompts: Sequence[Prompt]) -> SuiteResult:
    """Have every prompt answered, and judge the responses."""
    written = list(speak(prompts))
    answered = answers_of(prompts, written)
    outcomes = []
    for prompt, each, is_answer in zip(prompts, written, answered, strict=True):
        judged = judge(each.response)
        figures = {
            "penalty": judged.penalty,
            "blocked": float(judged.hard_block),
            "talks": float(talks(each.response)),
            "answer": float(is_answer),
        }
        wrong = judged.hard_block or not is_answer
        outcomes.append(Outcome(prompt.id, prompt.cluster, "", wrong, figures))
    blocked = _clusters_with(outcomes, "blocked")
    answers = _mean(outcomes, "answer")
    return SuiteResult(
        ANTI_JUDGE,
        hash_of(prompts),
        {
            "blocked": blocked,
            "penalty": _mean(outcomes, "penalty"),
            "talks": _mean(outcomes, "talks"),
            "answers": answers,
        },
        tuple(outcomes),
        (
            enough(_JUDGED, "least", len(outcomes), "responses"),
            above(_JUDGED, "answers", answers, "the share that are answers"),
            below(_JUDGED, "blocked", blocked, "the share of inputs with a blocked response"),
            below(_JUDGED, "penalty_over_base", None, "the penalty over the base's"),
        ),
    )


def compare_anti_judge(mine: SuiteResult, base: SuiteResult, name: str = "base") -> SuiteResult:
    """`mine`, with its penalty and talk of consequences over the base's.

    Raises:
        ValueError: they answered other prompts.
    """
    both = beside(mine, base)
    more = more_of("penalty", both)
    bar = below(_JUDGED, "penalty_over_base", more, "the penalty over the base's")
    talk = more_of("talks", both)
    return mine.with_comparison(name, {"penalty_over_base": more, "talks_over_base": talk}, [bar])


def run_format(speak: Speak, prompts: Sequence[Prompt]) -> SuiteResult:
    """Have every prompt answered, and look at the form."""
    written = list(speak(prompts))
    answered = answers_of(prompts, written)
    outcomes = []
    for prompt, each, is_answer in zip(prompts, written, answered, strict=True):
        figures = {
            "ended": float(each.ended),
            "repeated": (repeated(each.response) + repeated(each.scene)) / 2,
            "tokens": float(each.tokens),
            "answer": float(is_answer),
        }
        wrong = not (each.ended and is_answer)
        outcomes.append(Outcome(prompt.id, prompt.cluster, "", wrong, figures))
    ended, answers = _mean(outcomes, "ended"), _mean(outcomes, "answer")
    share = sum(o.figures["ended"] == 1.0 for o in outcomes) / max(1, len(outcomes))
    limit = thresholds(_FORM)["ended"].value
    return SuiteResult(
        FORMAT,
        hash_of(prompts),
        {
            "ended": ended,
            "repeated": _mean(outcomes, "repeated"),
            "tokens": _mean(outcomes, "tokens"),
            "answers": answers,
        },
        tuple(outcomes),
        (
            enough(_FORM, "least", len(outcomes), "responses"),
            plain(_FORM, "ended", f"at least {{value}} ended; it is {share:.3f}", share >= limit),
            above(_FORM, "answers", answers, "the share that are answers"),
            below(_FORM, "repetition_over_base", None, "repetition over the base's"),
            *_lengths(None),
        ),
    )


def compare_format(mine: SuiteResult, base: SuiteResult, name: str = "base") -> SuiteResult:
    """`mine`, with its repetition over the base's, and its length beside it.

    Raises:
        ValueError: they answered other prompts.
    """
    more = more_of("repeated", beside(mine, base))
    bar = below(_FORM, "repetition_over_base", more, "repetition over the base's")
    before, now = _middle(base), _middle(mine)
    ratio = now / before if before > 0 else None
    return mine.with_comparison(name, {"repetition_over_base": more}, [bar, *_lengths(ratio, now)])


def answers_of(prompts: Sequence[Prompt], written: Sequence[Written]) -> list[bool]:
    """Which of the responses are answers to their prompts (see above)."""
    added = [
        _added(prompt.input, each.response) for prompt, each in zip(prompts, written, strict=True)
    ]
    times = Counter(added)
    return [
        bool(words) and times[words] == 1 and not _echoes(prompt.input, each.response)
        for words, prompt, each in zip(added, prompts, written, strict=True)
    ]


_WORD = re.compile(r"[^\W_]+")


def _added(said: str, response: str) -> tuple[str, ...]:
    """The words of a response that its input does not have."""
    known = set(_WORD.findall(said.casefold()))
    return tuple(word for word in _WORD.findall(response.casefold()) if word not in known)


def _echoes(said: str, response: str) -> bool:
    one, two = (set(_WORD.findall(text.casefold())) for text in (said, response))
    return bool(two) and len(one & two) / len(one | two) >= ECHO


def _mean(outcomes: Sequence[Outcome], name: str) -> Estimate:
    return statistics.mean([o.figures[name] for o in outcomes], [o.cluster for o in outcomes])


def _clusters_with(outcomes: Sequence[Outcome], name: str) -> Estimate:
    """Share of clusters in which it happened at all, with exact bounds."""
    every = {outcome.cluster for outcome in outcomes}
    hit = {outcome.cluster for outcome in outcomes if outcome.figures[name] == 1.0}
    return statistics.rate(len(hit), len(every))


def _middle(result: SuiteResult) -> float:
    return median([f for f in result.figures("tokens") if isinstance(f, float)] or [0.0])


def _lengths(ratio: float | None, tokens: float = 0.0) -> list[Bar]:
    limits = thresholds(_FORM)
    told = "" if ratio is None else f"; it is {ratio:.2f} ({tokens:g} tokens)"
    shortest, longest = limits["shortest"].value, limits["longest"].value
    return [
        plain(
            *(_FORM, "shortest", f"median length at least {{value}} of the base's{told}"),
            None if ratio is None else ratio >= shortest,
        ),
        plain(
            *(_FORM, "longest", f"median length at most {{value}} of the base's{told}"),
            None if ratio is None else ratio <= longest,
        ),
    ]
