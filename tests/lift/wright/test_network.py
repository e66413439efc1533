import numpy as np

from posewright.lift.wright.network import FEATURES, MIDDLE, OFFSETS_S, OUTPUTS, TREE, features, load_network, mirrored_directions, mirrored_rays, virtual_camera

RNG = np.random.default_rng(0)
SEEN = np.ones((4, len(OFFSETS_S), len(TREE.points)), np.float32)


def windows() -> np.ndarray:
    return RNG.normal(0.0, 0.2, (4, len(OFFSETS_S), len(TREE.points), 2)).astype(np.float32)


def test_the_virtual_camera_looks_along_the_ray() -> None:
    sight = RNG.normal(0.0, 0.7, (50, 2))
    turns = virtual_camera(sight)
    np.testing.assert_allclose(turns @ turns.swapaxes(1, 2), np.tile(np.eye(3), (50, 1, 1)), atol=1e-9)
    rays = np.concatenate([sight, np.ones((50, 1))], -1)
    np.testing.assert_allclose((turns @ rays[..., None])[..., 0] / np.linalg.norm(rays, axis=-1)[:, None], np.tile([0.0, 0.0, 1.0], (50, 1)), atol=1e-9)


def test_only_the_last_input_knows_the_size() -> None:
    rays = windows()
    rays -= rays[:, MIDDLE : MIDDLE + 1, :1]  # the pelvis in the picture's middle: scaling about it is scaling the body
    near, far = features(rays, SEEN)[0], features(0.5 * rays, SEEN)[0]
    assert near.shape == (4, FEATURES)
    np.testing.assert_allclose(far[:, :-1], near[:, :-1], atol=1e-4)
    np.testing.assert_allclose(far[:, -1], near[:, -1] + np.log(0.5), atol=1e-4)


def test_what_is_unseen_has_no_say() -> None:
    rays, seen = windows(), SEEN.copy()
    seen[:, :, TREE.index("left_wrist")] = 0.0
    other = rays.copy()
    other[:, :, TREE.index("left_wrist")] += 1.0
    np.testing.assert_array_equal(features(rays, seen)[0], features(other, seen)[0])


def test_mirrors_undo_themselves() -> None:
    rays, directions = windows(), RNG.normal(size=(5, len(TREE.bones), 3))
    seen = (RNG.random(SEEN.shape) > 0.5).astype(np.float32)
    back, back_seen = mirrored_rays(*mirrored_rays(rays, seen))
    np.testing.assert_array_equal(back, rays)
    np.testing.assert_array_equal(back_seen, seen)
    np.testing.assert_array_equal(mirrored_directions(mirrored_directions(directions)), directions)
    points = TREE.chain @ directions
    mirror = TREE.chain @ mirrored_directions(directions)
    np.testing.assert_allclose(mirror[:, TREE.index("left_wrist")], points[:, TREE.index("right_wrist")] * (-1, 1, 1))


def test_the_network_that_comes_with_the_package() -> None:
    network = load_network()
    layers = [*network.first, *(array for block in network.blocks for array in block), *network.last]
    assert layers[0].shape[0] == FEATURES
    assert layers[-1].shape == (OUTPUTS,)
    assert sum(layer.size for layer in layers) < 1_500_000
    assert all(np.isfinite(layer).all() for layer in layers)
    inputs = RNG.normal(size=(2000, FEATURES)).astype(np.float32)
    assert network(inputs).shape == (2000, len(TREE.bones) + 1, 3)
