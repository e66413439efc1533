"""Which way is up, where the floor is, and what stands on it: from the person's own balance and contacts.

A body at rest balances: its centre of mass lies over what it stands on (Winter 2009, ch. 4 and 5). Over a clip, the
mean direction from the supporting foot to the centre of mass is the vertical, whatever way the camera was held.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter, minimum_filter1d

from posewright.geometry import Array, normalize
from posewright.solve.refine.problem import Ground
from posewright.solve.refine.tree import BoneTree

# Share of the body's mass that lies half way along each bone (Winter 2009, table 4.1; head with the neck, hand with the forearm).
_MASSES = {"trunk": 0.497, "head": 0.081} | {
    f"{side}_{bone}": share for side in ("left", "right") for bone, share in {"upper_arm": 0.028, "forearm": 0.022, "thigh": 0.100, "shin": 0.0465, "foot": 0.0145}.items()
}
# Points that may touch the floor and their height over it when they do, metres on a body 1.70 m tall.
_CLEARANCE = {"heel": 0.03, "toe": 0.02}
_CLEARANCE_ANKLE = 0.085

LEVEL_CAMERA_UP = np.array([0.0, -1.0, 0.0])
"""Up in the frame of a camera that is held level."""
PRIOR_RAD = np.radians(25.0)
"""How far from level a camera is held."""
BALANCE_RAD = np.radians(6.0)
"""Spread of a body's axis about the vertical, over independent moments."""
INDEPENDENT_S = 0.4
"""Moments this far apart count as independent."""
UPRIGHT = 0.8
"""A body whose centre of mass is nearer to its feet than this share of its standing height sits or lies: it does not show the vertical."""


@dataclass(frozen=True)
class Vertical:
    """Up in the camera frame, and how well it is known."""

    up: NDArray[np.float64]
    """Unit vector against gravity, (3,)."""
    spread_rad: float
    """Standard deviation of its direction."""

    @property
    def pitch_deg(self) -> float:
        """Degrees by which the camera looks down (positive) or up."""
        return float(np.degrees(np.arcsin(np.clip(-self.up[2], -1.0, 1.0))))

    @property
    def roll_deg(self) -> float:
        """Degrees by which the camera is turned about its line of sight."""
        return float(np.degrees(np.arctan2(self.up[0], -self.up[1])))


def foot_points(tree: BoneTree, size: float) -> tuple[Array, Array]:
    """Points of the feet, (C,), and their clearance, metres, (C,), on a body `size` times the reference."""
    names = [f"{side}_{part}" for side in ("left", "right") for part in _CLEARANCE if f"{side}_{part}" in tree.points]
    clearance = [_CLEARANCE[name.split("_")[1]] for name in names]
    if not names:
        names, clearance = ["left_ankle", "right_ankle"], [_CLEARANCE_ANKLE] * 2
    return np.array([tree.index(name) for name in names]), size * np.array(clearance)


def centre_of_mass(tree: BoneTree, points: Array) -> Array:
    """Centre of mass (T, 3) of points (T, P, 3)."""
    total, moment = 0.0, np.zeros((len(points), 3))
    for bone, mass in _MASSES.items():
        if bone in tree.bones:
            start, end = tree.ends[tree.bones.index(bone)]
            moment += mass * 0.5 * (points[:, start] + points[:, end])
            total += mass
    return moment / total


def find_vertical(tree: BoneTree, points: Array, times: Array, size: float) -> Vertical:
    """The vertical from balance, starting from a level camera.

    Args:
        points: (T, P, 3), metres, camera frame.
        times: (T,), seconds.
        size: the body's size against the reference's.
    """
    feet, clearance = foot_points(tree, size)
    mass = centre_of_mass(tree, points)
    up = LEVEL_CAMERA_UP
    spread = float(PRIOR_RAD)
    moments = max(1.0, (times[-1] - times[0]) / INDEPENDENT_S)
    for _ in range(6):
        heights = points[:, feet] @ up - clearance
        share = np.exp(-(heights - heights.min(1, keepdims=True)) / 0.03)
        support = np.einsum("tc,tck->tk", share / share.sum(1, keepdims=True), points[:, feet])
        axis = mass - support
        length = np.linalg.norm(axis, axis=-1)
        weight = np.clip((length / np.quantile(length, 0.9) - UPRIGHT) / (1.0 - UPRIGHT), 0.0, 1.0)
        weight *= 1.0 / (1.0 + (_angle(normalize(axis), up) / (2.5 * BALANCE_RAD)) ** 2)
        tall = length > 0.45 * size  # a standing body's centre of mass is 0.9 m over the floor
        weight = np.where(tall, weight, 0.0)
        evidence = moments * float(weight.mean()) / BALANCE_RAD**2
        mean = np.average(normalize(axis), axis=0, weights=weight) if weight.sum() > 0 else LEVEL_CAMERA_UP
        up = normalize(evidence * mean + LEVEL_CAMERA_UP / PRIOR_RAD**2)
        spread = float(1.0 / np.sqrt(evidence + 1.0 / PRIOR_RAD**2))
    return Vertical(up, spread)


def find_contacts(tree: BoneTree, points: Array, times: Array, up: Array, size: float) -> Ground:
    """Contacts under a known vertical, while the path through depth is still rough: no floor level yet.

    A point is planted when it hardly moves across the line of sight, which a single camera sees well,
    and is near the lowest that any point of the feet gets within half a second.
    """
    feet, clearance = foot_points(tree, size)
    heights = points[:, feet] @ up - clearance
    rate = 1.0 / float(np.median(np.diff(times))) if len(times) > 1 else 30.0
    level = minimum_filter1d(heights.min(1), 2 * round(0.4 * rate) + 1, mode="nearest")
    planted = _falling(_speed_across(points[:, feet], times), 0.35 * size, 0.15 * size) * _falling(heights - level[:, None], 0.08 * size, 0.03 * size)
    return Ground(up, None, feet, clearance, _steadied(planted, rate))


def find_ground(tree: BoneTree, points: Array, times: Array, up: Array, size: float) -> Ground:
    """Floor level and contacts, once planted feet have steadied the path."""
    contacts = find_contacts(tree, points, times, up, size)
    heights = points[:, contacts.points] @ up - contacts.clearance
    sure = contacts.planted > 0.5
    level = float(np.median(heights[sure])) if sure.sum() > 3 else float(np.percentile(heights.min(1), 25.0))
    planted = contacts.planted * _falling(heights - level, 0.15 * size, 0.05 * size)
    return replace(contacts, level=level, planted=planted)


def _steadied(planted: Array, rate: float) -> Array:
    """Contacts without flicker, eased over a few hundredths of a second."""
    if len(planted) < 3:
        return planted
    return np.asarray(gaussian_filter1d(median_filter(planted, size=(2 * round(0.05 * rate) + 1, 1), mode="nearest"), 0.02 * rate, axis=0, mode="nearest"))


def _speed_across(points: Array, times: Array) -> Array:
    """Speed across the line of sight of points (T, C, 3) in the camera frame, m/s."""
    if len(times) < 2:
        return np.zeros(points.shape[:2])
    plane = points[..., :2] / points[..., 2:]
    return np.linalg.norm(np.gradient(plane, times, axis=0), axis=-1) * points[..., 2]


def _falling(value: Array, middle: float, width: float) -> Array:
    """1 well below `middle`, 0 well above."""
    return 1.0 / (1.0 + np.exp(np.clip((value - middle) / (0.5 * width), -30.0, 30.0)))


def _angle(a: Array, b: Array) -> Array:
    return np.arccos(np.clip(np.sum(a * b, axis=-1), -1.0, 1.0))
