"""A generation learned again, step by step, without some of its triples.

What was learned cannot be taken out of weights. But an update is a function of its recipe, its
triples and the state it starts from, and all of that is kept: so a lineage can be learned again
from the remaining triples, with the same seeds, settings and order. Where nothing is left out
the same bytes come back (on a CPU, with the same threads and the same torch), which is how it is
known that the record is complete.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from tear_core import __version__
from tear_core.learn.entering import Made, enter, learned, write
from tear_core.learn.gating import ProbeGate
from tear_core.learn.making import merged_again, negated
from tear_core.learn.publish import MANIFEST, STATE, LearnerState
from tear_core.learn.standing import at_base, stand_at
from tear_core.learn.told import Told
from tear_core.learn.update import Recipe, Update
from tear_core.model.base import Base
from tear_core.model.giving_way import between_layers
from tear_core.model.tree import LoraShape, Tree
from tear_core.store import generations, triples
from tear_core.store.database import Store, StoreError
from tear_core.store.exposures import exposures, fingerprint
from tear_core.store.fitting import other_weights
from tear_core.store.generations import Generation
from tear_core.store.lineage import made_of, seen_by
from tear_core.store.triples import StoredTriple

GONE = ("retracted", "rejected")
"""Triples with these statuses are left out of a rebuild, asked or not."""

KEPT = (
    *("rank", "alpha", "targets", "dropout", "seed", "epochs", "enough", "learning_rate"),
    *("replay_share", "batch", "capacity", "clip", "optimizer", "not_replayed"),
    *("threads", "torch", "device"),
)
"""What a generation's settings must say for it to be learned again."""

_CPU = torch.backends.cpu.get_cpu_capability()
"""The instructions that torch uses here."""

GiveWay = Callable[[], None]
Telling = Generator[Told, None, Made | None]


def rebuild(
    store: Store,
    base: Base,
    number: int,
    without: Collection[str] = (),
    gate: ProbeGate | None = None,
    give_way: GiveWay = lambda: None,
) -> Iterator[Told]:
    """Learn a generation's lineage again without these triples, and without what was retracted.

    Generations that none of it touches are kept as they are; where nothing is left out, every
    one is learned again and compared. What comes out the same is not entered a second time. What
    was learned on other weights than the base's is learned again on these. The last one is held
    against the gate, if there is one. Nothing goes live. The caller holds the learner's lock.

    Tells {"event": "rebuilding", "of", "place", "lineage", "left_out"}, steps, then
    {"event": "rebuilt", "of", "generation", "same", "files"} for each that was learned again,
    and at the end {"event": "lineage", "of", "generation", "left_out"}: generation 0 is the
    base, where nothing is left of it.

    Raises:
        StoreError: a generation was learned before its recipe was kept.
    """
    lineage, seen = made_of(store, number), seen_by(store, number)
    left_out = {each for each in seen if each in without} | _gone(store, seen)
    touched = _touched(lineage, seen, left_out, base)
    made = {0: 0}
    for place, row in enumerate(lineage, 1):
        if left_out and row.number not in touched and generations.is_whole(store, row):
            made[row.number] = row.number
            continue
        if (done_before := _already(store, row, made, left_out, base)) is not None:
            made[row.number] = done_before
            continue
        yield {
            "event": "rebuilding",
            "of": row.number,
            "place": place,
            "lineage": len(lineage),
            "left_out": len(left_out),
        }
        if row.base_fingerprint != base.fingerprint:
            yield {
                "event": "notice",
                "message": f"{other_weights(row.number)} than {base.name} has now; it is learned"
                " again on these, and comes out another",
            }
        judge = gate if row.number == number else None
        done = yield from _made_again(store, base, row, made, left_out, judge, give_way)
        made[row.number], files = _entered(store, row, done, made[row.parent or 0])
        yield {
            "event": "rebuilt",
            "of": row.number,
            "generation": made[row.number],
            "same": made[row.number] == row.number,
            "files": files,
        }
    yield {
        "event": "lineage",
        "of": number,
        "generation": made[number],
        "left_out": sorted(left_out),
    }


