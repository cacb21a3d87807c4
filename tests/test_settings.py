"""Settings: which source wins, and errors that say what to change where."""

from pathlib import Path

import pytest

from tear_core.settings import Settings, SettingsError, load_settings, user_file, what_for

pytestmark = pytest.mark.usefixtures("home")


def write_user(text: str) -> Path:
    user_file().parent.mkdir(parents=True, exist_ok=True)
    user_file().write_text(text)
    return user_file()


def problems(**flags: object) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(flags)
    return caught.value.problems


def test_defaults() -> None:
    settings = load_settings()
    assert (settings.base, settings.rank, settings.alpha, settings.order) == (
        "nano",
        16,
        32,
        "after",
    )
    assert settings.learning_rate is None and settings.learn_when == "after" and not settings.blind


def test_flags_then_environment_then_project_then_user(monkeypatch: pytest.MonkeyPatch) -> None:
    write_user('rank = 1\nalpha = 1\ntop_k = 1\ntheme = "nord"')
    Path("tear.toml").write_text("rank = 2\nalpha = 2\ntop_k = 2")
    monkeypatch.setenv("TEAR_RANK", "3")
    monkeypatch.setenv("TEAR_ALPHA", "3")
    settings = load_settings({"rank": 4, "blind": None})
    assert (settings.rank, settings.alpha, settings.top_k, settings.theme) == (4, 3, 2, "nord")


def test_the_projects_file_is_found_from_a_folder_below(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("tear.toml").write_text("rank = 2")
    Path("deep/er").mkdir(parents=True)
    monkeypatch.chdir("deep/er")
    assert load_settings().rank == 2


def test_an_unknown_key_is_named_with_its_file() -> None:
    path = write_user("rnak = 8\nepochs = 2\nsize = 3")
    assert problems() == (
        f"There is no setting `rnak` ({path}). Did you mean `rank`?",
        f"There is no setting `size` ({path}).",
    )


def test_a_value_that_cannot_be_is_named_with_where_it_is_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write_user('top_p = 2\norder = "during"')
    monkeypatch.setenv("TEAR_RANK", "many")
    found = {each.split("`")[1]: each for each in problems(dropout=1.0)}
    assert set(found) == {"top_p", "order", "rank", "dropout"}
    assert found["top_p"] == f"`top_p` ({path}) should be less than or equal to 1, not 2."
    assert "the environment's TEAR_RANK" in found["rank"] and "'many'" in found["rank"]
    assert "given as --dropout" in found["dropout"]
    assert "'after', 'before' or 'reflect'" in found["order"]


def test_an_unknown_flag_is_an_error() -> None:
    assert "no setting `rnak`" in problems(rnak=3)[0]


def test_a_file_that_is_not_toml_is_named() -> None:
    path = write_user("rank 8")
    assert problems()[0].startswith(f"{path} is not TOML: ")


def test_every_setting_is_explained() -> None:
    told = what_for()
    assert list(told) == list(Settings.model_fields) and all(told.values())
    assert told["clip"] == "Longest gradient, as a norm."
