"""A body of boxes that needs no file."""

from __future__ import annotations

import numpy as np

from posewright.skeletons import Skeleton
from posewright.types import Character, Material, SkinnedMesh

CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)
CUBE_FACES = np.array([[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]])


def boxes(skeleton: Skeleton, half: float, colour: tuple[float, float, float] = (0.8, 0.1, 0.1)) -> Character:
    """A cube of half side `half` round each joint of the skeleton."""
    centres = skeleton.rest_pose()[0]
    count = len(centres)
    positions = (centres[:, None] + half * CUBE).reshape(-1, 3)
    joints = np.zeros((8 * count, 4), dtype=np.uint16)
    joints[:, 0] = np.repeat(np.arange(count), 8)
    mesh = SkinnedMesh(
        name="boxes",
        positions=positions.astype(np.float32),
        normals=np.tile(CUBE / np.sqrt(3), (count, 1)).astype(np.float32),
        triangles=(CUBE_FACES + 8 * np.arange(count)[:, None, None]).reshape(-1, 3).astype(np.uint32),
        triangle_materials=np.zeros(12 * count, dtype=np.uint8),
        joints=joints,
        weights=np.tile(np.float32([1, 0, 0, 0]), (8 * count, 1)),
    )
    return Character("boxes", skeleton, (mesh,), (Material("paint", (*colour, 1.0)),), {bone: bone for bone in skeleton.joints})
