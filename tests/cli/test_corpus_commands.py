"""The commands around the corpus: deciding, importing, exporting, auditing, the database."""

import json
import os
import pty
import select
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tear_core.store import generations, open_store, triples
from tear_core.triples import Triple
from tear_tui.cli import review
from tests.cli.test_commands import add, as_json, run
from tests.corpus.made import TEAR_ROW, write, write_lines
from tests.store.made import generation

pytestmark = pytest.mark.usefixtures("home")


def unreviewed(home: Path, *scenes: str) -> list[str]:
    with open_store(home) as store:
        return [
            triples.add(store, Triple("hi", "yo", scene), source="s", status="unreviewed")[0].id
            for scene in scenes
        ]


def status(triple_id: str) -> str:
    return str(as_json("triples", "show", triple_id)["status"])


def learn(home: Path, *ids: str, parent: int | None = None) -> None:
    with open_store(home) as store:
        generations.publish(store, generation(store, parent=parent), list(ids), [])


# --- deciding ---------------------------------------------------------------------------------


def test_triples_are_accepted_rejected_and_undone(home: Path) -> None:
    one, two, three = unreviewed(home, "a", "b", "c")
    told = as_json("triples", "accept", one, two, "--who", "ada")
    assert told == {"status": "pending", "changed": [one, two], "unchanged": []}
    assert as_json("triples", "accept", one)["unchanged"] == [one]
    assert run("triples", "reject", three, "preaches").stdout == f"{three} is rejected\n"
    history = as_json("triples", "show", one)["history"]
    assert (history[-1]["who"], history[-1]["why"]) == ("ada", "accepted")
    assert as_json("triples", "undo")["triples"] == [{"id": three, "status": "unreviewed"}]
    assert len(as_json("triples", "undo", one)["triples"]) == 2
    assert status(two) == "unreviewed"
    run("triples", "accept", "-", input=f"{one}\n{two}\n")
    assert status(two) == "pending"


@pytest.mark.parametrize(
    "words",
    [
        ("accept", "nope"),
        ("reject", "nope", "why"),
        ("retract", "nope"),
        ("edit", "nope", "--landing", "hurt"),
        ("undo", "nope"),
        ("show", "nope"),
        ("reject", "{}", " "),
        ("edit", "{}", "--consequence", " "),
    ],
)
def test_what_cannot_be_is_1_and_changes_nothing(home: Path, words: tuple[str, ...]) -> None:
    (kept,) = unreviewed(home, "a")
    shown = run("triples", *(word.format(kept) for word in words), code=1)
    assert shown.stdout == "" and shown.stderr.startswith("Error: ")
    assert len(as_json("triples", "show", kept)["history"]) == 1
    run("triples", "accept", code=2)


def test_a_retraction_says_who_has_seen_it_and_what_can_be_done(home: Path) -> None:
    one, two = (add(scene)["id"] for scene in ("a", "b"))
    learn(home, one)
    learn(home, two, parent=1)
    shown = run("triples", "retract", one, "--why", "withdrawn")
    assert shown.stdout == f"{one} is retracted\n"
    assert "Generation 1 of nano has seen it, and generation 2 grew from there" in shown.stderr
    assert "go back to the base: tear-tui generations use base" in shown.stderr
    run("triples", "undo")
    told = as_json("triples", "retract", two)
    assert told["carried"] == [{"base": "nano", "seen": [2], "grown": [], "live": 2, "clean": 1}]
    assert any("tear-tui generations use 1" in sentence for sentence in told["advice"])
    assert "nothing more to do" in run("triples", "retract", *unreviewed(home, "c")).stderr
    again = as_json("triples", "accept", "--again", "--seen-by", "1")
    assert again["changed"] == [one] and status(one) == "pending"


def test_a_triple_is_edited(home: Path) -> None:
    (kept,) = unreviewed(home, "he wept")
    words = ("--consequence", "he left", "--landing", "hurt", "--theme", "work")
    told = as_json("triples", "edit", kept, *words, "--difficulty", "3", "--why", "clearer")
    assert (told["consequence"], told["landing"], told["theme"]) == ("he left", "hurt", "work")
    assert (told["difficulty"], told["changed"], told["status"]) == (3, True, "unreviewed")
    assert as_json("triples", "edit", kept, "--landing", "hurt")["changed"] is False
    shown = run("triples", "show", kept).stdout
    assert "clearer" in shown and "consequence, landing, theme, difficulty" in shown
    run("triples", "edit", kept, "--difficulty", "5", code=2)
    run("triples", "edit", kept, "--consequence", "-", input="he sang\n")
    assert as_json("triples", "show", kept)["consequence"] == "he sang"
    learn(home, kept)
    new = as_json("triples", "edit", kept, "--consequence", "he slept")
    assert new["id"] != kept and status(kept) == "retracted"


