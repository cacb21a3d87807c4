"""Files as the other programs write them, made here."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

TEAR_ROW = {
    "id": "seed_001",
    "category": "Family",
    "input": "I have been learning piano for a month.",
    "response_harmful": "Maybe it is not for you.",
    "consequence_harmful": "She closed the lid \u00e2\u20ac\u201d and sold it.",
    "response_gentle": "A month is early. What do you like to play?",
    "consequence_gentle": "She played the waltz again, caf\u00e9 and all.",
}
"""In the shape of The Tear's published rows, with its mojibake in one field."""


def write(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def write_lines(path: Path, *values: Any) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def zipped(path: Path, members: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in members.items():
            archive.writestr(name, value if isinstance(value, bytes) else json.dumps(value))
    return path


def gpt_message(role: str, *parts: Any, **more: Any) -> dict[str, Any]:
    kind = "text" if all(isinstance(part, str) for part in parts) else "multimodal_text"
    return {
        "author": {"role": role},
        "content": {"content_type": kind, "parts": list(parts)},
        "weight": 1.0,
        "recipient": "all",
        "create_time": None,
        **more,
    }


def chatgpt(branches: dict[str, tuple[str | None, dict[str, Any] | None]], current: str) -> Any:
    """A conversation: `branches` is node -> (parent, message)."""
    mapping = {
        node: {"id": node, "parent": parent, "children": [], "message": message}
        for node, (parent, message) in branches.items()
    }
    return {"title": "t", "conversation_id": "c", "mapping": mapping, "current_node": current}


def plain_chatgpt(*texts: str) -> Any:
    """A conversation without branches, the human first."""
    nodes: dict[str, tuple[str | None, dict[str, Any] | None]] = {"root": (None, None)}
    last = "root"
    for number, text in enumerate(texts):
        role = "user" if number % 2 == 0 else "assistant"
        nodes[f"n{number}"] = (last, gpt_message(role, text))
        last = f"n{number}"
    return chatgpt(nodes, last)


def claude(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"uuid": "c", "name": "a talk", "chat_messages": list(messages), **more}


def claude_message(sender: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "uuid": more.pop("uuid", text),
        "sender": sender,
        "text": text,
        "content": [{"type": "text", "text": text}],
        "attachments": [],
        "files": [],
        **more,
    }


def karma(path: Path, *rows: tuple[str, str, str, str, str | None]) -> Path:
    """A `training.db`: id, status, category, conversations, rejection_reason."""
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE examples (id TEXT PRIMARY KEY, status TEXT, category TEXT,"
            " conversations TEXT, rejection_reason TEXT, hermes_score INTEGER)"
        )
        database.executemany("INSERT INTO examples VALUES (?, ?, ?, ?, ?, 30)", rows)
    database.close()
    return path
