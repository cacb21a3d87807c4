"""The unit that is saved and learned from: an input, a response, and what really happened.

Plain data. Knows nothing of tokens, databases or screens.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Literal, get_args

Landing = Literal["healed", "neutral", "hurt"]
"""How a response landed, marked by the author. A `hurt` response is witnessed, never imitated."""

Order = Literal["after", "before", "reflect"]
"""Where the scene stands: after the response, before it, or between a draft and the response."""

LANDINGS: tuple[Landing, ...] = get_args(Landing)
ORDERS: tuple[Order, ...] = get_args(Order)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One earlier turn of a conversation, given as context."""

    input: str
    response: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What the model first meant to say in a `reflect` turn, and the scene it foresaw."""

    response: str
    scene: str


@dataclass(frozen=True, slots=True)
class Triple:
    """A witnessed exchange: what was said, what was answered, and the authored consequence.

    Raises:
        ValueError: a text is blank, or landing or order is not a known word.
    """

    input: str
    response: str
    consequence: str
    landing: Landing = "neutral"
    order: Order = "after"
    context: tuple[Exchange, ...] = ()
    draft: Draft | None = None

    def __post_init__(self) -> None:
        for name in ("response", "consequence"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name} is empty: a triple needs words in it")
        if not self.input.strip() and not self.context:
            raise ValueError("input is empty: a triple needs something that was said")
        if self.landing not in LANDINGS:
            raise ValueError(f"landing {self.landing!r} is not one of {', '.join(LANDINGS)}")
        if self.order not in ORDERS:
            raise ValueError(f"order {self.order!r} is not one of {', '.join(ORDERS)}")

    @property
    def content_hash(self) -> str:
        """The same words give the same 32 hex digits: 128 bits of BLAKE2b over canonical JSON.

        Landing and order are marks on the words, not part of them, so re-marking a
        triple does not make it another one.
        """
        words = {
            "context": [[past.input, past.response] for past in self.context],
            "input": self.input,
            "response": self.response,
            "consequence": self.consequence,
        }
        canonical = json.dumps(words, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        data = canonical.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, digest_size=16).hexdigest()
