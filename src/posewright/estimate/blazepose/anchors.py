"""SSD anchors of BlazePose's detector: one grid of centres a stride (Liu et al. 2016, https://arxiv.org/abs/1512.02325)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LAYER_STRIDES = (8, 16, 32, 32, 32)
ANCHORS_PER_LAYER = 2
"""The square one, and one of a size between two layers; with fixed sizes they coincide."""


def ssd_anchors(input_size: int = 224, strides: tuple[int, ...] = LAYER_STRIDES) -> NDArray[np.float32]:
    """Centres of all anchors in the network's output order, (N, 2) of x, y in 0..1. All have the size 1.

    Neighbouring layers of the same stride share a grid: at each cell stand the anchors of all of them.
    """
    grids = []
    for stride in sorted(set(strides)):
        cells = -(-input_size // stride)
        centres = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        grid = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
        grids.append(np.repeat(grid, ANCHORS_PER_LAYER * strides.count(stride), axis=0))
    return np.concatenate(grids)
