"""Which of the gate's items are among what a generation has learned: they would measure memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tear_core.corpus.generate.near import NearDuplicates
from tear_core.evaluate.awareness import Item
from tear_core.evaluate.awareness.items import cluster_of
from tear_core.evaluate.awareness.paraphrases import Paraphrased
from tear_core.evaluate.suites.catalogue import Material, prompts
from tear_core.triples import Triple

_GATE = "!"
"""Names of gate items come first in every order, so that they are found before anything else."""


def learned_items(
    taught: Sequence[Triple],
    items: Sequence[Item],
    paraphrased: Sequence[Paraphrased],
    suites: Mapping[str, Material],
) -> list[str]:
    """Ids of gate items with the same input as a triple, or nearly the words of one.

    `taught`: all triples that shaped the generation, whole lineage and replays.
    """
    said = {cluster_of(each.input, each.context) for each in taught}
    found = [name for name, cluster in _inputs(items, paraphrased, suites) if cluster in said]
    return list(dict.fromkeys([*found, *_nearly(taught, items)]))


def _inputs(
    items: Sequence[Item], paraphrased: Sequence[Paraphrased], suites: Mapping[str, Material]
) -> Iterator[tuple[str, str]]:
    for item in items:
        yield item.id, item.cluster
    for each in paraphrased:
        yield each.id, cluster_of(each.input)
    for material in suites.values():
        for prompt in prompts(material):
            yield prompt.id, cluster_of(prompt.input)


def _nearly(taught: Sequence[Triple], items: Sequence[Item]) -> list[str]:
    near = NearDuplicates()
    for item in items:
        for side, (response, scene) in enumerate(
            zip(item.responses, item.consequences, strict=True)
        ):
            near.add(f"{_GATE}{side}{item.id}", Triple(item.input, response, scene))
    found = []
    for number, triple in enumerate(taught):
        twin = near.add(str(number), triple) or ""
        if twin.startswith(_GATE):
            found.append(twin[2:])
    return found
