"""Opens a run: its corpus, and where it stands: at nothing, at given weights, or in its middle."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from transformers import Qwen3ForCausalLM

from tear_core.nano import checkpoint
from tear_core.nano.checkpoint import Progress
from tear_core.nano.model import shape_fields
from tear_core.nano.options import Options
from tear_core.nano.prepare import Prepared, digest, prepare
from tear_core.nano.schedule import Plan
from tear_core.nano.sources import Source
from tear_core.nano.start import adopt_tokenizer, begin_from, weights_digest
from tear_core.nano.token_files import read_tokens
from tear_core.nano.tokenizer import save_tokenizer

Log = Callable[[str], None]


def load_data(
    options: Options, sources: Mapping[str, Source], data: Prepared | None = None
) -> Prepared:
    """The corpus of the run, its tokenizer laid into the run's folder.

    Raises:
        SystemExit, RecipeError: there is nothing to read, or it cannot be read.
    """
    for given in (options.corpus, options.start):
        if given is not None:
            adopt_tokenizer(given, options.out)
    seed, context = options.seed, options.shape.context
    if data is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        if not (options.out / "tokenizer.json").exists():
            save_tokenizer(data.tokenizer, options.out, context)
        return data
    if options.corpus is not None:
        return read_tokens(options.corpus, seed, context)
    if options.text is None or options.triples is None:
        raise SystemExit("give --corpus, or both --text and --triples")
    return prepare(options.text, options.triples, options.out, seed, context, sources)


def begin_or_resume(
    options: Options,
    data: Prepared,
    model: Qwen3ForCausalLM,
    optimizers: dict[str, torch.optim.Optimizer],
    log: Log,
) -> Progress:
    """Where the run stands; model and optimisers are brought there.

    Raises:
        SystemExit: the folder holds a run with other data, settings or beginning.
    """
    identity = {
        "seed": options.seed,
        "batch_tokens": options.batch_tokens,
        "corpus": digest(data.train),
        "rate": options.rate,
        "turn": options.turn,
        "by_size": options.by_size,
        "start": weights_digest(options.start) if options.start else None,
        **shape_fields(options.shape),
    }
    progress = checkpoint.load_progress(options.out)
    if progress is None:
        plan = Plan() if options.steps is None else Plan.of_steps(options.steps, options.turn)
        if options.start is None:
            return Progress(identity, plan)
        log(f"starting from the weights of {options.start}")
        return Progress(identity, plan, earlier=begin_from(options.start, model))
    changed = [key for key, value in identity.items() if progress.identity.get(key) != value]
    if changed:
        raise SystemExit(
            f"{options.out} holds a run with another {', '.join(changed)}: "
            "repeat its command, or choose a new --out"
        )
    checkpoint.restore(options.out, model, optimizers)
    log(f"going on from step {progress.step}")
    return progress
