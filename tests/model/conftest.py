from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tear_core.model.base import Base, Strategy
from tear_core.model.load import load_base
from tests.tiny import FAMILIES, save_tiny


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session", params=list(FAMILIES))
def family_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of each architecture, with room for the delimiters."""
    return save_tiny(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(params=["rows", "text"])
def strategy(request: pytest.FixtureRequest) -> Strategy:
    chosen: Strategy = request.param
    return chosen


@pytest.fixture
def family_base(family_folder: Path, strategy: Strategy) -> Base:
    return load_base(str(family_folder), delimiters=strategy)
