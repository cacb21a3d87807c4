"""Giving way within a pass: between two layers, forward and back.

A CPU needs a fraction of a second for a pack, and whoever asks for a reply meanwhile shares the
cores with it until it is done. A wait between two layers changes no number: the same things are
computed in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from tear_core.model.tree import Tree


@contextmanager
def between_layers(tree: Tree, give_way: Callable[[], None]) -> Iterator[None]:
    """Inside, `give_way` is called before and after each layer of the tree, forward and back.

    On a CPU only: a GPU has all layers in its queue before it has worked on the first one. What
    `give_way` raises ends the pass. What a pass holds in memory is held while it waits.
    """
    if tree.base.device.type != "cpu":
        yield
        return

    def here(states: Any) -> None:
        give_way()
        if isinstance(states, Tensor) and states.requires_grad:
            states.register_hook(lambda _: give_way())  # this far back

    def before(layer: nn.Module, given: tuple[Any, ...]) -> None:
        here(given[0] if given else None)

    def after(decoder: nn.Module, given: Any, found: Any) -> None:
        here(found[0])

    hooks = [layer.register_forward_pre_hook(before) for layer in _layers(tree)]
    hooks.append(tree.decoder.register_forward_hook(after))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _layers(tree: Tree) -> list[nn.Module]:
    lists = [each for each in tree.decoder.children() if isinstance(each, nn.ModuleList)]
    return [layer for each in lists for layer in each]
