"""Synthetic people whose rotations are known: BlazePose's landmarks as they lie on the humanoid."""

from __future__ import annotations

import numpy as np

from posewright.geometry import quat_rotate
from posewright.skeletons import BLAZEPOSE33, HUMANOID
from posewright.solve.extremities import FACE, FOOT, HAND
from posewright.types import Camera, Keypoints, Motion, Poses3D

JOINTS = {"shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand", "hip": "UpperLeg", "knee": "LowerLeg", "ankle": "Foot"}
EARS_ABOVE_HEAD = np.array([0.0, 0.03, 0.01])
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
