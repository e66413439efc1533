"""Random processes in time and tables looked up at random places: what `DetectorNoise` draws from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array
from posewright.train.data.bodies import POINTS
from posewright.train.data.kinematics import Floats

STEP = 0.15
"""Distance between two knots of the tables of residuals, in standard deviations of the Gaussian behind them."""
TIMES_S = (np.inf, 0.6, 0.08)
"""How long the three parts of a process hold: for good, for a while, for a moment."""
STATES = 4
"""Ways to meet a point, see `visibility`."""
FPS = 30.0
"""Frames a second of the clips that errors were measured on."""
_LEFT_OUT = 0.03


@dataclass(frozen=True)
class Residual:
    """Errors of points in D dimensions: Gaussian in direction and order, of measured length."""

    shape: Floats
    """Turns a round cloud into each point's own (determinant 1), (P, D, D)."""
    radius: Floats
    """Length at Gaussian radii 0, 0.15, 0.3, ... of each point for each way to meet it, (P, STATES, K)."""
    parts: Floats
    """Share of the variance of each of `TIMES_S`, (P, 3)."""

    def __call__(self, gauss: Floats, state: NDArray[np.int8]) -> tuple[Floats, Floats]:
        """Errors (n, W, P, D) of points met as `state` (n, W, P) from Gaussians (n, W, P, D); and the Gaussians' radii, (n, W, P)."""
        axes = [gauss[..., k] for k in range(gauss.shape[-1])]
        radius = np.sqrt(sum(axis * axis for axis in axes))
        length = looked_up(self.radius.reshape(-1, self.radius.shape[-1]), row_of(state), radius / np.float32(STEP))
        length /= np.maximum(radius, 1e-6)
        out = np.empty_like(gauss)
        for k in range(len(axes)):
            out[..., k] = sum(self.shape[:, k, i] * axis for i, axis in enumerate(axes)) * length
        return out, radius


@lru_cache(maxsize=16)
def _root(times_s: tuple[float, ...], time: float) -> Floats:
    """(W, M): a stationary process of this correlation time and variance 1, at some times, from M independent numbers.

    Ornstein and Uhlenbeck's but for the smallest of its principal components (Karhunen and Loeve), which are left out to be quick.
    """
    variances, shapes = np.linalg.eigh(np.exp(-np.abs(np.subtract.outer(times_s, times_s)) / time))
    enough = np.cumsum(variances) > _LEFT_OUT * len(times_s)
    root = shapes[:, enough] * np.sqrt(variances[enough])
    return np.asarray(root / np.linalg.norm(root, axis=1, keepdims=True), dtype=np.float32)


def even(width: int) -> Array:
    """Times of this many frames at 30 a second, (W,)."""
    return np.arange(width) / FPS


def process(rng: np.random.Generator, count: int, times_s: Array, number: int, time: float) -> Floats:
    """Independent Gaussian processes of variance 1 at increasing times (W,), seconds: (n, W, number); (n, 1, number) for one that holds for good."""
    if not np.isfinite(time):
        return rng.standard_normal((count, 1, number), dtype=np.float32)
    root = _root(tuple(times_s.tolist()), time)
    return np.asarray(root @ rng.standard_normal((count, root.shape[1], number), dtype=np.float32))


def row_of(state: NDArray[np.int8]) -> NDArray[np.int32]:
    """Row of each point (n, W, P) in tables of (P x S) rows."""
    return np.arange(len(POINTS), dtype=np.int32) * np.int32(4) + state


def looked_up(table: Floats, row: NDArray[np.int32], at: Array) -> Floats:
    """Rows of a table (R, K), each at a place (...) between its columns; beyond the last, the last."""
    last = table.shape[1] - 1
    at = np.minimum(at, np.float32(last - 1e-3))
    low = at.astype(np.int32)
    share = at - low.astype(np.float32)
    flat = row * np.int32(table.shape[1]) + low
    start, rise = table.reshape(-1), np.diff(table, axis=1, append=table[:, -1:]).reshape(-1)
    return np.asarray(start.take(flat) + rise.take(flat) * share)


def probability(gauss: Array) -> Floats:
    """The normal distribution function, to three digits (Bowling et al. 2009, logistic approximation)."""
    return np.asarray(1.0 / (1.0 + np.exp(gauss * (-0.07056 * (gauss * gauss) - 1.5976))), dtype=np.float32)
