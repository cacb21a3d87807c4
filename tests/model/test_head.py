"""How many positions have their logits at once: as many as suit the head and where it is."""

from __future__ import annotations

import torch

from tear_core.model.head import CHUNK, CHUNK_OF_SMALL, SMALL, chunk_for


def test_a_head_that_fits_into_the_cache_is_gone_through_more_often_than_a_large_one() -> None:
    width = 64
    small = torch.empty(SMALL // width, width, device="meta")
    assert chunk_for(torch.empty(8192, 256)) == CHUNK_OF_SMALL < CHUNK
    assert chunk_for(torch.empty(SMALL // width + 1, width)) == CHUNK
    assert chunk_for(small) == CHUNK  # elsewhere than on a CPU
