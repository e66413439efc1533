"""Running a network: the one place that knows LiteRT."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from posewright.errors import ModelError
from posewright.models.prune import without_outputs


class LiteRTSession:
    """A `.tflite` network on the CPU, of fixed batch. Not to be run from two threads at once."""

    def __init__(self, path: str | os.PathLike[str], threads: int = 1, unused: Collection[str] = ()) -> None:
        """
        Args:
            path: a `.tflite` file.
            threads: threads of one run.
            unused: outputs by name that nobody wants; they are left out, with all that is computed for them alone.

        Raises:
            ModelError: the file is missing or no LiteRT model.
        """
        try:
            self._content = without_outputs(Path(path).read_bytes(), unused)
            with _quiet_stderr():
                self._interpreter = Interpreter(model_content=self._content, num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, OSError) as error:
            raise ModelError(f"{path} cannot be loaded as a LiteRT model ({str(error).strip()}). Check it: posewright models verify") from error
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()

    @property
    def input_shapes(self) -> list[tuple[int, ...]]:
        """Shape of each input."""
        return [tuple(int(side) for side in detail["shape"]) for detail in self._inputs]

    @property
    def output_shapes(self) -> list[tuple[int, ...]]:
        """Shape of each output."""
        return [tuple(int(side) for side in detail["shape"]) for detail in self._outputs]

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """All outputs, in the model's order, as arrays of the caller's own; `inputs` have `input_shapes` and the model's types.

        Raises:
            ValueError: an input's number, shape or type does not fit.
        """
        if len(inputs) != len(self._inputs):
            raise ValueError(f"{len(inputs)} inputs for a network of {len(self._inputs)}")
        for detail, value in zip(self._inputs, inputs, strict=True):
            self._interpreter.set_tensor(detail["index"], np.ascontiguousarray(value))
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(detail["index"]) for detail in self._outputs]


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keep LiteRT's own INFO lines, which it writes past Python, off the terminal. Its errors come as exceptions all the same."""
    try:
        sys.stderr.flush()
        saved = os.dup(2)
    except (OSError, AttributeError):  # no standard error to keep quiet
        yield
        return
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
