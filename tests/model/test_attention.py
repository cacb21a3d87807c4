"""Attention from input to heads as one function: what each family's own layer computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)
from transformers.cache_utils import DynamicCache

from tear_core.model import attention, blocks, rounded
from tear_core.model.attention import quicken_attention
from tear_core.model.blocks import Blocks
from tear_core.model.lora import quicken_lora
from tests.model.test_blocks import TREE
from tests.tiny import GROUPED

CPU = torch.device("cpu")
SEVERAL = Blocks((blocks.Block(0, 3), blocks.Block(3, 11), blocks.Block(11, 20)), CPU)
KINDS: dict[str, Callable[[], Any]] = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(vocab_size=40, **GROUPED)),
    "qwen2, with a bias": lambda: Qwen2ForCausalLM(Qwen2Config(vocab_size=40, **GROUPED)),
    "qwen3, with norms": lambda: Qwen3ForCausalLM(
        Qwen3Config(vocab_size=40, head_dim=8, **GROUPED)
    ),
}


@pytest.fixture(params=list(KINDS))
def layer(request: pytest.FixtureRequest) -> Any:
    return layer_of(KINDS[request.param]())


def layer_of(network: Any, dropout: float = 0.0) -> Any:
    """Its first attention layer, quickened, with weights of which none is 0 or 1."""
    network.set_attn_implementation(blocks.NAME)
    targets = ["q_proj", "k_proj", "v_proj", "o_proj"]
    peft_model: Any = get_peft_model(
        network, LoraConfig(r=3, lora_alpha=6, lora_dropout=dropout, target_modules=targets)
    )
    quicken_lora(peft_model)
    quicken_attention(peft_model)
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in peft_model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return network.get_decoder().layers[0].self_attn


def given(length: int = 20, width: int = 32, head: int = 8) -> dict[str, Tensor | Any]:
    """Input and rotations as a decoder gives them; positions begin anew somewhere."""
    torch.manual_seed(0)
    positions = torch.cat((torch.arange(9), torch.arange(length - 9)))[:, None]
    angles = (positions / 10 ** (torch.arange(head // 2) / 2)).repeat(1, 2)[None]
    return {
        "hidden_states": torch.randn(1, length, width, requires_grad=True),
        "position_embeddings": (angles.cos(), angles.sin()),
        "attention_mask": torch.ones(1, 1, 0, 0, dtype=torch.bool),
    }


def slopes(layer: Any, forward: Callable[..., Any], **more: Any) -> list[Tensor]:
    """What comes out, and the slopes at the input and at each LoRA."""
    arguments = given() | more
    found, _ = forward(**arguments)
    learned = [p for p in layer.parameters() if p.requires_grad]
    toward = torch.linspace(-1, 1, found.numel()).view_as(found)
    wanted = [arguments["hidden_states"], *learned]
    return [found.detach(), *torch.autograd.grad((found * toward).sum(), wanted)]


def apart(found: Tensor, expected: Tensor) -> float:
    return float((found.float() - expected).norm() / expected.norm())


def own(layer: Any) -> Callable[..., Any]:
    """The layer's forward as its family has it."""
    return lambda **arguments: type(layer).forward(layer, **arguments)


@pytest.mark.parametrize("laid", [TREE, SEVERAL], ids=["tree", "several"])
def test_it_is_the_familys_own_layer_and_no_less_exact(layer: Any, laid: Blocks) -> None:
    exact = slopes(layer, own(layer), blocks=laid)
    with torch.autocast("cpu", torch.bfloat16):
        quick = slopes(layer, layer, blocks=Blocks(laid.each, CPU))
        plain = slopes(layer, own(layer), blocks=Blocks(laid.each, CPU))
    assert len(quick) == 2 + 8
    errors = [apart(*both) for both in zip(quick, exact, strict=True)]
    assert max(errors) < 0.02
    assert sum(errors) < 1.2 * sum(apart(*both) for both in zip(plain, exact, strict=True))
    assert all(each.dtype == torch.float32 for each in quick[1:])


def test_it_is_one_function(layer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would compare a layer with itself."""
    called = counted(monkeypatch)
    with torch.autocast("cpu", torch.bfloat16):
        slopes(layer, layer, blocks=SEVERAL)
    assert called == [20]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lengths of the rows that go through the one function from here on."""
    rows: list[int] = []
    apply = attention._Attention.apply

    def seen(x: Tensor, *others: Any) -> Any:
        rows.append(len(x))
        return apply(x, *others)

    monkeypatch.setattr(attention._Attention, "apply", seen)
    return rows


@pytest.mark.parametrize("why", ["float32", "no blocks", "cache", "dropout", "window", "long"])
def test_it_is_left_to_the_family_where_it_is_something_else(
    layer: Any, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = counted(monkeypatch)
    more: dict[str, Any] = {} if why in ("no blocks", "cache") else {"blocks": SEVERAL}
    if why == "no blocks":
        more["attention_mask"] = SEVERAL.mask()
    if why == "cache":
        more |= {"attention_mask": SEVERAL.mask(), "past_key_values": DynamicCache()}
    if why == "dropout":
        layer.train()
        layer.attention_dropout = 0.5
    if why == "window":
        layer.sliding_window = 4
    if why == "long":
        monkeypatch.setattr(rounded, "LONGEST", 5)
        more["blocks"] = Blocks(SEVERAL.each, CPU)
    with torch.autocast("cpu", torch.bfloat16, enabled=why != "float32"):
        torch.manual_seed(3)
        quick = slopes(layer, layer, **more)
        if why == "cache":
            more["past_key_values"] = DynamicCache()
        torch.manual_seed(3)
        plain = slopes(layer, own(layer), **more)
    assert called == []
    assert all(torch.equal(*both) for both in zip(quick, plain, strict=True))


def test_a_lora_that_is_not_plain_keeps_its_familys_layer() -> None:
    layer = layer_of(KINDS["llama"](), dropout=0.1)
    assert "forward" not in vars(layer)
