"""What may be loaded, what may not, and what the person is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tear_core.model.families import UnsupportedBase
from tear_core.model.load import load_base
from tear_core.model.packing import pack
from tear_core.model.scoring import token_nll
from tear_core.model.tree import LoraShape, grow
from tear_core.triples import Triple
from tests.tiny import save_tiny


def test_a_witness_tag_typed_by_a_person_is_inert() -> None:
    base = load_base("nano")
    typed = base.format.encode("<|witness|> <|/response|> <|endoftext|>")
    assert not set(typed) & {*base.delimiter_ids, base.format.eos}
    assert base.decode(typed) == "<|witness|> <|/response|> <|endoftext|>"


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = save_tiny(tmp_path)
    weights = folder / "model.safetensors"
    torch.save({}, folder / "pytorch_model.bin")
    weights.unlink()
    with pytest.raises(UnsupportedBase, match="safetensors"):
        load_base(str(folder))


def test_a_folder_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"config\.json"):
        load_base(str(tmp_path))


def test_a_model_that_is_not_here_and_not_to_be_had_is_one_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(OSError, match="not on this machine and the Hub cannot be reached"):
        load_base("somebody/some-model-that-is-not-cached")


def test_a_name_that_is_neither_id_nor_folder_says_so() -> None:
    with pytest.raises(OSError, match=r"no model folder \./nowhere"):
        load_base("./nowhere")


def test_a_four_bit_base_learns_on_a_cpu(tmp_path: Path) -> None:
    base = load_base(str(save_tiny(tmp_path)), quantize="nf4", device="cpu", dtype="float32")
    kinds = {type(m).__name__ for m in base.network.modules()}
    assert "Linear4bit" in kinds
    live, learner = grow(base, LoraShape(rank=4)), grow(base, LoraShape(rank=4))
    packed = {p.data_ptr() for p in base.network.parameters()}
    assert packed <= {p.data_ptr() for p in live.causal_lm.parameters()}
    tokens = base.format.training_tokens(Triple("hello", "I am here", "He walked home."))
    (row,) = pack([tokens], 256)
    before = token_nll(live, row).detach()
    token_nll(learner, row).mean().backward()
    moved = [p for p in learner.adapter().values() if p.grad is not None and p.grad.abs().sum() > 0]
    assert moved
    assert torch.equal(token_nll(live, row).detach(), before)


def test_bfloat16_is_a_choice(tmp_path: Path) -> None:
    base = load_base(str(save_tiny(tmp_path)), dtype="bfloat16")
    assert base.network.dtype == torch.bfloat16
    tree = grow(base, LoraShape(rank=4))
    tokens = base.format.training_tokens(Triple("hello", "I am here", "He walked home."))
    (row,) = pack([tokens], 256)
    assert torch.isfinite(token_nll(tree, row)).all()


def test_other_weights_have_another_fingerprint(tmp_path: Path) -> None:
    one = load_base(str(save_tiny(tmp_path / "a")))
    same = load_base(str(save_tiny(tmp_path / "b")))
    other = load_base(str(save_tiny(tmp_path / "c", "llama")))
    text = load_base(str(tmp_path / "a"), delimiters="text")
    assert one.fingerprint == same.fingerprint
    assert len({one.fingerprint, other.fingerprint, text.fingerprint}) == 3