def _gone(store: Store, seen: Collection[str]) -> set[str]:
    return {each.id for each in triples.get_many(store, list(seen)) if each.status in GONE}


def _touched(
    lineage: Sequence[Generation],
    seen: Mapping[str, Sequence[int]],
    left_out: Collection[str],
    base: Base,
) -> set[int]:
    """Those that saw what is left out or do not fit the base, and all that came from them."""
    found = {number for each in left_out for number in seen[each]}
    found |= {row.number for row in lineage if row.base_fingerprint != base.fingerprint}
    for row in lineage:  # oldest first, so what it came from has been looked at
        if found & {row.parent, *row.sources}:
            found.add(row.number)
    return found


def _already(
    store: Store, row: Generation, made: Mapping[int, int], left_out: Collection[str], base: Base
) -> int | None:
    """The generation that an earlier rebuild, the same as this one, put in its place."""
    for each in generations.list_generations(store, row.base):
        same = each.kind == "rebuilt" and each.sources == (row.number,)
        if (
            same
            and (each.parent or 0) == made[row.parent or 0]
            and each.settings.get("left_out") == sorted(left_out)
            and each.base_fingerprint == base.fingerprint
            and generations.is_whole(store, each)
        ):
            return each.number
    return None


def _made_again(
    store: Store,
    base: Base,
    row: Generation,
    made: Mapping[int, int],
    left_out: Collection[str],
    gate: ProbeGate | None,
    give_way: GiveWay,
) -> Telling:
    """What a generation comes to on top of what took its parent's place; None: nothing is left."""
    parent = made[row.parent or 0]
    if row.kind in ("learned", "rebuilt"):
        return (yield from _learned_again(store, base, row, parent, left_out, gate, give_way))
    sources = [made[each] for each in row.sources]
    if row.kind == "merged":
        again = merged_again(store, base, sources, row.settings, row.label)
    elif sources[0] in (0, parent):
        again = None  # there is nothing to take away any more
    else:
        again = negated(store, base, sources[0], parent, row.settings["weight"], row.label)
    if again is None or gate is None:
        return again
    gate.before(store, again.tree, again.parent, row.settings.get("capacity", 1024), give_way)
    judged = gate.after(again.tree, [], 1024, give_way)
    return replace(again, verdict=judged.verdict, gate={"probe": judged.as_json()})


def _learned_again(
    store: Store,
    base: Base,
    row: Generation,
    parent: int,
    left_out: Collection[str],
    gate: ProbeGate | None,
    give_way: GiveWay,
) -> Telling:
    recipe = _recipe(row)
    new, changed = _new(store, row, left_out)
    if changed:
        yield {
            "event": "notice",
            "message": f"{changed} triples of generation {row.number} have been edited since; they"
            " are learned as they are now",
        }
    if otherwise := _learned_otherwise(row, base):
        yield {
            "event": "notice",
            "message": f"generation {row.number} was learned {', '.join(otherwise)}: the bytes may"
            " differ in the last digits",
        }
    if not new:
        return None
    tree, state = _standing(store, base, row, parent)
    if gate is not None:
        gate.before(store, tree, parent, recipe.capacity, give_way)
    update = Update(tree, recipe, state, new, _replayable(store, row, state, left_out))
    with _threads(base, row.settings["threads"]), between_layers(tree, give_way):
        for taken in update.steps(give_way):
            yield {
                "event": "step",
                "step": taken.number,
                "steps": taken.of,
                "response_loss": taken.report.response_loss,
                "consequence_loss": taken.report.consequence_loss,
                "lambda": recipe.lambda_,
                "tokens_per_second": taken.report.tokens / max(taken.report.seconds, 1e-9),
                "discarded": taken.report.discarded,
            }
        kept = {name: value for name, value in row.settings.items() if name != "narrowed"}
        note = {**kept, "gate": "off" if gate is None else "on"}
        made = learned(
            update,
            parent,
            kind="rebuilt",
            sources=(row.number,),
            label=row.label,
            settings={**note, "left_out": sorted(left_out)},
        )
    if gate is None:
        return made
    words = [stored.triple for stored in new]
    judged = gate.after(tree, words, recipe.capacity, give_way)
    return replace(made, verdict=judged.verdict, gate={"probe": judged.as_json()})


