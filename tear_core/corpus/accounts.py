"""One conversation of a ChatGPT or Claude account export, as the messages that were last shown.

Both keep a tree: an edited question or another answer is a branch. The branch that the person
ended on is read, from its last message up. Hidden messages, tools and what is no text are left
out and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from tear_core.corpus.conversations import Said, text_of_parts
from tear_core.corpus.records import BadRecord

# A citation stands in the text as `cite`, `turn0search0` between private-use characters.
_CITATION = re.compile("\ue200[^\ue200\ue201]{0,500}\ue201|[\ue200-\ue206]")
_SHOWN_CONTENT = ("text", "multimodal_text")


def chatgpt_messages(conversation: dict[str, Any], left_out: Counter[str]) -> list[Said]:
    """The messages from the root to `current_node`.

    Raises:
        BadRecord: the tree cannot be walked.
    """
    mapping, node = conversation.get("mapping"), conversation.get("current_node")
    if not isinstance(mapping, dict):
        raise BadRecord("no mapping of messages in it")
    if not isinstance(node, str) or node not in mapping:
        raise BadRecord("its current_node is not there, so nobody knows which branch was shown")
    path = []
    seen: set[str] = set()
    while isinstance(node, str) and node in mapping:
        if node in seen:
            raise BadRecord("its messages go round in a circle")
        seen.add(node)
        entry = mapping[node]
        if not isinstance(entry, dict):
            raise BadRecord("it holds something that is not a message")
        path.append(entry.get("message"))
        node = entry.get("parent")
    left_out["other_branches"] += len(mapping) - len(seen)
    shown = (_chatgpt_message(each, left_out) for each in reversed(path) if each)
    return [each for each in shown if each is not None]


def _chatgpt_message(message: Any, left_out: Counter[str]) -> Said | None:
    if not isinstance(message, dict):
        raise BadRecord("it holds something that is not a message")
    author, metadata = message.get("author") or {}, message.get("metadata") or {}
    role = author.get("role") if isinstance(author, dict) else None
    content = message.get("content") or {}
    if not isinstance(content, dict) or not isinstance(metadata, dict):
        raise BadRecord("it holds something that is not a message")
    hidden = message.get("weight") == 0 or metadata.get("is_visually_hidden_from_conversation")
    if role in ("system", "tool") or hidden:
        if content.get("parts") not in (None, [], [""]):  # every export begins with an empty one
            left_out["hidden"] += 1
        return None
    if role not in ("user", "assistant"):
        left_out["other_roles"] += 1
        return None
    if message.get("recipient") not in (None, "all"):  # a call of a tool, shown to nobody
        left_out["hidden"] += 1
        return None
    if content.get("content_type") not in _SHOWN_CONTENT:
        left_out["non_text"] += 1
        return Said("human", "") if role == "user" else None
    text = _CITATION.sub("", text_of_parts(content.get("parts") or [], left_out))
    return Said("human" if role == "user" else "assistant", text)


def claude_messages(conversation: dict[str, Any], left_out: Counter[str]) -> list[Said]:
    """The messages of the branch that ends in the last one.

    Raises:
        BadRecord: there is no list of messages in it.
    """
    given = conversation.get("chat_messages")
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise BadRecord("its messages are not a list")
    said = []
    for message in _claude_branch(conversation, given, left_out):
        sender = message.get("sender")
        if sender not in ("human", "assistant"):
            left_out["other_roles"] += 1
            continue
        for kind in ("attachments", "files"):
            here = message.get(kind)
            left_out["attachments"] += len(here) if isinstance(here, list) else 0
        blocks = message.get("content")
        text = text_of_parts(blocks, left_out) if isinstance(blocks, list) else ""
        if not text and isinstance(message.get("text"), str):
            text = message["text"].strip()
        said.append(Said(sender, text))
    return said


def _claude_branch(
    conversation: dict[str, Any], given: list[dict[str, Any]], left_out: Counter[str]
) -> list[dict[str, Any]]:
    """From the last message up through its parents; older exports are a plain list."""
    if not given or not all(each.get("parent_message_uuid") for each in given):
        return given
    by_id = {each.get("uuid"): each for each in given}
    leaf = conversation.get("current_leaf_message_uuid")
    message: dict[str, Any] | None = by_id.get(leaf) or given[-1]
    branch: list[dict[str, Any]] = []
    while message is not None:
        if len(branch) > len(given):
            raise BadRecord("its messages go round in a circle")
        branch.append(message)
        message = by_id.get(message.get("parent_message_uuid"))
    left_out["other_branches"] += len(given) - len(branch)
    return branch[::-1]
