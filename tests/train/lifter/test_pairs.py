import numpy as np
import pytest

from posewright.geometry import normalize
from posewright.lift.wright.outputs import PARTS, matrix_of, relative_proportions, split
from posewright.lift.wright.window import TREE, WINDOWS, features, mirrored_directions, mirrored_inputs, mirrored_rays
from posewright.train.data.bodies import load_bodies
from posewright.train.lifter.material import training_motion
from posewright.train.lifter.noise import MeasuredNoise
from posewright.train.lifter.pairs import Mixed, PairMaker, exactly, mirrored, truth_of

WINDOW = WINDOWS["centred"]


@pytest.fixture(scope="module")
def motion():
    return training_motion(None)


def maker(motion, noise=None, **changes):
    return PairMaker(motion, load_bodies(), WINDOW, 48, noise, **changes)


def test_one_seed_gives_one_batch(motion):
    make = maker(motion, MeasuredNoise(0.1))
    first, again, other = (make(np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first.inputs, again.inputs)
    assert np.array_equal(first.targets, again.targets, equal_nan=True)
    assert not np.array_equal(first.inputs, other.inputs)
    assert np.isfinite(first.inputs).all()
    assert np.isfinite(first.targets[:, : PARTS["proportions"].stop]).all()


def test_the_truth_rebuilds_what_the_camera_sees(motion):
    scene = maker(motion, variety=False).scene(np.random.default_rng(0))
    rays, confidence = exactly(scene)
    truth = split(truth_of(scene, WINDOW))
    vectors = TREE.vectors(TREE.sources @ scene.points[:, WINDOW.now].astype(np.float64))
    lengths = np.linalg.norm(vectors, axis=-1)
    points = TREE.chain @ (truth.directions * lengths[..., None]) + (TREE.sources[0] @ scene.points[:, WINDOW.now])[:, None]
    seen = points[..., :2] / points[..., 2:]
    ends = [TREE.index(f"{side}_{point}") for side in ("left", "right") for point in ("ankle", "toe", "knee")]
    np.testing.assert_allclose(seen[:, ends], rays[:, WINDOW.now, ends], atol=2e-3)
    assert (confidence == 1).all()
    np.testing.assert_allclose(truth.proportions, relative_proportions(1.3 * lengths), atol=1e-5)  # size does not count
    assert np.allclose(np.linalg.norm(truth.up, axis=-1), 1.0, atol=1e-4)


def test_local_rotations_carry_the_arm(motion):
    scene = maker(motion, variety=False).scene(np.random.default_rng(0))
    truth = split(truth_of(scene, WINDOW))
    turns = matrix_of(truth.rotations.astype(np.float64))
    from posewright.lift.wright.lifter import world_rotations
    from posewright.lift.wright.outputs import BODY_BONES

    arm = world_rotations(turns)[:, BODY_BONES.index("leftLowerArm")] @ np.array([1.0, 0.0, 0.0])  # a T-pose's forearm points aside
    angle = np.degrees(np.arccos((arm * truth.directions[:, TREE.bones.index("left_forearm")]).sum(-1)))
    assert angle.max() < 6.0


def test_a_still_camera_and_body_have_the_velocity_of_the_hips(motion):
    scene = maker(motion, variety=False).scene(np.random.default_rng(1))
    velocity = split(truth_of(scene, WINDOW)).velocity
    now, times = WINDOW.now, WINDOW.offsets_s
    moved = scene.joints[:, now + 2, 0] - scene.joints[:, now - 2, 0]
    expected = moved / (times[now + 2] - times[now - 2]) * (1.70 / scene.bodies.stature)[:, None]
    np.testing.assert_allclose(velocity, expected, atol=1e-5)
    assert np.linalg.norm(velocity, axis=-1).max() > 0.3  # somebody walks


def test_mirrored_pairs_are_pairs_of_the_mirror_image():
    rng = np.random.default_rng(0)
    points = rng.normal(0.0, 0.2, (4, len(WINDOW.offsets_s), len(TREE.points), 2)).astype(np.float32)
    confidence = (rng.random(points.shape[:3]) > 0.2) * rng.random(points.shape[:3], dtype=np.float32)
    for middle, joint in ((0, "hip"), (1, "shoulder")):
        pair = [TREE.index(f"{side}_{joint}") for side in ("left", "right")]
        points[:, :, middle], confidence[:, :, middle] = points[:, :, pair].mean(2), confidence[:, :, pair].min(2)
    lifted = normalize(rng.normal(size=(4, len(TREE.bones), 3))).astype(np.float32)
    columns, signs = mirrored_inputs(WINDOW)
    plain = features(points, confidence, WINDOW.now, lifted)[0]
    image = features(*mirrored_rays(points, confidence), WINDOW.now, mirrored_directions(lifted))[0]
    np.testing.assert_allclose(plain[:, columns] * signs, image, atol=5e-3)  # a mid-point is not quite one in another camera


def test_a_mirror_turns_the_whole_truth(motion):
    pairs = maker(motion)(np.random.default_rng(5))
    image = mirrored(pairs, WINDOW)
    plain, turned = split(pairs.targets), split(image.targets)
    np.testing.assert_allclose(turned.directions, mirrored_directions(plain.directions), atol=1e-6)
    S = np.diag([-1.0, 1.0, 1.0])
    np.testing.assert_allclose(matrix_of(turned.rotations)[:, 0], S @ matrix_of(plain.rotations)[:, 0] @ S, atol=1e-5)
    back = mirrored(image, WINDOW)
    assert np.array_equal(back.inputs, pairs.inputs)
    assert np.array_equal(back.targets, pairs.targets, equal_nan=True)


def test_batches_of_several_makers_are_joined(motion):
    make = maker(motion)
    both = Mixed((make, make))(np.random.default_rng(0))
    assert both.inputs.shape == (96, WINDOW.features)
