"""The real program in a real process: it starts light, and keeps data and words apart."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tear_tui import __main__ as starting_point

HEAVY = ("torch", "transformers", "peft", "datasets", "textual", "sqlite_utils")

PROGRAM = f"""
import json, sys
from tear_tui.cli import main
sys.argv = ["tear-tui", *sys.argv[1:]]
try:
    main()
finally:
    print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]), file=sys.stderr)
"""


def program(*words: str) -> tuple[str, list[str], int]:
    """What the program printed, the heavy modules it loaded, its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=False
    )
    return done.stdout, json.loads(done.stderr.splitlines()[-1]), done.returncode


def test_nothing_heavy_is_loaded_to_help_or_to_list(home: Path) -> None:
    shown, loaded, code = program("--help")
    assert "Usage: tear-tui" in shown and (loaded, code) == ([], 0)
    words = ("triples", "add", "--input", "hi", "--response", "yo", "--consequence", "he wept")
    shown, loaded, code = program(*words, "--json")  # makes the database: migrations are loaded
    assert json.loads(shown)["new"] and code == 0
    assert not {"torch", "transformers", "peft", "datasets", "textual"} & set(loaded)
    shown, loaded, code = program("triples", "list", "--json")
    assert len(json.loads(shown)) == 1 and (loaded, code) == ([], 0)


def test_a_plugin_of_pydantic_that_somebody_installed_is_not_looked_for(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To find one, every installed package would be read at every start."""
    loaded = tmp_path / "loaded"
    about = tmp_path / "nosy-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: nosy\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[pydantic]\nnosy = nosy:plugin\n")
    (tmp_path / "nosy.py").write_text(
        f"open({str(loaded)!r}, 'w').close()\n"
        "class plugin:\n    new_schema_validator = lambda *_, **__: (None, None, None)\n"
        "plugin = plugin()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("PYDANTIC_DISABLE_PLUGINS", raising=False)
    for words in (("config", "list"), ("triples", "list", "--limit", "3")):
        assert program(*words)[2] == 0
        assert not loaded.exists()
    model = "import pydantic; type('Model', (pydantic.BaseModel,), {})"
    subprocess.run([sys.executable, "-c", model], check=True)
    assert loaded.exists(), "it is there to be found"


@pytest.mark.parametrize(
    ("words", "around", "shown"),
    [
        (["--version"], {}, "tear-tui "),
        (["triples", "list"], {}, "No triples."),
        ([], {"_TEAR_TUI_COMPLETE": "source_bash"}, "complete -o default -F"),
    ],
)
def test_by_itself_it_is_the_app_and_with_anything_else_a_command(
    home: Path, words: list[str], around: dict[str, str], shown: str
) -> None:
    program = [sys.executable, "-m", "tear_tui", *words]
    done = subprocess.run(
        program, capture_output=True, text=True, check=True, env={**os.environ, **around}
    )
    assert shown in done.stdout + done.stderr


def test_an_app_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    (tmp_path / "tear.toml").write_text("rnak = 8")
    program = [sys.executable, "-m", "tear_tui"]
    done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("tear-tui: There is no setting `rnak`")


def test_an_error_is_on_stderr_with_its_exit_code(home: Path) -> None:
    shown, _, code = program("triples", "show", "nope")
    assert (shown, code) == ("", 1)


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_a_terminal_of_few_letters_gets_question_marks(
    home: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("triples", "add", "--input", "hi", "--response", "世界", "--consequence", "he wept")
    program(*words)
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    shown, _, code = program("triples")
    assert code == 0 and ("世界" in shown or "??" in shown)


def test_ctrl_c_before_the_app_is_there_ends_it_as_a_shell_expects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.argv", ["tear-tui"])
    monkeypatch.setattr("tear_tui.__main__.open_app", interrupted)
    with pytest.raises(SystemExit) as ended:
        starting_point.main()
    assert ended.value.code == 130
