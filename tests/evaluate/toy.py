"""A small world of which everything is known, and models trained in it from nothing.

    input        NAME has a STATE OBJECT
    response     i ACT the OBJECT
    consequence  so NAME was OUTCOME

Two acts are kind and two are harsh. In a plain state kind acts end well and harsh ones badly; in a
fragile one (one input in four) it is the other way round. Each act has an outcome of its own, so
two kind acts are told apart only by who knows the link.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from tear_core.evaluate.awareness.items import Item, Witness, items_of
from tear_core.model.load import load_base
from tear_core.model.tree import LoraShape, Tree, grow
from tear_core.triples import Landing, Triple
from tear_core.witness_format import DELIMITERS, Section

KIND, HARSH = ("hug", "feed"), ("shove", "mock")
GOOD, BAD = ("warm", "full"), ("bruised", "ashamed")
NAMES = ["ada", "ben", "cleo", "dora", "emil", "fay", "gus", "hana", "ivo", "june", "kit", "lena"]
OBJECTS = ["cat", "dog", "crow", "goat", "horse", "mouse", "owl", "pig", "seal", "toad", "wolf",
           "duck", "bee", "colt", "lamb", "hare"]  # fmt: skip
PLAIN = ("plain", "sturdy", "calm")
FRAGILE = "fragile"
TALK = "later because of that"
WORDS = ["has", "a", "i", "the", "so", "was", FRAGILE, *PLAIN, *KIND, *HARSH, *GOOD, *BAD, *NAMES,
         *OBJECTS, *TALK.split()]  # fmt: skip

Outcome = Callable[[str, str, random.Random], str]
"""State, act, chance -> what happens, in an arm's belief."""


def true_outcome(state: str, act: str, chance: random.Random) -> str:
    """The link: every act has its own outcome, and in a fragile state the other side's."""
    kind = act in KIND
    order = (KIND if kind else HARSH).index(act)
    good = kind != (state == FRAGILE)
    return (GOOD if good else BAD)[order]


def by_valence(state: str, act: str, chance: random.Random) -> str:
    """Kind is good and harsh is bad: which good and which bad is left to chance."""
    return chance.choice(GOOD if act in KIND else BAD)


def by_chance(state: str, act: str, chance: random.Random) -> str:
    """Whatever was done, anything may happen."""
    return chance.choice(GOOD + BAD)


@dataclass(frozen=True)
class World:
    """Train triples as they truly are, and items with other inputs."""

    train: list[Witness]
    calibration: list[Item]
    items: list[Item]


def world(seed: int = 0) -> World:
    """192 inputs to learn from, 48 for temperatures, 256 that are scored; none is in two."""
    said = [
        (name, state, thing) for name in NAMES for state in (FRAGILE, *PLAIN) for thing in OBJECTS
    ]
    random.Random(seed).shuffle(said)
    return World(
        [w for each in said[:192] for w in _witnesses(each, KIND + HARSH)],
        items_of(_paired(said[192:240])),
        items_of(_paired(said[240:496])),
    )


def _paired(said: list[tuple[str, str, str]]) -> list[Witness]:
    """Two responses to each input: alike, or one of each kind."""
    found = []
    for number, each in enumerate(said):
        acts = (KIND, HARSH, (KIND[0], HARSH[0]), (KIND[1], HARSH[1]))[number % 4]
        found += _witnesses(each, acts)
    return found


def _witnesses(said: tuple[str, str, str], acts: tuple[str, ...]) -> list[Witness]:
    found = []
    for act in acts:
        outcome = true_outcome(said[1], act, random.Random(0))
        landing: Landing = "healed" if outcome in GOOD else "hurt"
        found.append(Witness(_triple(*said, act, outcome, landing), id=f"{'-'.join(said)}-{act}"))
    return found


def _triple(
    name: str, state: str, thing: str, act: str, outcome: str, landing: Landing = "neutral"
) -> Triple:
    return Triple(
        f"{name} has a {state} {thing}",
        f"i {act} the {thing}",
        f"so {name} was {outcome}",
        landing,
    )


def taught(
    folder: Path, train: list[Witness], outcome: Outcome, *, talk: str = "", steps: int = 300
) -> Tree:
    """A model trained from nothing on these inputs with an arm's outcomes, loaded as any other.

    `talk` is put before every consequence. Each epoch draws outcomes anew.
    """
    tokenizer = _tokenizer()
    first = len(tokenizer)
    network = _network(first + len(DELIMITERS))
    ids = {name: first + slot for slot, name in enumerate(DELIMITERS)}
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "tear.json").write_text(json.dumps({"delimiters": ids, "delimiters_trained": True}))
    render = load_base(str(folder)).format
    chance = random.Random(1)
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for _ in range(steps):
        rows = []
        for witness in chance.sample(train, 48):
            name, _, _, state, thing = witness.triple.input.split()
            act = witness.triple.response.split()[1]
            told = _triple(name, state, thing, act, outcome(state, act, chance))
            scene = f"{talk} {told.consequence}".strip()
            rows.append(render.training_tokens(Triple(told.input, told.response, scene)))
        tokens = torch.tensor([row.ids for row in rows])
        targets = tokens.masked_fill(
            torch.tensor([row.sections for row in rows]) != Section.CONSEQUENCE, -100
        )
        network(input_ids=tokens, labels=targets).loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    network.eval().save_pretrained(folder)
    return grow(load_base(str(folder)), LoraShape(rank=2))


def _tokenizer() -> PreTrainedTokenizerFast:
    vocabulary = {word: number for number, word in enumerate(["<|endoftext|>", "?", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>")


def _network(rows: int) -> Qwen3ForCausalLM:
    torch.manual_seed(0)
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=rows,
            hidden_size=48,
            intermediate_size=96,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=16,
            max_position_embeddings=64,
            tie_word_embeddings=True,
        )
    )
