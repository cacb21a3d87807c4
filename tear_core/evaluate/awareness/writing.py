"""What `swap` needs of a model: a tree that writes scenes, and a base that reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from tear_core.evaluate.awareness.swap import Embed
from tear_core.evaluate.cells import Cell
from tear_core.generate.sampling import Draw
from tear_core.generate.together import write_many
from tear_core.generate.wish import Wish
from tear_core.model.base import Base
from tear_core.model.tree import Tree

if TYPE_CHECKING:
    from numpy.typing import NDArray


def scenes_of(
    tree: Tree,
    wanted: Sequence[tuple[Cell, int]],
    draw: Draw,
    *,
    tokens: int = 80,
    give_way: Callable[[], None] = lambda: None,
) -> Iterator[tuple[tuple[Cell, int], str]]:
    """A scene of this tree for each cell and number of a draw, as they are done.

    Draw 0 is greedy; the number of the others is their seed. `give_way` is called before each
    step. An input that is too long gives an empty scene.
    """
    wishes = [
        Wish(
            cell.input,
            context=cell.context,
            seed=number,
            draw=replace(draw, temperature=0.0) if number == 0 else draw,
            max_response_tokens=1,  # it is given
            max_scene_tokens=tokens,
            response=cell.response,
        )
        for cell, number in wanted
    ]
    for index, told in write_many(tree, wishes, give_way):
        yield wanted[index], str(told["scene"]["text"]) if told else ""


def reader(base: Base, give_way: Callable[[], None] = lambda: None) -> Embed:
    """Mean hidden state half way up the frozen base, for each text: no adapter, no delimiters.

    The first position is left out: it holds no meaning and the largest numbers.
    """

    @torch.no_grad()
    def embed(texts: Sequence[str]) -> NDArray[np.float64]:
        found = []
        for text in texts:
            give_way()
            start = base.format.eos if base.format.bos is None else base.format.bos
            ids = [start, *base.format.encode(text)][: base.context]
            out = base.network.get_decoder()(
                input_ids=torch.tensor([ids], device=base.device),
                use_cache=False,
                output_hidden_states=True,
            )
            states = out.hidden_states
            middle = states[len(states) // 2][0, 1:].float()  # [tokens, hidden]
            found.append(middle.mean(0).double().cpu().numpy())
        return np.stack(found) if found else np.zeros((0, 0))

    return embed
