"""From a checkpoint's contents to a network's weights: find the state dict, undo wrappers and prefixes, check every key and shape."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from posewright.errors import ModelError
from posewright.nets.containers import read_checkpoint

SHOWN = 6


class MisfitError(ModelError):
    """The weights are of another network."""

    def __init__(self, message: str, state: Mapping[str, Tensor]) -> None:
        super().__init__(message)
        self.state = state


@dataclass(frozen=True)
class Peculiarities:
    """How a network's published files differ from a plain state dict."""

    wrappers: Sequence[str] = ("state_dict", "model_pos", "model")
    """Keys under which training programs keep the weights inside what they save, in order of preference."""
    optional: Sequence[str] = ()
    """Beginnings of keys that a file may have and the network does not use."""
    bare_layers: bool = False
    """A file may name each weight without the first part of the network's key: `conv1_1.weight` for `model0.conv1_1.weight`."""


def load_weights(net: nn.Module, path: str | os.PathLike[str], peculiarities: Peculiarities) -> None:
    """Fill `net` with the weights of the checkpoint at `path`.

    Raises:
        ModelError: unreadable or unsafe file; keys missing, unexpected or of another shape, which are named (`MisfitError`).
    """
    found = state_dict(read_checkpoint(path), path, peculiarities.wrappers)
    wanted = net.state_dict()
    state = renamed(wanted, found, peculiarities)
    if complaints := mismatches(wanted, state):
        raise MisfitError(f"{os.fspath(path)} does not fit {type(net).__name__}: {'; '.join(complaints)}.", found)
    net.load_state_dict(state)


def fits(net: nn.Module, found: Mapping[str, Tensor], peculiarities: Peculiarities) -> bool:
    """Whether these weights are of this network."""
    wanted = net.state_dict()
    return not mismatches(wanted, renamed(wanted, found, peculiarities))


def renamed(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor], peculiarities: Peculiarities) -> dict[str, Tensor]:
    """The weights of a file under the names of the network, without what is optional."""
    full = {key.partition(".")[2]: key for key in wanted} if peculiarities.bare_layers else {}
    state = {full.get(key, key): value for key, value in found.items()}
    state = {key: value for key, value in state.items() if key in wanted or not key.startswith(tuple(peculiarities.optional))}
    # Counters that PyTorch below 0.4.1 did not save and that only training reads.
    return {key: value for key, value in wanted.items() if key.endswith("num_batches_tracked")} | state


def state_dict(contents: Any, path: str | os.PathLike[str], wrappers: Sequence[str]) -> dict[str, Tensor]:
    """The mapping of names to tensors inside a checkpoint, without the `module.` that data-parallel training puts before each name.

    Raises:
        ModelError: there is none.
    """
    candidates = [contents] if not isinstance(contents, Mapping) else [*(contents.get(name) for name in wrappers), contents]
    for candidate in candidates:
        if isinstance(candidate, Mapping) and candidate and all(isinstance(k, str) and isinstance(v, Tensor) for k, v in candidate.items()):
            return strip_prefix(candidate, "module.")
    held = ", ".join(map(str, contents)) if isinstance(contents, Mapping) else type(contents).__name__
    raise ModelError(f"{os.fspath(path)} holds no weights (looked for {', '.join(wrappers)}): it holds {held:.200}")


def strip_prefix(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The same mapping with `prefix` removed, where every key has it."""
    if all(key.startswith(prefix) for key in state):
        return {key.removeprefix(prefix): value for key, value in state.items()}
    return dict(state)


def mismatches(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    """What keeps `found` from being loaded as `wanted`, in words; empty if nothing does."""
    complaints = []
    if missing := [key for key in wanted if key not in found]:
        complaints.append(f"{len(missing)} of {len(wanted)} keys are missing ({listed(missing)})")
    if unexpected := [key for key in found if key not in wanted]:
        complaints.append(f"{len(unexpected)} are unexpected ({listed(unexpected)})")
    if wrong := [f"{k} is {tuple(found[k].shape)}, not {tuple(wanted[k].shape)}" for k in wanted if k in found and found[k].shape != wanted[k].shape]:
        complaints.append(f"{len(wrong)} have another shape ({listed(wrong)})")
    return complaints


def listed(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    names = list(names)
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
