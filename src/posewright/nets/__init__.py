"""The published networks in PyTorch: `build` one, `load` its official checkpoint, `export_onnx` it for the runtimes.

Beside the path of a clip (extra `train`). The table of networks is data; PyTorch is imported when one is built.

    net = load("hrnet-w32", "pose_hrnet_w32_256x192.pth")
    export_onnx(net, "hrnet-w32.onnx", "hrnet-w32")
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from posewright.errors import ModelError, UsageError
from posewright.files import check_writable
from posewright.nets.table import NETS, Axis, Net, Pixels

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["NETS", "Axis", "Net", "Pixels", "build", "convert", "entry", "export_onnx", "fitting", "load"]


def build(name: str, **overrides: Any) -> nn.Module:
    """The network `name` of `NETS` with random weights, set to evaluate. `overrides` replace arguments of its constructor.

    Raises:
        UsageError: no such network.
        ModelError: PyTorch is not installed.
    """
    module, _, constructor = entry(name).where.partition(":")
    return getattr(_import(module), constructor)(**{**NETS[name].arguments, **overrides}).eval()


def load(name: str, checkpoint: str | os.PathLike[str], **overrides: Any) -> nn.Module:
    """The network `name` with the weights of a published checkpoint file, set to evaluate.

    Raises:
        UsageError: no such network.
        ModelError: PyTorch is not installed; the file is missing, damaged, unsafe or for another
            network (the keys are named, and the network that it does fit).
    """
    net = build(name, **overrides)
    weights = _import("weights")
    try:
        weights.load_weights(net, checkpoint, weights.Peculiarities(**NETS[name].loading))
    except weights.MisfitError as error:
        others = ", ".join(fitting(error.state))
        raise ModelError(f"{error} It fits {others}." if others else f"{error} It fits no other network either.") from error
    return net


def fitting(state: Mapping[str, Tensor]) -> list[str]:
    """Which networks these weights fit, at full size. Takes seconds: it builds them all, though without memory for their weights."""
    torch, weights = importlib.import_module("torch"), _import("weights")
    with torch.device("meta"):
        return [name for name, net in NETS.items() if weights.fits(build(name), state, weights.Peculiarities(**net.loading))]


def export_onnx(net: nn.Module, path: str | os.PathLike[str], name: str, *, shape: Sequence[int] | None = None, opset: int | None = None, fixed: bool = False) -> None:
    """Write `net`, built or loaded as `name`, as an ONNX file at `path`, with its open axes closed where `fixed`. See `posewright.nets.export`.

    Raises:
        UsageError: no such network.
        ModelError: PyTorch or ONNX is not installed.
        OutputError: the file cannot be written.
        ValueError, RuntimeError: the network takes no input of this shape.
    """
    _import("export").export_onnx(net, path, name, entry(name), shape, opset, fixed)


def convert(name: str, checkpoint: str | os.PathLike[str], path: str | os.PathLike[str], *, shape: Sequence[int] | None = None) -> None:
    """From a published checkpoint to an ONNX file. Raises what `load` and `export_onnx` raise."""
    check_writable(path)
    export_onnx(load(name, checkpoint), path, name, shape=shape)


def entry(name: str) -> Net:
    """The network of this name in the table.

    Raises:
        UsageError: there is none.
    """
    if name not in NETS:
        raise UsageError(f"no network is called {name}. There are {', '.join(NETS)}.")
    return NETS[name]


def _import(module: str) -> Any:
    try:
        return importlib.import_module(f"posewright.nets.{module}")
    except ModuleNotFoundError as error:
        raise ModelError(f"this needs the package {error.name}: pip install 'posewright[train]'") from error
