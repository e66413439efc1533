"""From a checkpoint's contents to a network's weights: find the state dict, undo wrappers and prefixes, check every key and shape."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from posewright.errors import ModelError
from posewright.nets.containers import read_checkpoint

WRAPPERS = ("state_dict", "model_pos", "model")
"""Where training programs keep the weights inside what they save, in order of preference."""
SHOWN = 6


def load_weights(net: nn.Module, path: str | os.PathLike[str], wrappers: Sequence[str] = WRAPPERS, optional: Sequence[str] = (), bare_layers: bool = False) -> None:
    """Fill `net` with the weights of the checkpoint at `path`.

    Args:
        wrappers: keys under which the file may hold the state dict.
        optional: beginnings of keys that the file may have and the network does not use.
        bare_layers: the file may name each weight without the first part of the network's key
            (`conv1_1.weight` for `model0.conv1_1.weight`).

    Raises:
        ModelError: unreadable or unsafe file; keys missing, unexpected or of another shape, which are named.
    """
    state = state_dict(read_checkpoint(path), path, wrappers)
    wanted = net.state_dict()
    if bare_layers:
        full = {key.partition(".")[2]: key for key in wanted}
        state = {full.get(key, key): value for key, value in state.items()}
    state = {key: value for key, value in state.items() if key in wanted or not key.startswith(tuple(optional))}
    # Counters that PyTorch below 0.4.1 did not save and that only training reads.
    state = {key: value for key, value in wanted.items() if key.endswith("num_batches_tracked")} | state
    complaints = mismatches(wanted, state)
    if complaints:
        raise ModelError(f"{os.fspath(path)} does not fit {type(net).__name__}: {'; '.join(complaints)}. Is it the checkpoint of another network or variant?")
    net.load_state_dict(state)


def state_dict(contents: Any, path: str | os.PathLike[str], wrappers: Sequence[str] = WRAPPERS) -> dict[str, Tensor]:
    """The mapping of names to tensors inside a checkpoint, without the `module.` that data-parallel training puts before each name.

    Raises:
        ModelError: there is none.
    """
    candidates = [contents] if not isinstance(contents, Mapping) else [*(contents.get(name) for name in wrappers), contents]
    for candidate in candidates:
        if isinstance(candidate, Mapping) and candidate and all(isinstance(v, Tensor) for v in candidate.values()):
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
