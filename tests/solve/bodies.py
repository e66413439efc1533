"""Synthetic people whose rotations are known: BlazePose's landmarks as they lie on the humanoid."""

from __future__ import annotations

import numpy as np

from posewright.geometry import quat_angle, quat_from_rotvec, quat_rotate
from posewright.skeletons import BLAZEPOSE33, HUMANOID, Skeleton, reference_skeleton
from posewright.solve.extremities import FACE, FOOT, HAND
from posewright.solve.rotations import solve_rotations
from posewright.solve.targets import find_targets
from posewright.types import Camera, Keypoints, Motion, Poses3D

JOINTS = {"shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand", "hip": "UpperLeg", "knee": "LowerLeg", "ankle": "Foot"}
EARS_ABOVE_HEAD = np.array([0.0, 0.03, 0.01])
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
CAMERA = Camera.from_fov((1280, 720))


def blazepose_of(motion: Motion) -> np.ndarray:
    """World positions of BlazePose's landmarks on a body in motion, (T, 33, 3). The eyes' corners lie on the eyes."""
    positions, worlds = motion.skeleton.forward(motion.rotations, motion.root_translation)
    points = np.full((len(motion), len(BLAZEPOSE33), 3), np.nan)

    def put(name: str, bone: str, local: np.ndarray) -> None:
        i = motion.skeleton.index(bone)
        points[:, BLAZEPOSE33.index(name)] = positions[:, i] + quat_rotate(worlds[:, i], local)

    for name, place in FACE.items():
        for variant in (name, f"{name}_inner", f"{name}_outer"):
            if variant in BLAZEPOSE33:
                put(variant, "head", EARS_ABOVE_HEAD + place)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for name, bone in JOINTS.items():
            put(f"{side}_{name}", side + bone, np.zeros(3))
        for name, place in HAND.items():
            put(f"{side}_{name}", f"{side}Hand", np.array(place) * (sign, 1.0, 1.0))
        put(f"{side}_heel", f"{side}Foot", np.array(FOOT["heel"]))
        put(f"{side}_foot_index", f"{side}Foot", np.array(FOOT["toe"]))
    assert np.isfinite(points).all()
    return points


def world_poses(motion: Motion) -> Poses3D:
    """What a perfect lifter would give in world axes, with the path."""
    return poses_of(blazepose_of(motion), motion.timestamps)


def poses_of(points: np.ndarray, timestamps: np.ndarray) -> Poses3D:
    seen = np.isfinite(points).all(-1).astype(np.float32)
    return Poses3D(points.astype(np.float32), seen, BLAZEPOSE33, timestamps, "world", False)


def humanoid_poses(motion: Motion) -> Poses3D:
    """The motion's own joints as positions."""
    positions = motion.joint_positions()
    return Poses3D(positions.astype(np.float32), np.ones(positions.shape[:2], np.float32), HUMANOID, motion.timestamps, "world", False)


def filmed(motion: Motion, camera: Camera) -> tuple[Poses3D, Keypoints]:
    """What a perfect estimator sees: root-relative positions in camera axes, and pixels."""
    points = blazepose_of(motion)
    local = camera.to_camera(points)
    hips = local[:, BLAZEPOSE33.indices("left_hip", "right_hip")].mean(1, keepdims=True)
    sure = np.ones(points.shape[:2], np.float32)
    poses = Poses3D((local - hips).astype(np.float32), sure, BLAZEPOSE33, motion.timestamps, "camera", True)
    return poses, Keypoints(camera.project(points).astype(np.float32), sure, BLAZEPOSE33, motion.timestamps, camera.image_size)


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
