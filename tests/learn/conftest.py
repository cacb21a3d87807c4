from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tear_core.model.base import Base, Strategy
from tear_core.model.load import load_base
from tests.tiny import save_tiny


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(params=["rows", "text"])
def base(tiny_folder: Path, request: pytest.FixtureRequest) -> Base:
    """A tiny Qwen3, with each way of writing delimiters."""
    strategy: Strategy = request.param
    return load_base(str(tiny_folder), delimiters=strategy)


@pytest.fixture
def rows_base(tiny_folder: Path) -> Base:
    return load_base(str(tiny_folder))
