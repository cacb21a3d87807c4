"""Settings: which source wins, and errors that say what to change where."""

from pathlib import Path

import pytest

from tear_core.settings import (
    SettingsError,
    checked,
    kinds,
    load_settings,
    source_of,
    user_file,
    what_for,
)

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


def test_an_empty_variable_says_nothing_and_a_small_letter_is_as_good_as_a_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_user("rank = 1\nalpha = 1")
    monkeypatch.setenv("TEAR_RANK", "")
    monkeypatch.setenv("tear_Alpha", "3")
    monkeypatch.setenv("TEAR_BLIND", "yes")
    settings = load_settings()
    assert (settings.rank, settings.alpha, settings.blind) == (1, 3, True)
    assert [source_of(name).kind for name in ("rank", "alpha")] == ["user", "environment"]


def test_keys_of_all_sources_add_up_and_the_strongest_has_the_last_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_user('[keymap]\nconverse.take = "f1"\nconverse.copy = "f2"\nturn.take = "f3"')
    Path("tear.toml").write_text('[keymap]\n"converse.take" = "f4"\nconverse.copy = "f5"')
    monkeypatch.setenv("TEAR_KEYMAP", '{"converse": {"take": "f6"}}')
    assert load_settings({"keymap": {"turn.copy": "f7"}}).keymap == {
        "converse.take": "f6",
        "converse.copy": "f5",
        "turn.take": "f3",
        "turn.copy": "f7",
    }


def test_a_keymap_in_the_environment_that_is_not_json_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEAR_KEYMAP", "converse.take=f3")
    assert problems()[0].startswith("`keymap` (the environment's TEAR_KEYMAP) is not JSON: ")
    monkeypatch.setenv("TEAR_KEYMAP", '["f3"]')
    assert problems()[0] == (
        "`keymap` (the environment's TEAR_KEYMAP) should be a valid dictionary, not ['f3']."
    )


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("rank", 0, "should be greater than or equal to 1, not 0."),
        ("rank", 1.5, "should be a valid integer, got a number with a fractional part, not 1.5."),
        ("rank", None, "should be a valid integer, not None."),
        ("threads", "two", "should be a valid integer, unable to parse string as an integer"),
        ("clip", float("inf"), "should be a finite number, not inf."),
        ("temperature", float("nan"), "should be a finite number, not nan."),
        ("dropout", 1, "should be less than 1, not 1."),
        ("base", "", "String should have at least 1 character, not ''."),
        ("marks", "perhaps", "should be a valid boolean, unable to interpret input"),
        ("order", "during", "should be 'after', 'before' or 'reflect', not 'during'."),
        ("keymap", {"turn.take": 3}, "should be a valid string, not 3."),
    ],
)
def test_a_value_is_held_to_its_type_and_its_limits(name: str, value: object, problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        checked(name, value)
    (said,) = caught.value.problems
    assert said.startswith(f"`{name}` {problem}")


def test_a_text_becomes_what_the_setting_holds() -> None:
    told = [checked(*each) for each in (("rank", "8"), ("top_p", "1"), ("blind", "on"))]
    assert told == [8, 1.0, True] and [type(each) for each in told] == [int, float, bool]
    assert checked("threads", None) is None and checked("clip", "1e-1") == 0.1


def test_the_settings_stay_as_they_were_read() -> None:
    with pytest.raises(AttributeError):
        load_settings().rank = 3  # type: ignore[misc]


def test_a_folder_goes_by_its_whole_path() -> None:
    Path("model").mkdir()
    assert load_settings({"base": "model"}).base == str(Path("model").resolve())
    assert checked("base", "model") == str(Path("model").resolve())
    assert load_settings({"base": "a/hub-id"}).base == "a/hub-id"


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
    assert list(told) == list(kinds()) and all(told.values())
    assert told["clip"] == "Longest gradient, as a norm."
