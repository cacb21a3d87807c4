"""A person's own keys: held against every binding there is before they come into force.

Textual passes over an id that it does not know, and of two bindings on one key it drops one
without a word. So each mistake is found here, and said in a sentence.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from textual.binding import Binding, BindingsMap
from textual.dom import DOMNode
from textual.keys import REPLACED_KEYS, Keys, _character_to_key, key_to_character
from textual.screen import Screen
from textual.widgets import Input, TextArea

from tear_core.settings import Settings, source_of
from tear_tui.keys import name_of
from tear_tui.places import names
from tear_tui.preferences.key_table import ANYWHERE, EVERY_PLACE, Group, brings_in, groups, own_keys

HELD = frozenset({"ctrl", "alt", "shift", "super", "hyper", "meta"})
NAMED = frozenset(str(each.value) for each in Keys) | frozenset({"space", "tab", "enter"})

ANOTHER_KEY = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+left_square_bracket": "esc",
    "ctrl+[": "esc",
}
"""To a terminal these are one and the same key."""

PLAIN = frozenset({"enter", "space", "escape", "backspace"})
"""Keys that most terminals send in one way only, whatever else is held."""

NO_KEY = "is no key that has a name"

KEPT = {
    "ctrl+a": "screen's own prefix",
    "ctrl+b": "tmux's own prefix",
    "ctrl+s": "kept by many terminals, to stop their output",
    "ctrl+z": "kept by the shell, to stop a program",
    "ctrl+c": "what stops the model and quits",
}


def usable(keymap: Mapping[str, str]) -> dict[str, str]:
    """What Textual is to be told of a keymap; what is wrong in it is left out."""
    if not keymap:
        return {}
    every = groups()
    wrong = problems(keymap, every)
    return completed({id: keys for id, keys in keymap.items() if id not in wrong}, every)


def refusals(settings: Settings) -> list[str]:
    """A sentence for each thing that is wrong with the keymap of these settings."""
    if not settings.keymap:
        return []
    where = source_of("keymap", settings.flags).where
    return [
        f"[keymap] `{id}` ({where}): {problem}; `tear-tui config unset keymap.{id}` takes it out."
        for id, problem in problems(settings.keymap, groups()).items()
    ]


def problems(keymap: Mapping[str, str], groups: Sequence[Group]) -> dict[str, str]:
    """What is wrong with a keymap, by the id it is wrong with; empty if it can be used."""
    known = {each.id: group for group in groups for each in group.bindings if each.id}
    found: dict[str, str] = {}
    for id, keys in keymap.items():
        problem = _unknown(id, known) if id not in known else _of_keys(id, keys, known[id])
        if problem:
            found[id] = problem
    for id, problem in _clashes({i: k for i, k in keymap.items() if i not in found}, groups):
        found.setdefault(id, problem)
    return found


def completed(keymap: Mapping[str, str], groups: Iterable[Group]) -> dict[str, str]:
    """The keymap with what else has to be said for it to mean what it says.

    Where several bindings share a key (each in a situation of its own), Textual forgets them all
    when one of them gets another key; so the others are told to stay.
    """
    whole = {id: ",".join(_split(keys)) for id, keys in keymap.items()}
    given_up = [
        (group.owner, key)
        for group in groups
        for binding in group.bindings
        if binding.id in keymap
        for key in _split(binding.key)
    ]
    for group in groups:
        for binding in group.bindings:
            keys = _split(binding.key)
            if binding.id and any(_kin(group.owner, of) and key in keys for of, key in given_up):
                whole.setdefault(binding.id, binding.key)
    return whole


def _kin(one: type[DOMNode], other: type[DOMNode]) -> bool:
    """Whether a node may have the bindings of both."""
    return issubclass(one, other) or issubclass(other, one)


def undeliverable(key: str) -> str:
    """Why a terminal cannot deliver this key; empty if all of them can."""
    if key in ANOTHER_KEY:
        return f"is {ANOTHER_KEY[key]} to a terminal"
    if key in KEPT:
        return f"is {KEPT[key]}"
    *names, last = _parts(key)
    held = frozenset(names)
    if held - HELD or not (last in NAMED or _is_letter(last)):
        return NO_KEY
    letter, latin = _is_letter(last), len(last) == 1 and last.isascii() and last.isalpha()
    lost = {
        "reaches a program in few terminals only": bool({"super", "hyper", "meta"} & held),
        "does not reach a program in most terminals: ctrl goes with letters there": (
            "ctrl" in held and not latin and (letter or last in PLAIN)
        ),
        "is not told from the key without shift by most terminals": (
            "shift" in held and (letter or last in PLAIN)
        ),
    }
    return next((reason for reason, so in lost.items() if so), "")


def _of_keys(id: str, keys: str, group: Group) -> str:
    """What is wrong with the keys of one binding. One that arrives everywhere is enough."""
    wanted = _split(keys)
    if not wanted:
        return "names no key"
    binding = next(each for each in group.bindings if each.id == id)
    reasons = {key: undeliverable(key) or _typed(key, binding, group.owner) for key in wanted}
    unknown = [key for key, reason in reasons.items() if reason == NO_KEY]
    if not unknown and not all(reasons.values()):
        return ""
    key = (unknown or wanted)[0]
    return f"{name_of(key)} {reasons[key]}"


def _typed(key: str, binding: Binding, owner: type[DOMNode]) -> str:
    """A letter is written where there is a box; it is a key only where letters are keys already."""
    if not _is_letter(key) or any(map(_is_letter, _split(binding.key))):
        return ""
    if issubclass(owner, (Input, TextArea)) or not any(
        _is_letter(each) for other in own_keys(owner) for each in _split(other.key)
    ):
        return "would be written into a box instead of doing anything"
    return ""


def _clashes(keymap: Mapping[str, str], groups: Sequence[Group]) -> Iterator[tuple[str, str]]:
    """Bindings that would share a key where only one of them could be meant."""
    for group in groups:
        for binding in group.bindings:
            if binding.id is None or binding.id not in keymap:
                continue
            for other, where in _beside(group, groups):
                before = set(_split(binding.key)) & set(_split(other.key))
                shared = set(_split(keymap[binding.id])) & set(_now(other, keymap)) - before
                if shared and other.id != binding.id:
                    yield binding.id, f"{name_of(min(shared))} is taken {where}: {_name(other)}"


def _name(binding: Binding) -> str:
    what = binding.tooltip or binding.description or binding.action
    return f"`{binding.id}`, {what}" if binding.id else what


def _beside(group: Group, groups: Sequence[Group]) -> Iterator[tuple[Binding, str]]:
    """Every binding that may be in force together with those of a group, and where it is."""
    for each in _inherited(group.owner):
        yield each, "there already"
    for other in groups:
        if other is not group and _together(group, other):
            for each in _inherited(other.owner):
                yield each, other.title


def _together(one: Group, other: Group) -> bool:
    """Whether both may have the keys at one moment: the app, a screen, what the keys are on.

    Of two widgets on a screen only one has the keys, unless it stands inside the other.
    """
    if ANYWHERE in one.where | other.where:
        return True
    if EVERY_PLACE in one.where | other.where:
        return bool((one.where | other.where) & set(names()[1:]))
    if not one.where & other.where:
        return False
    screen = issubclass(one.owner, Screen) or issubclass(other.owner, Screen)
    return screen or brings_in(one.owner, other.owner) or brings_in(other.owner, one.owner)


def _inherited(owner: type[DOMNode]) -> list[Binding]:
    """All bindings of a class, its bases' too, with or without ids."""
    found: list[Binding] = []
    for each in owner.__mro__:
        if "BINDINGS" in vars(each):
            made = BindingsMap(vars(each)["BINDINGS"])
            found += [b for held in made.key_to_bindings.values() for b in held]
    return found


def _now(binding: Binding, keymap: Mapping[str, str]) -> list[str]:
    return _split(keymap.get(binding.id or "") or binding.key)


def _split(keys: str) -> list[str]:
    """Single keys under the names that Textual has for them."""
    given = [key.strip() for key in keys.split(",") if key.strip()]
    return [_character_to_key(key) if len(key) == 1 else key.lower() for key in given]


def _parts(key: str) -> list[str]:
    return ["+"] if key == "+" else key.split("+")


def _is_letter(key: str) -> bool:
    """Whether it is a key that writes something."""
    if "+" in key and key != "+":
        return False
    letter = key if len(key) == 1 else key_to_character(REPLACED_KEYS.get(key, key))
    return letter is not None and letter.isprintable()


def _unknown(id: str, known: Mapping[str, Group]) -> str:
    near = difflib.get_close_matches(id, known, n=1)
    hint = f"; did you mean `{near[0]}`" if near else ""
    return f"is no key's name{hint}"
