from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posewright.geometry import quat_angle, quat_from_rotvec, quat_multiply, quat_rotate
from posewright.skeletons import COCO17, H36M17, Skeleton, reference_skeleton
from posewright.solve.rotations import solve_rotations
from posewright.solve.targets import find_targets
from posewright.types import Motion, Poses3D
from tests.solve.bodies import blazepose_of, humanoid_poses, poses_of, world_poses

FPS = 30.0
LIMBS = [side + bone for side in ("left", "right") for bone in ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot")]
# Ranges of the local rotation vectors, degrees (x, y, z), lowest and highest, for the mid-line and the left.
RANGES: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "hips": ((-40, -180, -40), (40, 180, 40)),
    "spine": ((-5, -10, -10), (15, 10, 10)),
    "chest": ((-5, -10, -10), (15, 10, 10)),
    "upperChest": ((-5, -10, -10), (15, 10, 10)),
    "neck": ((-15, -20, -15), (15, 20, 15)),
    "head": ((-15, -20, -15), (15, 20, 15)),
    "Shoulder": ((0, -10, -5), (0, 10, 15)),
    "UpperArm": ((-30, -80, -70), (30, 10, 60)),
    "LowerArm": ((0, -130, 0), (0, 0, 0)),
    "Hand": ((-40, -20, -40), (40, 20, 40)),
    "UpperLeg": ((-90, -20, -10), (15, 20, 25)),
    "LowerLeg": ((0, 0, 0), (130, 0, 0)),
    "Foot": ((-20, -10, -10), (30, 10, 10)),
    "Toes": ((0, 0, 0), (0, 0, 0)),
}


