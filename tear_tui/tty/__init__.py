"""The terminal itself: clipboard, editor, pasting, and leaving it as it was."""
