"""Which way is up, where the floor is, and what stands on it: from the person's own balance and contacts.

A body balances: the force from the feet that carry it points at its centre of mass (Winter 2009, ch. 4 and 5), and so
along gravity when the body is at rest. Planted feet are level. Over a clip these two tell the vertical, whatever way
the camera was held.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter, minimum_filter1d

from posewright.geometry import Array, normalize
from posewright.skeletons.bone_tree import BoneTree
from posewright.solve.refine.problem import Ground, tangent_planes

# Share of the body's mass that lies half way along each bone (Winter 2009, table 4.1; head with the neck, hand with the forearm).
_MASSES = {"trunk": 0.497, "head": 0.081} | {
    f"{side}_{bone}": share for side in ("left", "right") for bone, share in {"upper_arm": 0.028, "forearm": 0.022, "thigh": 0.100, "shin": 0.0465, "foot": 0.0145}.items()
}
# Points that may touch the floor and their height over it when they do, metres on a body 1.70 m tall.
_CLEARANCE = {"heel": 0.03, "toe": 0.02}
_CLEARANCE_ANKLE = 0.085

GRAVITY = 9.81
LEVEL_CAMERA_UP = np.array([0.0, -1.0, 0.0])
"""Up in the frame of a camera that is held level."""
PITCH_RAD = np.radians(25.0)
"""How far a camera looks up or down."""
ROLL_RAD = np.radians(3.0)
"""How far a camera is turned about its line of sight; beyond twice this it is meant, and costs no more."""
AHEAD_M = 0.03
"""The modelled centre of mass lies this far in front of the middle of the feet that carry it, on the reference body: measured on rendered clips."""
BALANCE_M = 0.06
"""How far the centre of mass strays from over what carries it, on the reference body."""
STANCE_SHARE = 0.4
"""The same along a wide stance, as a share of its spread: the weight may rest on either foot."""
FLAT_M = 0.05
"""How far planted points lie off one level, on the reference body."""
FOUND_ROLL_RAD = np.radians(3.0)
"""How far off the camera's roll is when it is found from a clip."""
TRUNK_RAD = np.radians(25.0)
"""How far a trunk leans."""
INDEPENDENT_S = 0.4
"""Moments this far apart count as independent."""
STANDING_M = 0.85
"""Height of the centre of mass over the feet of the reference body from which these, and no chair or knee, carry it."""
ACCELERATION_S = 0.12
"""Smoothing before the centre of mass is differentiated twice."""


@dataclass(frozen=True)
class Vertical:
    """Up in the camera frame, and how well it is known."""

    up: NDArray[np.float64]
    """Unit vector against gravity, (3,)."""
    spread_rad: float
    """Standard deviation of its direction."""

    def averaged(self, other: Array) -> Vertical:
        """Half way to another's vertical (3,), whose errors have little to do with these, and then towards a camera that is not rolled."""
        return Vertical(normalize(self.up + other), self.spread_rad).held_level()

    def held_level(self) -> Vertical:
        """With the most probable roll, given that cameras seldom roll; a large one is meant, and stays."""
        roll = float(np.arctan2(self.up[0], -self.up[1]))
        believed = 1.0 - 1.0 / (1.0 + (1.0 + (roll / ROLL_RAD) ** 2 / 4.0) * (ROLL_RAD / FOUND_ROLL_RAD) ** 2)
        across = float(np.hypot(self.up[0], self.up[1]))
        return Vertical(np.array([across * np.sin(believed * roll), -across * np.cos(believed * roll), self.up[2]]), self.spread_rad)

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
    """The vertical that fits best: the body balances on its planted feet, these are level, the trunk is mostly upright.

    Gauss-Newton on the sphere from a level camera on, with Cauchy's weights. Frames within `INDEPENDENT_S` share one vote.

    Args:
        points: (T, P, 3), metres, camera frame.
        times: (T,), seconds.
        size: the body's size against the reference's.
    """
    feet, clearance = foot_points(tree, size)
    mass, trunk = centre_of_mass(tree, points), normalize(tree.vectors(points)[:, tree.bones.index("trunk")])
    acceleration = _acceleration_across(mass, times)
    still = _still(points[:, feet], times, size)
    vote = max(float(times[-1] - times[0]), INDEPENDENT_S) / INDEPENDENT_S / len(times)
    up, spread = LEVEL_CAMERA_UP, float(PITCH_RAD)
    left = points[:, tree.index("left_hip")] - points[:, tree.index("right_hip")]
    for reach in (0.3, 0.3, 0.2, 0.2, 0.15, 0.15, 0.1, 0.1, 0.1):  # feet that lie off the level are given up bit by bit
        heights = points[:, feet] @ up - clearance
        planted = still * _falling(heights - heights.min(1, keepdims=True), reach * size, 0.6 * reach * size)
        plane = tangent_planes(up)
        normal, slope = _held_level(up, plane)
        share = planted / np.maximum(planted.sum(1, keepdims=True), 1e-6)
        support = np.einsum("tc,tck->tk", share, points[:, feet])
        axis = mass - support - AHEAD_M * size * normalize(np.cross(left, up))
        standing = 1.0 - _falling(np.linalg.norm(axis, axis=-1), STANDING_M * size, 0.06 * size)
        balancing = _balance(axis, acceleration, points[:, feet] - support[:, None], share, plane, up, size)
        levelling = _level(points[:, feet] - support[:, None], clearance - share @ clearance[:, None], plane, up, size)
        leaning = (trunk @ plane / TRUNK_RAD)[..., None], (np.maximum(trunk @ up, 0.3) / TRUNK_RAD)[:, None, None] * -np.eye(2)
        weights = np.clip(planted.sum(1), 0.0, 1.0) * standing, planted * standing[:, None], np.ones(len(times))
        for (residual, jacobian), weight in zip((balancing, levelling, leaning), weights, strict=True):
            robust = vote * weight / (1.0 + np.sum(residual**2, axis=(-2, -1)) / 4.0)
            normal += np.einsum("n,nri,nrj->ij", robust.ravel(), *(jacobian.reshape(-1, *jacobian.shape[-2:]),) * 2)
            slope += np.einsum("n,nri,nr->i", robust.ravel(), jacobian.reshape(-1, *jacobian.shape[-2:]), residual.reshape(robust.size, -1))
        step = -np.linalg.solve(normal, slope)
        up = normalize(up + plane @ (step * min(1.0, 0.5 / max(float(np.linalg.norm(step)), 1e-9))))
        spread = float(np.sqrt(np.trace(np.linalg.inv(normal)) / 2.0))
    return Vertical(up, spread)


