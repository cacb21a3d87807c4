"""What this machine could do at most, measured: what a benchmark's figures are held against."""

from __future__ import annotations

import time


def matmul_rate(device: str, threads: int) -> float:
    """Floating-point operations a second of one large product.

    bfloat16 of 8192 by 8192 on a GPU, float32 of 1024 by 1024 on a CPU; the fastest of twelve.
    """
    import torch

    torch.set_num_threads(threads)
    size, kind = (8192, torch.bfloat16) if device == "cuda" else (1024, torch.float32)
    one = torch.randn(size, size, dtype=kind, device=device)
    other = torch.empty_like(one)
    seconds = []
    for _ in range(12):
        began = time.perf_counter()
        torch.mm(one, one, out=other)
        if device == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - began)
    return 2 * size**3 / min(seconds)
