"""Forgetting: what learning a few scenes has cost on text that has nothing to do with them.

Bits per byte of short documents, and how far next-token distributions have moved from the base's,
KL(base ‖ tree) in nats per token, on responses to inputs that nobody learned from. The divergence
is shown; the bar is on the bits.

A low figure alone is no sign of reading: whoever says "a hundred bits" to everything has one. So
each document is also scored with its own words in another order, and has to be the likelier one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from tear_core.evaluate import statistics
from tear_core.evaluate.answers import difference
from tear_core.evaluate.figures import Estimate, Figure, figure
from tear_core.evaluate.suites.bars import above, enough, plain, thresholds
from tear_core.evaluate.suites.items import Document, hash_of
from tear_core.evaluate.suites.result import Bar, Outcome, SuiteResult, beside, more_of

NAME = "forgetting"
WHOLE = 8.0
"""Bits in a byte: whoever needs more than that would do better to send the text as it is."""


def scrambled(text: str) -> str:
    """The same words and the same spaces, the words in another order: the same one every time."""
    words = re.split(r"(\s+)", text)
    moved = words[::2]
    random.Random(text).shuffle(moved)
    words[::2] = moved
    return "".join(words)


def run(
    bits: Sequence[Figure],
    bits_scrambled: Sequence[Figure],
    items: Sequence[Document],
    moved: Sequence[Figure] = (),
) -> SuiteResult:
    """Score the documents, each a cluster of its own.

    `bits`, `bits_scrambled`: what each document costs in all, and with its words in another order.
    `moved`: KL to the base, nats per token, one figure for each input it was measured on; none for
    the base itself.
    """
    outcomes = [
        _outcome(item, cost, other)
        for item, cost, other in zip(items, bits, bits_scrambled, strict=True)
    ]
    ids = [outcome.id for outcome in outcomes]
    read = statistics.rate(sum(not outcome.wrong for outcome in outcomes), len(outcomes))
    estimates = {
        "bits_per_byte": statistics.mean([o.figures["bits_per_byte"] for o in outcomes], ids),
        "read": read,
    }
    if moved:
        estimates["moved"] = statistics.mean(moved, [str(n) for n in range(len(moved))])
    odd = sum(not _possible(outcome.figures["bits_per_byte"]) for outcome in outcomes)
    return SuiteResult(
        NAME,
        hash_of(items),
        estimates,
        tuple(outcomes),
        (
            enough(NAME, "least", len(outcomes), "documents"),
            Bar(
                "scored",
                f"each document costs more than 0, at most {WHOLE:g} bits per byte; {odd} do not",
                "a text that costs nothing was not predicted but known, or not scored",
                odd == 0,
            ),
            above(NAME, "read", read, "the share likelier than with its words in another order"),
            _bar(None, None),
        ),
    )


def compare(mine: SuiteResult, base: SuiteResult, name: str = "base") -> SuiteResult:
    """`mine`, with how many more bits per byte it needs than the base on the same documents.

    Raises:
        ValueError: they were measured on other documents.
    """
    more = more_of("bits_per_byte", beside(mine, base))
    bar = _bar(more, base.estimates["bits_per_byte"])
    return mine.with_comparison(name, {"bits_over_base": more}, [bar])


def _outcome(item: Document, cost: Figure, other: Figure) -> Outcome:
    size = len(item.text.encode("utf-8"))
    per_byte: Figure = figure(cost / size) if isinstance(cost, float) else cost
    saved = difference(other, cost)
    right = _possible(per_byte) and isinstance(saved, float) and saved > 0
    figures = {"bits_per_byte": per_byte, "saved_by_order": saved}
    return Outcome(item.id, item.id, item.kind, not right, figures)


def _possible(per_byte: Figure) -> bool:
    return isinstance(per_byte, float) and 0 < per_byte <= WHOLE


def _bar(more: Estimate | None, before: Estimate | None) -> Bar:
    limit = thresholds(NAME)["bits_over_base"].value
    met = None
    if more is not None and before is not None:
        known = isinstance(more.at_most, float) and isinstance(before.value, float)
        met = known and not more.few and more.at_most <= limit * before.value  # type: ignore[operator]
    rule = "upper bound of the rise, as a share of the base's bits per byte, at most {value}"
    return plain(NAME, "bits_over_base", rule, met)
