"""Candidates for joints: the peaks of heat maps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MIN_DISTANCE = 6.0
"""Pixels between two peaks of the lightweight network's enlarged maps."""
MOST_PEAKS = 127
"""Candidates of one joint, as many people as CMU's program knows; noise gives thousands."""


def smooth_peaks(heatmap: NDArray[np.floating], threshold: float, sigma: float = 3.0) -> Array:
    """Peaks of a heat map (H, W) as (N, 3) of x, y and height, row by row, as pytorch-openpose finds them.

    A peak is no lower than its four neighbours, and above the threshold, in the smoothed map; its height is that of the map itself.
    """
    from scipy.ndimage import gaussian_filter  # takes a quarter of a second, which other estimators need not wait for

    smooth = gaussian_filter(heatmap, sigma=sigma)
    around = np.pad(smooth, 1)
    neighbours = np.stack([around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:]])
    ys, xs = np.nonzero((smooth >= neighbours).all(axis=0) & (smooth > threshold))
    return np.stack([xs, ys, heatmap[ys, xs]], axis=-1).astype(np.float64)


def sharp_peaks(heatmap: NDArray[np.floating], threshold: float) -> Array:
    """Peaks of a heat map (H, W) as (N, 3) of x, y and height, column by column, as the lightweight program finds them.

    A peak is higher than its four neighbours; of those nearer to each other than `MIN_DISTANCE` the first stands.
    """
    raised = np.where(heatmap < threshold, 0.0, heatmap)
    around = np.pad(raised, 1)
    neighbours = np.stack([around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:]])
    xs, ys = np.nonzero((raised > neighbours).all(axis=0).T)
    places = np.stack([xs, ys], axis=-1)
    kept = np.ones(len(places), bool)
    for i in range(len(places)):
        if kept[i]:
            kept[i + 1 :] &= np.hypot(*(places[i + 1 :] - places[i]).T) >= MIN_DISTANCE
    return np.stack([xs[kept], ys[kept], heatmap[ys[kept], xs[kept]]], axis=-1).astype(np.float64)


def strongest(peaks: Array, count: int = MOST_PEAKS) -> Array:
    """The `count` highest of some peaks (N, 3), in the order in which they were."""
    if len(peaks) <= count:
        return peaks
    return peaks[np.sort(np.argsort(-peaks[:, 2], kind="stable")[:count])]
