"""A session once more: its moments on a time line, played, told as text, verified, compared."""
