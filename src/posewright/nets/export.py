"""Networks as ONNX files, for ONNX Runtime and for Unity's inference engine."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import warnings
from collections.abc import Sequence
from typing import Any

import onnx
import torch
from torch import nn

from posewright.files import atomic_path
from posewright.nets.table import NETWORK_NOTE, Net

OPSET = 15
"""The newest that all versions of Unity's inference engine take (they document 7 to 15)."""
INPUT = "input"


def export_onnx(net: nn.Module, path: str | os.PathLike[str], name: str, spec: Net, shape: Sequence[int] | None = None, opset: int | None = None, fixed: bool = False) -> None:
    """Write `net` as an ONNX file with one input, `input`, and the outputs of `spec`.

    The axes of `spec` stay open unless `fixed`; all others are as in `shape` (default: the published shape). `name`, and
    what an image must go through first, are noted in the file's metadata under `posewright.*`.

    Raises:
        OutputError: the file cannot be written.
        ValueError, RuntimeError: the network takes no input of this shape.
    """
    example = torch.zeros(tuple(shape or spec.shape))
    with torch.inference_mode():
        outputs = net(example)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    open_axes = {} if fixed else {INPUT: {axis.index: axis.name for axis in spec.axes}}
    if not fixed:
        open_axes |= {output: open_output_axes(spec, value.dim()) for output, value in zip(spec.outputs, outputs, strict=True)}
    # The exporter by tracing still writes opset 15 whole; its successor (`dynamo`, from PyTorch 2.5 on) begins at 18.
    tracing: dict[str, Any] = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    # What the exporter prints where it fails is its own graph; the error says enough.
    with atomic_path(path) as temporary, warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # that it is old, and that shape checks are not part of the trace
        torch.onnx.export(
            net,
            (example,),
            str(temporary),
            opset_version=opset or OPSET,
            input_names=[INPUT],
            output_names=list(spec.outputs),
            dynamic_axes=open_axes,
            **tracing,
        )
        model = onnx.load(str(temporary))
        onnx.helper.set_model_props(model, metadata(name, spec))
        onnx.save(model, str(temporary))


def open_output_axes(spec: Net, dimensions: int) -> dict[int, str]:
    """Which axes of an output follow the input's open ones: the batch and the frames come first, height and width last."""
    where = {"batch": 0, "frames": 1, "height": dimensions - 2, "width": dimensions - 1}
    return {where[axis.name]: axis.name if axis.name == "batch" else f"output_{axis.name}" for axis in spec.axes}


def metadata(name: str, spec: Net) -> dict[str, str]:
    """What a reader of the file must know and the graph does not say."""
    notes = {NETWORK_NOTE: name}
    if spec.pixels:
        notes |= {"posewright.order": spec.pixels.order, "posewright.mean": joined(spec.pixels.mean), "posewright.std": joined(spec.pixels.std)}
    return notes


def joined(numbers: Sequence[float]) -> str:
    return " ".join(map(repr, numbers))
