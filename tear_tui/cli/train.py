"""`tear-tui train`: learn a whole dataset, lesson by lesson, through the same learner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tear_core.corpus import curriculum
from tear_core.corpus.curriculum import Lesson, Plan
from tear_core.corpus.dataset import Part, find_parts, read_triples, take_in
from tear_core.engine.client import EngineClient, EngineError
from tear_core.engine.messages import LearnRequest, SurpriseRequest, TripleText
from tear_core.store import generations, triples
from tear_core.triples import Triple
from tear_tui.cli.output import FAILED, CommandError, emit_json, emit_text, narrate
from tear_tui.cli.root import engine_of, store_of

if TYPE_CHECKING:
    from tear_core.store import Store


def train(
    ctx: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(help="Folders with train.jsonl (and dev.jsonl), or files.", exists=True),
    ],
    curriculum_: Annotated[
        Literal["three-pass", "ladder", "mixed"],
        typer.Option("--curriculum", help="The order of learning."),
    ] = "three-pass",
    lesson: Annotated[
        int, typer.Option(help="Triples in a lesson; each is published as a generation.", min=1)
    ] = 64,
    epochs: Annotated[int | None, typer.Option(help="Times a lesson is seen.", min=1)] = None,
    lambda_: Annotated[
        float | None, typer.Option("--lambda", help="Weight of the consequence loss.", min=0)
    ] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    held_out: Annotated[
        int, typer.Option(help="Score this many dev triples of each part; 0 is none.", min=0)
    ] = 50,
    report_to: Annotated[
        Literal["trackio", "wandb", "tensorboard"] | None,
        typer.Option(help="Mirror figures, never text, to a tracker."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Learn a dataset in the order of a curriculum, one generation for each lesson.

    Stopped or killed, the same command goes on with the next lesson that has not been learned. A
    lesson that the gate refuses ends it, with 1: what follows is meant for a model that has learned
    it.
    """
    parts = find_parts(paths)
    client = engine_of(ctx)
    with store_of(ctx) as store:
        found = {s.id: s for part in parts for s in take_in(store, part) if _may_be_learned(s)}
        if not found:
            raise CommandError("there is nothing to learn in these files")
        whole = curriculum.plan(list(found.values()), curriculum_, lesson, seed)
        base = client.status().base
        done = _done(store, base, whole)
        dev = _dev(parts, held_out)
        _say_beginning(whole, done, json)
        for number, each in list(enumerate(whole.lessons))[done:]:
            _accept(store, each)
            note = {"plan": whole.name, "lesson": number + 1, "of": len(whole.lessons)}
            request = LearnRequest(
                lambda_=lambda_,
                epochs=epochs,
                seed=seed,
                ids=each.ids,
                note={"curriculum": note, "pass": each.name},
                report_to=report_to or "",
            )
            row = _learn(client, request)
            if row["verdict"] == "fail":
                _say_refused({"event": "lesson", **note, "pass": each.name, **row}, json)
                raise typer.Exit(FAILED)
            scores = {name: _score(client, texts) for name, texts in dev.items()}
            _say_lesson({"event": "lesson", **note, "pass": each.name, **row}, scores, json)
    if json:
        emit_json({"event": "trained", "plan": whole.name, "lessons": len(whole.lessons)})


def _may_be_learned(stored: Any) -> bool:
    return stored.status in ("unreviewed", "pending", "learned")


def _done(store: Store, base: str, whole: Plan) -> int:
    """How many lessons of this plan the live lineage has learned."""
    live = generations.live(store, base)
    newest = generations.get(store, live)
    lineage = [newest, *generations.ancestors(store, live)] if newest else []
    notes = [row.settings.get("curriculum", {}) for row in lineage]
    return max((n["lesson"] for n in notes if n.get("plan") == whole.name), default=0)


def _accept(store: Store, each: Lesson) -> None:
    """Only the lesson at hand is pending, so nothing else learns the rest of it meanwhile."""
    waiting = [s.id for s in triples.get_many(store, each.ids) if s.status == "unreviewed"]
    if waiting:
        triples.set_status(store, waiting, "pending", "a lesson of tear-tui train", "train")


def _learn(client: EngineClient, request: LearnRequest) -> dict[str, Any]:
    row: dict[str, Any] | None = None
    for reply in client.learn(request):
        if reply["event"] == "error":
            raise EngineError(reply["message"], reply.get("hint", ""))
        if reply["event"] == "notice":
            narrate(reply["message"])
        if reply["event"] == "step":
            narrate(f"  step {reply['step']}/{reply['steps']}")
        if reply["event"] == "published":
            row = {key: value for key, value in reply.items() if key != "event"}
    if row is None or row["generation"] is None:
        raise CommandError("learning was stopped; go on with the same command")
    return row


def _dev(parts: Sequence[Part], most: int) -> dict[str, tuple[TripleText, ...]]:
    """Held-out triples of each part, the same ones every time."""
    chosen = {}
    for part in parts:
        if part.dev is not None and most:
            ordered = sorted(read_triples(part.dev), key=lambda t: t.content_hash)
            chosen[part.name] = tuple(_text(triple) for triple in ordered[:most])
    return {name: texts for name, texts in chosen.items() if texts}


def _text(t: Triple) -> TripleText:
    return TripleText(t.input, t.response, t.consequence, t.landing, t.context)


def _score(client: EngineClient, texts: tuple[TripleText, ...]) -> float:
    score: float = client.surprise(SurpriseRequest(texts))["nats_per_token"]
    return score


def _say_beginning(whole: Plan, done: int, json: bool) -> None:
    count = len(whole.lessons)
    narrate(f"{count} lessons ({whole.name})" + (f"; {done} are learned already" if done else ""))
    if done == count and not json:
        emit_text("everything in this plan has been learned")


def _say_refused(row: dict[str, Any], json: bool) -> None:
    if json:
        emit_json(row)
    narrate(f"lesson {row['lesson']}/{row['of']} ({row['pass']}) is not learned: {row['why']}.")
    narrate(f"Hint: {row['hint']}; then the same command goes on.")


def _say_lesson(row: dict[str, Any], scores: Mapping[str, float], json: bool) -> None:
    if json:
        emit_json({**row, "held_out": dict(scores)})
        return
    loss = row["consequence_loss"]
    emit_text(
        f"lesson {row['lesson']}/{row['of']} ({row['pass']}): generation {row['generation']},"
        f" {row['triples']} triples, consequence loss {loss['before']:.3f} -> {loss['after']:.3f}"
    )
    if scores:
        emit_text("  held out: " + ", ".join(f"{n} {v:.3f}" for n, v in sorted(scores.items())))
