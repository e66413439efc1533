"""Two-bone inverse kinematics and rotations from directions, for motion authored by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import matrix_from_axes, normalize, quat_conjugate, quat_from_matrix, quat_multiply

Array = NDArray[Any]


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
