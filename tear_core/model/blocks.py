"""Attention in blocks: what a pack's tokens look at, and only that, is computed.

A pack's row is cut into blocks. A block looks at itself, causally, and at the whole of its path:
the spans of earlier blocks that come before it in its own sequence. Without shared prefixes every
path is empty and every block is a sequence. A dense mask says the same thing, and is what a model
gets that does not take attention from transformers' interface; but it costs the square of the row
where blocks cost the sum of their own squares.

On a GPU all blocks are one call of a kernel for sequences of different lengths. Its causal order
is aligned at the end of both, which is what a block and its path need.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from tear_core.model import rounded

varlen_attn: Callable[..., Any] | None
try:  # torch 2.10 and later
    from torch.nn.attention.varlen import varlen_attn
except ImportError:
    varlen_attn = None

NAME = "tear_blocks"
"""What the attention is called in a model's config: transformers' sdpa, unless there are blocks."""

Span = tuple[int, int]


@dataclass(frozen=True)
class Block:
    """Tokens `start` to `stop` of a row, and the spans before them on their path, in order."""

    start: int
    stop: int
    path: tuple[Span, ...] = ()

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def keys(self) -> tuple[Span, ...]:
        """All spans that it looks at."""
        return (*self.path, (self.start, self.stop))

    @cached_property
    def width(self) -> int:
        """How many tokens that is."""
        return sum(stop - start for start, stop in self.keys)

    @cached_property
    def runs(self) -> tuple[Span, ...]:
        """The same spans, those that lie side by side joined."""
        found: list[Span] = []
        for start, stop in self.keys:
            if found and found[-1][1] == start:
                start = found.pop()[0]
            found.append((start, stop))
        return tuple(found)

    def cut(self, rows: int) -> Iterator[Block]:
        """The same tokens in pieces of at most `rows`, each of which looks at those before it."""
        for start in range(self.start, self.stop, rows):
            path = (*self.path, (self.start, start)) if start > self.start else self.path
            yield Block(start, min(start + rows, self.stop), path)


@dataclass(frozen=True)
class Blocks:
    """The blocks of one row, in order and without gaps: together they are the row."""

    each: tuple[Block, ...]
    device: torch.device

    def mask(self) -> Tensor:
        """The same as a dense mask: [1, 1, L, L] bool, True where a row may look at a column."""
        size = self.each[-1].stop
        allowed = torch.zeros(size, size, dtype=torch.bool)
        for block in self.each:
            rows = allowed[block.start : block.stop]
            for start, stop in block.keys:
                rows[:, start:stop] = True
        return allowed.tril_()[None, None].to(self.device)

    @cached_property
    def corners(self) -> list[Tensor | None]:
        """The mask of each block that has a path: [len(block), keys] bool."""
        return [
            torch.ones(len(b), b.width, dtype=torch.bool, device=self.device).tril_(
                b.width - len(b)
            )
            if b.path
            else None
            for b in self.each
        ]

    @cached_property
    def in_one_call(self) -> bool:
        """Whether there is a kernel for all blocks at once here: Ampere or later, a late torch."""
        if self.device.type != "cuda" or not (_takes("window_size") and _takes("scale")):
            return False
        return torch.cuda.get_device_capability(self.device) >= (8, 0)

    @cached_property
    def lengths(self) -> tuple[Tensor, Tensor, int, int]:
        """Where the blocks' queries and keys begin and end, and how long the longest ones are."""
        queries, keys = [len(b) for b in self.each], [b.width for b in self.each]
        return self._ends(queries), self._ends(keys), max(queries), max(keys)

    @cached_property
    def pieces(self) -> tuple[Block, ...]:
        """The blocks as attention with rounded products takes them."""
        return tuple(piece for block in self.each for piece in block.cut(rounded.PIECE))

    @cached_property
    def short(self) -> bool:
        """Whether no block has more keys than that attention should have."""
        return max(block.width for block in self.each) <= rounded.LONGEST

    @cached_property
    def gathered(self) -> Tensor | None:
        """Columns of all blocks' keys, one block after the other; None if they are the row."""
        if not any(block.path for block in self.each):
            return None
        columns = [i for block in self.each for span in block.keys for i in range(*span)]
        return torch.tensor(columns).to(self.device, non_blocking=True)

    def _ends(self, lengths: Sequence[int]) -> Tensor:
        ends = torch.tensor([0, *lengths]).cumsum(0)
        return ends.to(torch.int32).to(self.device, non_blocking=True)


