"""How much memory this process holds for the model."""

from __future__ import annotations

import os
from pathlib import Path

import torch


def memory_held(device: torch.device) -> int:
    """Bytes: on a GPU what torch has taken of it, else what this process has in memory.

    0 where nobody can tell.
    """
    if device.type == "cuda":
        return int(torch.cuda.memory_reserved(device))
    return _resident()


def _resident() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return _highest_resident()


def _highest_resident() -> int:
    """The most it ever had: all that a system without /proc tells of itself."""
    import sys

    try:
        import resource
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
