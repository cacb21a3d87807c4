"""How a base is spoken with, as the settings say or as it says itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tear_core.engine.manner import sampling_of
from tear_core.engine.messages import Sampling
from tear_core.nano.model import TEMPERATURE
from tear_core.settings import load_settings


def test_a_base_that_says_nothing_has_the_usual_sampling() -> None:
    assert sampling_of(load_settings({"base": "some/model"})) == Sampling()


def test_nano_says_how_it_is_spoken_with_and_a_setting_has_the_last_word() -> None:
    assert sampling_of(load_settings()).temperature == TEMPERATURE < Sampling().temperature
    assert sampling_of(load_settings({"temperature": 0.0})).temperature == 0.0


def test_what_is_set_is_what_is_drawn_with() -> None:
    given = {"top_p": 0.5, "top_k": 7, "repetition_penalty": 1.3}
    lengths = {"max_response_tokens": 5, "max_scene_tokens": 6}
    found = sampling_of(load_settings({"temperature": 0.9, **given, **lengths}))
    assert found == Sampling(temperature=0.9, **given, **lengths)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "temperature"),
    [
        ('{"speaking": {"temperature": 0.3}}', 0.3),
        ('{"speaking": {"temperature": "hot"}}', 0.8),
        ('{"speaking": {"temperature": -1}}', 0.8),
        ('{"speaking": {"temperature": Infinity}}', 0.8),
        ('{"speaking": {"temperature": NaN}}', 0.8),
        ('{"speaking": []}', 0.8),
        ("[]", 0.8),
        ("{", 0.8),
    ],
)
def test_a_folder_may_say_it_and_nonsense_is_passed_over(
    tmp_path: Path, words: str, temperature: float
) -> None:
    (tmp_path / "tear.json").write_text(words)
    assert sampling_of(load_settings({"base": str(tmp_path)})).temperature == temperature
