from __future__ import annotations

import numpy as np

from posewright.character import skin
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.study.render.figure import coarse_triangles, joint_reach
from posewright.types import Character, Material, Motion, SkinnedMesh
from tests.strategies import random_motion


def tube(skeleton: Skeleton, rings: int = 60, around: int = 24) -> Character:
    """A tube along the left arm, blended between the joints that it passes."""
    rest = skeleton.rest_pose()[0]
    arm = [skeleton.index("left" + bone) for bone in ("UpperArm", "LowerArm", "Hand")]
    x = np.linspace(rest[arm[0], 0], rest[arm[2], 0], rings)
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)
    normals = np.stack(np.broadcast_arrays(0.0, np.cos(angle), np.sin(angle)), axis=-1)
    positions = (np.stack([x, np.full(rings, rest[arm[0], 1]), np.full(rings, rest[arm[0], 2])], axis=1)[:, None] + 0.05 * normals).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(around), indexing="ij")
    a, b, c, d = [((i + di) * around + (j + dj) % around).ravel() for di, dj in ((0, 0), (1, 0), (1, 1), (0, 1))]
    triangles = np.concatenate([np.column_stack([a, b, c]), np.column_stack([a, c, d])])
    share = np.clip((positions[:, 0] - x[0]) / (x[-1] - x[0]), 0, 1)
    weights = np.column_stack([1 - share, share, 0 * share, 0 * share])
    joints = np.tile([arm[0], arm[1], 0, 0], (len(positions), 1))
    mesh = SkinnedMesh(
        "tube",
        positions.astype(np.float32),
        np.tile(normals, (rings, 1)).astype(np.float32),
        triangles.astype(np.uint32),
        np.zeros(len(triangles), dtype=np.uint8),
        joints.astype(np.uint16),
        weights.astype(np.float32),
    )
    return Character("tube", skeleton, (mesh,), (Material("paint"),), {bone: bone for bone in skeleton.joints})


def test_no_vertex_leaves_the_reach_of_its_joints() -> None:
    skeleton = reference_skeleton()
    character = tube(skeleton)
    reach = joint_reach(character)
    assert (np.flatnonzero(reach >= 0) == sorted(skeleton.index("left" + bone) for bone in ("UpperArm", "LowerArm"))).all()
    motion: Motion = random_motion(4, frames=12, skeleton=skeleton, angle=1.5)
    moved = reach >= 0
    joints = motion.joint_positions()[:, moved]
    vertices = skin(character, motion)[0]
    for vertex, joint in zip(vertices, joints, strict=True):
        assert (vertex <= (joint + reach[moved, None]).max(0) + 1e-6).all()
        assert (vertex >= (joint - reach[moved, None]).min(0) - 1e-6).all()


def test_coarse_triangles_keep_the_shape() -> None:
    mesh = tube(reference_skeleton()).meshes[0]
    coarse = coarse_triangles(mesh, 0.03)
    assert 0 < len(coarse) < 0.6 * len(mesh.triangles)
    assert np.abs(mesh.positions[coarse].reshape(-1, 3).min(0) - mesh.positions.min(0)).max() < 0.03
    assert np.abs(mesh.positions[coarse].reshape(-1, 3).max(0) - mesh.positions.max(0)).max() < 0.03
    assert (np.sort(coarse, axis=1)[:, 1:] > np.sort(coarse, axis=1)[:, :-1]).all()


def test_cells_smaller_than_the_mesh_change_nothing() -> None:
    mesh = tube(reference_skeleton(), rings=10, around=8).meshes[0]
    assert np.array_equal(coarse_triangles(mesh, 1e-4), mesh.triangles)
