"""The converse screen's keys that work wherever the cursor is, and its palette commands."""

from __future__ import annotations

from textual.binding import BindingType

from tear_tui.keys import key
from tear_tui.screens.base import Offer

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

OFFERS: tuple[Offer, ...] = (
    ("turn: Take", "This response is what is said", "take"),
    ("turn: Reroll", "Write another candidate; this one is kept", "reroll"),
    ("turn: Edit", "Change the response in your words", "edit"),
    ("turn: Beside", "An alternative beside it, with its own scene", "alternative"),
    ("turn: Stop", "Stop the model; what it wrote is kept", "stop"),
    ("turn: Drop", "Drop this turn; your words come back", "drop"),
    ("turn: What happened", "Write what happened after the latest turn", "witness_latest"),
    ("witness: Order", "Where the scene of the next turn stands", "order"),
    ("witness: Blind", "Veil predictions until yours is saved, or not", "blind"),
    ("conversation: New", "Begin a new conversation", "new"),
    ("conversation: Follow", "Follow the newest words", "follow"),
    ("engine: Start", "Start the engine again", "start_engine"),
)
