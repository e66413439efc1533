from __future__ import annotations

import numpy as np
from hypothesis import given

from posewright.geometry import normalize, quat_rotate
from posewright.solve.ik import aim, two_bone
from tests.strategies import vectors

UPPER, LOWER = 0.43, 0.39


@given(vectors(), vectors())
def test_bones_keep_their_length_and_the_end_is_reached_or_pointed_at(target: np.ndarray, pole: np.ndarray) -> None:
    middle, end = two_bone(np.zeros(3), target, pole, UPPER, LOWER)
    distance = np.linalg.norm(target)
    if distance < 1e-3 or np.linalg.norm(np.cross(target, pole)) < 1e-3 * distance:
        return  # no direction to reach in, or none to bend in
    assert abs(np.linalg.norm(middle) - UPPER) < 1e-6
    assert abs(np.linalg.norm(end - middle) - LOWER) < 1e-6
    reachable = np.clip(distance, UPPER - LOWER, UPPER + LOWER)
    assert np.abs(end - target / distance * reachable).max() < 1e-5
    assert np.dot(middle, pole - np.dot(pole, target) * target / distance**2) > -1e-9


@given(vectors(), vectors())
def test_aim_meets_the_direction_and_keeps_the_hinge_in_its_plane(direction: np.ndarray, hinge: np.ndarray) -> None:
    if np.linalg.norm(direction) < 1e-3 or np.linalg.norm(np.cross(direction, hinge)) < 1e-3 * np.linalg.norm(direction):
        return
    rotation = aim(np.array([0.0, -1.0, 0.1]), np.array([1.0, 0.0, 0.0]), direction, hinge)
    assert np.abs(quat_rotate(rotation, normalize(np.array([0.0, -1.0, 0.1]))) - normalize(direction)).max() < 1e-6
    turned = quat_rotate(rotation, np.array([1.0, 0.0, 0.0]))
    assert abs(np.dot(turned, np.cross(direction, hinge))) < 1e-6 * np.linalg.norm(np.cross(direction, hinge)) + 1e-9
    assert np.dot(turned, hinge) > 0
