"""The keys of the generations' place, and its palette commands."""

from __future__ import annotations

from textual.binding import BindingType

from tear_tui.keys import key
from tear_tui.screens.base import Offer

KEYS: list[BindingType] = [
    key("generations.use", "enter", "use", "Make live", "This generation answers from now on",
        shown=True, display="⏎"),
    key("generations.compare", "c", "compare", "Compare",
        "Have it and the marked or the live one say something to the same words", shown=True),
    key("generations.blind", "b", "blind", "Blind",
        "The same without knowing which is which; what you choose is counted", shown=True),
    key("generations.back", "r", "roll_back", "Roll back", "What was live before answers again",
        shown=True),
    key("generations.parent", "u", "to_parent", "To its parent",
        "The parent of what is live answers"),
    key("generations.label", "l", "label", "Label", "Give it a name", shown=True),
    key("generations.pin", "p", "pin", "Pin", "Keep it from being deleted", shown=True),
    key("generations.unpin", "p", "unpin", "Unpin", "It may be deleted", shown=True),
    key("generations.mark", "space", "mark", "Mark", "Mark it, to compare another one with it"),
    key("generations.triples", "t", "triples", "Triples", "See all the triples it has seen"),
    key("generations.delete", "d,delete", "delete", "Delete",
        "Delete its files; its figures and what it saw stay", shown=True),
    key("generations.start", "f8", "start_engine", "Start engine", "Start the engine again",
        shown=True, display="F8"),
]  # fmt: skip

OFFERS: tuple[Offer, ...] = (
    ("generation: Make live", "This generation answers from now on", "use"),
    ("generation: Compare", "With the marked or the live one, on the same words", "compare"),
    ("generation: Blind", "Compare without knowing which is which", "blind"),
    ("generation: Roll back", "What was live before answers again", "roll_back"),
    ("generation: To its parent", "The parent of what is live answers", "to_parent"),
    ("generation: Label", "Give it a name", "label"),
    ("generation: Pin", "Keep it from being deleted", "pin"),
    ("generation: Unpin", "It may be deleted", "unpin"),
    ("generation: Mark", "Mark it, to compare another one with it", "mark"),
    ("generation: Triples", "See all the triples it has seen", "triples"),
    ("generation: Delete", "Delete its files; its figures and what it saw stay", "delete"),
    ("engine: Start", "Start the engine again", "start_engine"),
)

ROOMY = ("generations.pin", "generations.unpin", "generations.delete", "app.quit", "app.go")
"""Keys that stand in the footer only where there is room."""