def test_a_triple_is_edited_in_the_persons_editor(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept,) = unreviewed(home, "he wept")
    editor = tmp_path / "editor.py"
    monkeypatch.setenv("VISUAL", f"{shlex.quote(sys.executable)} {shlex.quote(str(editor))}")

    def edits(change: str) -> None:
        editor.write_text(
            "import sys, pathlib\n"
            "path = pathlib.Path(sys.argv[1])\n"
            "text = path.read_text(encoding='utf-8')\n"
            f"path.write_text({change}, encoding='utf-8')\n"
        )

    edits("text.replace('he wept', 'he left\\n\\n# and stayed away').replace('neutral', 'hurt')")
    told = as_json("triples", "edit", kept)
    assert told["consequence"] == "he left\n\n# and stayed away"
    assert (told["landing"], told["input"]) == ("hurt", "hi")
    edits("text")
    assert as_json("triples", "edit", kept)["changed"] is False
    edits("text.replace('≡≡≡ response ≡≡≡', '')")
    assert "the heading of response is gone" in run("triples", "edit", kept, code=1).stderr
    edits("text.replace('hurt', 'great')")
    assert "landing 'great' is not one of" in run("triples", "edit", kept, code=1).stderr
    monkeypatch.setenv("VISUAL", "/no/such/editor")
    assert "Error: " in run("triples", "edit", kept, code=1).stderr


# --- lists ------------------------------------------------------------------------------------


def test_search_takes_words_as_they_are_typed(home: Path) -> None:
    unreviewed(home, "self-harm is named", "I don't know", "an exact phrase", "a * star")
    for words, found in (
        (["self-harm"], "self-harm is named"),
        (["don't"], "I don't know"),
        (['"exact phrase"'], "an exact phrase"),
        (["exact", "phr"], "an exact phrase"),
        (["*"], "a * star"),
    ):
        assert [row["consequence"] for row in as_json("triples", "search", *words)] == [found]
    assert as_json("triples", "search", "self-harm", "--status", "learned") == []
    assert "No triples." in run("triples", "search", "zebra").stderr


def test_every_list_can_be_had_as_json_lines_csv_or_a_table(home: Path) -> None:
    unreviewed(home, 'he said "\x1b[2Jno",\nand left')
    for words in (["triples", "list"], ["triples", "search", "left"], ["triples", "categories"]):
        rows = as_json(*words)
        lines = run(*words, "--nl").stdout.splitlines()
        assert [json.loads(line) for line in lines] == rows
        table = run(*words, "--csv").stdout
        assert table.splitlines()[0] == ",".join(rows[0]) and "\x1b" not in table
        assert "unreviewed" in run(*words).stdout
        assert "cannot both be had" in run(*words, "--csv", "--nl", code=2).stderr
    assert "No triples." in run("triples", "list", "--theme", "x").stderr
    assert (
        "--search goes with"
        in run("triples", "list", "--search", "a", "--theme", "b", code=2).stderr
    )


def test_categories_and_stats_count(home: Path) -> None:
    unreviewed(home, "a", "b")
    add("c", "--theme", "tea", "--difficulty", "2")
    rows = {(row["by"], row["name"]): row for row in as_json("triples", "categories")}
    assert rows["source", "s"]["triples"] == 2 and rows["theme", "tea"]["pending"] == 1
    assert rows["landing", "neutral"]["triples"] == rows["status", "unreviewed"]["triples"] + 1
    told = as_json("triples", "stats")
    assert (told["triples"], told["status"]["unreviewed"], told["themes"]) == (3, 2, 1)
    assert "unreviewed" in run("triples", "stats").stdout
    assert [row["theme"] for row in as_json("triples", "list", "--theme", "tea")] == ["tea"]
    assert len(as_json("triples", "list", "--source", "s", "--landing", "neutral")) == 2


