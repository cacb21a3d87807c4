"""The replay screen's keys, where each of them works, and its palette commands."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tear_tui.keys import key
from tear_tui.screens.base import Offer

KEYS: list[BindingType] = [
    key("replay.play", "space", "play", "Play", "Play from here", shown=True),
    key("replay.pause", "space", "pause", "Pause", "Stand still here", shown=True),
    key("replay.back", "left", "scrub(-1)", "Back", "A little back"),
    key("replay.on", "right", "scrub(1)", "On", "A little on"),
    key("replay.start", "home", "start", "Start", "To the beginning"),
    key("replay.end", "end", "end", "End", "To the end"),
    key("replay.event", "full_stop", "step(1)", "Event", "To the next event"),
    key("replay.event-back", "comma", "step(-1)", "Event back", "To the event before"),
    key("replay.turn", "right_square_bracket", "turn(1)", "Turn", "To the next turn", shown=True,
        display="] ["),
    key("replay.turn-back", "left_square_bracket", "turn(-1)", "Turn back",
        "To the beginning of this turn, then to the turn before"),
    key("replay.mark", "m", "mark(1)", "Mark", "To the next save or new generation"),
    key("replay.mark-back", "M", "mark(-1)", "Mark back", "To the save or generation before"),
    key("replay.jump", "g", "jump", "Turn…", "Go to a turn by its number"),
    key("replay.faster", "plus,equals_sign", "speed(1)", "Faster", "Twice as fast, up to 8×"),
    key("replay.slower", "minus", "speed(-1)", "Slower", "Half as fast, down to ½×"),
    key("replay.up", "up,k", "select(-1)", "Up", "The turn above on the screen"),
    key("replay.down", "down,j", "select(1)", "Down", "The turn below on the screen"),
    key("replay.page-up", "pageup", "scroll_pages(-1)", "Page up", "Scroll up"),
    key("replay.page-down", "pagedown", "scroll_pages(1)", "Page down", "Scroll down"),
    key("replay.compare", "c", "compare", "Then/now",
        "The recorded scene beside what a generation foresees today", shown=True),
    key("replay.compare-turn", "right_square_bracket", "compare_turn(1)", "Turn",
        "Compare the next turn", shown=True, display="] ["),
    key("replay.compare-turn-back", "left_square_bracket", "compare_turn(-1)", "Turn back",
        "Compare the turn before"),
    key("replay.older", "less_than_sign,left", "ask(-1)", "Generation", "Ask the generation before",
        shown=True, display="< >"),
    key("replay.newer", "greater_than_sign,right", "ask(1)", "Newer", "Ask the next generation"),
    key("replay.base", "b", "ask_named('base')", "Base", "Ask the base"),
    key("replay.live", "l", "ask_named('live')", "Live", "Ask the live generation"),
    key("replay.again", "r", "ask(0)", "Again", "Ask once more"),
    key("replay.open", "o", "open", "Open", "Open the conversation at this turn", shown=True),
    key("replay.fork", "f", "fork", "Fork",
        "A new session that begins with the turns up to this one"),
    key("replay.sessions", "s", "sessions", "Sessions", "Choose another session", shown=True),
    key("replay.engine", "f8", "start_engine", "Start engine", "Start the engine again",
        shown=True, display="F8"),
    Binding("ctrl+q", "app.quit", show=False),  # the footer has no room for it here
]  # fmt: skip

OFFERS: tuple[Offer, ...] = (
    ("replay: Play", "Play from here", "play"),
    ("replay: Pause", "Stand still here", "pause"),
    ("replay: Go to turn", "Go to a turn by its number", "jump"),
    ("replay: Then beside now", "The recorded scene beside what is foreseen today", "compare"),
    ("replay: Open", "Open the conversation at this turn", "open"),
    ("replay: Fork", "A new session that begins with the turns up to this one", "fork"),
    ("replay: Sessions", "Choose another session", "sessions"),
)

CHOOSE, FILM, BESIDE = "choose-session", "film", "then-now"
"""The views of the screen: the sessions, the film of one of them, then beside now."""

WHERE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("play", "pause", "scrub", "start", "end", "step", "turn", "mark", "jump", "speed",
         "select", "compare", "sessions"), (FILM,)
    ),
    **dict.fromkeys(("compare_turn", "ask", "ask_named"), (BESIDE,)),
    **dict.fromkeys(("open", "fork", "scroll_pages"), (FILM, BESIDE)),
}  # fmt: skip
"""In which views of the screen an action makes sense; others always do."""
