"""constraints.txt: a pin for everything that is asked for, and one that suits it."""

from __future__ import annotations

import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.setup.conftest import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LINES = (ROOT / "constraints.txt").read_text().splitlines()
PINS = [Requirement(line) for line in LINES if line and not line.startswith("#")]


def pinned(name: str, python: str) -> list[str]:
    """The versions that are pinned for a Python."""
    return [
        str(pin.specifier).removeprefix("==")
        for pin in PINS
        if canonicalize_name(pin.name) == canonicalize_name(name)
        and (pin.marker is None or pin.marker.evaluate({"python_version": python}))
    ]


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_every_dependency_has_one_pin_that_suits_it(python: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for line in project["dependencies"] + project["optional-dependencies"]["dev"]:
        asked = Requirement(line)
        if asked.marker and not asked.marker.evaluate({"python_version": python}):
            continue
        versions = pinned(asked.name, python)
        assert len(versions) == 1, f"{asked.name} has pins {versions} for Python {python}"
        assert versions[0] in asked.specifier


def test_one_list_serves_every_build_of_torch() -> None:
    assert not [pin for pin in PINS if pin.name.startswith(("nvidia", "cuda", "triton"))]
    assert not [pin for pin in PINS if "+" in str(pin.specifier)]
