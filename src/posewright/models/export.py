"""Networks for other engines: `posewright models export` writes one as ONNX, with weights as published, one's own, or random ones."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from posewright.errors import ModelError, UsageError
from posewright.files import atomic_path, check_writable
from posewright.models import store
from posewright.models.convert import network_path
from posewright.models.entry import ModelEntry
from posewright.models.table import MODELS

if TYPE_CHECKING:
    from torch import nn

OPSETS = (13, 20)
"""Lowest and highest opset that can be asked for: what PyTorch's exporter by tracing can write of all our networks."""


def export(
    name: str,
    output: str | os.PathLike[str],
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    seed: int | None = None,
    opset: int | None = None,
    fixed: bool = False,
) -> Path:
    """Write a network as an ONNX file.

    Args:
        name: a model of the store, or a network of `posewright.nets` (`simplebaseline-res18`, `martinez`), which then needs `checkpoint` or `seed`.
        output: the file to write.
        checkpoint: the weights, as published or trained by oneself; by default what the store has, or fetches.
        seed: take random weights instead, at full size.
        opset: of the file; None for `posewright.nets.export.OPSET`, which Unity's inference engine takes.
        fixed: close the axes (batch, frames, height, width) that are open otherwise, at the published shape.

    Raises:
        UsageError: no such network; options that exclude each other.
        ModelError: the weights cannot be had or read, the network has no architecture here, or cannot be written with this opset; PyTorch is not installed.
        OutputError: the file cannot be written.
    """
    from posewright.nets.table import NETS

    _check_options(checkpoint, seed, opset)
    check_writable(output)
    final, entry = Path(output), MODELS.get(name)
    if entry is None and name not in NETS:
        raise UsageError(f"there is no network '{name}'. Those of the store: {', '.join(MODELS)}. With --checkpoint or --random also: {', '.join(NETS)}")
    plain = checkpoint is None and seed is None and opset is None and not fixed
    if entry is not None and (entry.network is None or plain):
        _copy(entry, final, plain)
        return final
    network = name if entry is None or entry.network is None else entry.network
    if entry is None and checkpoint is None and seed is None:
        raise UsageError(f"{name} is not in the model store, so its weights must be given: --checkpoint FILE or --random SEED")
    net = _random(network, seed) if seed is not None else _loaded(network, checkpoint or store.path(name))
    _write(net, final, network, None if entry is None else entry.shape, opset, fixed)
    return final


def _check_options(checkpoint: str | os.PathLike[str] | None, seed: int | None, opset: int | None) -> None:
    if checkpoint is not None and seed is not None:
        raise UsageError("give either a checkpoint or a seed for random weights, not both")
    if opset is not None and not OPSETS[0] <= opset <= OPSETS[1]:
        raise UsageError(f"opset {opset}: give one from {OPSETS[0]} to {OPSETS[1]}; Unity's inference engine takes up to 15")


def _copy(entry: ModelEntry, final: Path, plain: bool) -> None:
    """The file that the runtime takes, as it lies in the cache."""
    if not plain:
        raise ModelError(f"{entry.name} is published as {entry.files[0].name}, without an architecture that could be built here: it can only be copied, without further options")
    source = network_path(entry.name)
    if source.suffix != ".onnx":
        raise ModelError(f"{entry.name} is published for LiteRT as {source.name}, not as ONNX. The file lies at {source}; there are converters (tf2onnx) for other engines.")
    with atomic_path(final) as part:
        shutil.copyfile(source, part)


def _random(network: str, seed: int) -> nn.Module:
    from posewright import nets

    nets.entry(network)
    try:
        import torch
    except ImportError as error:
        raise ModelError("this needs PyTorch: pip install 'posewright[train]'") from error
    torch.manual_seed(seed)
    return nets.build(network)


def _loaded(network: str, checkpoint: str | os.PathLike[str]) -> nn.Module:
    from posewright import nets

    return nets.load(network, checkpoint)


def _write(net: nn.Module, final: Path, network: str, shape: tuple[int, ...] | None, opset: int | None, fixed: bool) -> None:
    from posewright import nets

    try:
        nets.export_onnx(net, final, network, shape=shape, opset=opset, fixed=fixed)
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"{network} cannot be written{f' with opset {opset}' if opset else ''}: {(str(error).strip().splitlines() or [type(error).__name__])[0]}") from error
