"""Arms and legs: swing from the bones' directions, twist from the plane of elbow and knee, steady where that plane is undefined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posewright.geometry import Array, normalize, quat_between, quat_conjugate, quat_from_rotvec, quat_multiply, quat_rotate
from posewright.solve.filters import smooth
from posewright.solve.fit import smoothstep


@dataclass(frozen=True)
class Hinge:
    """An elbow or knee: how it lies in the T-pose and what it can do. Vectors of the left side; the right is mirrored in x."""

    axis: tuple[float, float, float]
    """Along the upper bone at rest."""
    bend: tuple[float, float, float]
    """The way the lower bone moves when the joint bends."""
    home: tuple[float, float, float]
    """Direction of the upper bone, in the frame that carries it, at the middle of its range. Twist is reckoned along the
    shortest way from there, so that what is undefined lies opposite, where no limb reaches."""
    doubt_rad: float
    """A plane that is turned the wrong way is taken for noise up to this bend."""


ELBOW = Hinge(axis=(1, 0, 0), bend=(0, 0, 1), home=(0.6, -0.65, 0.45), doubt_rad=np.radians(45.0))
KNEE = Hinge(axis=(0, -1, 0), bend=(0, 0, -1), home=(0.1, -0.9, 0.4), doubt_rad=np.radians(70.0))
STRAIGHT_RAD = (np.radians(4.0), np.radians(20.0))
"""Below the first bend the plane counts nothing, above the second all."""
TURNED_RAD = (np.radians(95.0), np.radians(140.0))
"""A plane so far from the expected one begins to be, and is, turned the wrong way."""
HINT_FADES_RAD = (np.radians(15.0), np.radians(50.0))
HYPEREXTENSION_RAD = np.radians(5.0)
MEMORY_S = 0.3
"""Through a straight stretch the twist is carried by planes seen this long before and after."""


def solve_hinge(hinge: Hinge, side: str, carrier: Array, upper: Array, lower: Array, hint: Array | None, hint_weight: float, fps: float) -> tuple[Array, Array]:
    """World rotations (T, 4) of the upper and the lower bone of a limb.

    Args:
        hinge: the joint between them.
        side: `left` or `right`.
        carrier: world rotation of the bone that carries the limb (chest, pelvis), (T, 4).
        upper: world direction of the upper bone, unit, (T, 3).
        lower: world direction of the lower bone, unit, (T, 3).
        hint: another estimate of the way the joint would bend (T, 3), say from the foot, or None; NaN where unknown.
        hint_weight: how much that counts against the carrier's, 0 to 1.
        fps: frames a second of the even grid.
    """
    mirror = np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])
    axis, bend, home = (normalize(np.array(v) * mirror) for v in (hinge.axis, hinge.bend, hinge.home))
    swing = quat_between(home, quat_rotate(quat_conjugate(carrier), upper))
    reference = quat_multiply(carrier, quat_multiply(swing, quat_between(axis, home)))
    ahead = quat_rotate(reference, bend)
    aside = np.cross(upper, ahead)

    bend_rad = np.arctan2(np.linalg.norm(np.cross(upper, lower), axis=-1), np.sum(upper * lower, axis=-1))
    seen = _bearing(lower, ahead, aside)
    expected = np.ones(len(upper), dtype=complex)
    if hint is not None:
        # A foot tells where a straight leg's knee points; at the end of a bent one it lies along the thigh and tells nothing.
        share = hint_weight * (1.0 - smoothstep(bend_rad, *HINT_FADES_RAD))
        expected = _unit(1.0 - share + share * _bearing(np.nan_to_num(hint), ahead, aside))
    off = np.abs(np.angle(seen / expected))
    believed = np.maximum(1.0 - smoothstep(off, *TURNED_RAD), smoothstep(bend_rad, hinge.doubt_rad, 1.4 * hinge.doubt_rad))
    weight = smoothstep(bend_rad, *STRAIGHT_RAD) * believed

    # Angles as unit complex numbers, so that means know no wrap; what is unclear now is carried by what was clear near by.
    drift = weight * seen / expected
    kept = expected * _unit(smooth(drift.real, MEMORY_S * fps) + 1j * smooth(drift.imag, MEMORY_S * fps) + 0.1)
    twist = np.angle(weight * seen + (1.0 - weight) * kept)
    upper_world = quat_multiply(quat_from_rotvec(twist[:, None] * upper), reference)
    return upper_world, quat_multiply(upper_world, quat_between(axis, _human_way(quat_rotate(quat_conjugate(upper_world), lower), axis, bend)))


def _bearing(direction: Array, ahead: Array, aside: Array) -> Array:
    """Angle of a direction about the limb as a unit complex number (T,): 1 towards `ahead`, i towards `aside`; 0 where undefined."""
    return _unit(np.sum(direction * ahead, axis=-1) + 1j * np.sum(direction * aside, axis=-1))


def _unit(z: Array) -> Array:
    size = np.abs(z)
    return np.where(size > 1e-9, z / np.maximum(size, 1e-9), 0.0)


def _human_way(lower: Array, axis: Array, bend: Array) -> Array:
    """The lower bone's direction in the upper's frame (T, 3), with a joint that seems to bend backwards straightened."""
    short = -np.sin(HYPEREXTENSION_RAD) - np.sum(lower * bend, axis=-1)
    return normalize(lower + np.maximum(short, 0.0)[:, None] * bend)