def _held_level(up: Array, plane: Array) -> tuple[Array, Array]:
    """Normal matrix (2, 2) and slope (2,) of what is known of cameras beforehand: they pitch, but seldom roll."""
    roll = np.arctan2(up[0], -up[1]) / ROLL_RAD
    certain = np.diag([1.0 / (ROLL_RAD**2 * (1.0 + roll**2 / 4.0)), PITCH_RAD**-2, PITCH_RAD**-2])
    return plane.T @ certain @ plane, plane.T @ certain @ (up - LEVEL_CAMERA_UP)


def _balance(axis: Array, acceleration: Array, spread: Array, share: Array, plane: Array, up: Array, size: float) -> tuple[Array, Array]:
    """Residuals (T, 2, 1) and derivatives (T, 2, 2): the force from the feet points at the centre of mass, along gravity and acceleration.

    Whitened by how far the support spreads (T, C, 3) with its shares (T, C): a wide stance says little along itself.
    """
    height = axis @ up
    off = (axis - (height / GRAVITY)[:, None] * acceleration) @ plane
    across = spread @ plane
    covariance = STANCE_SHARE**2 * np.einsum("tc,tci,tcj->tij", share, across, across) + (BALANCE_M * size) ** 2 * np.eye(2)
    whiten = np.linalg.inv(np.linalg.cholesky(covariance))
    return whiten @ off[..., None], -height[:, None, None] * whiten


def _level(spread: Array, clearance: Array, plane: Array, up: Array, size: float) -> tuple[Array, Array]:
    """Residuals (T, C, 1, 1) and derivatives (T, C, 1, 2): planted points, here about their mean, lie on one level."""
    sigma = FLAT_M * size
    return ((spread @ up - clearance) / sigma)[..., None, None], (spread @ plane / sigma)[..., None, :]


def _acceleration_across(points: Array, times: Array) -> Array:
    """Acceleration (T, 3) of a smoothed path, m/s^2, across the line of sight: along it a single camera sees noise."""
    if len(times) < 5:
        return np.zeros_like(points)
    smooth = gaussian_filter1d(points, ACCELERATION_S / float(np.median(np.diff(times))), axis=0, mode="nearest")
    acceleration = np.gradient(np.gradient(smooth, times, axis=0), times, axis=0)
    sight = normalize(points)
    return acceleration - np.sum(acceleration * sight, axis=-1, keepdims=True) * sight


def _still(points: Array, times: Array, size: float) -> Array:
    """How surely each point (T, C, 3) hardly moves across the line of sight, which a single camera sees well, (T, C)."""
    return _falling(_speed_across(points, times), 0.35 * size, 0.15 * size)


def find_contacts(tree: BoneTree, points: Array, times: Array, up: Array, size: float) -> Ground:
    """Contacts under a known vertical, while the path through depth is still rough: no floor level yet.

    A point is planted when it hardly moves across the line of sight, which a single camera sees well,
    and is near the lowest that any point of the feet gets within half a second.
    """
    feet, clearance = foot_points(tree, size)
    heights = points[:, feet] @ up - clearance
    rate = 1.0 / float(np.median(np.diff(times))) if len(times) > 1 else 30.0
    level = minimum_filter1d(heights.min(1), 2 * round(0.4 * rate) + 1, mode="nearest")
    planted = _still(points[:, feet], times, size) * _falling(heights - level[:, None], 0.08 * size, 0.03 * size)
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