def _learned_otherwise(row: Generation, base: Base) -> list[str]:
    """What was otherwise when it was learned, of what decides the last digits and cannot be made
    so again: sums are formed in another order by other programs and other machines."""
    own = row.settings
    found: list[str] = []
    if row.base_fingerprint != base.fingerprint:
        return found  # it cannot be the same, and that has been said
    if own["torch"] != torch.__version__:
        found.append(f"with torch {own['torch']}")
    if own["device"] != base.device.type:
        found.append(f"on {own['device']}")
    elif own["device"] == "cpu" and own.get("cpu") not in (None, _CPU):
        found.append(f"on a CPU with {own['cpu']}")
    if own.get("tear") != __version__:
        found.append(f"by {'tear-tui ' + own['tear'] if 'tear' in own else 'an earlier tear-tui'}")
    if "narrowed" in own:
        found.append(f"while memory ran out (packs of {own['narrowed']} tokens at the end)")
    return found


def _recipe(row: Generation) -> Recipe:
    missing = [name for name in KEPT if name not in row.settings]
    if missing:
        raise StoreError(
            f"generation {row.number} was learned before its recipe was kept, so it cannot be"
            f" rebuilt (there is no {missing[0]})",
            "Go back to a generation before it, and learn the triples again.",
        )
    return Recipe.of(row.settings, row.lambda_)


def _new(
    store: Store, row: Generation, left_out: Collection[str]
) -> tuple[list[StoredTriple], int]:
    """The new triples in the order in which they were taken, and how many say something else."""
    kept = [each for each in exposures(store, row.number, "new") if each.triple not in left_out]
    found = {each.id: each for each in triples.get_many(store, [each.triple for each in kept])}
    changed = sum(fingerprint(found[each.triple].triple) != each.words for each in kept)
    return [found[each.triple] for each in kept], changed


def _replayable(
    store: Store, row: Generation, state: LearnerState, left_out: Collection[str]
) -> dict[str, StoredTriple]:
    """What could be replayed then, but for what is left out now."""
    without = {*left_out, *row.settings["not_replayed"]}
    wanted = [each for each in state.reservoir.ids if each not in without]
    return {stored.id: stored for stored in triples.get_many(store, wanted)}


def _standing(store: Store, base: Base, row: Generation, parent: int) -> tuple[Tree, LearnerState]:
    own = row.settings
    if parent == 0:
        shape = LoraShape(own["rank"], own["alpha"], own["dropout"], own["targets"])
        return at_base(base, shape, own["seed"], own["optimizer"])
    below = generations.get(store, parent)
    assert below is not None
    return stand_at(store, base, below, own["dropout"])


@contextmanager
def _threads(base: Base, count: int) -> Iterator[None]:
    """As many threads as then: sums over another number of parts round differently."""
    before = torch.get_num_threads()
    if base.device.type == "cpu":
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _entered(
    store: Store, row: Generation, made: Made | None, parent: int
) -> tuple[int, dict[str, str]]:
    """The number of what takes a generation's place, and the hashes of its files."""
    if made is None:
        return parent, {}
    written = write(store, made)
    files = _files(written.folder)
    fits = row.base_fingerprint == made.tree.base.fingerprint
    whole = fits and not row.removed_at and generations.is_whole(store, row)
    if whole and files == _files(generations.folder_of(store, row)):
        shutil.rmtree(written.folder, ignore_errors=True)
        return row.number, files
    return enter(store, made, make_live=False, written=written).number, files


def _files(folder: Path) -> dict[str, str]:
    """What a manifest says of the files that hold what was learned: name -> SHA-256."""
    files: dict[str, str] = json.loads((folder / MANIFEST).read_text())["files"]
    return {n: sha for n, sha in files.items() if n.endswith(".safetensors") or n == STATE}
