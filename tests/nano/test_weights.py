"""The model that ships loads anywhere, and nobody can type its delimiters."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM, AutoTokenizer

from tear_core.nano import WEIGHTS
from tear_core.nano.prepare import witness_format
from tear_core.nano.samples import draft_and_scene
from tear_core.nano.tokenizer import DELIMITER_IDS, TOKENIZER_SIZE, load_tokenizer
from tear_core.triples import Triple
from tear_core.witness_format import DELIMITERS

SPARE_ROWS_PROMISED = 64
MEGABYTES_PROMISED = 40


@pytest.fixture(scope="module")
def model() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        return AutoModelForCausalLM.from_pretrained(WEIGHTS, dtype=torch.float32)


def test_the_shipped_model_loads_offline_with_nothing_but_its_folder(model: Any) -> None:
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS)
    ids = tokenizer("Once upon a time", return_tensors="pt").input_ids
    assert torch.isfinite(model(ids).logits).all()
    assert model.config.max_position_embeddings >= 1024
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight


def test_the_shipped_folder_is_small_and_holds_no_pickle() -> None:
    files = [path for path in WEIGHTS.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MEGABYTES_PROMISED * 10**6
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".md"}


def test_the_vocabulary_has_rows_to_spare_beyond_the_delimiters(model: Any) -> None:
    about = json.loads((WEIGHTS / "tear.json").read_text())
    assert about["delimiters"] == DELIMITER_IDS
    assert about["context"] == model.config.max_position_embeddings
    last = max(about["delimiters"].values())
    assert model.config.vocab_size - 1 - last >= SPARE_ROWS_PROMISED


@pytest.mark.parametrize("text", [*DELIMITERS, "<|endoftext|>", "a <|witness|> b", "\x00\ud7ff🙂"])
def test_no_typed_text_can_become_a_delimiter_or_an_end(text: str) -> None:
    tokenizer = load_tokenizer(WEIGHTS)
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    assert max(ids) < TOKENIZER_SIZE and 0 not in ids
    assert tokenizer.decode(ids) == text
    assert max(AutoTokenizer.from_pretrained(WEIGHTS)(text).input_ids) < TOKENIZER_SIZE


def test_the_shipped_model_has_learned_the_witness_format(model: Any) -> None:
    form = witness_format(load_tokenizer(WEIGHTS))
    triple = Triple(
        "Sam forgot his lunch at home. Sam is hungry.",
        "Anna shares her sandwich with Sam.",
        "Sam is grateful and the two become friends.",
    )
    ids = torch.tensor([form.training_tokens(triple).ids])
    with torch.no_grad():
        losses = F.cross_entropy(model(ids).logits[0, :-1], ids[0, 1:], reduction="none")
    structure = ids[0, 1:] >= TOKENIZER_SIZE
    assert losses[~structure].mean() < 5.0  # nats; knowing nothing costs 9
    assert losses[structure].mean() < 2.0


def test_the_shipped_model_writes_a_draft_and_a_scene_the_same_for_the_same_seed(
    model: Any,
) -> None:
    tokenizer = load_tokenizer(WEIGHTS)
    text = "My friend is sad today."
    first = draft_and_scene(model, tokenizer, text, temperature=0.7, seed=1)
    assert all(first)
    assert first == draft_and_scene(model, tokenizer, text, temperature=0.7, seed=1)


def test_naming_the_folder_of_the_weights_costs_no_torch() -> None:
    code = "import sys, tear_core.nano as nano; nano.WEIGHTS; sys.exit('torch' in sys.modules)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
