"""Ranking: one's own consequence among eight, by how much the response makes it likelier.

The other seven: what came of the other response to the same input, and what came of six other
inputs that read most like this one and landed the same. Each is scored by

    PMI = log p(c|x,r) - log p(c|x)

so that a consequence which is likely anyway gains nothing by it. Chance is 1/8; a tie is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tear_core.corpus.bag_of_words import words
from tear_core.evaluate import statistics
from tear_core.evaluate.awareness.items import Item, digest
from tear_core.evaluate.awareness.scores import nats
from tear_core.evaluate.cells import Cell, Score
from tear_core.evaluate.figures import Estimate, Figure, Unscored, to_json

STRANGERS = 6
CHANCE = 1 / (STRANGERS + 2)


@dataclass(frozen=True, slots=True)
class Question:
    """One response of an item, its own consequence first among the candidates.

    `candidates` are fewer than eight where too few others landed the same: unscored then.
    """

    item: str
    cluster: str
    said: Cell
    candidates: tuple[str, ...]

    @property
    def whole(self) -> bool:
        return len(self.candidates) == STRANGERS + 2

    def cells(self) -> list[Cell]:
        """Each candidate with the response, then each without it."""
        asked = self.candidates if self.whole else ()
        x, r, past = self.said.input, self.said.response, self.said.context
        given = [Cell(x, r, candidate, past) for candidate in asked]
        return given + [Cell(x, None, candidate, past) for candidate in asked]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A question answered: PMI of each candidate (its own first), and what became of it."""

    question: Question
    pmi: tuple[Figure, ...]
    likelihood: tuple[Figure, ...]

    @property
    def first(self) -> Figure:
        """1 if its own consequence has the highest PMI, alone."""
        return _first(self.pmi)

    @property
    def likeliest(self) -> Figure:
        """1 if its own consequence has the highest plain likelihood, alone."""
        return _first(self.likelihood)


@dataclass(frozen=True)
class Ranking:
    """Share of questions whose own consequence comes first: by PMI, and by plain likelihood."""

    first: Estimate
    likeliest: Estimate
    answers: tuple[Ranked, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "chance": CHANCE,
            "first": self.first.as_json(),
            "likeliest": self.likeliest.as_json(),
            "answers": [
                {
                    "item": answer.question.item,
                    "cluster": answer.question.cluster,
                    "first": to_json(answer.first),
                    "likeliest": to_json(answer.likeliest),
                    "pmi": [to_json(each) for each in answer.pmi],
                    "candidates_hash": digest(answer.question.candidates),
                }
                for answer in self.answers
            ],
        }


def questions(items: Sequence[Item], pool: Sequence[Item] = ()) -> list[Question]:
    """Two questions for each item; `pool` lends strangers beside the items themselves."""
    told = _told([*items, *pool])
    found = []
    for item in items:
        for side in (0, 1):
            own, other = item.consequences[side], item.consequences[1 - side]
            strangers = _nearest(item, side, told)
            found.append(
                Question(item.id, item.cluster, item.cell(side, side), (own, other, *strangers))
            )
    return found


def ranking_cells(asked: Sequence[Question]) -> list[Cell]:
    """All cells of these questions."""
    return [cell for question in asked for cell in question.cells()]


def rank(score: Score, asked: Sequence[Question], *, seed: int = 0) -> Ranking:
    """Answer the questions. Unscored ones are wrong."""
    found = iter(nats(score, ranking_cells(asked)))
    answers = []
    for question in asked:
        size = len(question.candidates) if question.whole else 0
        given = [next(found) for _ in range(size)]
        alone = [next(found) for _ in range(size)]
        pmi = statistics.differences(given, alone)
        answers.append(Ranked(question, tuple(pmi), tuple(given)))
    clusters = [answer.question.cluster for answer in answers]

    def share(values: list[Figure]) -> Estimate:
        return statistics.mean(values, clusters, missing=0.0, seed=seed)

    first = share([answer.first for answer in answers])
    return Ranking(first, share([answer.likeliest for answer in answers]), tuple(answers))


def _first(values: Sequence[Figure]) -> Figure:
    scored = [value for value in values if not isinstance(value, Unscored)]
    if not scored or len(scored) < len(values):
        return Unscored("a candidate is unscored, or there are too few")
    return float(all(scored[0] > other for other in scored[1:]))


@dataclass(frozen=True, slots=True)
class _Told:
    """A consequence of some input, for others to be confused with."""

    cluster: str
    landing: str
    said: frozenset[str]
    consequence: str


def _told(items: Sequence[Item]) -> list[_Told]:
    found = {}
    for item in items:
        for side in (0, 1):
            one = _Told(
                item.cluster, item.landings[side], words(item.input), item.consequences[side]
            )
            found[one.cluster, one.consequence] = one
    return [found[key] for key in sorted(found)]


def _nearest(item: Item, side: int, told: Sequence[_Told]) -> list[str]:
    """One consequence from each of the nearest inputs with this landing."""
    said = words(item.input)
    near: dict[str, tuple[float, str]] = {}
    for one in told:
        if one.cluster == item.cluster or one.landing != item.landings[side]:
            continue
        likeness = len(said & one.said) / max(1, len(said | one.said))
        if one.consequence not in item.consequences:
            near.setdefault(one.cluster, (-likeness, one.consequence))
    ordered = sorted(near.items(), key=lambda each: (each[1][0], each[0]))
    return list(dict.fromkeys(text for _, (_, text) in ordered))[:STRANGERS]
