"""One endless stream of token rows out of many sources, at fixed shares, from a seed.

Sequences are laid end to end (each closes with the end-of-text mark) and cut into rows;
rows are shuffled within a window. A source is shuffled anew each time it has been read
through. Position `n` of the stream depends on nothing but the seed and the corpus:
resuming is counting.
"""

from __future__ import annotations

import itertools
import random
from array import array
from collections.abc import Iterator, Mapping, Sequence

from tear_core.nano.sources import Phase, Source

Sequences = Mapping[str, Sequence["array[int]"]]
"""Token sequences by name of their source, each an `array("H")` of ids."""


WINDOW_ROWS = 512
"""Rows shuffled together. A long tale fills several rows in a line; unshuffled, a small
batch would be one tale, and its gradient that tale's."""


def rows(
    sequences: Sequences,
    sources: Mapping[str, Source],
    phase: Phase,
    seed: int,
    row_tokens: int,
    skip: int = 0,
) -> Iterator[array[int]]:
    """Rows of `row_tokens` ids, for ever, the first `skip` left out.

    Raises:
        ValueError: no source with a share in this phase has any sequence.
    """
    lines = _lines(sequences, _shares(sequences, sources, phase), f"{seed}:{phase}", row_tokens)
    for number in itertools.count():
        window = list(itertools.islice(lines, WINDOW_ROWS))
        random.Random(f"{seed}:{phase}:window {number}").shuffle(window)
        yield from window[skip:]
        skip = max(0, skip - WINDOW_ROWS)


def _lines(
    sequences: Sequences, wanted: Mapping[str, float], seed: str, row_tokens: int
) -> Iterator[array[int]]:
    """The sequences in the order of the mixture, end to end, cut into rows."""
    orders = {name: _cycle(len(sequences[name]), f"{seed}:{name}") for name in wanted}
    given = dict.fromkeys(wanted, 0)
    total = 0
    buffer = array("H")
    while True:
        # The source that lags most behind its share is next: exact shares, no luck.
        name = max(wanted, key=lambda name: wanted[name] * (total + 1) - given[name])
        sequence = sequences[name][next(orders[name])]
        given[name] += len(sequence)
        total += len(sequence)
        buffer.extend(sequence)
        start = 0
        while len(buffer) - start >= row_tokens:
            yield buffer[start : start + row_tokens]
            start += row_tokens
        del buffer[:start]


def _shares(sequences: Sequences, sources: Mapping[str, Source], phase: Phase) -> dict[str, float]:
    shares = {name: sources[name].share(phase) for name in sorted(sequences) if sequences[name]}
    total = sum(shares.values())
    if total <= 0:
        raise ValueError(f"no text to train on in the {phase} phase: are the folders right?")
    return {name: share / total for name, share in shares.items() if share > 0}


def _cycle(count: int, seed: str) -> Iterator[int]:
    rng = random.Random(seed)
    order = list(range(count))
    while True:
        rng.shuffle(order)
        yield from order
