from __future__ import annotations

import numpy as np
import pytest

from posewright.geometry import quat_rotate
from posewright.skeletons import reference_skeleton
from posewright.study.authored import walk_wave
from posewright.types import CONTACT_POINTS, Motion


@pytest.fixture(scope="module", params=[1.70, 1.45, 1.95])
def motion(request: pytest.FixtureRequest) -> Motion:
    return walk_wave(reference_skeleton(request.param))


def flexion(positions: np.ndarray, motion: Motion, *bones: str) -> np.ndarray:
    """Angle away from straight at the middle of three joints, degrees (T,)."""
    a, b, c = (positions[:, motion.skeleton.index(bone)] for bone in bones)
    upper, lower = b - a, c - b
    cosine = np.sum(upper * lower, axis=1) / np.linalg.norm(upper, axis=1) / np.linalg.norm(lower, axis=1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def test_planted_feet_do_not_slide(motion: Motion) -> None:
    assert motion.contacts is not None
    positions = motion.joint_positions()
    for column, bone in enumerate(CONTACT_POINTS):
        on = motion.contacts[:, column] > 0.5
        steps = np.linalg.norm(np.diff(positions[:, motion.skeleton.index(bone)], axis=0), axis=1)[on[1:] & on[:-1]]
        assert len(steps) > 60
        assert steps.max() < 1e-3


def test_somebody_always_stands_on_the_floor_and_nothing_sinks_below_it(motion: Motion) -> None:
    assert motion.contacts is not None
    assert motion.contacts.any(axis=1).all()
    positions = motion.joint_positions()
    rest = motion.skeleton.rest_pose()[0]
    for side in ("left", "right"):
        foot, toes = motion.skeleton.index(side + "Foot"), motion.skeleton.index(side + "Toes")
        heel = positions[:, foot] + quat_rotate(motion.world_rotations()[:, foot], np.array([0.0, -rest[foot, 1], -0.05]))
        tip = positions[:, toes] + quat_rotate(motion.world_rotations()[:, toes], np.array([0.0, -rest[toes, 1], 0.07]))
        assert min(heel[:, 1].min(), tip[:, 1].min()) > -5e-3


def test_legs_reach_their_feet_and_bend_the_human_way(motion: Motion) -> None:
    positions = motion.joint_positions()
    for side in ("left", "right"):
        angle = flexion(positions, motion, side + "UpperLeg", side + "LowerLeg", side + "Foot")
        assert angle.min() > 2.0
        assert 90.0 < angle.max() < 130.0
        hip, knee, ankle = (positions[:, motion.skeleton.index(side + bone)] for bone in ("UpperLeg", "LowerLeg", "Foot"))
        forward = quat_rotate(motion.world_rotations()[:, 0], np.array([0.0, 0.0, 1.0]))
        assert (np.sum((knee - (hip + ankle) / 2) * forward, axis=1) > 0).all()


def test_it_moves_smoothly(motion: Motion) -> None:
    """No joint jumps: a fast wave of a hand accelerates at some 40 m/s^2, a heel that strikes at some 60."""
    size = motion.skeleton.rest_offsets[0, 1]
    jerk = np.linalg.norm(np.diff(motion.joint_positions(), 2, axis=0), axis=-1)
    assert jerk.max() / size < 0.075
    assert np.linalg.norm(np.diff(motion.root_translation, 2, axis=0), axis=-1).max() / size < 0.012


def test_it_walks_waves_with_the_right_hand_squats_and_turns(motion: Motion) -> None:
    positions = motion.joint_positions()
    size = motion.skeleton.rest_offsets[0, 1] / 0.955

    def at(bone: str, second: float) -> np.ndarray:
        return positions[round(second * motion.fps), motion.skeleton.index(bone)]

    assert np.linalg.norm(at("hips", 2.6) - at("hips", 0.0)) > 2.0 * size
    assert at("rightHand", 3.6)[1] > at("head", 3.6)[1] - 0.05 > at("leftHand", 3.6)[1]
    assert at("hips", 5.15)[1] < at("hips", 4.2)[1] - 0.3 * size
    across = at("leftUpperLeg", 7.5) - at("rightUpperLeg", 7.5)
    assert np.degrees(np.arctan2(-across[2], across[0])) > 80.0


def test_frame_rate_is_free() -> None:
    slow, fast = walk_wave(fps=30.0), walk_wave(fps=60.0)
    assert len(fast) == 2 * len(slow)
    assert np.abs(slow.joint_positions() - fast.joint_positions()[::2]).max() < 0.015
