"""How good a lifted body is: PA-MPJPE on motion capture seen by random cameras, by the camera's elevation; and what is reached without learning from 2D."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array
from posewright.lift.gan import BODY, Generator, Generators, made_nose, normalised
from posewright.study.align import apply_similarity, similarity
from posewright.train.gan.mocap import ELEVATION_DEG, Bodies, Views, random_views

LIMBS = BODY.indices(*(f"{side}_{joint}" for side in ("left", "right") for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")))
BIN_DEG = 15
MOST_VIEWS = 4000
_FACINGS = 8

Lift = Callable[[NDArray[np.float32]], Array]
"""Normalised 2D poses (N, J, 2) to bodies (N, J, 3) in the camera's axes, in any unit."""


@dataclass(frozen=True)
class Errors:
    """Of bodies against the truth, after the best similarity of each."""

    mean_mm: float
    """PA-MPJPE over the 12 limb joints."""
    all_joints_mm: float
    """PA-MPJPE over all of `BODY`."""
    by_elevation_mm: dict[str, float]
    """The first figure for cameras between two elevations, degrees."""
    upside_mm: float
    """The first figure with all depths negated: below it, the network lifts bodies inside out."""


def views_of(bodies: Bodies, seed: int = 1) -> Views:
    """What is measured on: at most `MOST_VIEWS` of the bodies, evenly over them, each seen by a random camera."""
    stride = max(1, -(-len(bodies) // MOST_VIEWS))
    return random_views(bodies.xyz[::stride], np.random.default_rng(seed), mirror=False)


def measure(lift: Lift, views: Views, nose_made: bool = False) -> Errors:
    """Errors of what a lifter makes of the views."""
    xy = normalised(made_nose(views.xy) if nose_made else views.xy).astype(np.float32)
    body = lift(xy)
    limbs = aligned_errors(body[:, LIMBS], views.xyz[:, LIMBS]).mean(1)
    upside = aligned_errors((body * (1.0, 1.0, -1.0))[:, LIMBS], views.xyz[:, LIMBS])
    elevation = np.degrees(views.elevation)
    edges = range(int(ELEVATION_DEG[0]), int(ELEVATION_DEG[1]), BIN_DEG)
    bins = {f"{low} to {low + BIN_DEG}": float(limbs[(elevation >= low) & (elevation < low + BIN_DEG)].mean()) for low in edges}
    return Errors(float(limbs.mean()), float(aligned_errors(body, views.xyz).mean()), bins, float(upside.mean()))


def aligned_errors(body: Array, truth: Array) -> Array:
    """Distance of each joint (N, J) in millimetres after the best similarity of each body, (N, J, 3) in any unit and in metres."""
    body, truth = np.asarray(body, np.float64), np.asarray(truth, np.float64)
    return np.asarray(np.linalg.norm(apply_similarity(similarity(body, truth), body) - truth, axis=-1) * 1000.0)


def elevation_error(generator: Generator | Generators, views: Views) -> float:
    """Mean error of the camera's elevation, degrees."""
    xy = normalised(made_nose(views.xy) if generator.nose_made else views.xy).astype(np.float32)
    return float(np.degrees(np.abs(generator(xy)[1] - views.elevation)).mean())


# Baselines


def flat(xy: NDArray[np.float32]) -> Array:
    """Depth zero."""
    return np.concatenate([xy, np.zeros_like(xy[..., :1])], axis=-1)


def mean_depth(views: Views) -> Lift:
    """The mean depth of each joint among training bodies that face alike: in eight classes by the turn of shoulders and hips as the picture shows it. Uses 3D."""
    known = _turn(normalised(views.xy))
    edges = np.quantile(known, np.linspace(0.0, 1.0, _FACINGS + 1)[1:-1])
    scale = np.linalg.norm(normalised(views.xy), axis=(1, 2)) / np.linalg.norm(views.xyz[..., :2], axis=(1, 2))
    depth = views.xyz[..., 2] * scale[:, None]
    table = np.stack([depth[np.digitize(known, edges) == facing].mean(0) for facing in range(_FACINGS)])
    return lambda xy: np.concatenate([xy, table[np.digitize(_turn(xy), edges)][..., None]], axis=-1)


def _turn(xy: Array) -> Array:
    """Breadth of shoulders and hips as the picture shows it, positive where the left is on the right: the body faces the camera. (N,)"""
    left, right = ([f"{side}_shoulder", f"{side}_hip"] for side in ("left", "right"))
    return np.asarray((xy[:, BODY.indices(*left), 0] - xy[:, BODY.indices(*right), 0]).sum(1))
