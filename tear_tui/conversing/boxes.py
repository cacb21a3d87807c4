"""What stands in the boxes of a conversation, kept between sessions under a slot for each."""

from __future__ import annotations

from tear_core.store.recall import Earlier
from tear_tui.autosave import Autosave
from tear_tui.conversing.conversation import ConversationLog
from tear_tui.conversing.recalling import Walk

MARKS = ("landing", "started")
"""Boxes that hold no words but a choice: of several the newest counts."""


class Boxes:
    """The texts somebody is still writing in one conversation."""

    def __init__(self, log: ConversationLog, autosave: Autosave) -> None:
        self._log, self._autosave = log, autosave
        self._walks: dict[str, Walk] = {}

    def slot(self, box: str) -> str:
        """The name under which a box of this conversation is kept."""
        return f"{box}@{self._log.session_id or 'new'}"

    def slots(self, box: str) -> tuple[str, ...]:
        """Every name under which something of a box is kept now."""
        return self.slot(box), self.slot(f"unsent:{box}")

    def kept(self, box: str) -> str:
        """What was left in a box, whether or not it has reached the disk yet.

        What other copies of the app left there that have ended follows each other.
        """
        between = None if box.partition(":")[0] in MARKS else "\n\n"
        return self._autosave.kept(self._log.store, self.slot(box), between)

    def keep(self, box: str, text: str) -> None:
        """Have the text of a box saved; returns at once."""
        self._autosave.put(self.slot(box), text, self._log.session_id)

    def forget(self, *boxes: str) -> None:
        """These boxes are done with."""
        for box in boxes:
            self.clear(box, self.slots(box))

    def clear(self, box: str, slots: tuple[str, ...]) -> None:
        """This box is done with, also where it was kept before the session had begun."""
        for slot in slots:
            self._autosave.put(slot, "")
        self._walks.pop(box, None)

    # --- something older stands in the box, and the unsent draft behind it

    def walk(self, box: str) -> Walk | None:
        """Where somebody stands in what was written before; after a crash, too."""
        if box not in self._walks and (draft := self.kept(f"unsent:{box}")):
            self._walks[box] = Walk([Earlier(self.kept(box), "")], draft, at=0)
        return self._walks.get(box)

    def stand(self, box: str, walk: Walk) -> None:
        """Somebody stands there now. The draft is on disk as long as something else is shown."""
        self._walks[box] = walk
        self.keep(f"unsent:{box}", walk.draft if walk.at >= 0 else "")

    def behind(self, box: str) -> str:
        """The unsent draft, while something older stands in the box."""
        walk = self.walk(box)
        return walk.draft if walk is not None and walk.at >= 0 else ""
