"""Words to ask two generations with, from what is there: what was said, and triples."""

from __future__ import annotations

from pathlib import Path

from tear_core.store import Store, StoreError, open_store, recall, sessions, triples
from tear_core.store.recall import Earlier
from tear_core.triples import Order
from tear_tui.lineage.duel import Asked

MOST = 200


def find(home: Path, words: str) -> list[Earlier]:
    """Triples and prompts with these words in them, the newest of each first."""
    with open_store(home) as store:
        found = (
            triples.search(store, words, MOST)
            if words.strip()
            else triples.list_triples(store, limit=MOST)
        )
        known = {each.triple.input for each in found}
        prompts = [each for each in recall.prompts(store, words, MOST) if each.text not in known]
        return [*(Earlier(t.triple.input, t.created_at, t.id) for t in found), *prompts]


def of_triple(home: Path, triple_id: str, order: Order) -> Asked:
    """The input of a triple, after what had been said before it.

    Raises:
        StoreError: there is no such triple.
    """
    with open_store(home) as store:
        found = triples.get(store, triple_id).triple
        return Asked(found.input, found.context, order)


def of_turn(store: Store, session: str, number: int, order: Order) -> Asked:
    """The input of a turn, after what had been said before it.

    Raises:
        StoreError: there is no such session or turn.
    """
    conversation = sessions.conversation(store, session)
    if not 1 <= number <= len(conversation.turns):
        raise StoreError(f"there is no turn {number} in this session")
    turn = conversation.turns[number - 1]
    return Asked(turn.input, conversation.context(before=number), order)
