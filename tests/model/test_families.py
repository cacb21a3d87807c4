"""Every supported architecture, with both ways of writing delimiters."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.nn import functional as F

from tear_core.model.adapters import adapter_shape, load_adapter, save_adapter
from tear_core.model.base import Base
from tear_core.model.load import load_base
from tear_core.model.packing import pack
from tear_core.model.scoring import token_nll
from tear_core.model.tree import LoraShape, Tree, grow, set_adapter
from tear_core.triples import Triple
from tests.tiny import save_tiny

SMALL = LoraShape(rank=4, alpha=8)
TRIPLES = [
    Triple("hello there", "I am here", "He walked home in the rain."),
    Triple("What?", "A reply.", "She closed the lid that evening and wept."),
]


def stirred(tree: Tree, seed: int = 1) -> Tree:
    """The tree with every adapter tensor moved, as if it had learned something."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in tree.adapter().values():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.05)
    return tree


def logits(tree: Tree, ids: list[int]) -> torch.Tensor:
    with torch.no_grad():
        out: torch.Tensor = tree.causal_lm(input_ids=torch.tensor([ids])).logits[0]
    return out


def test_the_score_of_a_token_is_cross_entropy_on_the_whole_models_logits(
    family_base: Base,
) -> None:
    tree = stirred(grow(family_base, SMALL))
    sequences = [family_base.format.training_tokens(triple) for triple in TRIPLES]
    (row,) = pack(sequences, 512)
    scores = token_nll(tree, row)
    for index, tokens in enumerate(sequences):
        every = F.cross_entropy(
            logits(tree, tokens.ids)[:-1], torch.tensor(tokens.ids[1:]), reduction="none"
        )
        expected = every[torch.tensor(tokens.sections[1:]) != 0]
        torch.testing.assert_close(scores[row.owners == index], expected, rtol=1e-5, atol=2e-5)


def test_a_new_tree_answers_exactly_as_the_base_and_shares_its_tensors(family_base: Base) -> None:
    tree = grow(family_base, SMALL)
    own = {id(parameter) for parameter in tree.adapter().values()}
    base = {id(parameter) for parameter in family_base.network.parameters()}
    inside = {id(parameter) for parameter in tree.causal_lm.parameters()}
    assert base <= inside, "a base tensor was copied"
    assert not own & base
    ids = family_base.format.encode("hello there")
    with torch.no_grad():
        plain = family_base.network(input_ids=torch.tensor([ids])).logits[0]
    words = len(family_base.tokenizer)  # the delimiters' own rows may start elsewhere
    assert torch.equal(logits(tree, ids)[:, :words], plain[:, :words])


def test_what_one_tree_learns_the_other_does_not_see(family_base: Base) -> None:
    live, learner = grow(family_base, SMALL), grow(family_base, SMALL)
    ids = family_base.format.prompt((), "hello")
    before = logits(live, ids)
    stirred(learner)
    assert torch.equal(logits(live, ids), before)
    assert not torch.equal(logits(learner, ids), before)
    set_adapter(live, learner.adapter())
    assert torch.equal(logits(live, ids), logits(learner, ids))


def test_a_saved_adapter_gives_the_same_logits_and_holds_no_embedding(
    family_base: Base, tmp_path: Path
) -> None:
    tree = stirred(grow(family_base, SMALL))
    save_adapter(tree, tmp_path)
    size = sum(file.stat().st_size for file in tmp_path.glob("*.safetensors"))
    floats = sum(parameter.numel() for parameter in tree.adapter().values())
    assert size < 4 * floats + 20_000
    assert adapter_shape(tmp_path) == SMALL
    again = grow(family_base, SMALL, seed=7)
    set_adapter(again, load_adapter(tmp_path))
    ids = family_base.format.prompt((), "hello")
    assert torch.equal(logits(again, ids), logits(tree, ids))


def test_peft_itself_loads_the_adapter_when_delimiters_are_text(
    family_folder: Path, tmp_path: Path
) -> None:
    from peft import PeftModel

    base = load_base(str(family_folder), delimiters="text")
    tree = stirred(grow(base, SMALL))
    save_adapter(tree, tmp_path)
    theirs = PeftModel.from_pretrained(load_base(str(family_folder)).network, tmp_path)
    ids = base.format.prompt((), "hello")
    with torch.no_grad():
        out = theirs(input_ids=torch.tensor([ids])).logits[0]
    torch.testing.assert_close(out, logits(tree, ids), rtol=1e-5, atol=1e-5)


def test_a_matrix_with_room_is_neither_shrunk_nor_grown(tmp_path: Path) -> None:
    roomy = load_base(str(save_tiny(tmp_path / "roomy", spare=32)))
    full = load_base(str(save_tiny(tmp_path / "full", spare=0)))
    rows = len(roomy.tokenizer) + 32
    assert roomy.network.get_input_embeddings().weight.shape[0] == rows
    assert full.network.get_input_embeddings().weight.shape[0] >= len(full.tokenizer) + 6


def test_the_vision_tower_of_an_image_text_model_is_left_out(tmp_path: Path) -> None:
    base = load_base(str(save_tiny(tmp_path, "ministral3")))
    names = [name for name, _ in base.network.named_parameters()]
    assert not [name for name in names if "vision" in name or "projector" in name]
