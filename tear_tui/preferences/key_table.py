"""All keys there are, read from the bindings themselves: what help, docs and keymap go by.

Nobody keeps a list: every module of the app is imported, and Textual's own classes know what is
derived from them. A place is its screen class; the widgets on it are those whose classes its module
brings in, and so on from there.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from tear_tui.keys import name_of
from tear_tui.places import names

ANYWHERE = "anywhere"
EVERY_PLACE = "in every place"
OURS = "tear_tui."


@dataclass(frozen=True, slots=True)
class Group:
    """Some keys of one screen or widget.

    Attributes:
        where: the screens on which they work: names of places, names of what opens over them,
            `ANYWHERE` or `EVERY_PLACE`.
        title: the same in words, for a heading.
    """

    where: frozenset[str]
    title: str
    owner: type[DOMNode]
    bindings: tuple[Binding, ...]


@cache
def groups() -> tuple[Group, ...]:
    """Every group of keys: anywhere, then place by place, then what opens over a screen."""
    places = screens()
    where: dict[type[DOMNode], set[str]] = {each: {ANYWHERE} for each in _ours(App)}
    where |= {each: {EVERY_PLACE} for each in _ours(Screen) if _is_a_frame(each, places)}
    for name, screen in (places | modals()).items():
        for owner in (screen, *widgets_of(screen)):
            where.setdefault(owner, set()).add(name)
    return tuple(
        Group(frozenset(found), title_of(owner), owner, own_keys(owner))
        for owner, found in where.items()
        if own_keys(owner)
    )


def first_here(found: Iterable[Group], here: str) -> list[Group]:
    """The groups of one screen first, its very own before those that it shares; then the others
    in their order."""
    return sorted(found, key=lambda group: len(group.where) if here in group.where else sys.maxsize)


@cache
def screens() -> dict[str, type[DOMNode]]:
    """The screen of every place, in their order. Imports all of them."""
    named = {str(getattr(each, "NAME", "")): each for each in _ours(Screen)}
    return {name: named[name] for name in names()}


@cache
def modals() -> dict[str, type[DOMNode]]:
    """What opens over a screen, by the name of its class."""
    return {each.__name__: each for each in _ours(ModalScreen)}


def widgets_of(screen: type[DOMNode]) -> list[type[DOMNode]]:
    """The widgets with keys of their own that may stand on this screen."""
    found: dict[type[DOMNode], None] = {}
    modules, seen = [screen.__module__], {screen.__module__}
    while modules:
        for each in _brought_in(modules.pop(0)):
            if issubclass(each, Screen) and not issubclass(screen, each):
                continue
            if not issubclass(each, Screen) and own_keys(each):
                found[each] = None
            if each.__module__ not in seen:
                seen.add(each.__module__)
                modules.append(each.__module__)
    return list(found)


def brings_in(one: type[DOMNode], other: type[DOMNode]) -> bool:
    """Whether widgets of class `other` may stand inside one of class `one`."""
    return one is not other and other in _brought_in(one.__module__)


def _brought_in(module: str) -> list[type[Widget]]:
    """The widget classes of ours that a module speaks of."""
    return [
        each
        for each in vars(sys.modules[module]).values()
        if isinstance(each, type) and issubclass(each, Widget) and each.__module__.startswith(OURS)
    ]


def own_keys(owner: type[DOMNode]) -> tuple[Binding, ...]:
    """The bindings that a class itself adds, those that say what they do."""
    written = vars(owner).get("BINDINGS", ())
    return tuple(each for each in written if isinstance(each, Binding) and each.tooltip)


def title_of(owner: type[DOMNode]) -> str:
    """Where a class's keys work, in words: as it says itself, or by its name."""
    said = vars(owner).get("BINDING_GROUP_TITLE")
    if said:
        return str(said)
    if not issubclass(owner, Screen):
        return f"on the {_words(owner)}"
    name = next((name for name, screen in screens().items() if screen is owner), None)
    return f"in {name}" if name else f"over the screen: {_words(owner)}"


def pressed(binding: Binding, keymap: Mapping[str, str] | None = None) -> str:
    """The keys of a binding as they are written down, with the person's own in force."""
    keys = (keymap or {}).get(binding.id or "") or binding.key
    return ", ".join(name_of(each.strip()) for each in keys.split(","))


def _words(owner: type) -> str:
    name = owner.__name__.removesuffix("Screen")
    return " ".join(re.findall(r"[A-Z][a-z]*|[a-z]+", name)).lower()


def _is_a_frame(screen: type[DOMNode], places: Mapping[str, type[DOMNode]]) -> bool:
    """Whether several places are made from this screen."""
    return sum(issubclass(each, screen) for each in places.values()) > 1


def _ours(base: type[DOMNode]) -> list[type[DOMNode]]:
    """The classes of the app that are made from this one, by name. Imports all screens."""
    importlib.import_module(f"{OURS}app")
    screens = importlib.import_module(f"{OURS}screens")
    for module in pkgutil.iter_modules(screens.__path__, f"{OURS}screens."):
        importlib.import_module(module.name)
    found = {each for each in _below(base) if each.__module__.startswith(OURS)}
    return sorted(found, key=lambda each: each.__name__)


def _below(base: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for each in base.__subclasses__():
        yield each
        yield from _below(each)
