"""Several rendered sequences in one row, each blind to the others, what they share read once.

A pack is one row of ids with positions, and the blocks in which its tokens look at each other.
(Positions alone isolate sequences only when no mask and no cache is given; with a mask of ones
they are silently mixed. Blocks, and the dense mask that says the same, have no such trap.)

Sequences that begin alike (two responses to one input, several scenes after one response) are
laid out as a tree: the first one whole, of each further one only what comes after the shared
beginning. A shared token has one hidden state, and one loss, which counts for each sequence that
it belongs to: losses and gradients are those of the sequences one by one.

Source: tree attention over shared prefixes as in prefix sharing for DPO (arXiv 2410.20305),
generalised to prefixes of any length among any number of sequences.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tear_core.model.blocks import Block, Blocks, Span
from tear_core.witness_format import Section, Tokens

LEAST_SHARED = 8
"""Tokens that a sequence shares at least, or it is read whole: a branch costs a little too."""


@dataclass(frozen=True)
class Pack:
    """One row of packed sequences. L tokens, n supervised targets, m of them different.

    Attributes:
        ids: [1, L] long.
        positions: [1, L] long, of each token in its own sequence.
        blocks: which tokens look at which.
        rows: [m] long, the position whose hidden state predicts the target.
        targets: [m] long, the id to be predicted.
        counted: [n] long, which of the m each supervised token of each sequence is; None where
            it is all of them, each once.
        sections: [n] long, `Section.RESPONSE` or `Section.CONSEQUENCE`.
        owners: [n] long, the index of the sequence in the list that was packed.
    """

    ids: Tensor
    positions: Tensor
    blocks: Blocks
    rows: Tensor
    targets: Tensor
    counted: Tensor | None
    sections: Tensor
    owners: Tensor

    def __len__(self) -> int:
        return int(self.ids.shape[1])

    @property
    def mask(self) -> Tensor:
        """[1, 1, L, L] bool, True where a query (row) may look at a key (column)."""
        return self.blocks.mask()


@dataclass(frozen=True)
class Placed:
    """A sequence in a group, and how many of its first tokens the one before it has read."""

    index: int
    shared: int = 0


Group = list[Placed]
"""Sequences that belong into one pack, in the order in which they are laid out."""


def pack(
    sequences: Sequence[Tokens],
    capacity: int,
    device: torch.device | str = "cpu",
    *,
    share: bool = True,
    multiple: int = 1,
) -> list[Pack]:
    """Pack sequences into rows of at most `capacity` tokens, best fit for the longest first.

    With `share`, sequences that begin alike stay together and read their beginning once, as far
    as the capacity allows. A sequence longer than `capacity` has a row of its own. Rows are filled
    up to a `multiple` of tokens that nothing looks at. Deterministic.
    """
    groups = _alike(sequences, capacity) if share else [[Placed(i)] for i in range(len(sequences))]
    bins: list[Group] = []
    room: list[int] = []
    for need, group in sorted(
        ((_size(sequences, group), group) for group in groups),
        key=lambda each: (-each[0], each[1][0].index),
    ):
        fits = [b for b, left in enumerate(room) if left >= need]
        if fits:
            best = min(fits, key=lambda b: room[b])
            bins[best] += group
            room[best] -= need
        else:
            bins.append(list(group))
            room.append(max(0, capacity - need))
    return [_row(sequences, members, torch.device(device), multiple) for members in bins]


def _size(sequences: Sequence[Tokens], group: Group) -> int:
    return sum(len(sequences[each.index]) - each.shared for each in group)


def _alike(sequences: Sequence[Tokens], capacity: int) -> list[Group]:
    """Sequences in groups that begin alike and fit into a pack.

    In the order of their ids, a sequence shares more with the one before it than with any other
    that came before.
    """
    groups: list[Group] = []
    size = 0
    before: list[int] = []
    for index in sorted(range(len(sequences)), key=lambda i: (sequences[i].ids, i)):
        ids = sequences[index].ids
        shared = _shared(before, ids)
        if shared < LEAST_SHARED or size + len(ids) - shared > capacity:
            groups.append([])
            shared = size = 0
        groups[-1].append(Placed(index, shared))
        size += len(ids) - shared
        before = ids
    return groups


def _shared(one: list[int], other: list[int]) -> int:
    """How many first ids are the same."""
    most = min(len(one), len(other))
    return bisect_left(range(most), True, key=lambda at: one[: at + 1] != other[: at + 1])


class _Row:
    """A row under way: what has been laid out, and where the latest sequence lies in it."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.positions: list[int] = []
        self.blocks: list[Block] = []
        self.at: list[int] = []  # columns of the latest sequence's tokens
        self.path: list[Span] = []  # the same as spans

    def lay(self, ids: list[int], shared: int) -> None:
        """Lay out a sequence whose first `shared` ids are those of the latest one."""
        start = len(self.ids)
        stop = start + len(ids) - shared
        self.ids += ids[shared:]
        self.positions += range(shared, len(ids))
        self.path = _first(self.path, shared)
        self.at = [*self.at[:shared], *range(start, stop)]
        if stop > start:
            self.blocks.append(Block(start, stop, tuple(self.path)))
            self.path.append((start, stop))


def _first(path: list[Span], length: int) -> list[Span]:
    """The spans of the first `length` tokens of a path."""
    found: list[Span] = []
    for start, stop in path:
        if length <= 0:
            break
        found.append((start, min(stop, start + length)))
        length -= stop - start
    return found


def _row(sequences: Sequence[Tokens], members: Group, device: torch.device, multiple: int) -> Pack:
    row = _Row()
    different: dict[tuple[int, int], int] = {}  # (row, target) -> its number
    counted: list[int] = []
    sections: list[int] = []
    owners: list[int] = []
    for placed in members:
        tokens = sequences[placed.index]
        row.lay(tokens.ids, placed.shared)
        for at in range(1, len(tokens)):  # the first token has nothing before it to predict it
            if tokens.sections[at] != Section.GIVEN:
                target = (row.at[at - 1], tokens.ids[at])
                counted.append(different.setdefault(target, len(different)))
                sections.append(tokens.sections[at])
                owners.append(placed.index)
    row.lay([0] * (-len(row.ids) % multiple), 0)

    def tensor(values: Sequence[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.long, device=device)

    return Pack(
        ids=tensor(row.ids)[None],
        positions=tensor(row.positions)[None],
        blocks=Blocks(tuple(row.blocks), device),
        rows=tensor([at for at, _ in different]),
        targets=tensor([target for _, target in different]),
        counted=tensor(counted) if len(counted) > len(different) else None,
        sections=tensor(sections),
        owners=tensor(owners),
    )
