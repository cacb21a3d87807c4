"""The live tree: which generation answers, and the change from one to the next between replies."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from tear_core import home as places
from tear_core.engine.messages import EngineError
from tear_core.generate.speaker import Speaker
from tear_core.model.adapters import BrokenAdapter, adapter_shape, load_adapter
from tear_core.model.base import Base
from tear_core.model.tree import LoraShape, Tree, adapter_copy, grow, set_adapter
from tear_core.store import generations
from tear_core.store.database import Store
from tear_core.store.fitting import other_weights


class Live:
    """A tree that answers, and the number of the generation that is in it (0: the base)."""

    def __init__(self, base: Base, shape: LoraShape) -> None:
        self._base = base
        self.fingerprint = base.fingerprint
        self.number = 0
        self._grow(shape)

    def _grow(self, shape: LoraShape) -> None:
        self.tree: Tree = grow(self._base, shape)
        self._as_base: dict[str, Tensor] = adapter_copy(self.tree)
        self.speaker = Speaker(self.tree)
        self.number = 0

    def be(self, store: Store, number: int) -> None:
        """Become this generation; nothing is done if the tree is there already.

        Raises:
            BrokenAdapter: its files cannot be used. The tree stays what it was.
            StoreError: there is no such generation.
        """
        if number == self.number:
            return
        if number == 0:
            set_adapter(self.tree, self._as_base)
        else:
            row = generations.get(store, number)
            assert row is not None  # 0 alone stands for the base
            if row.base_fingerprint != self._base.fingerprint:
                raise BrokenAdapter(other_weights(number))
            self._load(places.generations_folder(store.home) / row.folder)
        self.number = number
        self.speaker.forget()

    def _load(self, folder: Path) -> None:
        tensors, shape = load_adapter(folder), adapter_shape(folder)
        if shape != self.tree.shape:
            self._grow(shape)
        set_adapter(self.tree, tensors)


def number_of(store: Store, name: str) -> int:
    """The number of a generation that goes by this name.

    Raises:
        EngineError, StoreError: there is none.
    """
    if name in ("base", "0"):
        return 0
    if not name.isdigit():
        raise EngineError(f"{name!r} is no generation", "give a number, `base` or `live`")
    row = generations.get(store, int(name))
    return row.number if row else 0
