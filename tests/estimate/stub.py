"""A network made of a function, for tests of what stands round networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.media import Frame

# Where joints of a standing person are, in a box of 1 x 1.
UPRIGHT = {"nose": (0.5, 0.08), "neck": (0.5, 0.2), "pelvis": (0.5, 0.52)}
UPRIGHT |= {"right_eye": (0.45, 0.05), "left_eye": (0.55, 0.05), "right_ear": (0.4, 0.07), "left_ear": (0.6, 0.07)}
UPRIGHT |= {"right_shoulder": (0.35, 0.2), "right_elbow": (0.25, 0.35), "right_wrist": (0.2, 0.5)}
UPRIGHT |= {"left_shoulder": (0.65, 0.2), "left_elbow": (0.75, 0.35), "left_wrist": (0.8, 0.5)}
UPRIGHT |= {"right_hip": (0.42, 0.52), "right_knee": (0.4, 0.72), "right_ankle": (0.4, 0.9), "left_hip": (0.58, 0.52), "left_knee": (0.6, 0.72), "left_ankle": (0.6, 0.9)}
UPRIGHT |= {"right_big_toe": (0.34, 0.97), "right_small_toe": (0.3, 0.94), "right_heel": (0.44, 0.95)}
UPRIGHT |= {"left_big_toe": (0.66, 0.97), "left_small_toe": (0.7, 0.94), "left_heel": (0.56, 0.95)}


class StubSession:
    """Says what it is asked to and runs a function on its one input."""

    name = "stub.onnx"
    runtime = "a function"

    def __init__(self, output_shapes: list[tuple[int, ...]], function: Callable[[NDArray[Any]], Sequence[NDArray[Any]]], size: tuple[int, int] = (256, 192)) -> None:
        self.output_shapes, self._function, self._size = output_shapes, function, size
        self.inputs: list[NDArray[Any]] = []

    def image_size(self) -> tuple[int, int]:
        return self._size

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        self.inputs.append(inputs[0])
        return list(self._function(inputs[0]))


def noise_frame(width: int = 320, height: int = 240, index: int = 0, seed: int = 0) -> Frame:
    """A frame of coloured noise."""
    return Frame.from_rgb(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8), index, index / 30)


def bumps(places: NDArray[np.floating], size: tuple[int, int], sigma: float = 2.0) -> NDArray[np.float32]:
    """A Gaussian of height 1 at each of places (J, 2), on maps (J, height, width) of `size` (width, height)."""
    x, y = np.arange(size[0]), np.arange(size[1])
    across = np.exp(-((x - places[:, :1]) ** 2) / (2 * sigma**2))
    down = np.exp(-((y - places[:, 1:]) ** 2) / (2 * sigma**2))
    return (down[:, :, None] * across[:, None, :]).astype(np.float32)
