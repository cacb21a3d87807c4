"""One turn: what was said, what is or was answered, the scene foreseen and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textual.app import ComposeResult

from tear_core.turn import Turn
from tear_tui.conversing import finding
from tear_tui.conversing.choosing import Choice
from tear_tui.conversing.looks import Look, Writing, look
from tear_tui.conversing.veil import veil
from tear_tui.text.excerpt import excerpt
from tear_tui.text.marks import Mark, labels, marks
from tear_tui.text.safe_text import safe_text
from tear_tui.widgets.plain import Part, Plain
from tear_tui.widgets.settled import Box
from tear_tui.widgets.spans import Span, spanned

OPEN = ("sent", "drafted", "previewed")


@dataclass(frozen=True, slots=True)
class Aids:
    """What helps to read a turn: words that are looked for, and the place that is looked at.

    `marks`: what the anti-judge finds in a response is underlined, and named below it.
    """

    words: str = ""
    here: finding.Place | None = None
    marks: bool = False

    def of(self, number: int) -> Aids:
        """What of this concerns one turn."""
        mine = self.here if self.here is not None and self.here.turn == number else None
        return Aids(self.words, mine, self.marks)


NO_AIDS = Aids()


class TurnView(Box):
    """A turn with its candidates; one widget for each text."""

    def __init__(self, number: int) -> None:
        super().__init__(classes="turn")  # no id: of two conversations both may be there
        self.number = number
        self.you = Plain(classes="you")
        self._row = Box(classes="candidates")
        self._candidates = [CandidateView()]
        self._shown: tuple[Any, ...] = ()

    def compose(self) -> ComposeResult:
        yield self.you
        with self._row:
            yield from self._candidates

    @property
    def drawn(self) -> bool:
        """Whether it has been laid out, with all that stands in it."""
        return bool(self._candidates[0].said.outer_size)

    def show(
        self,
        turn: Turn,
        choice: Choice | None = None,
        writing: Writing | None = None,
        first_draft: bool = False,
        aids: Aids = NO_AIDS,
    ) -> None:
        """Bring the view up to date; costs nothing when nothing has changed."""
        aids = aids.of(turn.number)
        state = (turn, aids, choice, writing, first_draft)
        if state == self._shown:
            return
        if self._shown[:2] != (turn, aids):
            self.you.show(("you", "bold dim"), "\n", *readable(turn.input, "input", aids))
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
            seen = look(turn, index, writing)
            view.show(turn, seen, place_of, chosen, first_draft, aids)

    def where(self, place: finding.Place) -> tuple[Plain, int]:
        """The widget that shows a place in this turn, and the row in it on which it stands."""
        turn: Turn = self._shown[0]
        choice: Choice = self._shown[2] or Choice()
        candidate = self._candidates[choice.side if choice.right is not None else 0]
        widgets = {
            "input": self.you,
            "words": candidate.said,
            "scene": candidate.scene,
            "consequence": candidate.happened,
        }
        widget = widgets[place.part]
        text = finding.text_of(turn, place.part, choice.chosen)
        shown = excerpt(text, place.start)
        before = f"{shown.before}\n" if shown.before else ""
        label = 1 if place.part in ("input", "words") else 0
        rows = widget.rows_of(before + text[shown.start : place.start] + "x")
        return widget, label + rows - 1


class CandidateView(Box):
    """One response with its scene beside it (or below it, where the screen is narrow)."""

    def __init__(self) -> None:
        super().__init__(classes="candidate")
        self.said = Plain(classes="said")
        self.scene = Plain(classes="scene")
        self.happened = Plain(classes="happened")

    def compose(self) -> ComposeResult:
        yield self.said
        with Box(classes="witness"):
            yield self.scene
            yield self.happened

    def show(
        self,
        turn: Turn,
        seen: Look,
        place: str,
        chosen: bool,
        first_draft: bool,
        aids: Aids = NO_AIDS,
    ) -> None:
        """Show what `seen` allows, and what has been authored."""
        marked = chosen and "-chosen" in self.classes
        self.said.show(*_said(seen, place, marked, first_draft, aids))
        self._show_scene(seen, aids)
        self._show_happened(turn, aids)

    def _show_scene(self, seen: Look, aids: Aids) -> None:
        veiled = seen.scene_veiled is not None
        self.scene.display = veiled or bool(seen.scene) or seen.writing == "scene"
        self.scene.set_class(veiled, "-veiled")
        self.scene.frame(_scene_title(seen), _scene_facts(seen))
        if veiled:
            return self.scene.show(veil(seen.scene_veiled or 0))
        self.scene.show(*(readable(seen.scene, "scene", aids) if seen.scene else ["…"]))

    def _show_happened(self, turn: Turn, aids: Aids) -> None:
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
        self.happened.show(*readable(turn.consequence, "consequence", aids))


def readable(text: str, part: finding.Part, aids: Aids, marked: Sequence[Mark] = ()) -> list[Part]:
    """A text as it is shown: of a very long one a part, what is looked for and `marked` set off."""
    text = safe_text(text)
    here = aids.here.start if aids.here is not None and aids.here.part == part else None
    shown = excerpt(text, here or 0)
    wanted = finding.fold(safe_text(aids.words))
    spans: list[Span] = [
        (start, start + len(wanted), "reverse bold" if shown.start + start == here else "reverse")
        for start in finding.spots(shown.text, wanted)
    ]
    spans += [(each.start - shown.start, each.end - shown.start, "underline") for each in marked]
    before: list[Part] = [(f"{shown.before}\n", "dim")] if shown.before else []
    after: list[Part] = [(f"\n{shown.after}", "dim")] if shown.after else []
    return [*before, *spanned(shown.text, spans), *after]


def _said(
    seen: Look, place: str, marked: bool, first_draft: bool, aids: Aids = NO_AIDS
) -> list[Part]:
    """The label of a response and its words, or the veil over them."""
    label: list[Part] = [("▸ " if marked else "", "bold $text-accent")]
    label.append((_speaker(seen), "bold $text-accent"))
    notes = [place, _note(seen, first_draft)]
    label.append(("".join(f" · {note}" for note in notes if note), "dim"))
    if first_draft and seen.first_draft is not None:
        return [*label, "\n", (seen.first_draft, "italic")]
    if seen.said is not None:
        judged = marks(seen.said) if aids.marks and seen.writing is None else ()
        below = f"\n⚑ {', '.join(labels(seen.said))}" if judged else ""
        return [*label, "\n", *readable(seen.said, "words", aids, judged), (below, "dim italic")]
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


def _scene_facts(seen: Look) -> str:
    """How long the scene is, and how far others for the same words lie from it."""
    facts = _tokens(seen.scene_tokens)
    if seen.samples:
        facts += f" · {seen.samples} more sampled"
        facts += "" if seen.spread is None else f", spread {seen.spread.apart:.2f}"
    return facts


def _tokens(number: int) -> str:
    return "1 token" if number == 1 else f"{number} tokens"
