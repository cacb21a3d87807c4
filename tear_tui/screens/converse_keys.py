"""The keys of the converse screen that work wherever the cursor is."""

from __future__ import annotations

from textual.binding import BindingType

from tear_tui.keys import key

KEYS: list[BindingType] = [
    key("converse.take", "f2", "go_on", "Take", "Take the response", shown=True, display="F2"),
    key("converse.stop", "escape", "stop", "Stop", "Stop the model; what it wrote is kept",
        shown=True, display="esc"),
    key("converse.drop", "escape", "drop", "Drop", "Drop this turn; your words come back",
        shown=True, display="esc"),
    key("converse.back", "escape", "back", "Back", "Back to the composer",
        shown=True, display="esc"),
    key("converse.witness", "f4", "witness_latest", "What happened",
        "Write what happened after the latest turn", shown=True, display="F4"),
    key("converse.start", "f8", "start_engine", "Start engine", "Start the engine again",
        shown=True, display="F8"),
    key("converse.up", "alt+up,ctrl+up", "select(-1)", "Turns", "Go to the turn before",
        shown=True, display="alt+↑"),
    key("converse.down", "alt+down,ctrl+down", "select(1)", "Next turn", "Go to the next turn"),
    key("converse.follow", "ctrl+end", "follow", "To the end", "Follow the newest words"),
    key("converse.order", "ctrl+o", "order", "Order", "Where the scene of the next turn stands"),
    key("converse.blind", "f9", "blind", "Blind", "Veil predictions until yours is saved"),
    key("converse.new", "ctrl+n", "new", "New", "Begin a new conversation"),
]  # fmt: skip