def local_ranges(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest rotation vectors, (J, 3) radians each; on the right y and z are mirrored."""
    low, high = np.zeros((len(skeleton), 3)), np.zeros((len(skeleton), 3))
    for i, joint in enumerate(skeleton.joints):
        bone = joint.removeprefix("left").removeprefix("right")
        a, b = np.radians(RANGES[bone])
        if joint.startswith("right"):
            a, b = np.minimum(a * (1, -1, -1), b * (1, -1, -1)), np.maximum(a * (1, -1, -1), b * (1, -1, -1))
        low[i], high[i] = a, b
    return low, high


def plausible_motion(seed: int, frames: int = 40) -> Motion:
    """A body that moves smoothly between random poses a human could take."""
    rng = np.random.default_rng(seed)
    skeleton = reference_skeleton(rng.uniform(1.5, 1.9))
    low, high = local_ranges(skeleton)
    keys = rng.uniform(low, high, (3, len(skeleton), 3))
    phase = np.linspace(0, 1, frames)[:, None, None]
    shares = ((1 - phase) ** 2, 2 * phase * (1 - phase), phase**2)
    rotvec = sum(share * key for share, key in zip(shares, keys, strict=True))
    return Motion(skeleton, quat_from_rotvec(rotvec), np.cumsum(rng.uniform(-0.02, 0.02, (frames, 3)), axis=0), FPS)


def solved(poses: Poses3D, skeleton: Skeleton) -> Motion:
    rotations, hips = solve_rotations(find_targets(poses, np.eye(3)), skeleton, FPS, noise_m=0.002)
    return Motion(skeleton, rotations, hips, FPS)


def largest_step(motion: Motion) -> float:
    """Most degrees that any joint turns from one frame to the next."""
    return float(np.degrees(quat_angle(motion.rotations[1:], motion.rotations[:-1]).max()))


def bent(angles: np.ndarray, bone: str, axis: tuple[float, float, float], base: dict[str, tuple[float, float, float]] | None = None) -> Motion:
    """One joint turned through `angles` (T,) about an axis of its own, over a base pose of rotation vectors."""
    skeleton = reference_skeleton()
    rotvec = np.zeros((len(angles), len(skeleton), 3))
    for joint, vector in (base or {}).items():
        rotvec[:, skeleton.index(joint)] = vector
    rotvec[:, skeleton.index(bone)] = angles[:, None] * np.array(axis)
    return Motion(skeleton, quat_from_rotvec(rotvec), np.tile(skeleton.rest_offsets[0], (len(angles), 1)), FPS)


def test_t_pose_gives_identity() -> None:
    motion = bent(np.zeros(3), "hips", (0, 1, 0))
    found = solved(world_poses(motion), motion.skeleton)
    assert np.degrees(quat_angle(found.rotations, motion.rotations)).max() < 0.1
    assert (found.rotations[..., 3] > 0).all()
    np.testing.assert_allclose(found.root_translation, motion.root_translation, atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_forward_kinematics_meets_the_landmarks(seed: int) -> None:
    motion = plausible_motion(seed)
    found = solved(world_poses(motion), motion.skeleton)
    there, back = blazepose_of(motion), found.joint_positions()
    index = [motion.skeleton.index(bone) for bone in LIMBS]
    assert np.abs(back[:, index] - motion.joint_positions()[:, index]).max() < 1e-3
    # Soles and faces too, which tells that feet and heads are turned as they were.
    assert np.linalg.norm(blazepose_of(found)[:, 25:] - there[:, 25:], axis=-1).max() < 3e-3
    assert (np.sum(found.rotations[1:] * found.rotations[:-1], axis=-1) > 0).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_joint_jumps(seed: int) -> None:
    motion = plausible_motion(seed)
    assert largest_step(solved(world_poses(motion), motion.skeleton)) < 2.0 * largest_step(motion) + 3.0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_head_and_hands_are_turned_as_they_were(seed: int) -> None:
    motion = plausible_motion(seed)
    found = solved(world_poses(motion), motion.skeleton)
    off = np.degrees(quat_angle(found.world_rotations(), motion.world_rotations()))
    index = motion.skeleton.index
    assert off[:, index("head")].max() < 3.0
    assert off[:, [index("leftHand"), index("rightHand")]].max() < 12.0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_humanoids_own_joints_are_all_met(seed: int) -> None:
    motion = plausible_motion(seed)
    found = solved(humanoid_poses(motion), motion.skeleton)
    assert np.abs(found.joint_positions() - motion.joint_positions()).max() < 2e-3


@pytest.mark.parametrize("joint_set", [COCO17, H36M17], ids=lambda s: s.name)
def test_joint_sets_without_hands_and_feet(joint_set) -> None:
    motion = plausible_motion(5)
    found = solved(world_poses(motion).to(joint_set), motion.skeleton)
    index = [motion.skeleton.index(bone) for bone in LIMBS]
    assert np.abs(found.joint_positions()[:, index] - motion.joint_positions()[:, index]).max() < 1e-3
    feet = [motion.skeleton.index(bone) for bone in ("leftFoot", "rightFoot", "leftToes", "leftHand", "rightHand")]
    assert np.degrees(quat_angle(found.rotations[:, feet], np.array([0.0, 0.0, 0.0, 1.0]))).max() < 0.1
    assert np.degrees(quat_angle(found.world_rotations(), motion.world_rotations()))[:, motion.skeleton.index("head")].max() < 25.0


@pytest.mark.parametrize("axis", [(0, 1, 0), (1, 0, 0), (0, 0, 1)], ids=["turn", "somersault", "cartwheel"])
def test_two_full_turns_have_no_jump(axis: tuple[float, float, float]) -> None:
    base = {"leftUpperArm": (0.0, 0.0, -1.2), "rightUpperArm": (0.0, 0.0, 1.2), "leftUpperLeg": (-0.5, 0.0, 0.0), "leftLowerLeg": (0.6, 0.0, 0.0)}
    motion = bent(np.linspace(0, 4 * np.pi, 121), "hips", axis, base)
    found = solved(world_poses(motion), motion.skeleton)
    assert largest_step(found) < 6.5  # the turn itself is 6 degrees a frame
    assert (np.sum(found.rotations[1:] * found.rotations[:-1], axis=-1) > 0).all()
    hips = np.degrees(quat_angle(found.world_rotations()[:, 0], motion.world_rotations()[:, 0]))
    assert np.ptp(hips) < 0.5


@pytest.mark.parametrize(("bone", "axis"), [("leftLowerArm", (0, -1, 0)), ("rightLowerArm", (0, 1, 0)), ("leftLowerLeg", (1, 0, 0)), ("rightLowerLeg", (1, 0, 0))])
def test_a_limb_that_straightens_keeps_its_twist(bone: str, axis: tuple[float, float, float]) -> None:
    angles = np.radians(80.0) * np.abs(np.linspace(-1, 1, 61))
    angles = np.maximum(angles - np.radians(5.0), -np.radians(3.0))  # a touch beyond straight, as noise would have it
    motion = bent(angles, bone, axis, {"leftUpperArm": (0.3, 0.0, -1.2), "rightUpperArm": (0.3, 0.0, 1.2), "leftUpperLeg": (-0.3, 0.2, 0.0)})
    found = solved(world_poses(motion), motion.skeleton)
    upper = motion.skeleton.parents[motion.skeleton.index(bone)]
    off = np.degrees(quat_angle(found.rotations[:, upper], motion.rotations[:, upper]))
    assert off.max() < 20.0
    assert np.degrees(quat_angle(found.rotations[1:, upper], found.rotations[:-1, upper])).max() < 5.0


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_knee_that_seems_to_bend_backwards_is_straightened(side: str) -> None:
    motion = bent(np.full(10, np.radians(-20.0)), f"{side}LowerLeg", (1, 0, 0))
    found = solved(world_poses(motion), motion.skeleton)
    bend = np.degrees(np.arctan2(*quat_rotate(found.rotations[:, motion.skeleton.index(f"{side}LowerLeg")], np.array([0.0, -1.0, 0.0]))[:, [2, 1]].T * -1))
    assert np.abs(bend).max() < 6.0
    knee_axis = quat_rotate(found.world_rotations()[:, motion.skeleton.index(f"{side}UpperLeg")], np.array([0.0, 0.0, 1.0]))
    assert (knee_axis[:, 2] > 0.95).all(), "the knee still points forwards"


@pytest.mark.parametrize("side", ["left", "right"])
def test_limbs_bend_the_human_way(side: str) -> None:
    sign = 1.0 if side == "left" else -1.0
    knee = bent(np.full(3, 1.0), f"{side}LowerLeg", (1, 0, 0))
    found = solved(world_poses(knee), knee.skeleton)
    assert np.degrees(quat_angle(found.rotations, knee.rotations)).max() < 2.0
    elbow = bent(np.full(3, 1.0), f"{side}LowerArm", (0, -sign, 0), {f"{side}UpperArm": (0.0, 0.0, -sign)})
    found = solved(world_poses(elbow), elbow.skeleton)
    arms = [elbow.skeleton.index(side + bone) for bone in ("UpperArm", "LowerArm", "Hand")]
    assert np.degrees(quat_angle(found.rotations[:, arms], elbow.rotations[:, arms])).max() < 2.0


def test_forearm_and_hand_share_the_roll() -> None:
    skeleton = reference_skeleton()
    roll = bent(np.full(3, 1.0), "leftHand", (1, 0, 0), {"leftLowerArm": (0.0, -1.0, 0.0)})
    found = solved(world_poses(roll), skeleton)
    elbow, hand = (found.rotations[:, skeleton.index(bone)] for bone in ("leftLowerArm", "leftHand"))
    np.testing.assert_allclose(np.degrees(quat_angle(hand, np.array([0.0, 0.0, 0.0, 1.0]))), np.degrees(0.5), atol=3.0)
    whole = quat_multiply(elbow, hand)
    assert np.degrees(quat_angle(whole, quat_multiply(roll.rotations[:, skeleton.index("leftLowerArm")], roll.rotations[:, skeleton.index("leftHand")]))).max() < 6.0


def test_a_frame_without_face_keeps_the_head_with_the_chest() -> None:
    motion = plausible_motion(3, frames=6)
    points = blazepose_of(motion)
    points[:, :11] = np.nan
    found = solved(poses_of(points, motion.timestamps), motion.skeleton)
    index = motion.skeleton.index
    off = quat_angle(found.world_rotations()[:, index("head")], found.world_rotations()[:, index("upperChest")])
    assert np.degrees(off).max() < 0.1
