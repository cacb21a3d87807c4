"""`tear-tui generate`: candidate triples from a larger model, for a person to review."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from tear_core.corpus.generate.asking import KINDS, Kind, Proposal, Unreadable, messages, read
from tear_core.corpus.generate.endpoint import Endpoint, is_loopback
from tear_core.corpus.generate.run import Job, generate
from tear_core.corpus.import_jsonl import open_jsonl, read_rows
from tear_core.engine.client import EngineClient
from tear_core.engine.manner import sampling_of
from tear_core.engine.messages import SpeakRequest
from tear_core.store import triples as stored_triples
from tear_core.triples import Triple
from tear_tui.cli.output import CommandError, emit_json, emit_text, narrate
from tear_tui.cli.root import engine_of, store_of

if TYPE_CHECKING:
    from tear_core.store import Store
    from tear_core.store.triples import StoredTriple

Propose = Callable[["StoredTriple", str, int], tuple[list[Proposal], int]]


def _known_kinds(given: list[str] | None) -> list[str] | None:
    for kind in given or ():
        if kind not in KINDS:
            raise typer.BadParameter(f"{kind!r} is not one of {', '.join(KINDS)}")
    return given


def generate_triples(
    ctx: typer.Context,
    endpoint: Annotated[
        str | None,
        typer.Option(help="An OpenAI-compatible server, e.g. http://localhost:8000/v1."),
    ] = None,
    model: Annotated[str, typer.Option(help="The model's name on that server.")] = "",
    local: Annotated[
        bool,
        typer.Option("--local", help="No server: the live model says something new to each seed."),
    ] = False,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="contrast, siblings or subtle; can be given again. Else all three.",
            callback=_known_kinds,
        ),
    ] = None,
    seeds: Annotated[
        Path | None,
        typer.Option("--from", help="Seed triples (JSON lines), else those accepted here."),
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Stop at this many candidates.", min=1)] = None,
    budget: Annotated[
        int | None, typer.Option(help="Stop when this many tokens have been used.", min=1)
    ] = None,
    per_minute: Annotated[float, typer.Option(help="Most requests in a minute.", min=0)] = 0,
    temperature: Annotated[float, typer.Option(min=0)] = 0.9,
    key_from: Annotated[
        str, typer.Option(help="Name of the environment variable that holds the server's key.")
    ] = "OPENAI_API_KEY",
    licence: Annotated[str, typer.Option(help="Licence to note with what is generated.")] = "",
    seed: Annotated[int, typer.Option(help="Sent along with each request.", min=0)] = 0,
    yes: Annotated[
        bool, typer.Option("--yes", help="Yes, send the seed triples to that other machine.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Propose new triples from seed triples. They wait as `unreviewed`.

    Run it again to go on: a seed that was answered is not asked again.
    """
    if local == bool(endpoint):
        raise CommandError("say where to generate", "--endpoint URL --model NAME, or --local")
    with store_of(ctx) as store:
        found = _seeds(store, seeds)
        if not found:
            raise CommandError("there are no seed triples", "accept some, or name a file: --from")
        kinds: list[str]
        if endpoint is not None:
            propose = _from_server(endpoint, model, found, key_from, per_minute, temperature, yes)
            kinds, name = [*(kind or KINDS)], model
        else:
            client = engine_of(ctx)
            propose, kinds, name = _from_live(client), ["sampled"], client.status().base
        job = Job(name, kinds, licence, limit, budget, seed)
        for told in generate(store, found, job, propose):
            _tell(told, json)


def _seeds(store: Store, file: Path | None) -> list[StoredTriple]:
    """The triples to start from, oldest first; a file's are imported, unreviewed, to have ids."""
    if file is None:
        every = stored_triples.list_triples(store)
        return [s for s in reversed(every) if s.status in ("pending", "learned")]
    found = []
    with open_jsonl(file) as lines:
        for row in read_rows(lines):
            if row.triple is None:
                narrate(f"line {row.line} of {file} skipped: {row.reason}")
                continue
            kept, _ = stored_triples.add(
                store, row.triple, source=row.source or file.name, status="unreviewed"
            )
            found.append(kept)
    return found


def _from_server(
    url: str,
    model: str,
    seeds: list[StoredTriple],
    key_from: str,
    per_minute: float,
    temperature: float,
    yes: bool,
) -> Propose:
    if not model:
        raise CommandError("name the model on that server", "--model NAME")
    if not is_loopback(url) and not yes:
        raise CommandError(
            f"{len(seeds)} seed triples, with all their words, would be sent to {url}",
            "if that is meant: --yes",
        )
    key = os.environ.get(key_from, "")
    server = Endpoint(url, model, key=key, per_minute=per_minute, temperature=temperature)

    def propose(stored: StoredTriple, kind: Any, seed: int) -> tuple[list[Proposal], int]:
        wanted = cast(Kind, kind)
        answer = server.ask(messages(stored.triple, wanted), seed)
        return read(answer.text, stored.triple, wanted), answer.tokens

    return propose


def _from_live(client: EngineClient) -> Propose:
    from tear_core.settings import load_settings

    sampling = sampling_of(load_settings())

    def propose(stored: StoredTriple, kind: str, seed: int) -> tuple[list[Proposal], int]:
        triple = stored.triple
        request = SpeakRequest(triple.input, triple.context, seed=seed, sampling=sampling)
        said: dict[str, Any] = {}
        for reply in client.speak(request):
            said[reply["event"]] = reply
        if "error" in said:
            raise CommandError(said["error"]["message"], said["error"].get("hint", ""))
        draft, scene = said["draft"], said["scene"]
        try:
            new = Triple(triple.input, draft["text"], scene["text"], context=triple.context)
        except ValueError as error:
            raise Unreadable(str(error)) from None
        return [Proposal(new, kind)], draft["tokens"] + scene["tokens"]

    return propose


def _tell(told: dict[str, Any], json: bool) -> None:
    if told["event"] == "progress":
        left = f", about {told['seconds_left']} s left" if told["done"] < told["of"] else ""
        narrate(f"{told['done']}/{told['of']}: {told['kept']} kept, {told['tokens']} tokens{left}")
    elif json:
        emit_json(told)
    elif told["event"] == "generated":
        emit_text(
            f"{told['kept']} candidates wait for review; {told['dropped']} were dropped,"
            f" {told['skipped']} had been asked for before"
        )
        for reason, count in sorted(told["reasons"].items(), key=lambda each: -each[1]):
            narrate(f"  {count} x {reason}")
