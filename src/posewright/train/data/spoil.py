"""What comes between a detector and a person: things that stand before them, and the picture's edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array
from posewright.train.data.kinematics import Floats


def boxed(rng: np.random.Generator, rays: Floats, share: float) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Windows (m,) in which a thing stands still before the person, a box of random size or all below some line (a desk), and the points behind it, (m, W, P)."""
    rows = np.flatnonzero(rng.random(len(rays)) < share)
    some, (low, high) = rays[rows], _reach(rays[rows])
    start = low + (high - low) * rng.uniform(-0.1, 0.75, low.shape)
    end = start + (high - low) * rng.uniform(0.12, 0.5, low.shape)
    desk = rng.random(len(rows)) < 0.5
    line = low + (high - low) * rng.uniform(0.45, 0.8, (len(rows), 1))
    start[desk, 0], start[desk, 1], end[desk] = low[desk, 0] - 1.0, line[desk, 1], high[desk] + 1.0
    return rows, _within(some, start, end)


def cut_off(rng: np.random.Generator, rays: Floats, share: float) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Windows (m,) whose picture holds only a part of the path, and the points beyond its edge, (m, W, P)."""
    rows = np.flatnonzero(rng.random(len(rays)) < share)
    some, (low, high) = rays[rows], _reach(rays[rows])
    zoom = rng.uniform(1.3, 2.2, (len(rows), 1))
    towards = np.stack([rng.uniform(-0.6, 0.6, len(rows)), rng.choice([-1.0, -1.0, -1.0, 1.0], len(rows))], axis=-1)
    middle = (low + high) / 2 + (0.5 - 0.5 / zoom) * (high - low) * towards
    reach = 0.53 / zoom * (high - low).max(1, keepdims=True)
    return rows, ~_within(some, middle - reach, middle + reach)


def _reach(rays: Floats) -> tuple[Floats, Floats]:
    """Lower and upper corner of all points of each window (n, W, P, 2), (n, 2)."""
    planes = [rays[..., k].reshape(len(rays), rays.shape[1] * rays.shape[2]) for k in range(2)]
    return np.stack([plane.min(1) for plane in planes], -1), np.stack([plane.max(1) for plane in planes], -1)


def _within(rays: Floats, start: Array, end: Array) -> NDArray[np.bool_]:
    x, y = rays[..., 0], rays[..., 1]
    (left, top), (right, bottom) = ([corner[:, k, None, None] for k in range(2)] for corner in (start, end))
    return np.asarray((x > left) & (x < right) & (y > top) & (y < bottom))
