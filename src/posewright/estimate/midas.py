"""Relative inverse depth of a frame by MiDaS (Ranftl et al. 2020, https://arxiv.org/abs/1907.01341; DPT: Ranftl et al. 2021, https://arxiv.org/abs/2103.13413)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.estimate.crop import Size, network_input
from posewright.media import Frame
from posewright.models.onnx import Session
from posewright.nets.table import HALF, RGB, Pixels

STEP = 32
"""Sides of the input are multiples of it."""


@dataclass(frozen=True)
class Depth:
    """How a variant takes its frames."""

    side: int
    """Of the square that the frame is fitted to."""
    fit: str
    """`inside` the square, or `least`: the side that needs less scaling fits it."""
    pixels: Pixels


VARIANTS: dict[str, Depth] = {
    "small": Depth(256, "inside", RGB),
    "large": Depth(384, "inside", RGB),
    "dpt-hybrid": Depth(384, "least", HALF),
}
"""The networks, the default first."""


class MiDaS:
    """Inverse depth, larger for what is nearer, of unknown scale and shift."""

    def __init__(self, session: Session, variant: str = "small") -> None:
        """`session` is a network with one input (B, 3, H, W) and one output (B, H, W); `variant` a key of `VARIANTS`."""
        self._session, self._depth = session, VARIANTS[variant]

    def __call__(self, frame: Frame) -> NDArray[np.float32]:
        """Inverse depth of the whole frame at the network's resolution, (H, W)."""
        return self._session.run([self.prepare(frame)[None]])[0][0]

    def prepare(self, frame: Frame) -> NDArray[np.float32]:
        """The network's input, (3, H, W)."""
        size = input_size(frame.size, self._depth.side, self._depth.fit)
        return network_input(resized(frame.rgb(), size), self._depth.pixels)


def input_size(size: Size, side: int, fit: str = "inside") -> Size:
    """Width and height in multiples of 32 near those of a frame of `size` scaled to `side`; see `Depth.fit`."""
    scales = side / np.array(size, dtype=np.float64)
    if fit == "inside":
        scale = scales.min()
    else:
        scale = scales[0] if abs(1 - scales[0]) < abs(1 - scales[1]) else scales[1]
    exact = scale * np.array(size)
    rounded = np.rint(exact / STEP) * STEP
    if fit == "inside":
        rounded = np.where(rounded > side, np.floor(exact / STEP) * STEP, rounded)
    return int(max(rounded[0], STEP)), int(max(rounded[1], STEP))


def resized(rgb: NDArray[np.uint8], size: Size) -> NDArray[np.float32]:
    """An image (h, w, 3) scaled as floats of 0 to 255, as published: bicubic, values beyond them kept."""
    return cv2.resize(rgb.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def enlarged(depth: NDArray[np.float32], size: Size) -> NDArray[np.float32]:
    """A depth map (h, w) at the frame's `size`, bicubic."""
    return cv2.resize(depth, size, interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]
