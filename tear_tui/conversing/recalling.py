"""Walking through what was written before, with the unsent draft as the newest entry. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tear_core.store.recall import Earlier


@dataclass(frozen=True, slots=True)
class Walk:
    """Where somebody stands in a history.

    Attributes:
        entries: what was written before, newest first.
        draft: what stood in the box when the walk began.
        at: the entry in the box; -1 is the draft.
        changed: entries that were changed on the way, by where they stand.
        begun: the triple whose scene the draft was begun with, if it was with one.
    """

    entries: Sequence[Earlier]
    draft: str = ""
    at: int = -1
    changed: Mapping[int, str] = field(default_factory=dict)
    begun: str | None = None

    @property
    def text(self) -> str:
        """What stands in the box at this place."""
        return self.changed.get(self.at, self._written)

    @property
    def triple(self) -> str | None:
        """The triple whose scene stands in the box, or was there at first."""
        return self.begun if self.at < 0 else self.entries[self.at].triple

    def step(self, back: int, text: str) -> Walk:
        """So many entries further back (negative: towards the draft).

        `text` is what stands in the box now; if it was changed, it is kept at its place.
        """
        here = self.leave(text)
        return replace(here, at=min(max(self.at + back, -1), len(self.entries) - 1))

    def onward(self, text: str) -> Walk:
        """One entry further back; from the last one round to the draft."""
        here = self.leave(text)
        return replace(here, at=-1 if self.at + 1 >= len(self.entries) else self.at + 1)

    def leave(self, text: str) -> Walk:
        """The same place, with what stands in the box now kept."""
        if self.at < 0:
            return replace(self, draft=text)
        changed = {key: kept for key, kept in self.changed.items() if key != self.at}
        if text != self._written:
            changed[self.at] = text
        return replace(self, changed=changed)

    def unsent(self, text: str) -> list[str]:
        """Every text that was written and not used yet: the one in the box, the draft, others."""
        here = self.leave(text)
        texts = [here.changed.get(here.at, ""), here.draft, *here.changed.values()]
        return list(dict.fromkeys(each for each in texts if each.strip()))

    @property
    def _written(self) -> str:
        return self.draft if self.at < 0 else self.entries[self.at].text


def begin(
    found: Sequence[Earlier],
    at: int,
    before: Walk | None,
    text: str,
    begun: str | None = None,
) -> Walk:
    """A walk that stands on entry `at` of what was found; -1 is the draft.

    Args:
        before: the walk that was left for this one, if there was one.
        text: what stands in the box now.
        begun: the triple whose scene that was begun with.
    """
    if before is None or (before.at < 0 and not before.changed):
        return Walk(found, text, at, begun=begun)
    draft, *others = before.unsent(text) or [""]
    entries = [*(Earlier(each, "") for each in others), *found]
    return Walk(entries, draft, at + len(others) if at >= 0 else -1, begun=before.begun)
