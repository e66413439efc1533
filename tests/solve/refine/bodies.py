"""A moving body seen by a camera, with exact truth, for tests of the refinement."""

from __future__ import annotations

import numpy as np

from posewright.geometry import quat_from_rotvec, quat_rotate
from posewright.skeletons import HALPE26, Skeleton, reference_skeleton
from posewright.types import Camera, Keypoints, Motion, Poses3D

FPS = 30.0
_BONES = {"shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand", "hip": "UpperLeg", "knee": "LowerLeg", "ankle": "Foot"}


def marching(frames: int = 120, skeleton: Skeleton | None = None) -> Motion:
    """Somebody who marches on the spot and swings the arms, one leg at a time off the floor."""
    skeleton = skeleton or reference_skeleton()
    phase = 2 * np.pi * np.arange(frames) / FPS / 1.2
    turns = np.zeros((frames, len(skeleton), 3))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        lift = np.maximum(np.sin(phase + (0 if sign > 0 else np.pi)), 0.0) ** 2
        turns[:, skeleton.index(f"{side}UpperLeg"), 0] = -1.0 * lift
        turns[:, skeleton.index(f"{side}LowerLeg"), 0] = 1.3 * lift
        turns[:, skeleton.index(f"{side}UpperArm"), 2] = -sign * 1.1
        turns[:, skeleton.index(f"{side}UpperArm"), 0] = 0.4 * sign * np.sin(phase)
        turns[:, skeleton.index(f"{side}LowerArm"), 1] = -sign * (0.5 + 0.3 * np.sin(phase))
    path = np.tile(skeleton.rest_offsets[0], (frames, 1))
    return Motion(skeleton, quat_from_rotvec(turns), path, FPS)


def halpe_points(motion: Motion) -> np.ndarray:
    """The motion's joints as the 26 points of Halpe, (T, 26, 3): ears, heels and toes where a body has them."""
    positions, worlds = motion.skeleton.forward(motion.rotations, motion.root_translation)
    points = np.full((len(motion), len(HALPE26), 3), np.nan)

    def at(bone: str, offset: tuple[float, float, float]) -> np.ndarray:
        j = motion.skeleton.index(bone)
        return positions[:, j] + quat_rotate(worlds[:, j], np.array(offset))

    for side, sign in (("left", 1.0), ("right", -1.0)):
        for name, bone in _BONES.items():
            points[:, HALPE26.index(f"{side}_{name}")] = positions[:, motion.skeleton.index(side + bone)]
        points[:, HALPE26.index(f"{side}_ear")] = at("head", (sign * 0.075, 0.04, 0.0))
        points[:, HALPE26.index(f"{side}_eye")] = at("head", (sign * 0.03, 0.06, 0.09))
        points[:, HALPE26.index(f"{side}_heel")] = at(f"{side}Foot", (0.0, -0.045, -0.045))
        points[:, HALPE26.index(f"{side}_big_toe")] = at(f"{side}Foot", (0.0, -0.055, 0.16))
        points[:, HALPE26.index(f"{side}_small_toe")] = at(f"{side}Foot", (sign * 0.04, -0.055, 0.13))
    points[:, HALPE26.index("nose")] = at("head", (0.0, 0.03, 0.11))
    points[:, HALPE26.index("head_top")] = at("head", (0.0, 0.18, 0.0))
    points[:, HALPE26.index("neck")] = points[:, HALPE26.indices("left_shoulder", "right_shoulder")].mean(1)
    points[:, HALPE26.index("pelvis")] = points[:, HALPE26.indices("left_hip", "right_hip")].mean(1)
    return points


def tilted_camera(pitch_deg: float = 0.0, roll_deg: float = 0.0, distance: float = 4.0, height: float = 1.2) -> Camera:
    """A camera in front of the origin that looks down by `pitch_deg` and at a body's middle."""
    pitch, roll = np.radians([pitch_deg, roll_deg])
    level = np.diag([1.0, -1.0, -1.0])
    down = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    turn = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    pose = np.eye(4)
    pose[:3, :3] = level @ down @ turn
    pose[:3, 3] = [0.0, height + distance * np.sin(pitch), distance * np.cos(pitch)]
    intrinsics = Camera.from_fov((1280, 720), 55.0)
    return Camera(intrinsics.image_size, intrinsics.focal, intrinsics.centre, T_world_camera=pose)


def seen(motion: Motion, camera: Camera, pixel_noise: float = 0.0, depth_noise: float = 0.0, seed: int = 0) -> tuple[Keypoints, Poses3D, np.ndarray]:
    """Keypoints and root-relative poses in the camera's axes with noise, and the true points in the world (T, 26, 3)."""
    rng = np.random.default_rng(seed)
    truth = halpe_points(motion)
    xy = camera.project(truth) + rng.normal(0, pixel_noise, (*truth.shape[:2], 2))
    local = camera.to_camera(truth)
    relative = local - local[:, [HALPE26.index("pelvis")]]
    relative[..., 2] += rng.normal(0, depth_noise, relative.shape[:2])
    sure = np.ones(truth.shape[:2], np.float32)
    times = motion.timestamps
    return (
        Keypoints(xy.astype(np.float32), sure, HALPE26, times, camera.image_size),
        Poses3D(relative.astype(np.float32), sure, HALPE26, times, "camera", root_relative=True),
        truth,
    )
