"""A base model and the trees that grow on it: loading, LoRA, delimiter rows, per-token scores.

Here lives everything that knows what a transformer looks like inside. It knows nothing of
triples in a database, of optimizers, of sampling, or of processes.
"""

import logging
import os

# Nothing but us may write to the terminal of whoever loads a model, and nothing may call home.
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_UPDATE_CHECK", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
