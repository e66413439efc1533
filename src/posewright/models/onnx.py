"""Running a network: the one place that knows ONNX Runtime (extra `onnx`)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from posewright.errors import ModelError, UsageError
from posewright.nets.table import NETWORK_NOTE

DEVICES: dict[str, tuple[str, str]] = {
    "cpu": ("CPUExecutionProvider", "onnxruntime"),
    "cuda": ("CUDAExecutionProvider", "onnxruntime-gpu"),
    "coreml": ("CoreMLExecutionProvider", "onnxruntime"),
    "directml": ("DmlExecutionProvider", "onnxruntime-directml"),
}
"""ONNX Runtime's execution provider of each device, and the package that brings it."""


class Session(Protocol):
    """A network that can be run; estimators and lifters see no more of it."""

    name: str
    runtime: str
    """What runs it, and on what, in words."""

    @property
    def output_shapes(self) -> list[tuple[int, ...]]:
        """Shape of each output; -1 where it follows the input."""

    def image_size(self) -> tuple[int, int]:
        """Height and width of the first input, (B, 3, H, W).

        Raises:
            ModelError: the network leaves them open.
        """

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """All outputs in the model's order."""


class OnnxSession:
    """An `.onnx` network on the device that was asked for, and on no other."""

    def __init__(self, path: str | os.PathLike[str], device: str = "cpu", threads: int | None = None) -> None:
        """
        Args:
            path: an `.onnx` file.
            device: a key of `DEVICES`.
            threads: threads of one run on the CPU; None for as many as there are cores.

        Raises:
            UsageError: there is no such device.
            ModelError: ONNX Runtime is not installed, cannot run on the device, or the file is missing or no ONNX model.
        """
        self.name, self.device = Path(path).name, device
        runtime = onnxruntime()
        provider = _provider(device, runtime.get_available_providers())
        if not Path(path).is_file():
            raise ModelError(f"{path} does not exist")
        options = runtime.SessionOptions()
        options.log_severity_level = 3  # errors; its warnings are for those who make models
        if threads is not None:
            options.intra_op_num_threads = threads
        try:
            self._session = runtime.InferenceSession(os.fspath(path), options, providers=[provider])
        except Exception as error:  # ONNX Runtime's errors share no base class below this
            raise ModelError(f"{path} cannot be loaded as an ONNX model on {device} ({_first_line(error)})") from error
        self._session.disable_fallback()
        self.providers: list[str] = self._session.get_providers()
        """In use, the first for all that it can do."""
        if self.providers[0] != provider:  # it warns on the console, and goes on with the CPU
            raise ModelError(
                f"{provider} was asked for (--device {device}) but ONNX Runtime could not start it and would use {self.providers[0]}. Check the driver, or use --device cpu"
            )
        self.runtime = f"ONNX Runtime on {device} ({provider})"
        self._inputs = self._session.get_inputs()
        self._outputs = self._session.get_outputs()

    @property
    def network(self) -> str:
        """What our own export says that the file holds (`posewright.nets.table`); empty in the files of others."""
        return str(self._session.get_modelmeta().custom_metadata_map.get(NETWORK_NOTE, ""))

    @property
    def input_shapes(self) -> list[tuple[int, ...]]:
        """Shape of each input; -1 where it may vary."""
        return [_shape(value.shape) for value in self._inputs]

    @property
    def output_shapes(self) -> list[tuple[int, ...]]:
        """Shape of each output; -1 where it follows the input."""
        return [_shape(value.shape) for value in self._outputs]

    def image_size(self) -> tuple[int, int]:
        """See `Session`."""
        shape = self.input_shapes[0]
        if len(shape) != 4 or shape[1] != 3 or min(shape[2:]) < 1:
            raise ModelError(f"{self.name} takes an input of shape {shape}, not images (batch, 3, height, width) of fixed size: it is another kind of network")
        return shape[2], shape[3]

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """All outputs, in the model's order.

        Raises:
            ModelError: an input's number, shape or type does not fit, or the device fails.
        """
        if len(inputs) != len(self._inputs):
            raise ModelError(f"{self.name} takes {len(self._inputs)} inputs, not {len(inputs)}")
        feed = {wanted.name: np.ascontiguousarray(value) for wanted, value in zip(self._inputs, inputs, strict=True)}
        try:
            return list(self._session.run(None, feed))
        except Exception as error:  # as above
            raise ModelError(
                f"{self.name} cannot be run on {self.device}: it takes {self.input_shapes}, given {[value.shape for value in inputs]} ({_first_line(error)})"
            ) from error


def onnxruntime() -> Any:
    """ONNX Runtime, imported when first needed.

    Raises:
        ModelError: it is not installed.
    """
    try:
        import onnxruntime as runtime
    except ImportError as error:
        raise ModelError("this network runs on ONNX Runtime, which is not installed: pip install 'posewright[onnx]'") from error
    return runtime


def _provider(device: str, available: Sequence[str]) -> str:
    if device not in DEVICES:
        raise UsageError(f"no device '{device}'. There are: {', '.join(DEVICES)}")
    provider, package = DEVICES[device]
    if provider not in available:
        having = f"this installation has {', '.join(available)}. The package {package} brings it, where the system has such a device"
        raise ModelError(f"--device {device} needs ONNX Runtime's {provider}; {having}")
    return provider


def _shape(shape: Sequence[Any]) -> tuple[int, ...]:
    return tuple(side if isinstance(side, int) else -1 for side in shape)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
