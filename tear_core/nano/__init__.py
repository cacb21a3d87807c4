"""The embedded model: its weights, its card, and the recipe that made it.

What lives here: `weights/` (the shipped model, loadable offline by `transformers`) and
the small files of the recipe (corpus, tokenizer, training loop, card). What may not:
anything the engine needs at run time. The engine reads `WEIGHTS` and nothing else, so
importing this package costs no torch.
"""

from __future__ import annotations

from pathlib import Path

WEIGHTS: Path = Path(__file__).parent / "weights"
"""The folder of the shipped model: config, tokenizer, safetensors, `tear.json` and the card."""
