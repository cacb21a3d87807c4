"""Where the home is, and who may read it."""

import os
from pathlib import Path

import pytest

from tear_core import home as places


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_flag_comes_before_the_environment(home: Path, tmp_path: Path) -> None:
    assert places.resolve_home(tmp_path / "flag") == tmp_path / "flag"
    assert places.resolve_home() == home


def test_in_a_checkout_it_is_the_sessions_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEAR_HOME")
    deep = tmp_path / "checkout" / "docs" / "more"
    deep.mkdir(parents=True)
    (tmp_path / "checkout" / "pyproject.toml").write_text('[project]\nname = "tear-tui"\n')
    monkeypatch.chdir(deep)
    assert places.resolve_home() == tmp_path / "checkout" / "sessions"


def test_another_projects_folder_is_not_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEAR_HOME")
    (tmp_path / "pyproject.toml").write_bytes(
        b'[project]\nname = "other" \xff\n# name = "tear-tui"'
    )
    monkeypatch.chdir(tmp_path)
    assert places.resolve_home() == Path(os.environ["XDG_DATA_HOME"]) / "tear-tui"


def test_folders_are_private_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        home = places.resolve_home(tmp_path / "a" / "b")
        folders = [places.generations_folder(home), places.logs_folder(home)]
        folders.append(places.backups_folder(home))
    finally:
        os.umask(old)
    assert {mode(folder) for folder in (home, *folders)} == {0o700}


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("x")
    with pytest.raises(NotADirectoryError, match="home is a file"):
        places.resolve_home(tmp_path / "home")
