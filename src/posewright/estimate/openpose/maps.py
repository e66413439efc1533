"""To OpenPose's networks and back: images scaled and padded to the stride, maps enlarged to the image."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

STRIDE = 8
PAD_VALUE = 128
"""Grey; the networks' zero."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Padding:
    """Pixels added to an image on each side."""

    top: int = 0
    left: int = 0
    bottom: int = 0
    right: int = 0


def corner_padding(height: int, width: int) -> Padding:
    """To a multiple of the stride, at the bottom and on the right, as CMU's program and pytorch-openpose do."""
    return Padding(bottom=-height % STRIDE, right=-width % STRIDE)


def centred_padding(height: int, width: int, at_least: int = 256) -> Padding:
    """To a multiple of the stride and a width of at least `at_least`, evenly, as the lightweight program does."""
    more_height, more_width = -height % STRIDE, max(width, at_least) - width
    more_width += -(width + more_width) % STRIDE
    top, left = more_height // 2, more_width // 2
    return Padding(top, left, more_height - top, more_width - left)


def pad(image: NDArray[np.uint8], padding: Padding) -> NDArray[np.uint8]:
    """An image (h, w, 3) with grey round it."""
    return cv2.copyMakeBorder(image, padding.top, padding.bottom, padding.left, padding.right, cv2.BORDER_CONSTANT, value=(PAD_VALUE,) * 3)  # type: ignore[return-value]


def enlarged(maps: Array, factor: int, padding: Padding = Padding(), size: tuple[int, int] | None = None) -> Array:
    """Maps (C, h, w) enlarged by `factor` (bicubic), without the padding at the bottom and on the right, then brought to `size` (width, height)."""
    return np.stack([_enlarged(single, factor, padding, size) for single in maps])


def _enlarged(single: Array, factor: int, padding: Padding, size: tuple[int, int] | None) -> Array:
    large = cv2.resize(single, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    large = large[: large.shape[0] - padding.bottom, : large.shape[1] - padding.right]
    if size is None:
        return large  # type: ignore[return-value]
    return cv2.resize(large, size, interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]
