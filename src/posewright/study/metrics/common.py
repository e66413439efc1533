"""What all metrics share: the shape check, and means that leave out what is NaN."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import require
from posewright.study.align import known_points

Array = NDArray[Any]


def check_same_shape(pred: Array, ref: Array) -> None:
    """Raise ValueError unless both are (T, J, 3) of the same T and J."""
    require(np.shape(pred) == np.shape(ref), f"prediction has shape {np.shape(pred)}, reference {np.shape(ref)}")
    check_points(pred)


def check_points(xyz: Array) -> None:
    """Raise ValueError unless `xyz` is (T, J, 3)."""
    require(np.ndim(xyz) == 3 and np.shape(xyz)[2] == 3, f"positions have shape {np.shape(xyz)}, not (T, J, 3)")


def valid_points(pred: Array, ref: Array) -> NDArray[np.bool_]:
    """Where both positions (..., 3) are known, shape (...)."""
    return known_points(pred) & known_points(ref)


def masked_mean(values: Array) -> float:
    """The mean of the values that are not NaN; NaN when there is none."""
    known = np.isfinite(values)
    return float(np.mean(values, where=known)) if known.any() else float("nan")