def _takes(argument: str) -> bool:
    """Whether torch's attention over sequences of different lengths is there and has this."""
    return varlen_attn is not None and argument in _arguments(varlen_attn)


@cache
def _arguments(function: Callable[..., Any]) -> frozenset[str]:
    return frozenset(inspect.signature(function).parameters)


def understood_by(network: Any) -> bool:
    """Whether this model takes its attention from transformers' interface, with all arguments."""
    return bool(getattr(network, "_supports_attention_backend", False))


def asking_for(blocks: Blocks) -> dict[str, Any]:
    """The arguments with which a decoder is told to look in these blocks.

    The mask has no size: an attention that has never heard of blocks fails on it. With no mask at
    all it would let every sequence look at the ones before it, and nobody would notice.
    """
    nothing = torch.ones(1, 1, 0, 0, dtype=torch.bool, device=blocks.device)
    return {"attention_mask": nothing, "blocks": blocks}


def attend(
    module: nn.Module,
    query: Tensor,  # [1, heads, L, d]
    key: Tensor,  # [1, kv heads, L, d]
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    dropout: float = 0.0,
    blocks: Blocks | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Attention as transformers asks for it: [1, L, heads, d], and no weights."""
    if blocks is None:
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, **others
        )
    if blocks.in_one_call and query.dtype in (torch.bfloat16, torch.float16):
        return _on_gpu(query, key, value, scaling, blocks), None
    in_bfloat16 = rounds_here(query.device)
    with torch.autocast(query.device.type, enabled=False):
        if in_bfloat16 and blocks.short and not dropout:
            scale = query.shape[-1] ** -0.5 if scaling is None else scaling
            q, k, v = (each.squeeze(0) for each in (query, key, value))
            return rounded.attend_rounded(q, k, v, scale, blocks.pieces)[None], None
        return _one_by_one(query, key, value, scaling, dropout, blocks), None


def rounds_here(device: torch.device) -> bool:
    """Whether products are to be bfloat16 on a CPU."""
    mixed = device.type == "cpu" and torch.is_autocast_enabled("cpu")
    return mixed and torch.get_autocast_dtype("cpu") == torch.bfloat16


def _one_by_one(
    query: Tensor, key: Tensor, value: Tensor, scale: float | None, dropout: float, blocks: Blocks
) -> Tensor:
    kind = query.dtype
    if query.device.type == "cpu":  # whose bfloat16 kernel takes twice as long
        query = query.float()
    key, value = key.to(query.dtype), value.to(query.dtype)  # autocast leaves them apart
    # split, not slices: the gradient of a slice is as long as the row
    sizes = [len(block) for block in blocks.each]
    found = [
        F.scaled_dot_product_attention(
            q,
            k if corner is None else _columns(key, block),
            v if corner is None else _columns(value, block),
            attn_mask=corner,
            dropout_p=dropout,
            is_causal=corner is None,
            scale=scale,
            enable_gqa=query.shape[1] != key.shape[1],
        )
        for block, corner, q, k, v in zip(
            blocks.each,
            blocks.corners,
            query.split(sizes, 2),
            key.split(sizes, 2),
            value.split(sizes, 2),
            strict=True,
        )
    ]
    return torch.cat(found, 2).transpose(1, 2).contiguous().to(kind)


def _columns(tensor: Tensor, block: Block) -> Tensor:
    return torch.cat([tensor[:, :, start:stop] for start, stop in block.keys], 2)


def _on_gpu(
    query: Tensor, key: Tensor, value: Tensor, scale: float | None, blocks: Blocks
) -> Tensor:
    """One kernel call: [T, heads, d] each, with what begins where."""
    assert varlen_attn is not None
    columns = blocks.gathered
    if columns is not None:
        key, value = key.index_select(2, columns), value.index_select(2, columns)
    groups = query.shape[1] // key.shape[1]
    more = {"enable_gqa": groups > 1} if _takes("enable_gqa") else {}
    if groups > 1 and not more:  # the kernel's first versions want as many heads everywhere
        key, value = (each.repeat_interleave(groups, 1) for each in (key, value))
    q, k, v = (each[0].transpose(0, 1) for each in (query, key, value))
    found = varlen_attn(q, k, v, *blocks.lengths, scale=scale, window_size=(-1, 0), **more)
    return found[None]


AttentionInterface.register(NAME, attend)
AttentionMaskInterface.register(NAME, sdpa_mask)
