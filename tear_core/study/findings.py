"""What the cells of a study come to: every arm's figures, and the arms beside each other.

Differences are paired: the same seed, the same items. Seeds are averaged item by item, and the
interval is a bootstrap over inputs; so it speaks of other held-out inputs, and the figures of
each seed beside it say how much hangs on the draw. Needs no torch.
"""

from __future__ import annotations

import statistics as plain
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tear_core.evaluate import statistics
from tear_core.evaluate.awareness.measuring import Awareness
from tear_core.evaluate.figures import Estimate, Figure, Unscored, no_estimate, to_json

Told = dict[str, Any]
Claim = Literal["measured", "suggestive", "against", "open"]
MEASURED_SEEDS = 3
"""Seeds that a claim about learning needs."""
SUBJECT = "adapter"
ORDER = ("base", "adapter", "lambda-0", "placebo")


@dataclass(frozen=True)
class Finished:
    """A cell that has been measured.

    Attributes:
        surprise: content hash of a held-out triple -> (its input's cluster, nats, tokens).
        awareness: None where the study has no pairs.
        parts: whatever else was measured, as it stands in the file.
    """

    arm: str
    seed: int
    lambda_: float | None
    surprise: Mapping[str, tuple[str, float, int]]
    awareness: Awareness | None
    learned: Mapping[str, Any]
    parts: Mapping[str, Any]

    @classmethod
    def of(cls, cell: Mapping[str, Any]) -> Finished:
        """A cell from its file.

        Raises:
            KeyError, ValueError: it is no cell's file.
        """
        known = ("arm", "seed", "lambda", "surprise", "awareness", "learned")
        measured = cell["awareness"]
        return cls(
            arm=cell["arm"],
            seed=int(cell["seed"]),
            lambda_=cell["lambda"],
            surprise={
                each["hash"]: (each["cluster"], float(each["nats"]), int(each["tokens"]))
                for each in cell["surprise"]["each"]
            },
            awareness=None if measured is None else Awareness.from_json(measured),
            learned=cell["learned"],
            parts={k: v for k, v in cell.items() if k not in known},
        )

    @property
    def nats_per_token(self) -> float:
        nats = sum(nats for _, nats, _ in self.surprise.values())
        return nats / max(1, sum(tokens for _, _, tokens in self.surprise.values()))


def summarize(cells: Sequence[Finished]) -> Told:
    """All arms, and `adapter` less each of the others. Nothing finished: empty lists."""
    arms = _by_arm(cells)
    subject = arms.get(SUBJECT)
    return {
        "arms": [_arm(name, found) for name, found in arms.items()],
        "differences": [
            _difference(subject, found)
            for name, found in arms.items()
            if subject is not None and name != SUBJECT
        ],
    }


def _by_arm(cells: Sequence[Finished]) -> dict[str, list[Finished]]:
    found: dict[str, list[Finished]] = {}
    for cell in sorted(cells, key=lambda c: (_place(c), c.lambda_ or 0.0, c.arm, c.seed)):
        found.setdefault(cell.arm, []).append(cell)
    return found


def _place(cell: Finished) -> int:
    return ORDER.index(cell.arm) if cell.arm in ORDER else len(ORDER)


def _arm(name: str, cells: Sequence[Finished]) -> Told:
    """One arm: each seed's figures, and their means."""
    surprises = [cell.nats_per_token for cell in cells]
    aware = [cell.awareness for cell in cells if cell.awareness is not None]
    return {
        "arm": name,
        "lambda": cells[0].lambda_,
        "seeds": [cell.seed for cell in cells],
        "surprise": {"mean": plain.fmean(surprises), "per_seed": surprises},
        "awareness": _awareness(aware) if aware else None,
        "learned": [dict(cell.learned) for cell in cells],
        "parts": [dict(cell.parts) for cell in cells],
    }


def _awareness(found: Sequence[Awareness]) -> Told:
    verdicts = {each.verdict for each in found}
    first = found[0]
    return {
        "verdict": "insufficient" if "insufficient" in verdicts else "measured",
        "why": sorted({reason for each in found for reason in each.why}),
        "cas": _seeds(found, lambda a: a.cas, [_s(a) for a in found], first),
        **{
            name: {"per_seed": [getattr(each, name).as_json() for each in found]}
            for name in ("cas_t", "cas_rw", "group", "bits", "own", "right")
        },
        "strata": {name: size.items for name, size in first.strata.items()},
    }


