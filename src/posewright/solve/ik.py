"""Two-bone inverse kinematics: a limb put where its end shall be, and rotations from directions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import matrix_from_axes, normalize, quat_between, quat_conjugate, quat_from_matrix, quat_from_rotvec, quat_multiply, quat_rotate

Array = NDArray[Any]
HINGE_SHARE = 0.05
"""Below a bend of about this many radians the hinge says more of a chain's plane than its bones do."""


def two_bone(root: Array, target: Array, pole: Array, upper: float, lower: float) -> tuple[Array, Array]:
    """Middle and end joint of a two-bone chain from `root` towards `target`, bent towards the direction `pole`.

    Args:
        root: position of the first joint, (..., 3).
        target: wished position of the end, (..., 3); out of reach, the chain points there, stretched straight.
        pole: direction in which the middle joint gives way, (..., 3).
        upper: length of the first bone.
        lower: length of the second bone.

    Returns:
        Positions of the middle and the end joint, (..., 3) each. Law of cosines.
    """
    reach = target - root
    wished = np.linalg.norm(reach, axis=-1, keepdims=True)
    along = normalize(reach)
    distance = np.clip(wished, abs(upper - lower) + 1e-6, upper + lower)
    side = normalize(pole - np.sum(pole * along, axis=-1, keepdims=True) * along)
    forward = (upper**2 - lower**2 + distance**2) / (2.0 * distance)
    height = np.sqrt(np.maximum(upper**2 - forward**2, 0.0))
    return root + forward * along + height * side, root + distance * along


def aim(rest_direction: Array, rest_hinge: Array, direction: Array, hinge: Array) -> Array:
    """World rotations (..., 4) that turn a bone from its rest direction and hinge axis to the given ones, (..., 3).

    The direction is met exactly; the hinge as far as it is perpendicular to the direction.
    """
    return quat_multiply(quat_from_matrix(_frame(direction, hinge)), quat_conjugate(quat_from_matrix(_frame(rest_direction, rest_hinge))))


def _frame(direction: Array, hinge: Array) -> Array:
    direction, hinge = np.broadcast_arrays(normalize(direction), normalize(hinge))
    third = normalize(np.cross(direction, hinge))
    return matrix_from_axes(direction, np.cross(third, direction), third)


def reach(root: Array, upper: Array, lower: Array, offsets: tuple[Array, Array], hinge: Array, target: Array) -> tuple[Array, Array]:
    """Turn a two-bone chain so that its end meets `target`, changing no more than that needs: bent in its own plane, then swung.

    Args:
        root: position of the first joint, (..., 3).
        upper: world rotation of the first bone, (..., 4).
        lower: world rotation of the second, (..., 4).
        offsets: the middle joint in the first bone's frame and the end in the second's, (3,) each.
        hinge: axis about which the second bone bends, in the first bone's frame, (3,): it tells the plane of a straight chain.
        target: wished position of the end, (..., 3); out of reach, the chain points there.

    Returns:
        The new world rotations, (..., 4) each. A chain whose end is on its target stays as it is.
    """
    first, second = (float(np.linalg.norm(offset)) for offset in offsets)
    wished = np.clip(np.linalg.norm(target - root, axis=-1), abs(first - second) + 1e-6, first + second - 1e-9)
    to_middle = quat_rotate(upper, offsets[0])
    bend = np.arccos(np.clip((wished**2 - first**2 - second**2) / (2.0 * first * second), -1.0, 1.0))
    for _ in range(2):  # a second pass takes up what an axis that is not quite the plane's normal leaves
        to_end = quat_rotate(lower, offsets[1])
        normal = np.cross(to_middle, to_end) / (first * second)
        own = quat_rotate(upper, hinge)
        backwards = np.maximum(-np.sum(normal * own, axis=-1, keepdims=True), 0.0)  # a straight knee, as noise has it: it bends on the right way
        axis = normalize(normal + (HINGE_SHARE + 2.0 * backwards) * own)
        now = np.arctan2(np.sum(normal * axis, axis=-1), np.sum(to_middle * to_end, axis=-1) / (first * second))
        lower = quat_multiply(quat_from_rotvec((bend - now)[..., None] * axis), lower)
    swing = quat_between(to_middle + quat_rotate(lower, offsets[1]), target - root)
    return quat_multiply(swing, upper), quat_multiply(swing, lower)
