"""Writes the model folder from a run: `python -m tear_core.nano.export --run DIR --to DIR`.

Works while the run goes on: it reads the last checkpoint.
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from tear_core.nano import checkpoint
from tear_core.nano.model import Shape, export
from tear_core.nano.tokenizer import load_tokenizer
from tear_core.nano.troubles import in_a_sentence


def export_run(run: Path, folder: Path) -> None:
    """Export the last checkpoint of `run` into `folder`.

    Raises:
        SystemExit: `run` holds no checkpoint.
    """
    progress = checkpoint.load_progress(run)
    if progress is None:
        raise SystemExit(f"{run} holds no checkpoint yet")
    shape = Shape(**{field.name: progress.identity[field.name] for field in fields(Shape)})
    export(checkpoint.load_weights(run), shape, load_tokenizer(run), folder)


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(prog="python -m tear_core.nano.export", description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    given = parser.parse_args(arguments)
    with in_a_sentence():
        export_run(given.run, given.to)


if __name__ == "__main__":
    main()
