"""Names for people whom the sources only number: no placeholder ever reaches the model."""

from __future__ import annotations

import random
import re

NAMES = (
    *("Aisha", "Amara", "Ana", "Ben", "Bilal", "Carla", "Chen", "Daniel", "David", "Dina"),
    *("Elena", "Emil", "Farid", "Fatou", "Grace", "Hana", "Hugo", "Ines", "Ivan", "Jonas"),
    *("Joy", "Kofi", "Lars", "Leila", "Lucia", "Marek", "Maria", "Mei", "Nadia", "Nils"),
    *("Olga", "Omar", "Paulo", "Petra", "Priya", "Quinn", "Ravi", "Rosa", "Ruth", "Sam"),
    *("Samir", "Sofia", "Tara", "Thandi", "Tomas", "Uma", "Vera", "Victor", "Wen", "Yara"),
    *("Yusuf", "Zoe"),
)
_PLACEHOLDER = re.compile(r"\bPerson ?([XYZ])\b")


def named(texts: tuple[str, ...], rng: random.Random) -> tuple[str, ...]:
    """The texts with every `PersonX`, `PersonY` and `PersonZ` as a name, the same in all."""
    chosen = dict(zip("XYZ", rng.sample(NAMES, 3), strict=True))
    return tuple(_PLACEHOLDER.sub(lambda found: chosen[found[1]], text) for text in texts)
