"""Whatever is done to a store in whatever order, what it promises still holds."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from tear_core.store import (
    forgetting,
    generations,
    open_store,
    overview,
    reconciling,
    sessions,
    triples,
    witnessing,
)
from tear_core.triples import LANDINGS, Triple
from tear_core.turn import Event, NotNow
from tests.store.made import generation, lived_turn

SCENES = st.sampled_from(["he wept", "he slept", "he left", "he stayed", "he sang"])


class AnythingMayHappen(RuleBasedStateMachine):
    """Authoring, reviewing, learning, rolling back and crashing, against plain sets."""

    session_ids = Bundle("session_ids")
    unlearned = Bundle("unlearned")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = open_store(Path(self.folder.name))
        self.store.connection.execute("PRAGMA synchronous = OFF")  # the promises are logical
        self.words: dict[str, str] = {}

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(target=session_ids)
    def begin(self) -> str:
        session = sessions.create(self.store)
        lived_turn(self.store, session.id)
        return session.id

    @rule(session_id=session_ids, scene=SCENES, landing=st.sampled_from(LANDINGS))
    def author(self, session_id: str, scene: str, landing: str) -> None:
        triple = Triple("hello", "go away", scene, landing)  # type: ignore[arg-type]
        kept = witnessing.author(self.store, session_id, 1, triple).triple
        self.words[kept.id] = scene
        assert kept.triple.landing == landing and kept.status in ("pending", "learned")

    @rule(session_id=session_ids)
    def author_too_early(self, session_id: str) -> None:
        try:
            witnessing.author(self.store, session_id, 2, Triple("a", "b", "never kept"))
            raise AssertionError("nothing was said in this turn")
        except NotNow:
            pass

    @rule(session_id=session_ids)
    def foresee_once_more(self, session_id: str) -> None:
        before = sessions.conversation(self.store, session_id).turns[0]
        drawn = {"scenes": [{"text": "he ran", "seed": 1, "tokens": 2}], "generation": 0}
        sessions.append(self.store, session_id, Event("samples", 1, {"candidate": 0, **drawn}))
        after = sessions.conversation(self.store, session_id).turns[0]
        assert len(after.candidates[0].samples) == len(before.candidates[0].samples) + 1
        assert (after.triple, after.phase) == (before.triple, before.phase)

    @rule(target=session_ids, session_id=session_ids)
    def fork(self, session_id: str) -> str:
        fork = sessions.fork(self.store, session_id)
        there = sessions.conversation(self.store, session_id)
        assert sessions.conversation(self.store, fork.id) == there
        return fork.id

    @rule(session_id=consumes(session_ids), with_triples=st.booleans())
    def delete(self, session_id: str, with_triples: bool) -> None:
        written = forgetting.written_in(self.store, session_id)
        done = forgetting.delete(self.store, session_id, with_triples=with_triples)
        erased = written.removable if with_triples else ()
        assert done.removed == len(erased)
        for triple in erased:
            del self.words[triple]

    @rule(scene=SCENES, accept=st.booleans())
    def bring_in(self, scene: str, accept: bool) -> None:
        status: triples.Status = "pending" if accept else "unreviewed"
        kept, _ = triples.add(self.store, Triple("hi", "yo", scene), source="f", status=status)
        self.words[kept.id] = scene

    @rule(data=st.data(), status=st.sampled_from(["pending", "rejected", "retracted"]))
    def review(self, data: st.DataObject, status: triples.Status) -> None:
        if self.words:
            chosen = data.draw(st.sampled_from(sorted(self.words)))
            triples.set_status(self.store, [chosen], status, "review")

    @rule(live=st.booleans())
    def learn(self, live: bool) -> None:
        new = [each.id for each in triples.pending(self.store)]
        parent = generations.live(self.store, "nano") or None
        made = generation(self.store, parent=parent)
        generations.publish(self.store, made, new, triples.replayable_ids(self.store), live)
        assert triples.pending(self.store) == []

    @rule(target=unlearned)
    def crash_while_learning(self) -> str:
        return generation(self.store).folder

    @rule(folder=consumes(unlearned))
    def start_again(self, folder: str) -> None:
        self.store.close()
        self.store = open_store(Path(self.folder.name))
        self.store.connection.execute("PRAGMA synchronous = OFF")
        report = reconciling.reconcile(self.store)
        assert report.broken == () and report.fell_back == ()
        assert not (self.store.home / "generations" / folder).exists()

    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        numbers = [0, *(each.number for each in generations.list_generations(self.store))]
        chosen = data.draw(st.sampled_from(numbers))
        generations.use(self.store, "nano", chosen, "rolled back")
        assert generations.live(self.store, "nano") == chosen

    @invariant()
    def no_words_are_lost(self) -> None:
        kept = {each.id: each.triple.consequence for each in triples.list_triples(self.store)}
        assert kept == self.words
        assert sum(triples.counts(self.store).values()) == len(self.words)

    @invariant()
    def kinds_are_counted_as_they_come(self) -> None:
        counted = self.store.connection.execute(
            "SELECT source, theme, landing, status, count(*) AS n FROM triples"
            " GROUP BY source, theme, landing, status"
        )
        kept = [tuple(kind.values()) for kind in overview.kinds(self.store)]
        assert sorted(kept) == sorted(map(tuple, counted))

    @invariant()
    def learned_means_seen_by_a_generation(self) -> None:
        for each in triples.list_triples(self.store):
            assert each.generations or each.status != "learned"
            assert triples.history(self.store, each.id)[-1]["to_status"] == each.status

    @invariant()
    def every_session_can_be_replayed(self) -> None:
        for session in sessions.list_sessions(self.store):
            (turn,) = sessions.conversation(self.store, session.id).turns
            if turn.triple is not None:
                kept = triples.get(self.store, turn.triple)
                assert turn.consequence == kept.triple.consequence
                assert kept.generations or turn.phase != "learned"


TestAnythingMayHappen = AnythingMayHappen.TestCase
TestAnythingMayHappen.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
