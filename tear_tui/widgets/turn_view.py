"""One turn: what was said, what is or was answered, the scene foreseen and what happened."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from tear_core.turn import Turn
from tear_tui.choosing import Choice
from tear_tui.looks import Look, Writing, look
from tear_tui.veil import veil
from tear_tui.widgets.plain import Part, Plain

OPEN = ("sent", "drafted", "previewed")


class TurnView(Container):
    """A turn with its candidates; one widget for each text."""

    def __init__(self, number: int) -> None:
        super().__init__(id=f"turn-{number}", classes="turn")
        self.number = number
        self.you = Plain(classes="you")
        self._row = Container(classes="candidates")
        self._candidates = [CandidateView()]
        self._shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield self.you
        with self._row:
            yield from self._candidates

    def show(
        self,
        turn: Turn,
        choice: Choice | None = None,
        writing: Writing | None = None,
        first_draft: bool = False,
    ) -> None:
        """Bring the view up to date; costs nothing when nothing has changed."""
        state = (turn, choice, writing, first_draft)
        if state == self._shown:
            return
        if self._shown[:1] != (turn,):
            self.you.show(("you", "bold dim"), "\n", turn.input)
        self._shown = state
        taken = (turn.taken,) if turn.taken is not None else (0,)
        indices = choice.shown if choice is not None and turn.phase in OPEN else taken
        if len(indices) > len(self._candidates):
            self._candidates.append(CandidateView())
            self._row.mount(self._candidates[-1])
        self.set_class(len(indices) == 2, "-pair")
        for place, view in enumerate(self._candidates):
            view.display = place < len(indices)
        for view, index in zip(self._candidates, indices, strict=False):
            chosen = len(indices) == 1 or (choice is not None and choice.chosen == index)
            total = max(len(turn.candidates), index + 1)
            place_of = f"{index + 1} of {total}" if total > 1 and turn.phase in OPEN else ""
            view.set_class(chosen and len(indices) == 2, "-chosen")
            view.show(turn, look(turn, index, writing), place_of, chosen, first_draft)


class CandidateView(Container):
    """One response with its scene beside it (or below it, where the screen is narrow)."""

    def __init__(self) -> None:
        super().__init__(classes="candidate")
        self.said = Plain(classes="said")
        self.scene = Plain(classes="scene")
        self.happened = Plain(classes="happened")

    def compose(self) -> ComposeResult:
        yield self.said
        with Vertical(classes="witness"):
            yield self.scene
            yield self.happened

    def show(self, turn: Turn, seen: Look, place: str, chosen: bool, first_draft: bool) -> None:
        """Show what `seen` allows, and what has been authored."""
        self.said.show(*_said(seen, place, chosen and "-chosen" in self.classes, first_draft))
        self._show_scene(seen)
        self._show_happened(turn)

    def _show_scene(self, seen: Look) -> None:
        veiled = seen.scene_veiled is not None
        self.scene.display = veiled or bool(seen.scene) or seen.writing == "scene"
        self.scene.set_class(veiled, "-veiled")
        self.scene.frame(_scene_title(seen), _tokens(seen.scene_tokens))
        self.scene.show(veil(seen.scene_veiled or 0) if veiled else (seen.scene or "…"))

    def _show_happened(self, turn: Turn) -> None:
        self.happened.display = turn.consequence is not None
        if turn.consequence is None:
            return
        title = f"what happened · {turn.landing}"
        if turn.retracted:
            title += " · retracted"
        elif turn.learned_in is not None:
            title += f" → generation {turn.learned_in}"
        surprise = "" if turn.surprise is None else f"surprise {turn.surprise:.2f} nats/token"
        self.happened.frame(title, surprise)
        self.happened.show(turn.consequence)


def _said(seen: Look, place: str, marked: bool, first_draft: bool) -> list[Part]:
    """The label of a response and its words, or the veil over them."""
    label: list[Part] = [("▸ " if marked else "", "bold $text-accent")]
    label.append((_speaker(seen), "bold $text-accent"))
    notes = [place, _note(seen, first_draft)]
    label.append(("".join(f" · {note}" for note in notes if note), "dim"))
    if first_draft and seen.first_draft is not None:
        return [*label, "\n", (seen.first_draft, "italic")]
    if seen.said is not None:
        return [*label, "\n", seen.said]
    return [*label, "\n", (veil(seen.veiled or 0), "dim")]


def _speaker(seen: Look) -> str:
    if seen.edited:
        return "your words"
    if seen.generation is None:
        return "model"
    return f"model · generation {seen.generation}" if seen.generation else "model · base"


def _note(seen: Look, first_draft: bool) -> str:
    notes = {
        "waiting": "gathering its words…",
        "draft": f"draft held back, {_tokens(seen.veiled or 0)}",
        "scene": "foreseeing before it speaks",
        "response": "speaking…",
    }
    if seen.writing is not None:
        return notes[seen.writing]
    if first_draft and seen.first_draft is not None:
        return "its first draft"
    if seen.said is None:
        return "has not answered"
    return "cut short" if seen.stopped else ""


def _scene_title(seen: Look) -> str:
    if seen.scene_veiled is not None:
        return "scene foreseen · veiled until you save"
    return "foreseeing…" if seen.writing == "scene" else "scene foreseen"


def _tokens(number: int) -> str:
    return "1 token" if number == 1 else f"{number} tokens"
