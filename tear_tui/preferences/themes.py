"""The app's own colours: ink for the night, paper for the day."""

from __future__ import annotations

from textual.theme import Theme

INK = Theme(
    name="ink",
    dark=True,
    primary="#c8a35f",
    secondary="#7f9a8c",
    accent="#d9b679",
    success="#8fae7e",
    warning="#d08f4f",
    error="#cf6f62",
    foreground="#d9d3c7",
    background="#17161a",
    surface="#1d1c21",
    panel="#26242a",
    variables={"footer-key-foreground": "#c8a35f", "footer-background": "#17161a"},
)

PAPER = Theme(
    name="paper",
    dark=False,
    primary="#7a4f1d",
    secondary="#4d6b5c",
    accent="#8a5a20",
    success="#47682f",
    warning="#96581a",
    error="#9c3328",
    foreground="#2b2722",
    background="#f6f1e6",
    surface="#f0eadb",
    panel="#e6decb",
    variables={"footer-key-foreground": "#7a4f1d", "footer-background": "#f6f1e6"},
)


def theme_names() -> tuple[str, ...]:
    """Every theme there is: our two first, then Textual's own, `ansi-*` among them."""
    from textual.theme import BUILTIN_THEMES

    return (INK.name, PAPER.name, *sorted(BUILTIN_THEMES))
