"""Every test has its own home, and nothing of the machine's own settings leaks in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:  # before anything brings torch in
    os.environ["OMP_NUM_THREADS"] = "1"

import pytest

from tear_core.store import Store, open_store


@pytest.fixture(autouse=True)
def _apart(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `TEAR_*` from outside, no user's config.toml, and no writing into the checkout."""
    for name in list(os.environ):
        if name.startswith("TEAR_"):
            monkeypatch.delenv(name)
    elsewhere = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(elsewhere / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(elsewhere / "data"))
    monkeypatch.setenv("TEAR_HOME", str(elsewhere / "home"))
    # The tiny models of the tests know no English: tests of the gate turn it on.
    monkeypatch.setenv("TEAR_GATE", "off")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home that `TEAR_HOME` names; the current folder is one with no settings in it."""
    folder = tmp_path / "home"
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.setenv("TEAR_HOME", str(folder))
    monkeypatch.chdir(here)
    return folder


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    """The database of `home`, open."""
    with open_store(home) as opened:
        yield opened
