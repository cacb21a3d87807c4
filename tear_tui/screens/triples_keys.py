"""The keys of the triples' place, and its palette commands."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tear_tui.keys import key
from tear_tui.screens.base import Offer

KEYS: list[BindingType] = [
    key("triples.accept", "a", "accept", "Accept", "Let it be learned", shown=True),
    key("triples.reject", "x", "reject", "Reject", "Set it aside, with a reason", shown=True),
    key("triples.edit", "e", "edit", "Edit", "Change its words, landing or notes", shown=True),
    key("triples.skip", "s", "step(1)", "Skip", "Leave it undecided and go on"),
    key("triples.retract", "t", "retract", "Take back",
        "Take it back, also when it was learned; says which generations have seen it"),
    key("triples.undo", "u", "undo", "Undo", "Undo the last decision, then the one before it",
        shown=True),
    key("triples.redo", "U", "redo", "Redo", "Do again what was undone last"),
    key("triples.healed", "alt+h", "land('healed')", "Healed", "Mark that it healed"),
    key("triples.neutral", "alt+n", "land('neutral')", "Neutral",
        "Mark that it made no difference"),
    key("triples.hurt", "alt+u", "land('hurt')", "Hurt", "Mark that it hurt"),
    key("triples.mark", "space", "mark", "Mark", "Mark it, to decide about several at once",
        shown=True, display="␣"),
    key("triples.mark_all", "m", "mark_all", "Mark all", "Mark everything in the list, or nothing"),
    key("triples.filter", "slash,f", "filter", "Filter", "Say which triples to show",
        shown=True, display="/"),
    key("triples.all", "backspace", "everything", "Everything", "Show every triple again"),
    key("triples.order", "o", "order", "Order",
        "Newest, oldest, most surprising first, by source"),
    key("triples.read", "enter", "read", "Read",
        "Give the triple the whole screen, or take it back", shown=True, display="⏎"),
    key("triples.past", "v", "past", "Versions",
        "What happened to it, with the words it had before"),
    key("triples.talk", "c", "converse", "Conversation", "Go to the turn that it was written in"),
    key("triples.replay", "r", "replay", "Replay", "See the session that it was written in again"),
    key("triples.copy", "y", "copy", "Copy", "Copy the triple"),
    key("triples.start", "f8", "start_engine", "Start engine", "Start the engine again"),
    # The numbers on top go elsewhere, and the footer has no room for these here.
    Binding("f5", "app.go", show=False),
    Binding("ctrl+q", "app.quit", show=False),
]  # fmt: skip

OFFERS: tuple[Offer, ...] = (
    ("triples: Accept", "Let the triple be learned, or all that are marked", "accept"),
    ("triples: Reject", "Set the triple aside with a reason, or all that are marked", "reject"),
    ("triples: Take back", "Take it back, also when it was learned", "retract"),
    ("triples: Edit", "Change its words, landing or notes", "edit"),
    ("triples: Undo", "Undo the last decision", "undo"),
    ("triples: Redo", "Do again what was undone last", "redo"),
    ("triples: Mark all", "Mark everything in the list, or nothing", "mark_all"),
    ("triples: Filter", "Say which triples to show", "filter"),
    ("triples: Everything", "Show every triple again", "everything"),
    ("triples: Order", "Newest, oldest, most surprising first, by source", "order"),
    ("triples: Versions", "What happened to it, with the words it had before", "past"),
    ("triples: Conversation", "Go to the turn that it was written in", "converse"),
    ("triples: Replay", "See the session that it was written in again", "replay"),
    ("triples: Copy", "Copy the triple", "copy"),
    ("engine: Start", "Start the engine again", "start_engine"),
)
