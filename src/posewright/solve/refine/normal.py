"""Normal equations of a least-squares problem over time, block banded: each frame couples with the next two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from posewright.geometry import Array

SECOND_SPAN = 3
"""Unknowns coupled over two frames: one vector's, so that the band stays narrow."""


@dataclass(frozen=True)
class Solution:
    """The step of the frames, and how it depends on the unknown that all frames share, which other windows have a say in."""

    step: NDArray[np.float64]
    """With the shared unknown held, (T, n)."""
    follow: NDArray[np.float64]
    """Change of the step for a unit of the shared unknown, (T, n)."""
    curvature: float
    """Of the cost along the shared unknown when the frames follow (Schur complement)."""
    slope: float
    """The same, first derivative."""


class NormalEquations:
    """Sums of J'J and J'r for T frames of n unknowns each, and their solution by banded Cholesky: linear in T."""

    def __init__(self, frames: int, unknowns: int) -> None:
        self.diagonal: NDArray[np.float64] = np.zeros((frames, unknowns, unknowns))
        """Blocks of a frame with itself, (T, n, n)."""
        self.next: NDArray[np.float64] = np.zeros((max(frames - 1, 0), unknowns, unknowns))
        """Blocks of frame t + 1 (rows) with frame t (columns), (T - 1, n, n)."""
        self.second: NDArray[np.float64] = np.zeros((max(frames - 2, 0), unknowns, unknowns))
        """Blocks of frame t + 2 (rows) with frame t (columns), (T - 2, n, n);
        only entries at most `SECOND_SPAN` - 1 off the diagonal count."""
        self.gradient: NDArray[np.float64] = np.zeros((frames, unknowns))
        """J'r, (T, n)."""
        self.border: NDArray[np.float64] = np.zeros((frames, unknowns))
        """Blocks of every frame with the one unknown that all share, (T, n)."""
        self.corner = 0.0
        """That unknown with itself."""
        self.corner_gradient = 0.0
        """J'r of that unknown."""

    def add_stencil(self, columns: slice, jacobian: Array, coefficients: Array, residual: Array, weight: Array) -> None:
        """Add residuals r_t = sum over i of coefficients[t, i] * x[t + i], where dx/d(unknowns) is `jacobian`.

        Args:
            columns: the unknowns that x depends on, m of them, the same in every frame.
            jacobian: (T, d, m).
            coefficients: (K, s): K residuals, each over s = 2 or 3 neighbouring frames.
            residual: (K, d).
            weight: (K,).
        """
        count, span = coefficients.shape
        blocks = (self.diagonal, self.next, self.second)
        for i in range(span):
            early = jacobian[i : i + count] * (coefficients[:, i] * weight)[:, None, None]
            self.gradient[i : i + count, columns] += np.einsum("kdm,kd->km", early, residual)
            for j in range(i, span):
                late = jacobian[j : j + count] * coefficients[:, j, None, None]
                blocks[j - i][i : i + count, columns, columns] += late.transpose(0, 2, 1) @ early

    def solve(self, damping: float) -> Solution:
        """The step that minimises the linearised sum of squares plus `damping` times the step's square."""
        frames, unknowns = self.gradient.shape
        reach = min(2, frames - 1)
        banded = np.zeros((min(2 * unknowns + SECOND_SPAN, (reach + 1) * unknowns), frames * unknowns))
        first = np.arange(frames)[:, None] * unknowns
        low_row, low_column = np.tril_indices(unknowns)
        banded[low_row - low_column, first + low_column] = self.diagonal[:, low_row, low_column]
        banded[0] += damping
        row, column = (axis.ravel() for axis in np.indices((unknowns, unknowns)))
        for distance, blocks in ((1, self.next), (2, self.second)):
            if distance <= reach:
                kept = distance * unknowns + row - column < len(banded)
                r, c = row[kept], column[kept]
                banded[distance * unknowns + r - c, first[:-distance] + c] = blocks[:, r, c]
        right = -np.stack([self.gradient.ravel(), self.border.ravel()], axis=1)
        both = np.asarray(solveh_banded(banded, right, lower=True, overwrite_ab=True, check_finite=False))
        step, follow = (both[:, i].reshape(frames, unknowns) for i in (0, 1))
        return Solution(step, follow, self.corner + float(np.sum(self.border * follow)), self.corner_gradient + float(np.sum(self.border * step)))
