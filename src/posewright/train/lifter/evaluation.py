"""How well a lifter does on held-out motion: the figures of the model card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array, normalize
from posewright.lift.wright.outputs import matrix_of, split
from posewright.lift.wright.window import TREE
from posewright.study.metrics import pa_mpjpe
from posewright.train.lifter.pairs import Pairs

Lift = Callable[[NDArray[np.float32]], Array]
"""Inputs (N, F) to outputs (N, OUTPUTS)."""


@dataclass(frozen=True)
class Figures:
    """Errors over some windows."""

    mpjpe_mm: float
    """Of the 21 points against the pelvis, on bones of the reference body's lengths, so that direction alone counts."""
    pa_mpjpe_mm: float
    bones_deg: float
    up_deg: float
    rotations_deg: float
    """Mean angle of the local rotations but the root's."""
    root_deg: float
    velocity: float
    """Mean error, metres a second on a body 1.70 m tall, where the camera stands still."""
    contact_f1: float

    def table(self, name: str) -> dict[str, float]:
        """The figures by name, for the curves of a run."""
        return {f"{name} {key}": float(value) for key, value in vars(self).items()}


def figures(lift: Lift, pairs: Pairs) -> Figures:
    """What a network makes of a batch."""
    given, truth = split(np.asarray(lift(pairs.inputs), dtype=np.float64)), split(pairs.targets.astype(np.float64))
    directions = normalize(given.directions)
    rebuilt, true = (placed(each) for each in (directions, truth.directions))
    turns = angles_between(matrix_of(given.rotations), matrix_of(truth.rotations))
    moves, stands = np.isfinite(truth.velocity).all(-1), np.isfinite(truth.contacts)
    return Figures(
        mpjpe_mm=1000.0 * float(np.linalg.norm(rebuilt - true, axis=-1).mean()),
        pa_mpjpe_mm=1000.0 * float(pa_mpjpe(rebuilt, true)),
        bones_deg=float(angle_deg(directions, truth.directions).mean()),
        up_deg=float(angle_deg(normalize(given.up), truth.up).mean()),
        rotations_deg=float(turns[:, 1:].mean()),
        root_deg=float(turns[:, 0].mean()),
        velocity=float(np.linalg.norm(given.velocity - truth.velocity, axis=-1)[moves].mean()) if moves.any() else float("nan"),
        contact_f1=f1(given.contacts[stands] > 0, truth.contacts[stands] > 0.5),
    )


def placed(directions: Array) -> Array:
    """Points (N, P, 3) against the pelvis, metres, of directions (N, B, 3) on the reference body's bones."""
    return np.asarray(TREE.chain @ (directions * TREE.reference[:, None]))


def angle_deg(a: Array, b: Array) -> Array:
    """Angles between unit vectors (..., 3), degrees."""
    return np.degrees(np.arccos(np.clip((a * b).sum(-1), -1.0, 1.0)))


def angles_between(a: Array, b: Array) -> Array:
    """Angles of the rotations that lead from one matrix (..., 3, 3) to the other, degrees."""
    return np.degrees(np.arccos(np.clip(((a * b).sum((-1, -2)) - 1.0) / 2.0, -1.0, 1.0)))


def f1(given: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall."""
    hits = int((given & truth).sum())
    return 2.0 * hits / max(int(given.sum()) + int(truth.sum()), 1)
