"""One token of a small model on one thread.

Such a step is two dozen products of a fraction of a millisecond, and threads that share one have
to be woken for each and waited for. That takes longer than it saves, and far longer where
something else wants the cores. A prompt is read on all threads: its products are large.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from tear_core.generate.projections import copies, weight_bytes
from tear_core.model.tree import Tree

SMALL = 48 << 20
"""Bytes of weights up to which one thread is as fast: nano has 26 MB, and at 43 MB two threads of
a machine with nothing else to do were as fast as one."""


def one_is_enough(tree: Tree) -> bool:
    """Whether one thread writes a token of this tree as fast as many."""
    on_cpu = tree.base.device.type == "cpu"
    return on_cpu and copies(tree) and weight_bytes(tree) <= SMALL


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, this thread of the process works alone; others keep the threads that they have.

    How many there are is a matter of each thread of the process (OpenMP's and MKL's own rule).
    torch gives a thread that has never asked the number that somebody set last: asking first, as
    here, settles it.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
