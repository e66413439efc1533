"""Tracks from motions, poses and markers; soles on the floor."""

from dataclasses import replace

import numpy as np
import pytest

from posewright.formats.trc import Markers
from posewright.geometry import quat_from_rotvec
from posewright.skeletons import BLAZEPOSE33, HUMANOID, reference_skeleton
from posewright.study.names import LIMBS12
from posewright.study.tracks import track_of_markers, track_of_motion, track_of_poses
from posewright.types import Motion, Poses3D
from tests.study.people import walker

SKELETON = reference_skeleton()


def standing(frames: int = 5, height: float = 0.0, pitch: float = 0.0) -> Motion:
    """A body at rest, `height` above the floor, with its left foot pitched toes up (negative: toes down)."""
    rotvec = np.zeros((frames, len(SKELETON), 3))
    rotvec[:, SKELETON.index("leftFoot"), 0] = -pitch
    return Motion(SKELETON, quat_from_rotvec(rotvec), SKELETON.rest_offsets[0] + np.tile([0, height, 0.0], (frames, 1)), 30.0)


def test_a_motion_gives_its_limbs_and_contacts() -> None:
    contacts = np.tile(np.array([0.9, 0.2, 1.0, 0.4], dtype=np.float32), (5, 1))
    track = track_of_motion(replace(standing(), contacts=contacts), "x")
    assert set(LIMBS12) <= set(track.joints)
    assert np.allclose(track.take(["left_wrist"])[:, 0], standing().joint_positions()[:, SKELETON.index("leftHand")])
    assert track.contacts is not None
    assert track.contacts[0].tolist() == [True, False, True, False]


def test_soles_of_a_standing_body_touch_the_floor() -> None:
    assert np.allclose(track_of_motion(standing(), "x").soles[..., 1], 0, atol=1e-9)
    assert np.allclose(track_of_motion(standing(height=0.3), "x").soles[..., 1], 0.3)


def test_soles_turn_with_the_foot() -> None:
    left_heel, left_ball, right_heel, _ = track_of_motion(standing(pitch=0.5), "x").soles[0, :, 1]
    assert left_ball > 0.05
    assert left_heel == pytest.approx(0.075 * (1 - np.cos(0.5)), abs=0.02)
    assert right_heel == pytest.approx(0)


def test_the_floor_of_another_program_is_where_its_feet_stand() -> None:
    mixamo = {"leftUpperArm": "LeftArm", "leftLowerArm": "LeftForeArm", "leftHand": "LeftHand", "leftUpperLeg": "LeftUpLeg", "leftLowerLeg": "LeftLeg", "leftFoot": "LeftFoot"}
    names = mixamo | {bone.replace("left", "right"): name.replace("Left", "Right") for bone, name in mixamo.items()}
    motion = standing(height=0.3)
    track = track_of_motion(replace(motion, skeleton=motion.skeleton.renamed(names)), "x.bvh")
    assert track.soles[:, 0, 1] == pytest.approx(0.0)
    assert "0.30 m above 0" in track.notes[0]


def test_poses_in_camera_axes_are_turned_upright() -> None:
    xyz = np.zeros((3, 33, 3), dtype=np.float32)
    xyz[:, BLAZEPOSE33.index("nose")] = [0.1, -0.6, -0.2]  # up and towards the camera
    track = track_of_poses(Poses3D(xyz, np.ones((3, 33), dtype=np.float32), BLAZEPOSE33, np.arange(3) / 30, "camera", True), "x")
    assert track.take(["nose"])[0, 0].tolist() == pytest.approx([0.1, 0.6, 0.2])
    assert track.soles is None


def test_poses_of_the_humanoid_get_the_common_names() -> None:
    motion = walker()
    xyz = motion.joint_positions().astype(np.float32)
    poses = Poses3D(xyz, np.ones(xyz.shape[:2], dtype=np.float32), HUMANOID, motion.timestamps, "world", False)
    track = track_of_poses(poses, "x")
    assert np.allclose(track.take(LIMBS12), track_of_motion(motion, "x").take(LIMBS12), atol=1e-6)


def test_markers_begin_at_zero_and_stand_on_the_floor() -> None:
    names = ("RHip", "RKnee", "RAnkle", "LHip", "LKnee", "LAnkle", "RHeel", "LHeel", "RBigToe", "LBigToe", "Sword")
    xyz = np.ones((10, len(names), 3))
    xyz[:, names.index("LHeel"), 1] = 1.5  # the left foot is held up all the time
    xyz[:, names.index("LBigToe"), 1] = 1.6
    track = track_of_markers(Markers(names, xyz, np.arange(1, 11) / 60, 60.0), "x.trc")
    assert track.timestamps[0] == 0
    assert track.soles[0, :, 1].tolist() == pytest.approx([0.5, 0.6, 0.0, 0.0])
    assert "Sword" not in track.joints
    assert any("clock" in note for note in track.notes)


def test_a_joint_that_is_not_there_is_nan() -> None:
    assert np.isnan(track_of_motion(standing(), "x").take(["left_ear"])).all()
