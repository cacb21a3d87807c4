"""Writes down when the engine learns by itself, in the file that has the say about it."""

from __future__ import annotations

from tear_core.settings import Settings, source_of
from tear_tui.monitoring.learning_words import Policy
from tear_tui.preferences import settings_file


def write(chosen: Policy, before: Policy, settings: Settings) -> Settings:
    """Write what is new in a policy; gives the settings in force then.

    Raises:
        SettingsError: something stronger than a file says otherwise, or it cannot be written.
    """
    values = {
        "learn_after": (chosen.after, before.after),
        "learn_idle_seconds": (chosen.idle_seconds, before.idle_seconds),
        "learn_when": (chosen.when, before.when),
    }
    for name, (value, old) in values.items():
        if value != old:
            where = source_of(name, settings.flags).kind
            which: settings_file.Which = "project" if where == "project" else "user"
            settings = settings_file.change(name, value, which, settings)
    return settings
