"""Every test of the app: nothing moves, and nobody waits for a person's fingers to rest."""

from __future__ import annotations

import pytest

from tear_tui.screens import converse


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(converse, "QUIET", 0.05)
    monkeypatch.setattr(converse, "GRACE", 0.05)
