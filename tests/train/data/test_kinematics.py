from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from posewright.geometry import quat_multiply, quat_rotate
from posewright.skeletons import reference_skeleton
from posewright.train.data.kinematics import forward, multiply, rotate


def test_products_are_those_of_double_precision() -> None:
    rng = np.random.default_rng(0)
    a, b = (Rotation.random(50, rng).as_quat() for _ in range(2))
    v = rng.normal(size=(50, 3))
    np.testing.assert_allclose(multiply(a.astype(np.float32), b.astype(np.float32)), quat_multiply(a, b), atol=1e-6)
    np.testing.assert_allclose(rotate(a.astype(np.float32), v.astype(np.float32)), quat_rotate(a, v), atol=2e-6)


def test_forward_is_the_skeletons() -> None:
    rng = np.random.default_rng(1)
    skeletons = [reference_skeleton(1.5), reference_skeleton(1.9)]
    rotations = Rotation.random(2 * 4 * 22, rng).as_quat().reshape(2, 4, 22, 4)
    offsets = np.array([skeleton.rest_offsets for skeleton in skeletons], dtype=np.float32)
    joints, turns = forward(rotations.astype(np.float32), offsets, skeletons[0].parents)
    for i, skeleton in enumerate(skeletons):
        positions, worlds = skeleton.forward(rotations[i], np.zeros(3))
        np.testing.assert_allclose(joints[:, i].swapaxes(0, 1), positions, atol=1e-5)
        np.testing.assert_allclose(turns[:, i].swapaxes(0, 1), worlds, atol=1e-5)
