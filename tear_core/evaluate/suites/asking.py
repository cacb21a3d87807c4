"""What the suites need of a tree: responses scored, prompts answered, divergence measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import torch

from tear_core.evaluate.answers import Answer, Prefer
from tear_core.evaluate.cells import Cell
from tear_core.evaluate.figures import Figure, Unscored, figure
from tear_core.evaluate.likelihood import Template, scorer
from tear_core.evaluate.suites.voices import Prompt, Written
from tear_core.evaluate.surprise import surprise
from tear_core.generate.sampling import Draw
from tear_core.generate.together import write_many
from tear_core.generate.wish import Wish
from tear_core.model.divergence import token_kl
from tear_core.model.packing import pack
from tear_core.model.tree import Tree
from tear_core.triples import Triple
from tear_core.witness_format import Section, TripleTooLong

GiveWay = Callable[[], None]
GREEDY = Draw(temperature=0.0, top_p=1.0, top_k=0, repetition_penalty=1.1)
"""The likeliest words, with the usual penalty: without it a small base loops on its own."""
RESPONSE_TOKENS, SCENE_TOKENS = 96, 96


def preferring(
    tree: Tree,
    template: Template | None = None,
    capacity: int = 1024,
    give_way: GiveWay = lambda: None,
) -> Prefer:
    """Mean log-probability of a response's tokens, its words only.

    `template` None: the witness format; else plain text, for a base that was never taught it.
    """
    if template is None:
        return lambda answers: _in_format(tree, answers, capacity, give_way)
    score = scorer(tree, template, capacity, give_way)

    def prefer(answers: Sequence[Answer]) -> list[float]:
        cells = [Cell(each.input, None, each.response, each.context) for each in answers]
        sizes = [len(tree.base.format.encode(each.response)) for each in answers]
        return [nats / max(1, size) for nats, size in zip(score(cells), sizes, strict=True)]

    return prefer


def _in_format(
    tree: Tree, answers: Sequence[Answer], capacity: int, give_way: GiveWay
) -> list[float]:
    found = [math.nan] * len(answers)
    fitting: list[tuple[int, Triple]] = []
    for number, answer in enumerate(answers):
        triple = _as_triple(answer)
        if triple is not None and _fits(tree, triple):
            fitting.append((number, triple))
    triples = [triple for _, triple in fitting]
    scores = surprise(tree, triples, Section.RESPONSE, capacity, give_way)
    for (number, _), score in zip(fitting, scores, strict=True):
        found[number] = -score.per_token if score.tokens else math.nan
    return found


def _as_triple(answer: Answer) -> Triple | None:
    """A response is scored before its scene is read, so any scene will do. None: no words."""
    if not answer.response.strip():
        return None
    return Triple(answer.input, answer.response, "-", context=answer.context)


def _fits(tree: Tree, triple: Triple) -> bool:
    try:
        tree.base.format.scored_tokens(triple, Section.RESPONSE, tree.base.context)
    except TripleTooLong:
        return False
    return True


def written_by(
    tree: Tree, prompts: Sequence[Prompt], give_way: GiveWay = lambda: None
) -> Iterator[tuple[Prompt, Written]]:
    """Answers and their scenes, greedily, as they are done. Too long a prompt: nothing."""
    wishes = [
        Wish(
            prompt.input,
            context=prompt.context,
            draw=GREEDY,
            max_response_tokens=RESPONSE_TOKENS,
            max_scene_tokens=SCENE_TOKENS,
        )
        for prompt in prompts
    ]
    for number, told in write_many(tree, wishes, give_way):
        if not told:
            yield prompts[number], Written("", "", False, 0)
            continue
        draft, scene = told["draft"], told["scene"]
        ended = draft["stopped"] == scene["stopped"] == "end"
        yield prompts[number], Written(draft["text"], scene["text"], ended, draft["tokens"])


@torch.no_grad()
def divergence(
    base: Tree, tree: Tree, answer: Answer, capacity: int = 1024, give_way: GiveWay = lambda: None
) -> Figure:
    """KL(base ‖ tree) in nats per token over the words of a response."""
    triple = _as_triple(answer)
    if triple is None or not _fits(tree, triple):
        return Unscored("no words, or longer than the model reads")
    give_way()
    tokens = tree.base.format.scored_tokens(triple, Section.RESPONSE, tree.base.context)
    (row,) = pack([tokens], capacity, tree.base.device)
    return figure(float(token_kl(base, tree, row).double().mean()))
