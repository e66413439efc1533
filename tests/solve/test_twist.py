"""`twisted`: forearms and hands are turned about themselves as told, and nothing else moves."""

from __future__ import annotations

import numpy as np
import pytest

from posewright.geometry import quat_angle, quat_from_rotvec, quat_multiply, quat_to_matrix
from posewright.lift.wright import BODY_BONES, LiftedBody
from posewright.lift.wright.window import TREE
from posewright.skeletons import reference_skeleton
from posewright.solve.twist import SHARES, turns_at, twisted

SKELETON = reference_skeleton()
ALL = dict.fromkeys(SHARES, 1.0)


@pytest.fixture
def rotations() -> np.ndarray:
    return quat_from_rotvec(np.random.default_rng(0).normal(0.0, 0.4, (20, len(SKELETON), 3)))


def test_joints_stay_where_they_are_and_only_forearms_and_hands_turn(rotations: np.ndarray) -> None:
    told = quat_from_rotvec(np.random.default_rng(1).normal(0.0, 0.6, (*rotations.shape[:2], 3)))
    out = twisted(SKELETON, rotations, told, ALL)
    before, after = (SKELETON.forward(q, np.zeros((20, 3))) for q in (rotations, out))
    np.testing.assert_allclose(after[0], before[0], atol=1e-9)
    turned = quat_angle(after[1], before[1]).max(0) > 1e-6
    assert {joint for joint, yes in zip(SKELETON.joints, turned, strict=True) if yes} == {f"{side}{part}" for side in ("left", "right") for part in SHARES}


def test_where_only_the_turn_differs_the_told_one_is_taken(rotations: np.ndarray) -> None:
    told, forearm = rotations.copy(), SKELETON.index("leftLowerArm")
    about = np.zeros((20, 3))
    about[:, 0] = 0.7
    told[:, forearm] = quat_multiply(rotations[:, forearm], quat_from_rotvec(about))
    np.testing.assert_allclose(quat_angle(twisted(SKELETON, rotations, told, ALL)[:, forearm], told[:, forearm]), 0.0, atol=1e-6)
    half = twisted(SKELETON, rotations, told, {"LowerArm": 0.5})
    np.testing.assert_allclose(quat_angle(half[:, forearm], rotations[:, forearm]), 0.35, atol=1e-6)


def test_what_is_not_told_stays(rotations: np.ndarray) -> None:
    out = twisted(SKELETON, rotations, np.full_like(rotations, np.nan), ALL)
    np.testing.assert_allclose(quat_angle(out, rotations), 0.0, atol=1e-6)


def test_told_turns_at_other_times(rotations: np.ndarray) -> None:
    times = np.array([0.0, 0.1, 0.25, 0.3])
    turns = quat_from_rotvec(np.array([0.0, 0.0, 1.0]) * times[:, None, None] * np.ones((1, len(BODY_BONES), 1)))
    body = LiftedBody(
        TREE.bones, np.zeros((4, len(TREE.bones), 3)), np.ones((4, len(TREE.bones))), np.zeros((4, 3)), np.ones(4), times,
        quat_to_matrix(turns), np.ones(len(TREE.bones)), np.zeros((4, 3)), np.zeros((4, 4)),
    )  # fmt: skip
    at = np.arange(13) / 40.0
    told = turns_at(SKELETON, body, at, 40.0)
    np.testing.assert_allclose(told[6, SKELETON.index("leftHand")], [0.0, 0.0, np.sin(0.075), np.cos(0.075)], atol=5e-3)
    one = turns_at(SKELETON, LiftedBody(**{**vars(body), **{name: getattr(body, name)[:1] for name in ("rotations", "timestamps")}}), at[:1], 40.0)
    assert one.shape == (1, len(SKELETON), 4)
