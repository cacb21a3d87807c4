"""`tear-tui`, or `python -m tear_tui`: by itself the app, and with anything behind it a command.

The app needs no command line, and reading one costs a tenth of the time until its first picture.
"""

from __future__ import annotations

import os
import sys

from tear_tui.starting import forgive_letters, open_app

COMPLETING = "_TEAR_TUI_COMPLETE"
"""A shell asks for what could be typed next: with this in the environment, and no arguments."""

INTERRUPTED = 130
"""What a shell expects of a program that ctrl+c has ended."""


def main() -> None:
    """The console script."""
    if len(sys.argv) > 1 or COMPLETING in os.environ:
        from tear_tui.cli import main as command_line

        return command_line()
    forgive_letters()
    try:
        code = open_app()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        from tear_tui.cli.output import report_error

        code = report_error(error, debug=False)
    sys.exit(code)


if __name__ == "__main__":
    main()
