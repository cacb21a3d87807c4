"""Byte-level BPE for nano: any text goes in, the same text comes out, nothing is unknown.

The six witness delimiters are not in this vocabulary. They are rows of the embedding
matrix beyond it, so no text anybody types can turn into one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from tear_core.nano.troubles import RecipeError
from tear_core.witness_format import DELIMITERS

EOS = "<|endoftext|>"
TOKENIZER_SIZE = 8064
"""Entries of the tokenizer: 256 bytes, the merges, and the end-of-text mark."""

VOCABULARY_ROWS = 8192
"""Rows of the embedding matrix: the tokenizer, six delimiters, and 122 spare rows."""

DELIMITER_IDS: dict[str, int] = {
    delimiter: TOKENIZER_SIZE + place for place, delimiter in enumerate(DELIMITERS)
}


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Learn merges from `texts`. Small corpora simply give fewer entries."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            # Digits stand alone, so that every number is spelled the same way.
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=TOKENIZER_SIZE,
        special_tokens=[EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of `folder`, set so that a typed end-of-text mark is ordinary text.

    Raises:
        RecipeError: it is not there, or is damaged.
    """
    path = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises no narrower one
        raise RecipeError(f"{path} cannot be read ({error}): put a whole copy there") from None
    tokenizer.encode_special_tokens = True
    return tokenizer


def eos_id(tokenizer: Tokenizer) -> int:
    """The id of the end-of-text mark."""
    number = tokenizer.token_to_id(EOS)
    if number is None:
        raise RecipeError(f"this tokenizer has no {EOS}: it is not one of nano's")
    return int(number)


def save_tokenizer(tokenizer: Tokenizer, folder: Path, context: int) -> None:
    """Write tokenizer.json and what `AutoTokenizer.from_pretrained` needs beside it."""
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": EOS,
        "pad_token": EOS,
        "model_max_length": context,
        "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
