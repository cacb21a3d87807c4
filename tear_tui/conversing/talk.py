"""What the person and the model do in the open turn: send, speak, stop, take, drop. No widgets.

Belongs to the screen's thread; a `Speech` is read on another one and collected here.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, replace
from typing import Any

from tear_core.engine.client import EngineError
from tear_core.engine.messages import Sampling, SpeakRequest
from tear_core.store import StoreError
from tear_core.triples import Order
from tear_core.turn import NotNow, Turn
from tear_tui.conversing.choosing import Choice
from tear_tui.conversing.conversation import ConversationLog
from tear_tui.conversing.looks import Section, Writing
from tear_tui.conversing.speech import Speech


@dataclass(frozen=True, slots=True)
class Wanted:
    """A candidate that is to be written as soon as there is an engine."""

    candidate: int
    response: str | None = None


class Talk:
    """The open turn of a conversation: its candidates, and the one being written."""

    def __init__(self, log: ConversationLog, sampling: Sampling) -> None:
        self.log = log
        self.sampling = sampling
        self.choice = Choice()
        self.speech: Speech | None = None
        self.wanted: Wanted | None = None
        self._recorded: set[Section] = set()

    @property
    def turn(self) -> Turn | None:
        """The turn that nothing has been said in yet."""
        return self.log.open_turn

    @property
    def busy(self) -> bool:
        """Whether the model is writing, or about to."""
        return self.speech is not None or self.wanted is not None

    @property
    def writing(self) -> Writing | None:
        """The candidate that is being written."""
        if self.speech is not None:
            return self.speech.writing
        if self.wanted is not None:
            return Writing(self.wanted.candidate, given=self.wanted.response is not None)
        return None

    @property
    def can_take(self) -> bool:
        """Whether the chosen candidate has words, and nothing is being written."""
        turn = self.turn
        if turn is None or self.busy or self.choice.chosen >= len(turn.candidates):
            return False
        return bool(turn.candidates[self.choice.chosen].words.strip())

    def send(self, text: str, order: Order, blind: bool) -> Turn:
        """Begin a turn with what the person said."""
        turn = self.log.send(text, order, blind)
        self.choice, self.wanted = Choice(), Wanted(0)
        return turn

    def reroll(self) -> None:
        """Have another candidate written in the chosen place; the one there is kept."""
        turn = self._open()
        self.choice = self.choice.show(len(turn.candidates))
        self.wanted = Wanted(len(turn.candidates))

    def alternative(self) -> None:
        """Have another candidate written beside the chosen one."""
        turn = self._open()
        self.choice = self.choice.beside(len(turn.candidates))
        self.wanted = Wanted(len(turn.candidates))

    def edited(self, text: str) -> Turn:
        """Keep the researcher's words as a new candidate and have its scene foreseen."""
        number, index = self._open().number, len(self._open().candidates)
        turn = self.log.record("edit", number, candidate=index, text=text, of=self.choice.chosen)
        self.choice, self.wanted = self.choice.show(index), Wanted(index, text)
        return turn

    def begin(self) -> Speech:
        """The request for what is wanted; whoever calls this has it read on a thread."""
        turn, wanted = self._open(), self.wanted
        assert wanted is not None and self.speech is None, "nothing is wanted, or not yet"
        request = SpeakRequest(
            input=turn.input,
            context=self.log.conversation.context(before=turn.number),
            order=turn.order,
            sampling=self.sampling,
            response=wanted.response,
            request_id=uuid.uuid4().hex,
        )
        self.speech, self.wanted = Speech(request, turn.number, wanted.candidate), None
        self._recorded = set()
        return self.speech

    def collect(self, generation: int) -> bool:
        """Take in what the model has written since; whether anything is new.

        Args:
            generation: the live one, for words whose writer the engine did not name.
        """
        speech = self.speech
        if speech is None:
            return False
        changed = speech.drain()
        for section, written in list(speech.finished.items()):
            if section in self._recorded or (section != "scene" and speech.writing.given):
                continue
            if speech.generation is None and not speech.ended:
                break  # the engine names the writer at the end
            stamp = generation if speech.generation is None else speech.generation
            data: dict[str, Any] = dict(written.facts)
            data |= {"candidate": speech.writing.candidate, "text": written.text}
            data |= {"generation": stamp, "seed": speech.seed, "sampling": self._sampling()}
            self._recorded.add(section)
            try:
                self.log.record(section, speech.turn, **data)
            except NotNow:  # another app has closed this turn meanwhile
                speech.give_up()
            except StoreError:
                self._recorded.discard(section)
                raise
            changed = True
        return changed

    def finish(self) -> EngineError | None:
        """The model has ended: what went wrong, if anything did."""
        assert self.speech is not None and self.speech.ended
        error, self.speech = self.speech.error, None
        self._settle()
        return error

    def stop_waiting(self) -> None:
        """Nothing is wanted any more."""
        self.wanted = None
        self._settle()

    def browse(self, step: int) -> None:
        """The next candidate, or the other one of two."""
        turn = self._open()
        if self.choice.right is not None:
            self.choice = self.choice.choose(0 if step < 0 else 1)
        else:
            self.choice = self.choice.browse(step, len(turn.candidates))

    def alone(self) -> None:
        """Close the candidate that is not chosen; it is kept."""
        self.choice = self.choice.alone()

    def take(self) -> Turn:
        """The chosen candidate is what is said."""
        turn = self.log.record("take", self._open().number, candidate=self.choice.chosen)
        self.choice = Choice()
        return turn

    def drop(self) -> str:
        """Leave the turn; gives its input back."""
        turn = self.log.record("cancel", self._open().number)
        self.choice = Choice()
        return turn.input

    def resume(self) -> None:
        """Look at an open turn that was left behind when the app ended."""
        turn = self.turn
        self.choice = Choice(left=max(0, len(turn.candidates) - 1) if turn else 0)
        if turn is not None and not turn.candidates:
            self.wanted = Wanted(0)  # it was never answered

    def _open(self) -> Turn:
        turn = self.turn
        assert turn is not None, "there is no open turn"
        return turn

    def _settle(self) -> None:
        """Look away from a candidate that came to nothing."""
        turn = self.turn
        last = len(turn.candidates) - 1 if turn else 0
        choice = self.choice
        if choice.right is not None and choice.right > last:
            choice = Choice(left=choice.left)
        if choice.left > max(last, 0):
            choice = replace(choice, left=max(last, 0))
        self.choice = choice if len(set(choice.shown)) == len(choice.shown) else choice.alone()

    def _sampling(self) -> dict[str, Any]:
        return asdict(self.sampling)
