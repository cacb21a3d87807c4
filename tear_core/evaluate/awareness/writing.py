"""What `swap` needs of a model: a tree that writes scenes, and a base that reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from tear_core.evaluate.awareness.swap import Embed, Write
from tear_core.evaluate.cells import Cell
from tear_core.generate.sampling import Draw
from tear_core.generate.speaker import Speaker, TooLong, Wish
from tear_core.model.base import Base

if TYPE_CHECKING:
    from numpy.typing import NDArray


def writer(
    speaker: Speaker, draw: Draw, *, tokens: int = 80, give_way: Callable[[], None] = lambda: None
) -> Write:
    """Scenes of this speaker's tree. Draw 0 is greedy; the number of the others is their seed.

    `give_way` is called before each scene and each of its tokens. An input that is too long gives
    an empty scene.
    """

    def write(cell: Cell, number: int) -> str:
        wish = Wish(
            cell.input,
            context=cell.context,
            seed=number,
            draw=replace(draw, temperature=0.0) if number == 0 else draw,
            max_response_tokens=1,  # it is given
            max_scene_tokens=tokens,
            response=cell.response,
        )
        text = ""
        try:
            give_way()
            for told in speaker.speak(wish):
                give_way()
                if told["event"] == "scene":
                    text = str(told["text"])
        except TooLong:
            return ""
        return text

    return write


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
