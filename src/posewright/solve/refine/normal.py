"""Normal equations of a least-squares problem over time, block banded: each frame couples with the next two."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from posewright.geometry import Array

SECOND_SPAN = 3
"""Unknowns coupled over two frames: one vector's, so that the band stays narrow."""


class NormalEquations:
    """Sums of J'J and J'r for T frames of n unknowns each, and their solution by banded Cholesky: linear in T."""

    def __init__(self, frames: int, unknowns: int) -> None:
        self.columns: NDArray[np.float64] = np.zeros((frames, unknowns, 3 * unknowns + SECOND_SPAN))
        """Each frame's columns of the matrix, from its own rows to those of the second next frame, and a few that stay empty, (T, n, 3 n + 3).
        Of the second next frame's only entries at most `SECOND_SPAN` - 1 off their diagonal count."""
        self.gradient: NDArray[np.float64] = np.zeros((frames, unknowns))
        """J'r, (T, n)."""

    @property
    def diagonal(self) -> NDArray[np.float64]:
        """Blocks of each frame with itself, a view (T, n, n)."""
        return self.columns[:, :, : self.columns.shape[1]]

    def small_blocks(self, start: int, count: int, size: int, distance: int) -> NDArray[np.float64]:
        """`count` blocks of `size` unknowns from `start` on, each with itself `distance` frames later: a view (T, count, size, size)."""
        unknowns = self.columns.shape[1]
        part = self.columns[:, start:, distance * unknowns + start :]
        frame, column, row = part.strides
        return as_strided(part, (len(part), count, size, size), (frame, size * (column + row), column, row))

    def add_neighbours(self, early: Array, late: Array) -> None:
        """Add early' late between each frame and the next, rows (T - 1, m, n) of either: what a residual over two frames has off its diagonal."""
        frames, _, unknowns = early.shape
        self.columns[:frames, :, unknowns : 2 * unknowns] += early.transpose(0, 2, 1) @ late

    def add_stencil(self, jacobian: Array, coefficients: Array, residual: Array, weight: Array) -> None:
        """Add residuals r_t = sum over i of coefficients[t, i] * x[t + i], where dx/d(unknowns) is `jacobian`.

        Args:
            jacobian: (T, d, n).
            coefficients: (K, s): K residuals, each over s = 1 or 2 neighbouring frames.
            residual: (K, d).
            weight: (K,).
        """
        (count, span), unknowns = coefficients.shape, jacobian.shape[-1]
        for i in range(span):
            early = jacobian[i : i + count] * (coefficients[:, i] * weight)[:, None, None]
            self.gradient[i : i + count] += (residual[:, None] @ early)[:, 0]
            for j in range(i, span):
                late = jacobian[j : j + count] * coefficients[:, j, None, None]
                self.columns[i : i + count, :, (j - i) * unknowns : (j - i + 1) * unknowns] += early.transpose(0, 2, 1) @ late

    def add_curvature(self, start: int, derivative: Array, coefficients: Array, residual: Array, weight: Array) -> None:
        """Add residuals r_t = sum over i of coefficients[t, i] * x[t + i] over three frames, for many vectors x with unknowns of their own.

        Args:
            start: the first vector's first unknown; the others follow.
            derivative: of each vector by its m unknowns, (T, B, 3, m).
            coefficients: (T - 2, 3).
            residual: (T - 2, B, 3).
            weight: (T - 2, B).
        """
        count, (_, vectors, _, size) = len(coefficients), derivative.shape
        blocks = [self.small_blocks(start, vectors, size, distance) for distance in range(3)]
        for i in range(3):
            early = derivative[i : i + count] * (coefficients[:, i, None] * weight)[..., None, None]
            pull = (residual[:, :, None] @ early)[:, :, 0]
            self.gradient[i : i + count, start : start + vectors * size] += pull.reshape(count, -1)
            for j in range(i, 3):
                late = derivative[j : j + count] * coefficients[:, j, None, None, None]
                blocks[j - i][i : i + count] += early.transpose(0, 1, 3, 2) @ late

    def solve(self, damping: float) -> NDArray[np.float64]:
        """The step (T, n) that minimises the linearised sum of squares plus `damping` times the step's square."""
        frames, unknowns, height = self.columns.shape
        width = min(2 * unknowns + SECOND_SPAN, frames * unknowns)
        # Column c of a frame begins on the diagonal: row c. The view steps one row down with each column to the right.
        padded = np.concatenate([self.columns.reshape(-1), np.zeros(height)])
        step = padded.itemsize
        band = as_strided(padded, (frames, unknowns, width), (unknowns * height * step, (height + 1) * step, step)).reshape(frames * unknowns, width)
        band[:, 0] += damping
        move = solveh_banded(band.T, -self.gradient.ravel(), lower=True, overwrite_ab=True, overwrite_b=True, check_finite=False)
        return np.asarray(move).reshape(frames, unknowns)
