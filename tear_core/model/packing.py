"""Several rendered sequences in one row, each blind to the others.

A pack is one row of ids with positions that start again at each sequence and an explicit
block-causal mask. (Positions alone isolate sequences only when no mask and no cache is
given; with a mask of ones they are silently mixed. The explicit mask has no such trap and
runs on every backend.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tear_core.witness_format import Section, Tokens


@dataclass(frozen=True)
class Pack:
    """One row of packed sequences. L tokens, n supervised targets.

    Attributes:
        ids: [1, L] long.
        positions: [1, L] long, starting again at 0 for each sequence.
        mask: [1, 1, L, L] bool, True where a query (row) may look at a key (column).
        rows: [n] long, the position whose hidden state predicts the target.
        targets: [n] long, the id to be predicted.
        sections: [n] long, `Section.RESPONSE` or `Section.CONSEQUENCE`.
        owners: [n] long, the index of the sequence in the list that was packed.
    """

    ids: Tensor
    positions: Tensor
    mask: Tensor
    rows: Tensor
    targets: Tensor
    sections: Tensor
    owners: Tensor

    def __len__(self) -> int:
        return int(self.ids.shape[1])


def pack(
    sequences: Sequence[Tokens], capacity: int, device: torch.device | str = "cpu"
) -> list[Pack]:
    """Pack sequences into rows of at most `capacity` tokens, best fit for the longest first.

    A sequence longer than `capacity` has a row of its own. Deterministic.
    """
    bins: list[list[int]] = []
    room: list[int] = []
    for index in sorted(range(len(sequences)), key=lambda i: (-len(sequences[i]), i)):
        need = len(sequences[index])
        fits = [b for b, left in enumerate(room) if left >= need]
        if fits:
            best = min(fits, key=lambda b: room[b])
            bins[best].append(index)
            room[best] -= need
        else:
            bins.append([index])
            room.append(max(0, capacity - need))
    return [_row(sequences, members, device) for members in bins]


def _row(sequences: Sequence[Tokens], members: Sequence[int], device: torch.device | str) -> Pack:
    ids: list[int] = []
    positions: list[int] = []
    block: list[int] = []
    rows: list[int] = []
    targets: list[int] = []
    sections: list[int] = []
    owners: list[int] = []
    for number, member in enumerate(members):
        tokens = sequences[member]
        start = len(ids)
        ids += tokens.ids
        positions += range(len(tokens))
        block += [number] * len(tokens)
        for at in range(1, len(tokens)):  # the first token has nothing before it to predict it
            if tokens.sections[at] != Section.GIVEN:
                rows.append(start + at - 1)
                targets.append(tokens.ids[at])
                sections.append(tokens.sections[at])
                owners.append(member)

    def tensor(values: list[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.long, device=device)

    same = tensor(block)[:, None] == tensor(block)[None, :]
    causal = torch.ones(len(ids), len(ids), dtype=torch.bool, device=device).tril()
    return Pack(
        ids=tensor(ids)[None],
        positions=tensor(positions)[None],
        mask=(same & causal)[None, None],
        rows=tensor(rows),
        targets=tensor(targets),
        sections=tensor(sections),
        owners=tensor(owners),
    )
