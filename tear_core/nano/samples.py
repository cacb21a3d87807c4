"""Lets a model write: a draft response, and the scene that follows it, the scene reading the draft.

Small on purpose: the recipe must be able to show what it made without the engine.
"""

from __future__ import annotations

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import Qwen3ForCausalLM

from tear_core.nano.prepare import witness_format

RESPONSE_TOKENS = 96
SCENE_TOKENS = 96


@torch.no_grad()
def draft_and_scene(
    model: Qwen3ForCausalLM, tokenizer: Tokenizer, text: str, temperature: float, seed: int
) -> tuple[str, str]:
    """What the model answers to `text`, and what it foresees.

    Both are sampled from the whole distribution (no top-k, no top-p) at `temperature`.
    A text that does not end by itself is cut at its limit and closed. Only pieces of
    text and the section's closing delimiter can be drawn: no spare row, no end mark.
    """
    form = witness_format(tokenizer)
    generator = torch.Generator().manual_seed(seed)
    ids = form.prompt((), text)
    written: list[str] = []
    for name, limit in (("response", RESPONSE_TOKENS), ("witness", SCENE_TOKENS)):
        (end,) = form.close(name)
        allowed = [number for number in range(tokenizer.get_vocab_size()) if number != form.eos]
        choices = torch.tensor([*allowed, end])
        start, new, cache = len(ids), ids, None
        for _ in range(limit):
            output = model(torch.tensor([new]), past_key_values=cache, use_cache=True)
            cache = output.past_key_values
            place = _drawn(output.logits[0, -1, choices].float(), temperature, generator)
            token = int(choices[place])
            if token == end:
                break
            ids.append(token)
            new = [token]
        written.append(tokenizer.decode(ids[start:]).strip())
        ids += [end, *form.open("witness")]
    return written[0], written[1]


def _drawn(logits: Tensor, temperature: float, generator: torch.Generator) -> int:
    """Index into `logits` (choices,), drawn at `temperature`; the likeliest at 0."""
    if temperature == 0:
        return int(logits.argmax())
    chances = torch.softmax(logits / temperature, dim=-1)
    return int(torch.multinomial(chances, 1, generator=generator))