def _seeds(
    found: Sequence[Awareness],
    get: Callable[[Awareness], Estimate],
    values: Sequence[Sequence[Figure]],
    first: Awareness,
) -> Told:
    """An estimate over seeds (averaged item by item), and each seed's own."""
    return {
        **_combined(_averaged(values), first).as_json(),
        "per_seed": [get(each).as_json() for each in found],
    }


def _difference(subject: Sequence[Finished], other: Sequence[Finished]) -> Told:
    """`adapter` less another arm, seed by seed; the base stands beside every seed."""
    pairs = [(a, b) for a in subject for b in other if a.seed == b.seed or b.lambda_ is None]
    surprise = _surprise_difference(pairs)
    aware = _awareness_difference(pairs)
    return {
        "of": SUBJECT,
        "from": other[0].arm,
        "seeds": [a.seed for a, _ in pairs],
        "surprise": {**surprise, "claim": claim(surprise, better="below")},
        "cas": None if aware is None else {**aware, "claim": claim(aware, better="above")},
    }


def _surprise_difference(pairs: Sequence[tuple[Finished, Finished]]) -> Told:
    """Nats per token on held-out triples: the sum of differences by the sum of tokens."""
    if not pairs:
        return {**no_estimate("no seed was run in both arms").as_json(), "per_seed": []}
    names = sorted(pairs[0][0].surprise)
    tokens = [pairs[0][0].surprise[name][2] for name in names]
    mean_tokens = sum(tokens) / max(1, len(tokens))
    rows: list[list[Figure]] = [
        [(a.surprise[n][1] - b.surprise[n][1]) / mean_tokens for n in names] for a, b in pairs
    ]
    clusters = [pairs[0][0].surprise[name][0] for name in names]
    found = statistics.mean(_averaged(rows), clusters)
    per_seed = [a.nats_per_token - b.nats_per_token for a, b in pairs]
    return {**found.as_json(), "per_seed": per_seed}


def _awareness_difference(pairs: Sequence[tuple[Finished, Finished]]) -> Told | None:
    """CAS of one arm less CAS of the other on the same items; None where nothing was measured."""
    both = [(a.awareness, b.awareness) for a, b in pairs]
    measured = [(a, b) for a, b in both if a is not None and b is not None]
    if not measured:
        return None
    rows = [statistics.differences(_s(a), _s(b)) for a, b in measured]
    first = measured[0][0]
    return {
        **_combined(_averaged(rows), first).as_json(),
        "per_seed": [to_json(_combined(row, first).value) for row in rows],
    }


def _s(measured: Awareness) -> list[Figure]:
    return [item.s for item in measured.items]


def _combined(values: Sequence[Figure], like: Awareness) -> Estimate:
    """CAS of these item values, in the strata and with the weights of a measurement."""
    if not like.weights:
        return no_estimate("; ".join(like.why) or "no stratum is large enough")
    return statistics.combination(
        values,
        [item.cluster for item in like.items],
        [item.stratum for item in like.items],
        {str(name): weight for name, weight in like.weights.items()},
    )


def _averaged(rows: Sequence[Sequence[Figure]]) -> list[Figure]:
    """Item by item over seeds; an item unscored in one of them is unscored."""
    means: list[Figure] = []
    for column in zip(*rows, strict=True):
        numbers = [value for value in column if not isinstance(value, Unscored)]
        whole = len(numbers) == len(column)
        means.append(plain.fmean(numbers) if whole else Unscored("unscored for a seed"))
    return means


def claim(found: Mapping[str, Any], better: Literal["above", "below"]) -> Claim:
    """What may be said of a difference.

    "measured": the 95 % interval is on the better side of 0, and so is each of three seeds or
    more. "against": the interval is on the worse side. "suggestive": the estimate is on the
    better side, and no more. "open": everything else, and whatever has no figure.
    """
    value, low, high = (found[name] for name in ("value", "low", "high"))
    if not all(isinstance(each, float | int) for each in (value, low, high)):
        return "open"
    sign = 1 if better == "above" else -1
    nearest, farthest = sorted((sign * low, sign * high))
    seeds = [sign * each for each in found["per_seed"] if isinstance(each, float | int)]
    enough = len(seeds) >= MEASURED_SEEDS and not found.get("few_clusters", True)
    if nearest > 0 and enough and min(seeds) > 0:
        return "measured"
    if farthest < 0:
        return "against"
    return "suggestive" if sign * value > 0 else "open"
