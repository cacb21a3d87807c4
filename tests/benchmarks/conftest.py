"""Benchmarks are scripts: they find each other by the folder that they lie in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(SCRIPTS))

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a benchmark as a person would, on one thread; returns the JSON that it writes."""

    def run_it(script: str, *arguments: str) -> dict[str, Any]:
        out = tmp_path / "out.json"
        command = [sys.executable, str(SCRIPTS / script), *arguments]
        command += ["--rounds", "1", "--threads", "1", "--out", str(out)]
        environment = os.environ | {"TEAR_BENCH_CACHE": str(tmp_path), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, check=False, timeout=280
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(out.read_text())
        return found | {"printed": done.stdout, "complaints": done.stderr}

    return run_it
