"""The converse screen's keys that work wherever the cursor is, and its palette commands."""

from __future__ import annotations

from textual.binding import BindingType

from tear_tui.keys import key
from tear_tui.screens.base import Offer

KEYS: list[BindingType] = [
    key("converse.take", "f2", "go_on", "Take", "Take the response", shown=True, display="F2"),
    key("converse.find_end", "escape", "find_end", "End search", "Look for nothing any more",
        shown=True, display="esc"),
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
    key("converse.sessions", "f6", "sessions", "Sessions",
        "The sessions beside this one: open, rename, fork, delete", shown=True, display="F6"),
    key("converse.find", "ctrl+f,f3", "find", "Find", "Find words in this conversation",
        shown=True, display="^f"),
    key("converse.recall", "ctrl+r", "recall", "Earlier words",
        "Search what you wrote before in this kind of box; ↑ walks",
        shown=True, display="^r"),
    key("converse.outside", "ctrl+g", "outside", "Editor",
        "Open what stands in the box in your own editor", shown=True, display="^g"),
    key("converse.unfold", "alt+x", "unfold", "Unfold", "Show the paste at the cursor in full",
        shown=True, display="alt+x"),
    key("converse.order", "ctrl+o", "order", "Order", "Where the scene of the next turn stands"),
    key("converse.blind", "f9", "blind", "Blind", "Veil predictions until yours is saved"),
    key("converse.new", "ctrl+n", "new", "New", "Begin a new conversation"),
]  # fmt: skip

ROOMY = frozenset({
    "turn.samples", "turn.copy", "turn.provenance", "turn.fork", "turn.replay",
    "turn.found_before", "composer.newline", "converse.sessions", "converse.find",
    "converse.recall", "converse.outside", "find.before", "sessions.replay",
})  # fmt: skip
"""Keys (ids) that stand in the footer only where there is room for them."""

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
    ("turn: Scenes", "Sample more scenes for these words, and see how far they lie apart",
     "samples"),
    ("turn: Provenance", "Where this response comes from, and how it was written", "provenance"),
    ("turn: Copy", "Copy this turn, or a part of it", "copy"),
    ("turn: Replay", "See it happen again from this turn on", "replay"),
    ("turn: Fork", "A new session that begins with the turns up to this one", "fork"),
    ("box: Earlier words", "Search what was written before in this kind of box", "recall"),
    ("box: Earlier scene", "An earlier scene of yours as a start", "earlier"),
    ("box: Editor", "Open what stands in the box in your own editor", "outside"),
    ("box: Unfold", "Show the paste at the cursor in full", "unfold"),
    ("conversation: Find", "Find words in this conversation", "find"),
    ("conversation: Sessions", "Open, rename, fork or delete sessions", "sessions"),
    ("conversation: New", "Begin a new conversation", "new"),
    ("conversation: Follow", "Follow the newest words", "follow"),
    ("engine: Start", "Start the engine again", "start_engine"),
)  # fmt: skip
