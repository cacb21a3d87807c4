"""The app in a browser on this machine: a page, a guard before it, and the server of both.

Each tab is an app of its own; the engine is the home's, and they share it. May not be imported by
anything but `tear-tui web`.
"""
