"""Then beside now: two scenes for the same words, what differs between them, and both surprises."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll

from tear_tui.conversing.status import generation
from tear_tui.replays.comparing import Now, Then
from tear_tui.text.difference import Piece, difference, kept, signed
from tear_tui.widgets.plain import Part, Plain

STYLES = {"same": "", "then": "strike $text-error", "now": "underline $text-success"}


class ThenNow(VerticalScroll, inherit_bindings=False, can_focus=False):
    """Beside each other where the screen is wide, else below each other."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._words = Plain(classes="said")
        self._then = Plain(classes="scene")
        self._now = Plain(classes="scene")
        self._happened = Plain(classes="happened")
        self._sum = Plain(classes="sum")

    def compose(self) -> ComposeResult:
        yield self._words
        with Container(classes="scenes"):
            yield self._then
            yield self._now
        yield self._sum
        yield self._happened

    def show(self, then: Then, now: Now, live: int) -> None:
        """Show what was recorded, and what has been said now so far."""
        self._words.show(("model", "bold $text-accent"), f" · turn {then.turn}\n", then.words)
        done = not now.writing and not now.problem and then.scene is not None
        pieces = difference(then.scene or "", now.scene) if done else ()
        self._show_then(then, now, pieces)
        self._show_now(now, pieces, live)
        self._happened.display = then.authored is not None
        self._happened.frame("what happened")
        self._happened.show(then.authored or "")
        self._sum.show(*summary(then, now, pieces))

    def _show_then(self, then: Then, now: Now, pieces: tuple[Piece, ...]) -> None:
        self._then.frame(f"then · {generation(then.by)}", _then_surprise(then, now))
        if then.scene is None:
            self._then.show(("No scene was foreseen for these words.", "dim"))
        else:
            self._then.show(*(_side(pieces, "then") or [then.scene]))

    def _show_now(self, now: Now, pieces: tuple[Piece, ...], live: int) -> None:
        self._now.frame(f"now · {called(now, live)}", _now_surprise(now))
        if now.problem:
            self._now.show((now.problem, "bold $text-warning"))
        else:
            self._now.show(*(_side(pieces, "now") or [now.scene or "…"]))


def called(now: Now, live: int) -> str:
    """The generation that is asked, or that has answered, as it is called on the screen."""
    asked = now.by if now.by is not None else _number(now.asked, live)
    return generation(asked) + (", live" if now.asked == "live" else "")


def summary(then: Then, now: Now, pieces: tuple[Piece, ...]) -> list[Part]:
    """How much of the scene stayed, and whether what happened surprises it more or less."""
    parts: list[Part] = []
    if pieces:
        same, total = kept(pieces)
        parts.append(f"{same} of {total} words are the same. ")
        if same < total:
            parts += [("[-then-]", STYLES["then"]), " only then, "]
            parts += [("{+now+}", STYLES["now"]), " only now. "]
    before = now.surprise_then if then.surprise is None else then.surprise
    if before is not None and now.surprise is not None:
        change = now.surprise - before
        how = "as much as then" if abs(change) < 0.005 else ("more" if change > 0 else "less")
        by = "" if how == "as much as then" else f" by {abs(change):.2f} nats/token"
        parts.append(f"\nWhat happened surprises it {how}{by}.")
    return parts


def _side(pieces: tuple[Piece, ...], kind: str) -> list[Part]:
    """One of the two texts, with what stands only there marked by signs and style."""
    return [(signed(each), STYLES[each.kind]) for each in pieces if each.kind in ("same", kind)]


def _then_surprise(then: Then, now: Now) -> str:
    if then.surprise is None:
        measured = now.surprise_then
        return "" if measured is None else f"surprise {measured:.2f} (measured today)"
    by = "" if then.measured_by is None else f" ({generation(then.measured_by)})"
    return f"surprise {then.surprise:.2f}{by}"


def _now_surprise(now: Now) -> str:
    if now.writing:
        return "foreseeing…"
    return "" if now.surprise is None else f"surprise {now.surprise:.2f}"


def _number(asked: str, live: int) -> int:
    if asked == "live":
        return live
    return int(asked) if asked.isdigit() else 0