# --- review -----------------------------------------------------------------------------------


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys that will be pressed, one after the other."""
    pressed: list[str] = []
    monkeypatch.setattr(review, "is_terminal", lambda: True)
    monkeypatch.setattr(review, "ask_key", lambda: pressed.pop(0))
    return pressed


def test_a_review_goes_through_what_waits(home: Path, keys: list[str]) -> None:
    one, two, three = unreviewed(home, "a", "b", "c")
    keys += [*"1a", "x", "?", "s", "q"]
    shown = run("triples", "review", input="preaches\n")
    assert "1 of 3" in shown.stdout and "none of the keys" in shown.stderr
    assert "accepted 1, rejected 1, edited 1; 0 not looked at" in shown.stdout
    assert [status(each) for each in (one, two, three)] == ["pending", "rejected", "unreviewed"]
    assert as_json("triples", "show", one)["landing"] == "healed"
    assert as_json("triples", "show", two)["history"][-1]["why"] == "preaches"
    keys += [*"sq"]
    assert "1 of 1" in run("triples", "review").stdout


def test_a_review_is_undone_step_by_step(home: Path, keys: list[str]) -> None:
    one, two = unreviewed(home, "a", "b")
    keys += [*"u3axa", *"uuu", "q"]
    shown = run("triples", "review", input="\n")
    assert "Nothing was decided yet." in shown.stderr and "Not rejected" in shown.stderr
    assert [status(each) for each in (one, two)] == ["unreviewed", "unreviewed"]
    assert as_json("triples", "show", one)["landing"] == "neutral"
    assert "2 not looked at" in shown.stdout


def test_a_review_needs_a_terminal_and_something_to_review(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "needs a terminal" in run("triples", "review", code=1).stderr
    monkeypatch.setattr(review, "is_terminal", lambda: True)
    assert run("triples", "review").stdout == "Nothing waits for a review.\n"


def test_a_review_in_a_real_terminal(home: Path) -> None:
    one, two = unreviewed(home, "he \x1b]0;PWNED\x07wept", "b")
    ours, theirs = pty.openpty()
    program = [sys.executable, "-c", "from tear_tui.cli import main; main()", "triples", "review"]
    child = subprocess.Popen(
        program, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm"}
    )
    os.close(theirs)
    seen = _until(ours, b"1 of 2")
    os.write(ours, b"a")
    seen += _until(ours, b"2 of 2")
    os.write(ours, b"q")
    assert child.wait(timeout=60) == 0
    os.close(ours)
    assert b"\x1b]0;" not in seen and b"wept" in seen
    assert (status(one), status(two)) == ("pending", "unreviewed")


def _until(terminal: int, text: bytes, seconds: float = 60) -> bytes:
    seen, end = b"", time.monotonic() + seconds
    while text not in seen or not seen.rstrip().endswith(b"quit"):
        assert time.monotonic() < end, seen
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65536)
    return seen


# --- files ------------------------------------------------------------------------------------


def test_a_foreign_file_is_imported(tmp_path: Path) -> None:
    path = write(tmp_path / "tear.json", [TEAR_ROW, {"input": "x"}])
    told = as_json("import", str(path), "--dry-run")
    assert told["dry_run"] is True and as_json("triples", "list") == []
    words = ("--source", "the tear", "--licence", "none", "--consent", "unknown")
    told = as_json("import", str(path), *words)
    assert list(told) == ["read", "added", "duplicates", "skipped", "repaired", "format", "records"]
    assert (told["added"], told["repaired"]) == (2, 1)
    assert as_json("triples", "list")[0]["consent"] == "unknown"
    shown = run("import", str(path))
    assert f"{path}:tear.json[1]: response_harmful" in shown.stderr
    assert "mended the encoding of 1 texts" in shown.stdout
    assert "--format tear" in run("import", str(path), "--accept", code=1).stderr
    run("import", str(path), "--accept", "--format", "tear")
    assert as_json("triples", "stats")["status"]["pending"] == 2
    assert "great" in run("import", str(path), "--format", "great", code=2).stderr
    talk = [
        {"role": r, "content": c}
        for r, c in (("user", "a"), ("assistant", "b"), ("tool", "t"), ("user", "c"))
    ]
    both = as_json("import", str(path), str(write(tmp_path / "m.json", [{"messages": talk}])))
    assert both["left_out"] == {"other_roles": 1} and both["format"] == "messages"


def test_an_export_is_written_and_imported_elsewhere(tmp_path: Path) -> None:
    made = [add(scene)["id"] for scene in ("a", "Harold wept")]
    told = as_json("export", str(tmp_path / "out"))
    assert told["rows"] == {"triples": 2, "messages": 2, "sft": 2, "preference": 0, "kto": 0}
    assert "is not empty" in run("export", str(tmp_path / "out"), code=1).stderr
    run("export", str(tmp_path / "out"), "--force")
    shown = run("export", "--jsonl", str(tmp_path / "rows.jsonl"), "--redact")
    assert "1 names" in shown.stderr and "Harold" not in (tmp_path / "rows.jsonl").read_text()
    lines = run("export", "--jsonl", "-", "--status", "pending").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == made
    assert "'x' is not one of" in run("export", "--jsonl", "-", "--status", "x", code=2).stderr
    run("export", code=2)
    other = ("--home", str(tmp_path / "other"))
    run(*other, "import", str(tmp_path / "out"), "--accept")
    mine = {row["consequence"] for row in as_json("triples", "list")}
    theirs = json.loads(run(*other, "triples", "list", "--json").stdout)
    assert {row["consequence"] for row in theirs} == mine


def test_an_audit_opens_no_home(home: Path, tmp_path: Path) -> None:
    rows = [
        {
            "id": f"{n}{letter}",
            "pair": str(n),
            "input": f"i{n}",
            "response": f"{letter} {n}",
            "consequence": "c",
            "landing": landing,
        }
        for n in range(4)
        for letter, landing in (("a", "healed"), ("b", "hurt"))
    ]
    folder = tmp_path / "data" / "part"
    folder.mkdir(parents=True)
    path = write_lines(folder / "rows.jsonl", *rows, {"input": "x"})
    write_lines(folder / "train.jsonl", *rows[:2])  # the same rows again
    told = as_json("triples", "audit", str(tmp_path / "data"))
    assert (told["rows"], told["contrast"], told["siblings"], told["skipped"]) == (8, 4, 0, 1)
    assert {row["pairs"] for row in told["table"]} == {"contrast", "siblings"}
    shown = run("triples", "audit", str(path))
    assert "length of the response" in shown.stdout and "below 0.60" in shown.stdout
    assert "siblings  " not in shown.stdout  # there are none
    assert f"{path}:9: response is missing" in shown.stderr
    assert len(run("triples", "audit", str(path), "--nl").stdout.splitlines()) == 12
    assert not home.exists()
    run("triples", "audit", str(tmp_path / "nope"), code=1)
    (tmp_path / "empty.jsonl").write_text("\n")
    run("triples", "audit", str(tmp_path / "empty.jsonl"), code=1)


# --- the database -----------------------------------------------------------------------------


def test_the_database_is_found_checked_backed_up_and_restored(home: Path, tmp_path: Path) -> None:
    assert run("db").stdout == f"{home / 'tear.db'}\n"
    assert "no database yet" in run("db", "check", code=1).stderr
    add("before")
    copy = str(tmp_path / "copy.db")
    assert as_json("db", "backup", copy)["path"] == copy
    assert "exists already" in run("db", "backup", copy, code=1).stderr
    assert "Error: " in run("db", "backup", str(tmp_path / "no" / "x.db"), code=1).stderr
    add("after")
    told = as_json("db", "check")
    assert (told["triples"], told["generations"], told["problems"]) == (2, 0, [])
    assert "sound" in run("db", "check").stdout
    told = as_json("db", "restore", copy)
    assert Path(told["kept"]).is_file() and told["missing_generations"] == []
    assert [row["consequence"] for row in as_json("triples", "list")] == ["before"]
    text = tmp_path / "text.db"
    text.write_text("a shopping list")
    assert "cannot be read" in run("db", "restore", str(text), code=1).stderr
    with open_store(home) as store, store.write() as connection:
        connection.execute("UPDATE triples SET consequence = 'changed'")
    shown = run("db", "check", code=1)
    assert "is no longer what was kept" in shown.stdout and "not sound" in shown.stdout


def test_counters_that_are_off_are_told_and_mended_when_asked(home: Path) -> None:
    add("before")
    with open_store(home) as store, store.write() as connection:
        connection.execute("UPDATE triple_kinds SET n = 7")
    shown = run("db", "check", code=1).stdout
    assert "7 are counted, 1 are there" in shown and "db check --mend" in shown
    assert "7 are counted" in run("db", "check", code=1).stdout, "it only looked"
    mended = run("db", "check", "--mend")
    assert "Counted again: " in mended.stderr and "1 triples" in mended.stdout
    told = as_json("db", "check", "--mend")
    assert (told["triples"], told["problems"], told["mended"]) == (1, [], [])


def test_nothing_is_restored_under_a_running_engine(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("before")
    run("db", "backup", str(tmp_path / "copy.db"))
    monkeypatch.setattr("tear_core.engine.client.connect", lambda home: object())
    assert "an engine is running" in run("db", "restore", str(tmp_path / "copy.db"), code=1).stderr


def test_every_command_has_a_help_of_its_own() -> None:
    for words in (["triples"], ["db"], ["export"], ["triples", "review"], ["triples", "audit"]):
        assert "Usage: " in run(*words, "-h").stdout
