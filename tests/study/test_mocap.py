from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posewright.errors import InputError
from posewright.geometry import quat_angle, quat_from_rotvec, quat_rotate
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.study.mocap import facing, joined, performed, read_mocap, resampled, staged, with_body_names
from posewright.types import Character, Motion
from tests.study.bodies import boxes

MOCAP = Path(__file__).parents[2].parent / "shared" / "mocap"
FILES = ("cmu_test", "extra_cc0_animations", "extra_mit_deepmimic", "extra_mit_fair")
# DeepMimic's rig: joint, parent, offset.
RIG = (
    ("root", -1, (0, 0, 0)),
    ("chest", 0, (0, 0.24, 0)),
    ("neck", 1, (0, 0.22, 0)),
    ("neck_end", 2, (0, 0.18, 0)),
    *(
        (f"{side}_{joint}", parent + 6 * i, (sign * x, y, 0.0))
        for i, (side, sign) in enumerate((("right", -1), ("left", 1)))
        for joint, parent, x, y in (
            ("hip", 0 - 6 * i, 0.08, 0),
            ("knee", 4, 0, -0.42),
            ("ankle", 5, 0, -0.41),
            ("shoulder", 1 - 6 * i, 0.18, 0.2),
            ("elbow", 7, 0.27, 0),
            ("wrist", 8, 0.25, 0),
        )
    ),
)


def write_mocap(path: Path, rotations: np.ndarray, root: np.ndarray) -> None:
    """One sequence in the layout of the shared files; rotations (T, J, 4) with w last."""
    names, parents, offsets = zip(*RIG, strict=True)
    np.savez(
        path,
        seq_name=np.array(["swing"]),
        seq_desc=np.array(["swings a leg"]),
        seq_skel=np.array(["DM"]),
        seq_skel_row=np.array([[0, 0]]),
        seq_len=np.array([len(rotations)]),
        skel_DM_names=np.array(names),
        skel_DM_parents=np.array(parents, dtype=np.int16),
        skel_DM_offsets=np.array([offsets], dtype=np.float32),
        skel_DM_quat_i16=np.round(np.roll(rotations, 1, axis=-1) * 32767).astype(np.int16),
        skel_DM_root=root.astype(np.float32),
    )


def swing(frames: int = 31) -> Motion:
    """The reference body walks straight on +z, swinging its legs."""
    skeleton = reference_skeleton()
    rotations = np.tile(skeleton.rest_rotations, (frames, 1, 1))
    phase = np.sin(np.linspace(0, 2 * np.pi, frames))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        rotations[:, skeleton.index(f"{side}UpperLeg")] = quat_from_rotvec(np.outer(0.5 * sign * phase - 0.3, [1.0, 0.0, 0.0]))
        rotations[:, skeleton.index(f"{side}LowerLeg")] = quat_from_rotvec(np.outer(0.6 + 0.3 * sign * phase, [1.0, 0.0, 0.0]))
    root = skeleton.rest_offsets[0] + np.outer(np.linspace(0, 1.2, frames), [0.0, 0.0, 1.0])
    return Motion(skeleton, rotations, root, 30.0)


def test_a_sequence_keeps_its_joints_and_rests_in_a_t_pose(tmp_path: Path) -> None:
    rotations = np.tile([0.0, 0.0, 0.0, 1.0], (9, len(RIG), 1))
    rotations[:, 10] = quat_from_rotvec(np.outer(np.linspace(0, 0.8, 9), [-1.0, 0.0, 0.0]))  # the left hip swings forward
    write_mocap(tmp_path / "m.npz", rotations, np.tile([0.3, 0.9, 0.1], (9, 1)))
    (recording,) = read_mocap(tmp_path / "m.npz")
    assert (recording.name, recording.description) == ("DM/swing", "swings a leg")
    motion = recording.motion
    places = motion.joint_positions()
    ankle, hip = (places[:, motion.skeleton.index(bone)] for bone in ("leftFoot", "leftUpperLeg"))
    np.testing.assert_allclose(ankle - hip, 0.83 * np.stack([np.zeros(9), -np.cos(np.linspace(0, 0.8, 9)), np.sin(np.linspace(0, 0.8, 9))], axis=-1), atol=2e-4)
    assert not list(read_mocap(tmp_path / "m.npz", ["other"]))


