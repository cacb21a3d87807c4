"""A session written again by the model, section by section, and said where it departs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from tear_core.engine.client import EngineClient
from tear_core.store import Store
from tear_tui.cli.output import DONE, FAILED, INSUFFICIENT, emit_json, emit_text
from tear_tui.replays.replaying import Recording
from tear_tui.replays.verifying import Finding, attempts, check, verdict

QUOTED = 60
"""Characters of both texts that are shown where they part."""

_SAID = {"same": "the same", "departs": "DEPARTS", "cannot": "cannot be verified"}


def verify(client: EngineClient, store: Store, recording: Recording, json: bool) -> int:
    """Have every section written again and say how each compares; returns the exit code."""
    findings: list[Finding] = []
    for attempt in attempts(recording, store):
        for finding in check(client, attempt):
            findings.append(finding)
            if json:
                emit_json({"event": "section", **asdict(finding)})
            else:
                emit_text("\n".join(_finding_lines(finding)))
    counts = {state: sum(1 for each in findings if each.state == state) for state in _SAID}
    if json:
        emit_json({"event": "verified", "sections": len(findings), **counts})
    else:
        emit_text(_verdict_line(findings))
    return {"same": DONE, "departs": FAILED, "cannot": INSUFFICIENT}[verdict(findings)]


def _finding_lines(finding: Finding) -> Iterator[str]:
    by = f"generation {finding.generation}" if finding.generation else "base"
    where = f"turn {finding.turn}, candidate {finding.candidate + 1}, {finding.section} ({by})"
    why = f": {finding.why}" if finding.why else ""
    if finding.state != "departs":
        yield f"{where}: {_SAID[finding.state]}{why}"
        return
    yield f"{where}: {_SAID['departs']} at character {(finding.at or 0) + 1}{why}"
    yield f"  recorded: {_around(finding.then, finding.at or 0)}"
    yield f"  now:      {_around(finding.now, finding.at or 0)}"


def _around(text: str, at: int) -> str:
    """The words at which two texts part, on one line."""
    start = max(0, at - QUOTED // 3)
    cut = " ".join(text[start : start + QUOTED].split())
    return ("…" if start else "") + cut + ("…" if start + QUOTED < len(text) else "")


def _verdict_line(findings: list[Finding]) -> str:
    if not findings:
        return "Nothing here was written by a model: there is nothing to verify."
    total = f"{len(findings)} section{'' if len(findings) == 1 else 's'}"
    first = next((each for each in findings if each.state == "departs"), None)
    missing = sum(1 for each in findings if each.state == "cannot")
    if first is not None:
        return f"{total}: the first that departs is the {first.section} of turn {first.turn}."
    if missing == len(findings):
        return f"{total}: none can be verified."
    if missing:
        return f"{total}: {missing} cannot be verified, the others are the same."
    return f"{total}: all the same, to the last letter."
