"""Does a model's prediction of what happens depend on what was said? The measure, and companions.

    S_ab = log p(c_b | x, r_a)                      nats, words of the consequence only
    Δ    = S_11 - S_12 - S_21 + S_22                whatever is blind to the response cancels
    s    = 2σ(Δ/T) - 1 in [-1, 1]                   T >= 1 from other items, only ever cools
    CAS  = w·mean_T s + (1-w)·½(mean_R s + mean_W s)

T, R, W: what a frozen surface model (words, valence, length) finds a tie, gets right, gets wrong.
Chance and every reader that ignores the response are 0; the ceiling is 1. `docs/evaluation.md`.

    items:     load_items(path, ...) -> list[Item]       items.py; pairs of triples of one input
               sets_of(paths, ...) -> Sets               sets.py; train rows, calibration, items
    surface:   fit_surface(rows) -> Surface              surface.py; .stratum(item), .hash
    scores:    Score = Callable[[Sequence[Cell]], Sequence[float]]         evaluate/cells.py
               likelihood.scorer(tree) -> Score                            needs torch
               cells(items) -> list[Cell]                to score beforehand; see looked_up()
               calibrated(score, other_items) -> float                     the temperature
    measure(score, items, surface, temperature, *, length=word_count) -> Awareness
    compare(a: Awareness, b: Awareness) -> Comparison    paired, a - b, the same items and surface
    companions, each with .as_json():
        rank(score, questions(items)) -> Ranking         ranking.py; 8-way, PMI
        swap(write, embed, items) -> Swap                swap.py; scenes that are written
                                                         writing.py: scenes_of(tree), reader(base)
        paraphrase(score, load_paraphrases(path), temperature) -> Invariance   paraphrases.py
        talk_rate(texts, clusters) -> Estimate           talk.py; shown beside CAS, never for it

`Awareness.verdict` is "measured" or "insufficient"; the latter has passed nothing. Estimates pass
a bar only by `Estimate.shows_above(bar)` / `.shows_below(bar)`, which are False for what is
unscored or rests on fewer than 30 clusters. Nothing here but `writing.py` needs torch.
"""

from tear_core.evaluate.awareness.calibrating import best_of, calibrated
from tear_core.evaluate.awareness.comparing import Comparison, compare
from tear_core.evaluate.awareness.items import Item, Witness, items_of, load_items
from tear_core.evaluate.awareness.measuring import Awareness, measure
from tear_core.evaluate.awareness.paraphrases import Invariance, load_paraphrases, paraphrase
from tear_core.evaluate.awareness.ranking import Ranking, questions, rank, ranking_cells
from tear_core.evaluate.awareness.scores import ItemScore, cells
from tear_core.evaluate.awareness.sets import Sets, sets_of
from tear_core.evaluate.awareness.surface import Surface, fit_surface
from tear_core.evaluate.awareness.swap import Swap, swap
from tear_core.evaluate.awareness.talk import talk_rate, talks

__all__ = [
    "Awareness",
    "Comparison",
    "Invariance",
    "Item",
    "ItemScore",
    "Ranking",
    "Sets",
    "Surface",
    "Swap",
    "Witness",
    "best_of",
    "calibrated",
    "cells",
    "compare",
    "fit_surface",
    "items_of",
    "load_items",
    "load_paraphrases",
    "measure",
    "paraphrase",
    "questions",
    "rank",
    "ranking_cells",
    "sets_of",
    "swap",
    "talk_rate",
    "talks",
]
