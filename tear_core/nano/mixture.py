"""One endless stream of token rows out of many sources, at fixed shares, from a seed.

Sequences are laid end to end (each closes with the end-of-text mark) and cut into rows;
rows are shuffled within a window. A source is shuffled anew each time it has been read
through. Position `n` of the stream depends on nothing but the seed and the corpus:
resuming is counting.
"""

from __future__ import annotations

import heapq
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
    by_size: float = 0.0,
) -> Iterator[array[int]]:
    """Rows of `row_tokens` ids, for ever, the first `skip` left out; `by_size` as in `shares`.

    Raises:
        ValueError: no source with a share in this phase has any sequence.
    """
    wanted = shares(sizes_of(sequences), sources, phase, by_size)
    lines = _lines(sequences, wanted, f"{seed}:{phase}", row_tokens)
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
    # The source that has been given least of its share is next: exact shares, no luck.
    waiting = [(0.0, name) for name in wanted]
    buffer = array("H")
    while True:
        given, name = waiting[0]
        sequence = sequences[name][next(orders[name])]
        heapq.heapreplace(waiting, (given + len(sequence) / wanted[name], name))
        buffer.extend(sequence)
        start = 0
        while len(buffer) - start >= row_tokens:
            yield buffer[start : start + row_tokens]
            start += row_tokens
        del buffer[:start]


def sizes_of(sequences: Sequences) -> dict[str, int]:
    """Tokens by source."""
    return {name: sum(map(len, own)) for name, own in sequences.items()}


def shares(
    sizes: Mapping[str, int], sources: Mapping[str, Source], phase: Phase, by_size: float = 0.0
) -> dict[str, float]:
    """Share of each source, with `sizes` in tokens, in what a phase reads; they sum to 1.

    With `by_size` 0 it is the share its entry asks for, with 1 it goes by its number of
    tokens, between them it is the weighted geometric mean: a long run would otherwise read
    the smallest sources a hundred times.
    """
    found = {
        name: sources[name].share(phase) ** (1 - by_size) * size**by_size
        for name, size in sorted(sizes.items())
        if size and sources[name].share(phase) > 0
    }
    total = sum(found.values())
    if total <= 0:
        raise ValueError(f"no text to train on in the {phase} phase: are the folders right?")
    return {name: share / total for name, share in found.items()}


def _cycle(count: int, seed: str) -> Iterator[int]:
    rng = random.Random(seed)
    order = list(range(count))
    while True:
        rng.shuffle(order)
        yield from order
