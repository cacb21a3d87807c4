"""The long-lived process: it holds the base weights once, speaks, and learns in between.

`messages` and `client` are what others import: they know no torch. The rest runs inside
the engine process (or, for a command with no engine running, inside that command).
"""
