"""What stands in a box is known at once, although it reaches the disk a little later; and two
copies of the app take no words from each other."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tear_core.store import StoreError, drafts, forgetting, open_store, sessions
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


class Copy:
    """A copy of the app, as far as its boxes go. `session` None: a conversation not yet begun."""

    def __init__(self, home: Path, session: str | None = None) -> None:
        self.store = open_store(home)
        self.autosave = Autosave(home)
        self.boxes = Boxes(ConversationLog(self.store, session), self.autosave)

    def types(self, text: str, box: str = "prompt") -> None:
        self.boxes.keep(box, text)
        assert self.autosave.flush()

    def opens(self, box: str = "prompt") -> str:
        return self.boxes.kept(box)

    def quits(self) -> None:
        self.autosave.close()

    def is_killed(self) -> None:
        """What the system does with the lock of a process that is gone."""
        self.autosave.flush()
        self.autosave.copy.let_go()


def test_two_copies_take_no_words_from_each_other(home: Path) -> None:
    one, two = Copy(home), Copy(home)
    one.types("from the first")
    assert two.opens() == "", "somebody is writing that elsewhere"
    two.types("from the second")
    one.types("from the first, and more")
    two.boxes.forget("prompt")  # it was sent
    assert two.autosave.flush()
    assert one.opens() == "from the first, and more"
    two.types("the next thing")
    one.quits()
    two.quits()
    again = Copy(home)
    assert again.opens() == "from the first, and more\n\nthe next thing"
    assert again.opens() == "from the first, and more\n\nthe next thing"
    again.boxes.forget("prompt")
    again.quits()
    assert Copy(home).opens() == "", "it was sent, and comes no second time"


def test_what_a_copy_that_was_killed_left_stands_in_the_next_one(home: Path) -> None:
    lost, lives = Copy(home), Copy(home)
    lost.types("half a thought")
    lives.types("something else")
    lost.is_killed()
    third = Copy(home)
    assert third.opens() == "half a thought"
    assert lives.opens() == "something else"
    third.types("a whole thought")
    assert Copy(home).opens() == ""
    with open_store(home) as store:
        assert sorted(drafts.owners(store, "prompt@new")) == sorted(
            [lives.autosave.copy.name, third.autosave.copy.name]
        )


def test_the_same_words_stand_there_once(home: Path) -> None:
    for copy in (Copy(home), Copy(home)):
        copy.types("the same")
        copy.is_killed()
    assert Copy(home).opens() == "the same"


def test_of_marks_the_newest_counts(home: Path) -> None:
    for landing in ("hurt", "healed"):
        copy = Copy(home)
        copy.types(landing, "landing:1")
        copy.is_killed()
    last = Copy(home)
    assert last.opens("landing:1") == "healed"
    last.types("", "landing:1")
    last.quits()
    assert Copy(home).opens("landing:1") == ""


def test_words_of_a_session_go_with_it_whoever_wrote_them(home: Path) -> None:
    with open_store(home) as store:
        session = sessions.create(store, "about pianos").id
    one, two = Copy(home, session), Copy(home, session)
    one.types("from the first")
    two.types("from the second")
    with open_store(home) as store:
        forgetting.delete(store, session, with_triples=False)
        assert drafts.load(store, f"prompt@{session}") is None


def test_who_has_nothing_to_keep_leaves_nothing_behind(home: Path) -> None:
    one = Copy(home)
    one.types("a word")
    assert len(list((home / "copies").iterdir())) == 1
    one.is_killed()
    (home / "copies" / "01ARZ3NDEKTSV4RRFFQ69G5FAV.lock").touch()  # of one that crashed
    two = Copy(home)
    assert two.opens() == "a word"
    two.quits()
    assert list((home / "copies").iterdir()) == []
    with open_store(home) as store:
        assert drafts.owners(store, "prompt@new") == [""]


def test_where_the_database_is_busy_the_words_are_shown_all_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = Copy(home)
    lost.types("half a thought")
    lost.is_killed()
    copy = Copy(home)

    def busy(*_: object, **__: object) -> None:
        raise StoreError("busy")

    monkeypatch.setattr("tear_tui.autosave.drafts.take", busy)
    assert copy.opens() == "half a thought"
    monkeypatch.undo()
    copy.types("")  # it was sent
    copy.quits()
    assert Copy(home).opens() == "", "and does not come back"


def test_where_nothing_can_be_locked_the_words_are_kept_all_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError("no locks on this file system")

    monkeypatch.setattr("tear_tui.copies.Copy.hold", no_locks)
    copy = Copy(home)
    copy.types("half a thought")
    copy.quits()
    assert Copy(home).opens() == "half a thought"
