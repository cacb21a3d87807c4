"""What stands in the boxes of a conversation, kept between sessions under a slot for each."""

from __future__ import annotations

from tear_core.store import drafts
from tear_tui.autosave import Autosave
from tear_tui.conversation import ConversationLog


class Boxes:
    """The texts somebody is still writing in one conversation."""

    def __init__(self, log: ConversationLog, autosave: Autosave) -> None:
        self._log, self._autosave = log, autosave

    def slot(self, box: str) -> str:
        """The name under which a box of this conversation is kept."""
        return f"{box}@{self._log.session_id or 'new'}"

    def kept(self, box: str) -> str:
        """What was left in a box, whether or not it has reached the disk yet."""
        unsaved = self._autosave.unsaved(self.slot(box))
        return drafts.load(self._log.store, self.slot(box)) or "" if unsaved is None else unsaved

    def keep(self, box: str, text: str) -> None:
        """Have the text of a box saved; returns at once."""
        self._autosave.put(self.slot(box), text, self._log.session_id)

    def forget(self, *boxes: str) -> None:
        """These boxes are done with."""
        for box in boxes:
            self.keep(box, "")
