"""The command line: what it prints, where, and with which exit code."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tear_core import __version__
from tear_core.engine.client import EngineBusy
from tear_core.settings import load_settings
from tear_core.store import generations, open_store, triples
from tear_tui.cli import app
from tear_tui.cli.commands import COMMANDS
from tear_tui.lineage.fitting import fingerprint_here
from tests.store.made import generation, pending_triple

TRIPLE_KEYS = [
    *("id", "input", "response", "consequence", "landing", "order", "context", "draft"),
    *("status", "surprise", "surprise_tokens", "surprise_generation", "generations"),
    *("predicted", "predicted_by", "blind", "source", "session", "turn", "created_at"),
    *("theme", "difficulty", "culture", "licence", "consent", "pair", "origin"),
]

pytestmark = pytest.mark.usefixtures("home")


def run(*words: str, input: str | None = None, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(words), input=input)
    assert result.exit_code == code, (result.output, result.exception)
    return result


def as_json(*words: str) -> Any:
    return json.loads(run(*words, "--json").stdout)


def add(consequence: str = "he wept", *more: str) -> Any:
    words = ("--input", "hi", "--response", "yo", "--consequence", consequence)
    return as_json("triples", "add", *words, *more)


def test_help_names_the_exit_codes_and_every_command() -> None:
    for flag in ("-h", "--help"):
        shown = run(flag).stdout
        codes = "0 done, 1 failed, 2 wrong usage, 3 too little to tell, 4 provisional, 75 busy"
        assert codes in " ".join(shown.split())
        for each in COMMANDS:
            assert f"\n  {each.name} " in shown
    for words in (["triples", "add"], ["import"], ["generations", "use"]):
        assert "Usage: " in run(*words, "-h").stdout


def test_version() -> None:
    assert run("--version").stdout == f"tear-tui {__version__}\n"


def test_a_triple_is_added_once() -> None:
    first = add("he wept", "--landing", "hurt")
    assert list(first) == [*TRIPLE_KEYS, "new"]
    assert (first["status"], first["landing"], first["source"]) == ("pending", "hurt", "cli")
    assert first["new"] is True and first["generations"] == []
    again = add("he wept")
    assert (again["id"], again["new"], again["landing"]) == (first["id"], False, "hurt")


def test_a_consequence_may_come_from_stdin() -> None:
    words = ("triples", "add", "--input", "hi", "--response", "yo", "--consequence", "-")
    result = run(*words, input="he wept\nand left\n")
    assert as_json("triples", "show", result.stdout.strip())["consequence"] == "he wept\nand left"
    assert "pending" in result.stderr


def test_wrong_usage_is_2_and_bad_words_are_1() -> None:
    assert "--response" in run("triples", "add", "--input", "hi", code=2).stderr
    assert "great" in run("triples", "list", "--status", "great", code=2).stderr
    assert "Did you mean 'triples'?" in run("tripels", code=2).stderr
    words = ("triples", "add", "--input", "a", "--response", "b", "--consequence", " ")
    result = run(*words, code=1)
    assert result.stderr == "Error: consequence is empty: a triple needs words in it\n"
    assert result.stdout == ""


def test_triples_are_listed_newest_first() -> None:
    made = [add(f"scene {n}")["id"] for n in range(3)]
    listed = as_json("triples", "list")
    assert [each["id"] for each in listed] == made[::-1]
    assert list(listed[0]) == TRIPLE_KEYS
    assert len(as_json("triples", "list", "--limit", "2")) == 2
    assert len(as_json("triples", "list", "--limit", "0")) == 3
    assert as_json("triples", "list", "--status", "learned") == []
    assert [each["id"] for each in as_json("triples", "list", "--search", "scene 1")] == [made[1]]
    assert as_json("triples", "list", "--search", "scene", "--status", "rejected") == []
    lines = run("triples", "list", "--jsonl").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == made[::-1]


def test_a_bare_group_lists() -> None:
    assert "No triples." in run("triples").stderr
    assert "the base answers" in run("generations").stderr
    made = add()["id"]
    assert made in run("triples").stdout


def test_tables_hold_nothing_that_a_terminal_obeys() -> None:
    made = add("\x1b]0;PWNED\x07he\x1b[2J\nwept \u202e" + "世界" * 40)["id"]
    for words in (["triples"], ["triples", "show", made]):
        shown = run(*words).stdout
        assert "\x1b" not in shown and "\u202e" not in shown and "PWNED" not in shown
    assert "\x1b" not in run("triples", "list", "--json").stdout
    row = run("triples").stdout.splitlines()[1]
    assert "he wept 世界" in row and row.endswith("…")


def test_one_triple_is_shown_in_full() -> None:
    made = add("he wept\nand left")["id"]
    shown = run("triples", "show", made[:20].lower()).stdout
    assert "he wept\n  and left" in shown and "added: cli" in shown
    found = as_json("triples", "show", made)
    assert list(found) == [*TRIPLE_KEYS, "history"]
    assert found["history"][0]["to_status"] == "pending"
    result = run("triples", "show", "nope", code=1)
    assert result.stderr.startswith("Error: there is no triple 'nope'\nHint: ")


def test_import_prints_its_counts(tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    row = {"input": "hi", "response": "yo", "consequence": "he wept"}
    file.write_text(json.dumps(row) + "\nnope\n" + json.dumps(row))
    assert as_json("import", str(file)) == {
        "read": 3,
        "added": 1,
        "duplicates": 1,
        "skipped": [{"line": 2, "reason": "not JSON: Expecting value (column 1)"}],
    }
    result = run("import", "--accept", str(file))
    assert result.stdout == "read 3, added 0, duplicates 2, skipped 1\n"
    assert f"{file}:2: not JSON" in result.stderr
    assert as_json("triples", "list", "--status", "pending")
    other = tmp_path / "other.jsonl"
    other.write_text("[]")
    both = as_json("import", str(file), str(other))
    assert [Path(each["file"]).name for each in both["skipped"]] == ["some.jsonl", "other.jsonl"]
    missing = run("import", str(file), str(tmp_path / "no.jsonl"), code=1)
    assert "no.jsonl" in missing.stderr and missing.stdout == ""


def test_generations_that_do_not_fit_the_weights_are_told_and_not_chosen(home: Path) -> None:
    with open_store(home) as store:
        generations.publish(store, generation(store), [], [])
    told = run("generations").stderr
    assert "Generation 1 was learned on other weights of nano, so the base answers" in told
    assert "tear-tui generations rebuild 1" in told
    assert len(as_json("generations", "list")) == 1
    refused = run("generations", "use", "1", code=1).stderr
    assert "other weights" in refused and "generations rebuild 1" in refused


def test_generations_are_listed_and_chosen(home: Path) -> None:
    here = fingerprint_here(load_settings())
    with open_store(home) as store:
        for parent in (None, 1):
            kept = pending_triple(store, f"scene {parent}")
            triples.record_surprise(store, kept.id, 2.5, 7, 0)
            made = replace(generation(store, parent=parent), base_fingerprint=here or "")
            generations.publish(store, made, [kept.id], [])
    rows = as_json("generations", "list")
    assert [(row["generation"], row["parent"], row["live"]) for row in rows] == [
        (1, None, False),
        (2, 1, True),
    ]
    assert (rows[0]["triples"], rows[0]["response_before"], rows[0]["consequence_after"]) == (
        1,
        2.0,
        None,
    )
    assert "live" in run("generations").stdout.splitlines()[2]
    assert as_json("triples", "list", "--status", "learned")[0]["generations"] == [2]
    assert as_json("generations", "use", "1") == {"live": 1, "base": "nano"}
    assert run("generations", "use", "base").stdout == "the base nano is live\n"
    assert not any(row["live"] for row in as_json("generations", "list"))
    assert "there is no generation 9" in run("generations", "use", "9", code=1).stderr
    assert "there is no generation newest" in run("generations", "use", "newest", code=1).stderr


def test_another_home_is_chosen_on_the_command_line(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    words = ("triples", "add", "--input", "a", "--response", "b", "--consequence", "c")
    run("--home", str(elsewhere), *words)
    assert (elsewhere / "tear.db").is_file()
    assert as_json("triples", "list") == []


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            EngineBusy("process 7 is learning", "wait"),
            75,
            "Error: process 7 is learning\nHint: wait\n",
        ),
        (
            PermissionError(13, "Permission denied", "/x/tear.db"),
            1,
            "/x/tear.db: Permission denied",
        ),
        (
            ZeroDivisionError("oh"),
            1,
            "Error: something unexpected happened (ZeroDivisionError: oh)",
        ),
    ],
)
def test_errors_are_a_line_and_a_hint_and_a_traceback_only_if_asked(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, said: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("tear_core.store.open_store", fail)
    shown = run("triples", code=code).stderr
    assert said in shown and "Traceback" not in shown
    assert "Traceback" in run("--debug", "triples", code=code).stderr


def test_settings_that_cannot_be_are_a_line_each(home: Path) -> None:
    Path("tear.toml").write_text("rnak = 3\nsize = 4")
    lines = run("generations", "use", "base", code=1).stderr.splitlines()
    assert len(lines) == 2 and all(line.startswith("Error: There is no setting") for line in lines)


def test_without_a_command_the_app_opens_and_its_exit_code_is_the_commands(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    class App:
        @staticmethod
        def run(home: Path, **_: object) -> int:
            opened.append(home)
            return 3

    monkeypatch.setitem(sys.modules, "tear_tui.entrance", App)  # type: ignore[arg-type]
    run(code=3)
    assert opened == [home]
