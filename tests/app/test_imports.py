"""The app knows nothing heavy: it paints before torch is even found."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {
    *("torch", "transformers", "peft", "numpy", "bitsandbytes", "datasets", "tokenizers"),
    *("safetensors", "huggingface_hub", "fastapi", "uvicorn", "sqlite_utils"),
    *("tear_core.model", "tear_core.learn", "tear_core.generate"),
}
JUDGE = "tear_core.evaluate.anti_judge"
"""All of `evaluate` that the app may load: it marks words by rules, without a model."""


def test_importing_the_app_loads_nothing_heavy() -> None:
    program = (
        "import sys, tear_tui.app, tear_tui.screenshot\n"
        "import tear_tui.screens.help, tear_tui.screens.palette\n"
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(done.stdout.split())
    assert "tear_tui.app" in loaded
    assert not loaded & HEAVY
    measures = {each for each in loaded if each.startswith("tear_core.evaluate.")}
    assert all(each.startswith(JUDGE) for each in measures)
