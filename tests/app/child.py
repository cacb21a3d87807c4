"""The app in a process of its own, on a terminal that a test holds: `child.py HOME`.

`TEST_SAYS` is what the model says as draft and scene. `TEST_UNSAFE=1` switches `safe_text`
off, to show that the tests about it can fail.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tear_tui.text import safe_text

if os.environ.get("TEST_UNSAFE"):
    safe_text.safe_text = lambda text: text
    safe_text.safe_line = lambda text: text

from tear_tui.entrance import run
from tests.app.fake_engine import FakeEngine, FakeEngines, script


def main() -> int:
    """Run the app with an engine that is there at once."""
    says = os.environ.get("TEST_SAYS")
    engine = FakeEngine(script(response=says, scene=says)) if says else FakeEngine()
    engines = FakeEngines(engine)
    if os.environ.get("TEST_NOISE"):
        os.write(2, b"NOISE BEFORE\n")
        engines.connect = lambda home: os.write(2, b"NATIVE NOISE\n") and engine  # type: ignore
    return run(Path(sys.argv[1]), connect=engines.connect, start=engines.start, tour=False)


if __name__ == "__main__":
    sys.exit(main())
