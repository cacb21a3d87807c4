"""Each published format, from a file as its program writes it."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tear_core.corpus.importing import Wanted, import_file
from tear_core.corpus.opening import Refused
from tear_core.store import Store, triples
from tear_core.store.triples import StoredTriple
from tear_core.triples import Exchange
from tests.corpus.made import (
    TEAR_ROW,
    chatgpt,
    claude,
    claude_message,
    gpt_message,
    karma,
    plain_chatgpt,
    write,
    write_lines,
    zipped,
)

NO_ANSWER = "no human turn follows a reply, so there is no consequence"


def said(store: Store) -> list[tuple[str, str, str]]:
    """Input, response and consequence of each triple, oldest first."""
    found = triples.list_triples(store)[::-1]
    return [(t.triple.input, t.triple.response, t.triple.consequence) for t in found]


def only(store: Store) -> StoredTriple:
    (found,) = triples.list_triples(store)
    return found


def test_the_tear(store: Store, tmp_path: Path) -> None:
    half = {**TEAR_ROW, "id": "seed_002", "input": "Held.", "consequence_gentle": " "}
    rows = [TEAR_ROW, half, {"input": "no responses"}, 7]
    result = import_file(store, write(tmp_path / "all_seed.json", rows))
    assert result == {
        "read": 6,
        "added": 3,
        "duplicates": 0,
        "skipped": [
            {
                "path": "all_seed.json[1]",
                "reason": "gentle: consequence is empty: a triple needs words in it",
            },
            {
                "path": "all_seed.json[2]",
                "reason": "response_harmful and response_gentle are missing",
            },
            {"path": "all_seed.json[3]", "reason": "not an object"},
        ],
        "repaired": 2,
        "format": "tear",
        "records": 4,
    }
    hurt, healed, _ = triples.list_triples(store)[::-1]
    assert (hurt.triple.landing, healed.triple.landing) == ("hurt", "healed")
    assert hurt.triple.consequence == "She closed the lid — and sold it."
    assert healed.triple.consequence.endswith("café and all.")  # was right, and stays so
    assert (hurt.notes.theme, hurt.notes.origin, hurt.notes.pair) == (
        "Family",
        "seed_001",
        "seed_001",
    )
    assert {each.status for each in triples.list_triples(store)} == {"unreviewed"}


TALK = [("human", "hello"), ("gpt", "hi"), ("human", "how are you"), ("gpt", "well")]
TALK += [("human", "good")]


@pytest.mark.parametrize("name", ["talks.json", "talks.jsonl", "talks.jsonl.gz"])
def test_sharegpt(store: Store, tmp_path: Path, name: str) -> None:
    record = {"id": "s1", "conversations": [{"from": a, "value": b} for a, b in TALK]}
    record["conversations"].insert(0, {"from": "system", "value": "be kind"})
    plain = write(tmp_path / "a.json", [record])
    if name != "talks.json":
        plain = write_lines(tmp_path / "a.jsonl", record)
    path = tmp_path / name
    path.write_bytes(gzip.compress(plain.read_bytes()) if name[-1] == "z" else plain.read_bytes())
    result = import_file(store, path)
    assert (result["format"], result["records"], result["added"]) == ("sharegpt", 1, 2)
    assert result["left_out"] == {"other_roles": 1}
    assert said(store) == [("hello", "hi", "how are you"), ("how are you", "well", "good")]
    second = triples.list_triples(store)[0]
    assert second.triple.context == (Exchange("hello", "hi"),)
    assert (second.triple.landing, second.notes.origin) == ("neutral", "s1")


def messages(*given: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"role": role, "content": content} for role, content in given]


def test_openai_messages(store: Store, tmp_path: Path) -> None:
    parts = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "data:"}},
        {"type": "text", "text": "here"},
    ]
    path = write_lines(
        tmp_path / "chat.jsonl",
        {"messages": messages(("user", parts), ("assistant", "a cat"), ("user", "a dog"))},
        {"messages": messages(("user", "a"), ("assistant", "b"))},
        {"messages": messages(("assistant", "first"), ("user", "a"), ("assistant", None))},
        {"messages": "none"},
        {"messages": ["none"]},
        {
            "messages": messages(("user", "a"), ("assistant", "b")),
            "consequence": "it rained",
            "landing": "hurt",
        },
    )
    result = import_file(store, path)
    assert [(each["line"], each["reason"]) for each in result["skipped"]] == [
        (2, NO_ANSWER),
        (3, NO_ANSWER),
        (4, "its messages are not a list"),
        (5, "it holds something that is not a message"),
    ]
    assert said(store) == [("look\n\nhere", "a cat", "a dog"), ("a", "b", "it rained")]
    assert triples.list_triples(store)[0].triple.landing == "hurt"
    assert result["left_out"] == {"non_text": 1}


def test_messages_in_a_row_are_one_and_nothing_is_jumped_over(store: Store, tmp_path: Path) -> None:
    image = [{"type": "image_url"}]
    path = write(
        tmp_path / "chat.json",
        [
            {
                "messages": messages(
                    ("user", "a"),
                    ("user", "b"),
                    ("assistant", "c"),
                    ("tool", "x"),
                    ("assistant", "d"),
                    ("user", "e"),
                    ("assistant", "f"),
                    ("user", image),
                    ("assistant", "g"),
                    ("user", "h"),
                )
            }
        ],
    )
    import_file(store, path)
    assert said(store) == [("a\n\nb", "c\n\nd", "e")]  # e's and the image's replies: no words


def test_a_long_conversation_keeps_only_the_last_turns_as_context(
    store: Store, tmp_path: Path
) -> None:
    turns = [t for n in range(60) for t in (("user", f"u{n}"), ("assistant", f"a{n}"))]
    import_file(store, write(tmp_path / "chat.json", [{"messages": messages(*turns)}]))
    newest = triples.list_triples(store, limit=1)[0].triple
    assert len(newest.context) == 20 and newest.context[-1] == Exchange("u57", "a57")


def test_trl(store: Store, tmp_path: Path) -> None:
    prompt = messages(("user", "a"), ("assistant", "b"), ("user", "c"))
    path = write_lines(
        tmp_path / "trl.jsonl",
        {"prompt": prompt, "completion": messages(("assistant", "d"))},
        {"prompt": "p", "completion": "q"},
        {"prompt": "p", "completion": "q", "label": False, "consequence": "he left"},
        {
            "prompt": messages(("user", "x")),
            "chosen": messages(("assistant", "y")),
            "rejected": messages(("assistant", "z")),
            "chosen_consequence": "he stayed",
            "rejected_consequence": "he wept",
            "rejected_landing": "neutral",
        },
        {
            "chosen": "\n\nHuman: one\n\nAssistant: two\n\nHuman: three\n\nAssistant: four",
            "rejected": "\n\nHuman: one\n\nAssistant: two\n\nHuman: three\n\nAssistant: five",
        },
    )
    result = import_file(store, path)
    assert [each["line"] for each in result["skipped"]] == [2]
    assert said(store) == [
        ("a", "b", "c"),
        ("p", "q", "he left"),
        ("x", "y", "he stayed"),
        ("x", "z", "he wept"),
        ("one", "two", "three"),
    ]
    landings = [each.triple.landing for each in triples.list_triples(store)[::-1]]
    assert landings == ["neutral", "hurt", "healed", "neutral", "neutral"]


def test_karma_electric(store: Store, tmp_path: Path) -> None:
    talk = json.dumps(messages(("system", "s"), ("user", "a"), ("assistant", "b"), ("user", "c")))
    path = karma(
        tmp_path / "training.db",
        ("e1", "accepted", "grief", talk, None),
        ("e2", "rejected", "grief", talk, "preaches"),
        ("e3", "pending", "grief", "{nope", None),
        ("e4", "pending", "grief", json.dumps(messages(("user", "a"))), None),
        ("e5", "archived", "grief", talk, None),
    )
    result = import_file(store, path)
    assert result["skipped"] == [
        {"path": "examples[e2]", "reason": "rejected there: preaches"},
        {"path": "examples[e3]", "reason": "its conversations are not JSON"},
        {"path": "examples[e4]", "reason": NO_ANSWER},
        {"path": "examples[e5]", "reason": "archived there: no reason given"},
    ]
    found = only(store)
    assert (found.notes.theme, found.notes.origin, found.source) == ("grief", "e1", "training.db")
    assert result["format"] == "karma" and said(store) == [("a", "b", "c")]


BRANCHED = chatgpt(
    {
        "root": (None, None),
        "sys": ("root", gpt_message("system", "", weight=0.0)),
        "q": ("sys", gpt_message("user", "what is this?", {"content_type": "image"})),
        "old": ("q", gpt_message("assistant", "a dog")),
        "oldq": ("old", gpt_message("user", "an abandoned branch")),
        "call": ("q", gpt_message("assistant", "search()", recipient="web")),
        "tool": ("call", gpt_message("tool", "results")),
        "new": ("tool", gpt_message("assistant", "a cat \ue200cite\ue202turn0\ue201, I think")),
        "hid": (
            "new",
            gpt_message("user", "hidden", metadata={"is_visually_hidden_from_conversation": True}),
        ),
        "thanks": ("hid", gpt_message("user", "thanks, it is mine")),
        "code": (
            "thanks",
            {**gpt_message("assistant"), "content": {"content_type": "thoughts", "parts": ["x"]}},
        ),
    },
    "code",
)


@pytest.mark.parametrize("how", ["zip", "folder", "file", "shards"])
def test_chatgpt(store: Store, tmp_path: Path, how: str) -> None:
    talks = [BRANCHED, plain_chatgpt("a", "b", "c")]
    if how == "zip":
        members = {
            "chat.html": b"<html>",
            "shared_conversations.json": [],
            "x/conversations.json": talks,
        }
        path = zipped(tmp_path / "export.zip", members)
    elif how == "shards":
        members = {f"conversations-00{n}.json": [talk] for n, talk in enumerate(talks)}
        path = zipped(tmp_path / "export.zip", members)
    else:
        path = tmp_path / "export"
        path.mkdir()
        file = write(path / "conversations.json", talks)
        path = file if how == "file" else path
    result = import_file(store, path)
    assert (result["format"], result["records"], result["skipped"]) == ("chatgpt", 2, [])
    assert said(store) == [
        ("what is this?", "a cat , I think", "thanks, it is mine"),
        ("a", "b", "c"),
    ]
    assert result["left_out"] == {"hidden": 3, "non_text": 2, "other_branches": 2}
    assert import_file(store, path)["duplicates"] == 2


BROKEN_TREES = {
    "no mapping of messages in it": {"mapping": [], "current_node": "x"},
    "its current_node is not there, so nobody knows which branch was shown": {
        **BRANCHED,
        "current_node": "gone",
    },
    "its messages go round in a circle": chatgpt(
        {"a": ("b", gpt_message("user", "a")), "b": ("a", gpt_message("assistant", "b"))}, "a"
    ),
    "it holds something that is not a message": chatgpt({"a": (None, {"content": 3})}, "a"),
    NO_ANSWER: plain_chatgpt("a", "b"),
}


def test_a_chatgpt_tree_that_cannot_be_walked_is_named(store: Store, tmp_path: Path) -> None:
    broken = [*BROKEN_TREES.values(), plain_chatgpt("a", "b", "c")]
    result = import_file(store, write(tmp_path / "conversations.json", broken))
    assert [each["reason"] for each in result["skipped"]] == list(BROKEN_TREES)
    assert result["skipped"][2]["path"] == "conversations.json[2]" and result["added"] == 1


def test_claude(store: Store, tmp_path: Path) -> None:
    root = "00000000-0000-4000-8000-000000000000"
    branched = claude(
        claude_message("human", "hello", uuid="1", parent_message_uuid=root),
        claude_message("assistant", "abandoned", uuid="2", parent_message_uuid="1"),
        claude_message(
            "assistant",
            "",
            uuid="3",
            parent_message_uuid="1",
            content=[{"type": "tool_use", "name": "x"}, {"type": "text", "text": "hi"}],
        ),
        claude_message(
            "human", "good", uuid="4", parent_message_uuid="3", attachments=[{"file_name": "a"}]
        ),
    )
    listed = claude(
        claude_message("human", "a"),
        claude_message("assistant", "b", content=[]),
        claude_message("human", "c"),
    )
    circle = claude(
        claude_message("human", "a", uuid="1", parent_message_uuid="2"),
        claude_message("assistant", "b", uuid="2", parent_message_uuid="1"),
    )
    members = {"conversations.json": [branched, listed, circle, claude()], "users.json": []}
    result = import_file(store, zipped(tmp_path / "data.zip", members))
    assert said(store) == [("hello", "hi", "good"), ("a", "b", "c")]
    assert result["format"] == "claude"
    assert result["left_out"] == {"attachments": 1, "non_text": 1, "other_branches": 1}
    assert [each["reason"] for each in result["skipped"]] == [
        "its messages go round in a circle",
        NO_ANSWER,
    ]


def test_our_own_rows_may_be_a_list_or_one_object(store: Store, tmp_path: Path) -> None:
    row = {"input": "a", "response": "b", "consequence": "c"}
    pretty = tmp_path / "one.json"
    pretty.write_text("\ufeff" + json.dumps(row, indent=2), encoding="utf-8")
    assert import_file(store, pretty)["added"] == 1
    path = write(tmp_path / "rows.json", [{**row, "input": "x"}, {"input": "y"}])
    assert import_file(store, path)["skipped"] == [
        {"path": "rows.json[1]", "reason": "response is missing"}
    ]
    assert import_file(store, write_lines(tmp_path / "rows.txt", row))["duplicates"] == 1


def test_what_is_noted_beside_the_words(store: Store, tmp_path: Path) -> None:
    row = {"input": "a", "response": "b", "consequence": "c"}
    own = {**row, "input": "x", "source": "diary", "licence": "mit", "difficulty": 3, "pair": "p"}
    odd = {**row, "input": "y", "difficulty": "hard", "theme": 7, "culture": "a\0b"}
    path = write_lines(tmp_path / "rows.jsonl", row, own, odd)
    wanted = Wanted(source="lab", licence="cc0", consent="all agreed")
    import_file(store, path, wanted)
    odd_one, own_one, plain = triples.list_triples(store)
    assert (plain.source, plain.notes.licence, plain.notes.consent) == ("lab", "cc0", "all agreed")
    assert (own_one.source, own_one.notes.licence) == ("diary", "mit")
    assert (own_one.notes.difficulty, own_one.notes.pair) == (3, "p")
    assert (odd_one.notes.difficulty, odd_one.notes.theme, odd_one.notes.culture) == (None, "", "")


def test_a_dry_run_counts_and_keeps_nothing(store: Store, tmp_path: Path) -> None:
    row = {"input": "a", "response": "b", "consequence": "c"}
    path = write_lines(tmp_path / "rows.jsonl", row, row, {**row, "input": "x"}, 7)
    dry = import_file(store, path, Wanted(dry_run=True))
    assert sum(triples.counts(store).values()) == 0 and dry.pop("dry_run") is True
    assert dry == import_file(store, path)
    assert import_file(store, path, Wanted(dry_run=True))["duplicates"] == 3


def test_accepting_takes_our_format_or_a_named_one(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "tear.json", [TEAR_ROW])
    with pytest.raises(Refused, match="not in our own format") as refused:
        import_file(store, path, Wanted(accept=True))
    assert "--format tear" in refused.value.hint
    assert sum(triples.counts(store).values()) == 0
    import_file(store, path, Wanted(accept=True, format="tear"))
    assert triples.counts(store)["pending"] == 2


def test_text_that_only_looks_broken_is_kept_if_its_hash_says_so(
    store: Store, tmp_path: Path
) -> None:
    words = {"input": "a", "response": "b", "consequence": "it said \u00e2\u20ac\u201d there"}
    import_file(store, write_lines(tmp_path / "a.jsonl", words))
    assert only(store).triple.consequence == "it said — there"
    meant = {**words, "content_hash": "?"}
    from tear_core.triples import Triple

    meant["content_hash"] = Triple("a", "b", words["consequence"]).content_hash
    result = import_file(store, write_lines(tmp_path / "b.jsonl", meant))
    assert "repaired" not in result
    assert triples.list_triples(store)[0].triple.consequence == words["consequence"]