def test_files_of_other_layouts_and_rigs_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", pos=np.zeros((3, 3)))
    with pytest.raises(InputError, match="seq_skel_row"):
        list(read_mocap(tmp_path / "m.npz"))
    with pytest.raises(InputError, match="no known names"):
        with_body_names(Skeleton(("a", "b"), (-1, 0), np.zeros((2, 3)), np.tile([0.0, 0.0, 0.0, 1.0], (2, 1))), "x.bvh")


@pytest.mark.parametrize("name", FILES)
def test_real_recordings_keep_their_joints(name: str) -> None:
    if not MOCAP.exists():
        pytest.skip("needs ../shared/mocap")
    with np.load(MOCAP / f"{name}.npz") as data:
        columns = [list(data["joint_names"]).index(joint) for joint in ("LKnee", "RAnkle", "LElbow", "RWrist")]
        recorded = data["pos"][:, columns]
        starts, lengths, names = data["seq_start"], data["seq_len"], data["seq_name"].tolist()
    for i, recording in enumerate(read_mocap(MOCAP / f"{name}.npz", names[:5])):
        motion = recording.motion
        ours = motion.joint_positions()[:, [motion.skeleton.index(bone) for bone in ("leftLowerLeg", "rightFoot", "leftLowerArm", "rightHand")]]
        assert np.nanmax(np.linalg.norm(ours - recorded[starts[i] : starts[i] + lengths[i]], axis=-1)) < 0.001
        rest = motion.skeleton.rest_pose()[0]
        thigh = rest[motion.skeleton.index("leftLowerLeg")] - rest[motion.skeleton.index("leftUpperLeg")]
        assert thigh[1] < -0.9 * np.linalg.norm(thigh), recording.name


def test_resampling_goes_through_the_frames_without_corners() -> None:
    motion = swing()
    fast = resampled(motion, 60.0)
    assert len(fast) == 2 * len(motion) - 1
    np.testing.assert_allclose(fast.joint_positions()[::2], motion.joint_positions(), atol=1e-9)
    # Linear interpolation would put the whole acceleration into every other frame.
    acceleration = np.linalg.norm(np.diff(fast.joint_positions(), 2, axis=0), axis=-1)[5:-5].mean(1)
    assert acceleration.max() < 2.0 * np.median(acceleration)


def test_joined_parts_follow_on_from_each_other() -> None:
    motion = swing()
    both = joined([motion, facing(motion, 1.2)])
    assert len(both) == 2 * len(motion) - 8  # blended over 0.25 s
    steps = np.linalg.norm(np.diff(both.root_translation, axis=0), axis=-1)
    assert steps.max() < 1.6 * np.median(steps)
    np.testing.assert_allclose(both.root_translation[-1, [0, 2]], [0.0, 53 * 0.04], atol=1e-6)  # it walks on the same way


def test_staging_turns_and_centres() -> None:
    motion = staged(swing(), np.pi / 2)
    np.testing.assert_allclose(np.ptp(motion.root_translation, axis=0), [1.2, 0.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(motion.root_translation[[0, -1]].mean(0)[[0, 2]], 0.0, atol=1e-9)
    np.testing.assert_allclose(quat_rotate(motion.rotations[0, 0], np.array([0.0, 0.0, 1.0])), [1.0, 0.0, 0.0], atol=1e-9)


def test_a_performer_of_other_proportions_keeps_the_ankles_to_scale() -> None:
    motion = swing()
    offsets = reference_skeleton(1.9).rest_offsets.copy()
    knees = [motion.skeleton.index(f"{side}LowerLeg") for side in ("left", "right")]
    offsets[knees] *= 1.1  # longer thighs
    offsets[0, 1] += 0.1 * -offsets[knees[0], 1] / 1.1
    tall: Character = boxes(Skeleton(motion.skeleton.joints, motion.skeleton.parents, offsets, motion.skeleton.rest_rotations), 0.05)
    done = performed(motion, tall)
    hip, ankle = (motion.skeleton.index(bone) for bone in ("rightUpperLeg", "rightFoot"))
    scale = np.linalg.norm(offsets[[knees[1], ankle]], axis=-1).sum() / np.linalg.norm(motion.skeleton.rest_offsets[[knees[1], ankle]], axis=-1).sum()
    ours, theirs = (m.joint_positions()[:, ankle] - m.joint_positions()[:, hip] for m in (done, motion))
    np.testing.assert_allclose(ours, scale * theirs, atol=1e-6)
    np.testing.assert_allclose(quat_angle(done.world_rotations()[:, ankle], motion.world_rotations()[:, ankle]), 0.0, atol=1e-6)
