"""What stands in a box is known at once, although it reaches the disk a little later."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tear_core.store import drafts, open_store
from tear_tui.autosave import Autosave
from tear_tui.conversing.boxes import Boxes
from tear_tui.conversing.conversation import ConversationLog


def test_a_box_that_was_just_emptied_is_empty_whatever_the_disk_still_says(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a scene that is opened again right after it was saved shows half of its old draft."""
    with open_store(home) as store:
        boxes = Boxes(ConversationLog(store), Autosave(home))
        drafts.save(store, boxes.slot("consequence:1"), "She pl")
        assert boxes.kept("consequence:1") == "She pl"
        held, at_disk = threading.Event(), threading.Event()
        real = drafts.save

        def slow(*args: object) -> None:
            at_disk.set()
            assert held.wait(30)
            real(*args)  # type: ignore[arg-type]

        monkeypatch.setattr("tear_tui.autosave.drafts.save", slow)
        boxes.forget("consequence:1")
        assert boxes.kept("consequence:1") == ""  # waiting to be written
        assert at_disk.wait(30)
        assert boxes.kept("consequence:1") == ""  # being written
        boxes.keep("consequence:1", "anew")
        assert boxes.kept("consequence:1") == "anew"
        held.set()
