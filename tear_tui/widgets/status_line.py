"""One row: the model and its generation, what waits, how learning goes, how surprising it was."""

from __future__ import annotations

from tear_tui.conversing.status import Facts, status_line
from tear_tui.widgets.plain import Plain


class StatusLine(Plain):
    """The facts in one row. Its size never changes, so that nothing is laid out again for it."""

    def __init__(self) -> None:
        super().__init__(id="status")
        self._facts = Facts()
        self._said = ""

    def show_facts(self, facts: Facts) -> None:
        """Say the facts; draws only if the words are others than before."""
        self._facts = facts
        said = status_line(facts, self.size.width - 2)
        if said != self._said:
            self._said = said
            self.show(said, layout=False)

    def on_resize(self) -> None:
        self.show_facts(self._facts)
