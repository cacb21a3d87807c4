"""Self-evaluation: do the points that the model gives itself know the better response?

The pairs of both files, scored by `self_score`. Every response has a score, so what is unscored is
only what the model cannot read. A model that gives everybody the same points has no opinion: its
spread is 0 and every pair is a tie, and ties are wrong. One that goes by length is right as often
as length is, so that is the bar, where it is higher than chance. Passing says that the points may
be looked at beside other evidence. They are never the only judge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, stdev

from tear_core.evaluate import statistics
from tear_core.evaluate.answers import Answer, Prefer, difference, preferences
from tear_core.evaluate.suites.bars import enough, plain, thresholds
from tear_core.evaluate.suites.items import Pair, hash_of
from tear_core.evaluate.suites.result import Outcome, SuiteResult, beside, more_of

NAME, BARS = "self-evaluation", "self_evaluation"
NOTE = "points that a model gives itself are never the only judge of anything"


def answers(items: Sequence[Pair]) -> list[Answer]:
    """Everything that is scored: better and worse."""
    return [Answer(item.input, text) for item in items for text in (item.better, item.worse)]


def run(points: Prefer, items: Sequence[Pair]) -> SuiteResult:
    """Score the pairs by expected points, each pair a cluster of its own."""
    found = iter(preferences(points, answers(items)))
    outcomes = []
    for item in items:
        better, worse = next(found), next(found)
        margin = difference(better, worse)
        wrong = not (isinstance(margin, float) and margin > 0)
        figures = {"better": better, "worse": worse, "margin": margin}
        outcomes.append(Outcome(item.id, item.id, item.category, wrong, figures))
    ids = [outcome.id for outcome in outcomes]
    right = statistics.rate(sum(not each.wrong for each in outcomes), len(outcomes))
    by_length = right_by_length(items)
    bar = max(thresholds(BARS)["right"].value, by_length)
    given = [f for o in outcomes for f in (o.figures["better"], o.figures["worse"])]
    known = [value for value in given if isinstance(value, float)]
    spread = stdev(known) if len(known) > 1 else 0.0
    mean = f"{fmean(known):.2f}" if known else "none"
    return SuiteResult(
        NAME,
        hash_of(items),
        {
            "right": right,
            "margin": statistics.mean([o.figures["margin"] for o in outcomes], ids),
        },
        tuple(outcomes),
        (
            enough(BARS, "least", len(outcomes), "pairs"),
            plain(
                BARS,
                "right",
                f"lower bound of the share of pairs put right above {{value}}, and above"
                f" {by_length:.3f}, what length alone gets",
                right.shows_above(bar),
            ),
            plain(
                BARS,
                "spread",
                f"points spread by at least {{value}}; they spread by {spread:.3f} around {mean}",
                len(known) == len(given) and spread >= thresholds(BARS)["spread"].value,
            ),
        ),
        notes=(NOTE,),
    )


def right_by_length(items: Sequence[Pair]) -> float:
    """The share of pairs that the best rule of length puts right: the longer or the shorter one, in
    characters or in words. Ties are wrong."""
    sizes: tuple[Callable[[str], int], ...] = (len, lambda text: len(text.split()))
    most = 0
    for size in sizes:
        longer = [size(item.better) - size(item.worse) for item in items]
        most = max(most, sum(by > 0 for by in longer), sum(by < 0 for by in longer))
    return most / max(1, len(items))


def compare(mine: SuiteResult, base: SuiteResult, name: str = "base") -> SuiteResult:
    """`mine`, with how much its margins have grown over the base's. Shown; no bar rests on it.

    Raises:
        ValueError: they were measured on other items.
    """
    more = more_of("margin", beside(mine, base))
    return mine.with_comparison(name, {"margin_over_base": more}, [])
