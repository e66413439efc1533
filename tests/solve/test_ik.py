from __future__ import annotations

import numpy as np
from hypothesis import given

from posewright.geometry import normalize, quat_angle, quat_conjugate, quat_from_rotvec, quat_multiply, quat_rotate, quat_to_rotvec
from posewright.solve.ik import aim, reach, two_bone
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


HINGE = np.array([1.0, 0.0, 0.0])
OFFSETS = (np.array([0.0, -UPPER, 0.0]), np.array([0.0, -LOWER, 0.0]))


def leg(bend: np.ndarray, swing: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rotations of thigh and shin, and the ankle, of a leg at the origin."""
    thigh = quat_from_rotvec(swing)
    shin = quat_multiply(thigh, quat_from_rotvec(bend[..., None] * HINGE))
    return thigh, shin, quat_rotate(thigh, OFFSETS[0]) + quat_rotate(shin, OFFSETS[1])


def test_a_leg_whose_foot_is_in_place_stays_as_it_is() -> None:
    rng = np.random.default_rng(0)
    thigh, shin, ankle = leg(rng.uniform(0.0, 2.5, 200), rng.uniform(-1, 1, (200, 3)))
    again = reach(np.zeros(3), thigh, shin, OFFSETS, HINGE, ankle)
    for before, after in zip((thigh, shin), again, strict=True):
        assert quat_angle(before, after).max() < 1e-5


def test_the_foot_comes_to_its_target_and_the_knee_bends_the_human_way() -> None:
    rng = np.random.default_rng(1)
    thigh, shin, ankle = leg(rng.uniform(0.0, 2.0, 500), rng.uniform(-1, 1, (500, 3)))
    target = ankle + rng.uniform(-0.1, 0.1, ankle.shape)
    target *= np.minimum(1.0, 0.999 * (UPPER + LOWER) / np.linalg.norm(target, axis=-1))[:, None]
    new_thigh, new_shin = reach(np.zeros(3), thigh, shin, OFFSETS, HINGE, target)
    end = quat_rotate(new_thigh, OFFSETS[0]) + quat_rotate(new_shin, OFFSETS[1])
    assert np.abs(end - target).max() < 1e-6
    local = quat_to_rotvec(quat_multiply(quat_conjugate(new_thigh), new_shin))
    assert local[:, 0].min() > 0.0
    assert np.abs(local[:, 1:]).max() < 1e-5, "it stays a hinge"


def test_a_target_out_of_reach_is_pointed_at() -> None:
    thigh, shin, _ = leg(np.array([0.5]), np.zeros((1, 3)))
    target = np.array([[0.3, -2.0, 0.5]])
    new_thigh, new_shin = reach(np.zeros(3), thigh, shin, OFFSETS, HINGE, target)
    end = quat_rotate(new_thigh, OFFSETS[0]) + quat_rotate(new_shin, OFFSETS[1])
    np.testing.assert_allclose(end, normalize(target) * (UPPER + LOWER), atol=1e-4)


def test_a_straight_knee_that_noise_has_bent_backwards_bends_the_human_way() -> None:
    thigh, shin, ankle = leg(np.radians(np.array([-5.0, -3.0, -1.0, 0.0])), np.zeros((4, 3)))
    target = ankle + np.array([0.0, 0.04, 0.0])  # the foot is lifted: the knee must give way
    new_thigh, new_shin = reach(np.zeros(3), thigh, shin, OFFSETS, HINGE, target)
    bend = quat_to_rotvec(quat_multiply(quat_conjugate(new_thigh), new_shin))[:, 0]
    assert np.degrees(bend).min() > 20.0
    end = quat_rotate(new_thigh, OFFSETS[0]) + quat_rotate(new_shin, OFFSETS[1])
    assert np.abs(end - target).max() < 1e-6
