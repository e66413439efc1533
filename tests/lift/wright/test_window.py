import numpy as np
import pytest

from posewright.lift.wright.outputs import MIRRORED, OUTPUTS, PARTS, SIZES, matrix_of, relative_proportions, six_of, split
from posewright.lift.wright.window import TREE, WINDOWS, features, mirrored_directions, mirrored_inputs, mirrored_rays, virtual_camera

RNG = np.random.default_rng(0)
WINDOW = WINDOWS["centred"]
SEEN = np.ones((4, len(WINDOW.offsets_s), len(TREE.points)), np.float32)


def windows() -> np.ndarray:
    return RNG.normal(0.0, 0.2, (4, len(WINDOW.offsets_s), len(TREE.points), 2)).astype(np.float32)


def test_windows_reach_81_frames() -> None:
    for name, window in WINDOWS.items():
        assert window.name == name
        assert window.offsets_s[window.now] == 0.0
        assert (np.diff(window.offsets_s) > 0).all()
        assert np.ptp(window.offsets_s) == pytest.approx(80 / 30)
    assert WINDOWS["causal"].offsets_s[-1] == 0.0


def test_the_virtual_camera_looks_along_the_ray() -> None:
    sight = RNG.normal(0.0, 0.7, (50, 2))
    turns = virtual_camera(sight)
    np.testing.assert_allclose(turns @ turns.swapaxes(1, 2), np.tile(np.eye(3), (50, 1, 1)), atol=1e-9)
    rays = np.concatenate([sight, np.ones((50, 1))], -1)
    np.testing.assert_allclose((turns @ rays[..., None])[..., 0] / np.linalg.norm(rays, axis=-1)[:, None], np.tile([0.0, 0.0, 1.0], (50, 1)), atol=1e-9)


def test_only_one_input_knows_the_size() -> None:
    rays = windows()
    rays -= rays[:, WINDOW.now, None, :1]  # the pelvis in the picture's middle: scaling about it is scaling the body
    near, far = features(rays, SEEN, WINDOW.now)[0], features(0.5 * rays, SEEN, WINDOW.now)[0]
    assert near.shape == (4, WINDOW.features)
    differ = np.flatnonzero(np.abs(far - near).max(0) > 1e-4)
    assert len(differ) == 1
    np.testing.assert_allclose(far[:, differ], near[:, differ] + np.log(0.5), atol=1e-4)


def test_what_is_unseen_has_no_say() -> None:
    rays, seen = windows(), SEEN.copy()
    seen[:, :, TREE.index("left_wrist")] = 0.0
    other = rays.copy()
    other[:, :, TREE.index("left_wrist")] += 1.0
    np.testing.assert_array_equal(features(rays, seen, WINDOW.now)[0], features(other, seen, WINDOW.now)[0])


def test_directions_of_another_lifter_are_seen_from_the_virtual_camera() -> None:
    rays, lifted = windows(), RNG.normal(size=(4, len(TREE.bones), 3)).astype(np.float32)
    lifted[0] = 0.0
    inputs, turn = features(rays, SEEN, WINDOW.now, lifted)
    np.testing.assert_allclose(inputs[:, -1 - 3 * len(TREE.bones) : -1].reshape(lifted.shape), lifted @ turn.swapaxes(1, 2), atol=1e-5)
    np.testing.assert_array_equal(inputs[:, -1], [0, 1, 1, 1])


def test_mirrors_undo_themselves() -> None:
    rays, directions = windows(), RNG.normal(size=(5, len(TREE.bones), 3))
    seen = (RNG.random(SEEN.shape) > 0.5).astype(np.float32)
    back, back_seen = mirrored_rays(*mirrored_rays(rays, seen))
    np.testing.assert_array_equal(back, rays)
    np.testing.assert_array_equal(back_seen, seen)
    np.testing.assert_array_equal(mirrored_directions(mirrored_directions(directions)), directions)
    for columns, signs, count in ((*mirrored_inputs(WINDOW), WINDOW.features), (*MIRRORED, OUTPUTS)):
        numbers = RNG.normal(size=count)
        np.testing.assert_array_equal((numbers[columns] * signs)[columns] * signs, numbers)
    points, mirror = TREE.chain @ directions, TREE.chain @ mirrored_directions(directions)
    np.testing.assert_allclose(mirror[:, TREE.index("left_wrist")], points[:, TREE.index("right_wrist")] * (-1, 1, 1))


def test_outputs_hold_every_part_once() -> None:
    assert sum(SIZES.values()) == OUTPUTS
    values = np.arange(2.0 * OUTPUTS).reshape(2, -1)
    parts = split(values)
    np.testing.assert_array_equal(np.concatenate([part.reshape(2, -1) for part in vars(parts).values()], axis=1), values)
    assert PARTS["up"] == slice(3 * len(TREE.bones), 3 * len(TREE.bones) + 3)


def test_six_numbers_are_a_rotation() -> None:
    six = RNG.normal(size=(30, 6))
    turns = matrix_of(six)
    np.testing.assert_allclose(turns.swapaxes(1, 2) @ turns, np.tile(np.eye(3), (30, 1, 1)), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(turns), 1.0)
    np.testing.assert_allclose(matrix_of(six_of(turns)), turns, atol=1e-9)


def test_proportions_are_those_of_a_body_as_tall_as_the_reference() -> None:
    np.testing.assert_allclose(relative_proportions(0.9 * TREE.reference), 0.0, atol=1e-12)
    long_legs = TREE.reference * [1.2 if "thigh" in bone or "shin" in bone else 1.0 for bone in TREE.bones]
    found = relative_proportions(long_legs) @ TREE.groups.T
    assert found[TREE.bones.index("left_shin")] > 0.05
    assert found[TREE.bones.index("trunk")] < -0.05
