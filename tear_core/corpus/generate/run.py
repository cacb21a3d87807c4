"""From seed triples to candidates in the review queue; can be stopped and gone on with at any time.

Which (seed, kind) pairs are done is read from the database, so nothing else is remembered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tear_core.corpus.generate.asking import VERSION, Proposal, Unreadable
from tear_core.corpus.generate.near import NearDuplicates
from tear_core.corpus.generate.rules import broken_rule
from tear_core.store import triples
from tear_core.store.database import Store
from tear_core.store.triple_rows import Notes
from tear_core.store.triples import StoredTriple

SOURCE = "generated"

Propose = Callable[[StoredTriple, str, int], tuple[list[Proposal], int]]
"""(seed triple, kind, seed number) -> proposals, and the tokens that they cost.

Raises `Unreadable` when the model's answer was no use; its tokens are not known then.
"""


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked of whom, and when to stop.

    Attributes:
        model: kept with every candidate.
        kinds: what is asked for, of each seed.
        licence: noted with every candidate.
        candidates, tokens: stop at this many. None: when the seeds are used up.
        seed: of the first question; the next ones count up from it.
    """

    model: str
    kinds: Sequence[str]
    licence: str = ""
    candidates: int | None = None
    tokens: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a candidate comes from, as kept with it: `kind:seed:model:v1`."""

    kind: str
    seed: str
    model: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.seed}:{self.model}:v{VERSION}"


def generate(
    store: Store, seeds: Sequence[StoredTriple], job: Job, propose: Propose
) -> Iterator[dict[str, Any]]:
    """Ask for each seed and kind, sift, and keep what is left as `unreviewed`.

    Yields `{"event": "kept", "triple", "kind", "seed"}`, `{"event": "dropped", "kind", "seed",
    "reason"}`, `{"event": "progress", "done", "of", "kept", "tokens", "seconds_left"}`, and last
    `{"event": "generated", "kept", "dropped", "asked", "skipped", "tokens", "reasons"}`.
    """
    known = NearDuplicates()
    done = _known(store, known)
    wanted = [
        (each, kind)
        for each in seeds
        for kind in job.kinds
        if str(Origin(kind, each.id, job.model)) not in done
    ]
    total: dict[str, Any] = {
        "kept": 0,
        "dropped": 0,
        "asked": 0,
        "skipped": len(seeds) * len(job.kinds) - len(wanted),
        "tokens": 0,
    }
    reasons: dict[str, int] = {}
    began = time.monotonic()
    for index, (each, kind) in enumerate(wanted):
        if _enough(total, job):
            break
        total["asked"] += 1
        origin = Origin(kind, each.id, job.model)
        try:
            proposals, tokens = propose(each, kind, job.seed + index)
        except Unreadable as error:
            proposals, tokens = [], 0
            yield _dropped(total, reasons, origin, str(error))
        total["tokens"] += tokens
        notes = Notes(licence=job.licence, consent=f"written by {job.model}", origin=str(origin))
        for number, proposal in enumerate(proposals):
            reason = broken_rule(proposal.triple, each.triple)
            if reason is None and known.add(f"{origin}#{number}", proposal.triple):
                reason = "nearly the same as another"
            if reason is not None:
                yield _dropped(total, reasons, origin, reason)
                continue
            kept, new = triples.add(
                store, proposal.triple, source=SOURCE, status="unreviewed", notes=notes
            )
            if not new:
                yield _dropped(total, reasons, origin, "there already")
                continue
            total["kept"] += 1
            yield {"event": "kept", "triple": kept.id, "kind": kind, "seed": each.id}
        per_ask = (time.monotonic() - began) / (index + 1)
        yield {
            "event": "progress",
            "done": index + 1,
            "of": len(wanted),
            "kept": total["kept"],
            "tokens": total["tokens"],
            "seconds_left": round(per_ask * (len(wanted) - index - 1)),
        }
    yield {"event": "generated", **total, "reasons": reasons}


def _known(store: Store, known: NearDuplicates) -> set[str]:
    """Take in every triple there is; returns the origins of those that were generated."""
    origins = set()
    for stored in triples.list_triples(store):
        known.add(stored.id, stored.triple)
        if stored.notes.origin:
            origins.add(stored.notes.origin)
    return origins


def _enough(total: dict[str, Any], job: Job) -> bool:
    if job.candidates is not None and total["kept"] >= job.candidates:
        return True
    return job.tokens is not None and total["tokens"] >= job.tokens


def _dropped(
    total: dict[str, Any], reasons: dict[str, int], origin: Origin, reason: str
) -> dict[str, Any]:
    total["dropped"] += 1
    reasons[reason] = reasons.get(reason, 0) + 1
    return {"event": "dropped", "kind": origin.kind, "seed": origin.seed, "reason": reason}
