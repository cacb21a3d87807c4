"""Turns of one conversation, written by us and by others, to the same number of tokens.

Everybody has the same model with the same adapter, the same inputs and sampling, and goes on from
what it said itself. No end may be drawn, so that all write the same number of tokens. A turn is
a response and the scene after it.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from bases import as_base_name
from peft import LoraConfig, get_peft_model
from transformers.generation.streamers import BaseStreamer

from tear_core.generate.cache import ReadingCache
from tear_core.generate.llama import decoder_for
from tear_core.generate.own_reading import OwnReading
from tear_core.generate.plain_reading import PlainReading
from tear_core.generate.section import Vocabulary
from tear_core.generate.speaker import Speaker
from tear_core.generate.wish import Wish
from tear_core.model.families import lora_targets
from tear_core.model.load import load_base
from tear_core.model.tree import LoraShape, Tree, grow
from tear_core.triples import Exchange

INPUTS = (
    "My father forgot my birthday again, and I told everybody that it was fine.",
    "I have not opened the letter from the hospital. It has been on the table for three days.",
    "My sister asked me to be there when she tells them, and I said that I would see.",
    "They gave my desk to somebody else while I was on leave.",
    "I shouted at my son this morning, and he has not said a word since.",
)
SAMPLING = {"temperature": 0.8, "top_p": 0.95, "top_k": 0, "repetition_penalty": 1.1}


@dataclass
class Turn:
    """When things came, in seconds since the input was sent.

    Attributes:
        response, scene: when each token was there.
        read: tokens of the prompts that were read for it, all of them together.
        text: the response.
    """

    response: list[float] = field(default_factory=list)
    scene: list[float] = field(default_factory=list)
    read: int = 0
    text: str = ""


Talk = Callable[[tuple[Exchange, ...], str], Turn]


def a_tree(base: str, device: str) -> Tree:
    """The base with an adapter that has learned something: nobody is spared its products."""
    tree = grow(load_base(as_base_name(base), device=device), LoraShape())
    torch.manual_seed(0)
    with torch.no_grad():
        for name, tensor in tree.adapter().items():
            if "lora_B" in name:
                tensor.normal_(0, 0.002)
    return tree


class Endless(Vocabulary):
    """No section ends of itself."""

    def forbidden(self, name: str, first: bool) -> torch.Tensor:
        return super().forbidden(name, True)


def our_speaker(tree: Tree, how: str = "own") -> Speaker:
    """`how`: own, compiled, or plain: read by transformers, as before our own decoder."""
    decoder = None if how == "plain" else decoder_for(tree)
    reading = PlainReading(tree) if decoder is None else OwnReading(decoder, how == "compiled")
    speaker = Speaker(tree, ReadingCache(tree, reading))
    speaker._vocabulary = Endless(tree)
    return speaker


def ours(tree: Tree, tokens: int, how: str = "own") -> Talk:
    """The product's speaker: a draft, and its scene from the same cache."""
    speaker = our_speaker(tree, how)

    def talk(context: tuple[Exchange, ...], said: str) -> Turn:
        turn, began, times = Turn(), time.perf_counter(), []

        def seen() -> bool:  # asked before each token is drawn, when its logits are there
            times.append(time.perf_counter() - began)
            return False

        wish = Wish(said, context, seed=1, max_response_tokens=tokens, max_scene_tokens=tokens)
        for told in speaker.speak(wish, seen):
            if told["event"] in ("draft", "scene"):
                turn.read += told["prefill_tokens"]
            if told["event"] == "draft":
                turn.text, turn.response = told["text"], times[:]
        turn.scene = times[len(turn.response) :]
        return turn

    return talk


class _Clock(BaseStreamer):
    """Hears when a token is there."""

    def __init__(self, began: float) -> None:
        self.began, self.times = began, list[float]()
        self._prompt = True

    def put(self, value: Any) -> None:
        if not self._prompt:
            self.times.append(time.perf_counter() - self.began)
        self._prompt = False

    def end(self) -> None:
        pass


def stock(tree: Tree, merged: bool = False) -> Any:
    """The same weights and adapter as transformers and PEFT know them, or merged into one model."""
    network = copy.deepcopy(tree.base.network)
    shape = tree.shape
    config = LoraConfig(
        r=shape.rank,
        lora_alpha=int(shape.alpha),
        target_modules=lora_targets(network, shape.targets),
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(network, config).eval()
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if "lora_" in name:
                tensor.copy_(tree.adapter()[name])
    return model.merge_and_unload() if merged else model


def _generated(
    tree: Tree, model: Any, ids: list[int], tokens: int, began: float
) -> tuple[list[int], list[float]]:
    clock = _Clock(began)
    given = torch.tensor([ids], device=tree.base.device)
    out = model.generate(
        input_ids=given,
        attention_mask=torch.ones_like(given),
        max_new_tokens=tokens,
        do_sample=True,
        eos_token_id=None,
        pad_token_id=tree.base.format.eos,
        streamer=clock,
        **SAMPLING,
    )
    return out[0, len(ids) :].tolist(), clock.times


def two_calls(tree: Tree, tokens: int, merged: bool = False) -> Talk:
    """The upstream chat: `generate` for the response, and again, with all of it, for the scene."""
    fmt, model = tree.base.format, stock(tree, merged)

    def talk(context: tuple[Exchange, ...], said: str) -> Turn:
        turn, began = Turn(), time.perf_counter()
        ids = fmt.prompt(context, said)
        words, turn.response = _generated(tree, model, ids, tokens, began)
        again = [*ids, *words, *fmt.close("response"), *fmt.open("witness")]
        _, turn.scene = _generated(tree, model, again, tokens, began)
        turn.read, turn.text = len(ids) + len(again), tree.base.decode(words)
        return turn

    return talk


def one_call(tree: Tree, tokens: int) -> Talk:
    """Plain `generate`: as many tokens as a response and a scene, at one go."""
    fmt, model = tree.base.format, stock(tree)

    def talk(context: tuple[Exchange, ...], said: str) -> Turn:
        turn, began = Turn(), time.perf_counter()
        ids = fmt.prompt(context, said)
        words, times = _generated(tree, model, ids, 2 * tokens, began)
        turn.response, turn.scene = times[:tokens], times[tokens:]
        turn.read, turn.text = len(ids), tree.base.decode(words[:tokens])
        return turn

    return talk


def conversation(talk: Talk, turns: int) -> list[Turn]:
    """One conversation of so many turns; a response is part of what is read for the next."""
    context: tuple[Exchange, ...] = ()
    found = []
    for said in INPUTS[:turns]:
        found.append(talk(context, said))
        context = (*context, Exchange(said, found[-1].text))
    return found
