"""Motions, a small skinned character and captures to write: made here, with seeds."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from posewright.skeletons import BLAZEPOSE33, Skeleton
from posewright.types import Camera, Capture, Character, Keypoints, Material, Motion, Person, Poses3D, SkinnedMesh, SourceInfo

CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)
SIDES = np.array([[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]])


def random_motion(skeleton: Skeleton, frames: int = 40, fps: float = 30.0, seed: int = 0) -> Motion:
    """Joints that swing smoothly about random axes, the root on a path and turning all the way round."""
    random = np.random.default_rng(seed)
    time = np.arange(frames) / fps
    axes = random.normal(size=(len(skeleton), 3))
    swing = 0.7 * np.sin(2 * np.pi * random.uniform(0.3, 1.0, len(skeleton)) * time[:, None] + random.uniform(0, 6, len(skeleton)))
    local = Rotation.from_rotvec((swing[..., None] * axes).reshape(-1, 3)).as_quat().reshape(frames, len(skeleton), 4)
    local[:, 0] = (Rotation.from_rotvec(np.outer(5.0 * time, [0.0, 1.0, 0.0])) * Rotation.from_quat(local[:, 0])).as_quat()
    path = np.stack([np.sin(time), 0.9 + 0.05 * np.cos(3 * time), 0.5 * time], axis=-1)
    return Motion(skeleton, local, path, fps, name="swing")


def box_character(skeleton: Skeleton) -> Character:
    """A box at each joint, each vertex shared with the parent, in two materials."""
    positions, _ = skeleton.rest_pose()
    parents = np.maximum(skeleton.parents, 0)
    count = len(skeleton)
    joints = np.zeros((count, 8, 4), dtype=np.uint16)
    joints[:, :, 0], joints[:, :, 1] = np.arange(count)[:, None], parents[:, None]
    mesh = SkinnedMesh(
        name="Boxes",
        positions=(positions[:, None] + 0.03 * CORNERS).reshape(-1, 3).astype(np.float32),
        normals=np.tile(CORNERS / np.sqrt(3), (count, 1)).astype(np.float32),
        triangles=(8 * np.arange(count)[:, None, None] + SIDES).reshape(-1, 3).astype(np.uint32),
        triangle_materials=np.repeat(np.arange(count) % 2, 12).astype(np.uint8),
        joints=joints.reshape(-1, 4),
        weights=np.tile(np.array([0.8, 0.2, 0.0, 0.0], dtype=np.float32), (8 * count, 1)),
    )
    materials = (Material("Red", (0.8, 0.1, 0.1, 1.0)), Material("Glass", (0.2, 0.3, 0.8, 0.5), roughness=0.1))
    return Character("Boxes", skeleton, (mesh,), materials, {joint: joint for joint in skeleton.joints}, licence="CC0-1.0")


def capture_of(motions: tuple[Motion, ...]) -> Capture:
    """A capture whose people have these motions, with keypoints and poses of which some are unknown."""
    people = []
    for number, motion in enumerate(motions):
        random = np.random.default_rng(number)
        frames, joints = len(motion), len(BLAZEPOSE33)
        unseen = random.random((frames, joints)) < 0.1
        confidence = np.where(unseen, 0.0, random.random((frames, joints))).astype(np.float32)
        xy = np.where(unseen[..., None], np.nan, random.uniform(0, 1000, (frames, joints, 2))).astype(np.float32)
        xyz = np.where(unseen[..., None], np.nan, random.normal(size=(frames, joints, 3))).astype(np.float32)
        people.append(
            Person(
                Keypoints(xy, confidence, BLAZEPOSE33, motion.timestamps, (1280, 720)),
                Poses3D(xyz, confidence, BLAZEPOSE33, motion.timestamps, "camera", root_relative=True),
                motion,
            )
        )
    source = SourceInfo("clip.mp4", "video", (1280, 720), 30.0, 40)
    return Capture(source, Camera((1280, 720), (900.0, 900.0), (640.0, 360.0)), tuple(people), ("angle of view assumed", "NaN is a word too"))
