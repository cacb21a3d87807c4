"""Paraphrases: the same thing in other words shall change nothing, another thing in nearly the same
words shall change everything.

A file of them has one item a line:

    {"id", "input", "response", "consequence", "other_response", "other_consequence",
     "paraphrases": [{"input", "response"} x 5],
     "reversing": {"response", "consequence"}}

`reversing` is a minimal edit of the response after which something else happens. A model that says
the same whatever it is given is as invariant as can be, and fails there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tear_core.corpus.import_jsonl import open_jsonl, parse_object, read_lines
from tear_core.corpus.records import BadRecord, text_of
from tear_core.evaluate import statistics
from tear_core.evaluate.awareness.items import cluster_of, digest
from tear_core.evaluate.awareness.scores import double_difference, nats, soft
from tear_core.evaluate.cells import Cell, Score
from tear_core.evaluate.figures import Estimate, Figure, Unscored, to_json

MARGIN = 0.1
"""An s above this is an answer; below it the model has none."""


@dataclass(frozen=True, slots=True)
class Paraphrased:
    """One item of a file of paraphrases."""

    id: str
    input: str
    responses: tuple[str, str]
    consequences: tuple[str, str]
    paraphrases: tuple[tuple[str, str], ...]
    reversing: tuple[str, str]

    def cells(self) -> list[Cell]:
        """Four for the item itself, four for each paraphrase, four for the reversing edit."""
        x, (mine, other) = self.input, self.responses
        turned, happened = self.reversing
        fours = [(x, mine, other, self.consequences)]
        fours += [(said, answer, other, self.consequences) for said, answer in self.paraphrases]
        fours += [(x, mine, turned, (self.consequences[0], happened))]
        return [Cell(x, r, c) for x, one, two, both in fours for r in (one, two) for c in both]

    @property
    def content_hash(self) -> str:
        return digest(
            [self.input, self.responses, self.consequences, self.paraphrases, self.reversing]
        )


@dataclass(frozen=True, slots=True)
class Held:
    """What became of one item.

    Attributes:
        s: of the item itself, then of each paraphrase.
        deltas: the same, in nats.
        flipped: 1 if each of response and edited response makes its own consequence the likelier.
    """

    id: str
    cluster: str
    s: tuple[Figure, ...]
    deltas: tuple[Figure, ...]
    flipped: Figure
    hash: str

    @property
    def answered(self) -> bool:
        """Whether the model is right on the original words."""
        return not isinstance(self.s[0], Unscored) and self.s[0] > MARGIN

    @property
    def kept(self) -> Figure:
        """Share of paraphrases on which it is still right."""
        if any(isinstance(each, Unscored) for each in self.s):
            return Unscored("a paraphrase is unscored")
        return sum(s > MARGIN for s in self.s[1:] if not isinstance(s, Unscored)) / len(self.s[1:])


@dataclass(frozen=True)
class Invariance:
    """How steady the model is under other words, and how it turns with another meaning.

    Attributes:
        right: share of items it answers rightly in the original words.
        kept: among those, share of paraphrases that keep the answer.
        flipped: share of items whose answer turns with the reversing edit. Blind: 0.
        icc: share of the variance of Δ that lies between items and not between wordings.
    """

    right: Estimate
    kept: Estimate
    flipped: Estimate
    icc: Figure
    items: tuple[Held, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "margin": MARGIN,
            "right": self.right.as_json(),
            "kept": self.kept.as_json(),
            "flipped": self.flipped.as_json(),
            "icc": to_json(self.icc),
            "items": [
                {
                    "id": each.id,
                    "cluster": each.cluster,
                    "s": [to_json(value) for value in each.s],
                    "deltas": [to_json(value) for value in each.deltas],
                    "flipped": to_json(each.flipped),
                    "hash": each.hash,
                }
                for each in self.items
            ],
        }


def load_paraphrases(path: Path) -> list[Paraphrased]:
    """The items of a file.

    Raises:
        OSError: it cannot be opened.
        ValueError: a line is no such item; says which and why.
    """
    found = []
    with open_jsonl(path) as lines:
        for number, raw in read_lines(lines):
            try:
                if isinstance(raw, str):
                    raise BadRecord(raw)
                found.append(_item(parse_object(raw)))
            except BadRecord as error:
                raise ValueError(f"{path}, line {number}: {error}") from None
    return found


def paraphrase(
    score: Score, items: Sequence[Paraphrased], temperature: float, *, seed: int = 0
) -> Invariance:
    """Score the items in all their wordings. Unscored ones are neither kept nor flipped."""
    asked = [item.cells() for item in items]
    found = iter(nats(score, [cell for cells in asked for cell in cells]))
    held = []
    for item, cells in zip(items, asked, strict=True):
        fours = [[next(found) for _ in range(4)] for _ in range(len(cells) // 4)]
        deltas = tuple(double_difference(four) for four in fours[:-1])
        soft_scores = tuple(soft(delta, temperature) for delta in deltas)
        cluster, flipped = cluster_of(item.input), _flipped(fours[-1])
        held.append(Held(item.id, cluster, soft_scores, deltas, flipped, item.content_hash))
    answered = [each for each in held if each.answered]

    def mean(values: list[Figure], of: list[Held]) -> Estimate:
        return statistics.mean(values, [each.cluster for each in of], missing=0.0, seed=seed)

    return Invariance(
        mean([float(each.answered) for each in held], held),
        mean([each.kept for each in answered], answered),
        mean([each.flipped for each in held], held),
        statistics.icc([each.deltas for each in held]),
        tuple(held),
    )


def _flipped(four: Sequence[Figure]) -> Figure:
    scored = [each for each in four if not isinstance(each, Unscored)]
    if len(scored) < 4:
        return Unscored("a cell is unscored")
    s11, s12, s21, s22 = scored
    return float(s11 > s12 and s22 > s21)


def _item(data: dict[str, Any]) -> Paraphrased:
    wordings, reversing = data.get("paraphrases"), data.get("reversing")
    if not isinstance(wordings, list) or not wordings:
        raise BadRecord("paraphrases is not a list with something in it")
    if not all(isinstance(each, dict) for each in (*wordings, reversing)):
        raise BadRecord("paraphrases and reversing are objects")
    assert isinstance(reversing, dict)
    return Paraphrased(
        text_of(data, "id"),
        text_of(data, "input"),
        (text_of(data, "response"), text_of(data, "other_response")),
        (text_of(data, "consequence"), text_of(data, "other_consequence")),
        tuple((text_of(each, "input"), text_of(each, "response")) for each in wordings),
        (text_of(reversing, "response"), text_of(reversing, "consequence")),
    )
