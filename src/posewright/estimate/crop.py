"""Crops of people as the published top-down networks take them: box to centre and scale, the affine between, and colours.

Facts of Xiao et al. 2018 (SimpleBaseline, https://arxiv.org/abs/1804.06208) and Sun et al. 2019 (HRNet, https://arxiv.org/abs/1902.09212),
which RTMPose, MMPose and CenterNet share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.nets.table import Pixels

PADDING = 1.25
"""Side of a crop over the side of the person's box."""

Size = tuple[int, int]
"""Width and height, pixels."""


@dataclass(frozen=True)
class Crop:
    """The part of a frame that a network looks at, upright."""

    centre: tuple[float, float]
    """Pixels of the frame."""
    size: tuple[float, float]
    """Width and height in pixels of the frame."""

    @classmethod
    def of_box(cls, box: NDArray[np.floating], aspect: float, padding: float = PADDING) -> Crop:
        """The crop round `box`, (4,) of x0, y0, x1, y1: enlarged to width over height `aspect`, then padded."""
        x0, y0, x1, y1 = (float(side) for side in box)
        width, height = x1 - x0, y1 - y0
        if width > aspect * height:
            height = width / aspect
        else:
            width = height * aspect
        return cls(((x0 + x1) / 2, (y0 + y1) / 2), (width * padding, height * padding))

    def T_frame_crop(self, size: Size) -> NDArray[np.float64]:
        """Pixels of a crop (or heat map) of `size` to pixels of the frame, (2, 3).

        The width alone gives the scale; corner (0, 0) of the one falls on the corner of the other, not half a pixel beside it.
        """
        width, height = size
        scale = self.size[0] / width
        return np.array([[scale, 0.0, self.centre[0] - scale * width / 2], [0.0, scale, self.centre[1] - scale * height / 2]])

    def to_frame(self, points: NDArray[np.floating], size: Size) -> NDArray[np.float64]:
        """Points (..., 2) in pixels of a crop of `size`, in pixels of the frame."""
        transform = self.T_frame_crop(size)
        return points @ transform[:, :2].T + transform[:, 2]

    def corners(self) -> NDArray[np.float32]:
        """Corners in pixels of the frame, clockwise from the upper left, (4, 2)."""
        unit = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
        return (unit * self.size + self.centre).astype(np.float32)


def network_input(images: NDArray[np.uint8] | NDArray[np.float32], pixels: Pixels) -> NDArray[np.float32]:
    """RGB images (..., H, W, 3), 0 to 255, as a network takes them, (..., 3, H, W)."""
    ordered = images if pixels.order == "RGB" else images[..., ::-1]
    scale = np.float32(1.0) / (255.0 * np.asarray(pixels.std, dtype=np.float32))
    shift = np.asarray(pixels.mean, dtype=np.float32) * 255.0
    return np.ascontiguousarray(np.moveaxis((ordered.astype(np.float32) - shift) * scale, -1, -3))
