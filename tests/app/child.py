"""The app in a process of its own, on a terminal that a test holds: `child.py HOME`.

`TEST_SAYS` is what the model says as draft and scene. `TEST_UNSAFE=1` switches `safe_text`
off, to show that the tests about it can fail. `TEST_CRASH` is what the app's death says: ctrl+o
brings it about. With `TEST_DEAF=1` the engine stops in the middle of a scene, for good, and does
not answer when it is told to stop.
"""

from __future__ import annotations

import os
import sys
import threading
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
    if os.environ.get("TEST_DEAF"):
        engine.hold("scene", before=2)
        engine.cancel = lambda request_id: threading.Event().wait()  # type: ignore[method-assign]
    if dying := os.environ.get("TEST_CRASH"):
        from tear_tui.screens.converse import ConverseScreen

        ConverseScreen.action_order = lambda self: fail(dying)  # type: ignore[method-assign]
    return run(Path(sys.argv[1]), connect=engines.connect, start=engines.start, tour=False)


def fail(words: str) -> None:
    """What nobody has foreseen."""
    raise RuntimeError(words)


if __name__ == "__main__":
    sys.exit(main())
