from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from posewright.geometry import normalize, quat_from_rotvec, quat_rotate
from posewright.lift.wright import lift_directions
from posewright.skeletons import BLAZEPOSE33, COCO17, H36M17, HALPE26, MPII16
from posewright.skeletons.bone_tree import tree_for
from posewright.solve.refine import RefineOptions, refine_clip
from posewright.solve.refine.clip import MOST_TILTED_DEG, mean_up, righted
from posewright.solve.refine.normal import NormalEquations
from posewright.solve.refine.problem import State, tangent_planes
from posewright.solve.refine.refine import OVERLAP, WINDOW, initial_state, minimise, observe, windows
from posewright.solve.refine.terms import add_reprojection, position_jacobian, reprojection_residual, second_difference
from posewright.study.sample import sample_truth
from tests.solve.refine.bodies import marching, seen, tilted_camera

LIMBS = HALPE26.indices(*(f"{side}_{joint}" for side in ("left", "right") for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")))


def _root_relative(points):
    return points - points[:, HALPE26.indices("left_hip", "right_hip")].mean(1, keepdims=True)


def _mpjpe(a, b):
    return float(np.linalg.norm(_root_relative(a)[:, LIMBS] - _root_relative(b)[:, LIMBS], axis=-1).mean())


@pytest.mark.parametrize("joint_set", [BLAZEPOSE33, COCO17, HALPE26, H36M17, MPII16], ids=lambda s: s.name)
def test_the_tree_is_what_its_chain_says(joint_set):
    tree = tree_for(joint_set)
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(4, len(tree.bones), 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    root, lengths = rng.normal(size=(4, 3)), rng.uniform(0.1, 0.5, len(tree.bones))
    points = tree.positions(root, directions, lengths)
    assert np.allclose(tree.vectors(points), directions * lengths[:, None])
    assert np.allclose(points[:, tree.index("pelvis")], root)
    hips = points[:, [tree.index("left_hip"), tree.index("right_hip")]]
    assert np.allclose(hips.mean(1), root)
    assert np.allclose(tree.sources.sum(1), 1)


def test_jacobians_equal_finite_differences():
    tree = tree_for(HALPE26)
    rng = np.random.default_rng(1)
    directions = rng.normal(size=(2, len(tree.bones), 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    state = State(np.array([[0.1, 0.2, 4.0], [0.0, 0.0, 3.0]]), directions, tree.reference)
    tangents = tangent_planes(directions)
    rays = rng.normal(0, 0.1, (2, len(tree.points), 2))
    options = RefineOptions()

    def residual(step):
        return reprojection_residual(state.stepped(step, tangents).positions(tree), rays, options)[0]

    zero = np.zeros((2, 3 + 2 * len(tree.bones)))
    positions = state.positions(tree)
    # The scale of a miss follows the root's depth; Gauss-Newton holds it during a step, so it is held here too.
    scale = positions[:, :1, 2] / options.reprojection_m
    analytic = reprojection_residual(positions, rays, options)[1] @ position_jacobian(tree, state.lengths, tangents)
    for k in range(zero.shape[1]):
        step = zero.copy()
        step[:, k] = 1e-6
        plus, minus = (state.stepped(sign * step, tangents).positions(tree) for sign in (1, -1))
        numeric = scale[..., None] * (plus[..., :2] / plus[..., 2:] - minus[..., :2] / minus[..., 2:]) / 2e-6
        assert np.allclose(analytic[..., k], numeric, atol=2e-3), k
    assert residual(zero).shape == (2, len(tree.points), 2)


def test_second_difference_is_exact_for_parabolas_at_uneven_times():
    times = np.array([0.0, 0.1, 0.13, 0.3, 0.31])
    values = 2.0 - times + 3.5 * times**2
    coefficients = second_difference(times)
    assert np.allclose([coefficients[t] @ values[t : t + 3] for t in range(3)], 7.0)


@pytest.mark.parametrize(("pitch", "roll"), [(0, 0), (20, 0), (-15, 5)])
def test_the_vertical_follows_from_balance_whatever_the_camera(pitch, roll):
    motion = sample_truth()[0]
    camera = tilted_camera(pitch, roll, distance=6.0)
    keypoints, poses, truth = seen(motion, camera)
    result = refine_clip(keypoints, poses, replace(camera, T_world_camera=np.eye(4)), RefineOptions(), height_m=1.70)
    assert result is not None
    assert np.degrees(np.arccos(result.ground.up @ (camera.T_world_camera[:3, :3].T @ [0, 1, 0]))) < 5.0
    heels = HALPE26.indices("left_heel", "right_heel")
    assert abs(np.median(result.poses.xyz[:, heels, 1].min(1)) - np.median(truth[:, heels, 1].min(1))) < 0.03


def test_noise_is_taken_out():
    motion, camera = sample_truth()[0].sliced(0, 120), tilted_camera(10, distance=6.0)
    keypoints, poses, truth = seen(motion, camera, pixel_noise=2.0, depth_noise=0.08)
    up = camera.T_world_camera[:3, :3].T @ [0, 1, 0]
    result = refine_clip(keypoints, poses, replace(camera, T_world_camera=np.eye(4)), RefineOptions(), height_m=1.70, up=up)
    raw = camera.to_world(poses.xyz.astype(np.float64)) - camera.T_world_camera[:3, 3]
    assert _mpjpe(_same_heading(result.poses.xyz, truth), truth) < 0.6 * _mpjpe(raw, truth)


def _same_heading(points, truth):
    """Turned about the vertical to fit the truth best: a camera does not tell the compass."""
    a, b = _root_relative(points)[:, LIMBS].reshape(-1, 3), _root_relative(truth)[:, LIMBS].reshape(-1, 3)
    angle = np.arctan2(np.sum(a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2]), np.sum(a[:, 0] * b[:, 0] + a[:, 2] * b[:, 2]))
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    return points @ turn.T


def test_bones_keep_one_length():
    keypoints, poses, _ = seen(marching(60), tilted_camera(10), pixel_noise=3.0, depth_noise=0.05)
    xyz = refine_clip(keypoints, poses, tilted_camera(0), RefineOptions()).poses.xyz.astype(np.float64)
    for a, b in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist")):
        lengths = [np.linalg.norm(xyz[:, HALPE26.index(f"{side}_{a}")] - xyz[:, HALPE26.index(f"{side}_{b}")], axis=-1) for side in ("left", "right")]
        assert np.ptp(lengths) < 1e-4


def test_windows_cover_the_clip_and_join_without_a_seam():
    for frames in (1, 5, WINDOW, WINDOW + 1, 3 * WINDOW):
        parts = windows(frames)
        assert parts[0].start == 0
        assert parts[-1].stop == frames
        assert all(late.start + OVERLAP == early.stop or early.stop == frames for early, late in pairwise(parts))
    motion = marching(WINDOW + 200)
    keypoints, poses, _ = seen(motion, tilted_camera(5), pixel_noise=2.0, depth_noise=0.05)
    tree = tree_for(HALPE26)
    observed = observe(tree, keypoints, poses, tilted_camera(5))
    joined = minimise(tree, initial_state(tree, observed), observed, RefineOptions(iterations=12)).positions(tree)
    steps = np.linalg.norm(np.diff(joined, 2, axis=0), axis=-1).max(1)
    seam = slice(WINDOW - OVERLAP - 2, WINDOW + 2)
    assert steps[seam].max() <= 1.2 * np.delete(steps, np.arange(seam.start, seam.stop)).max()


@pytest.fixture(scope="module")
def miss_of_arm():
    """How far, in pixels, an elbow ends from a keypoint that was raised by some pixels, while the lift says that the arm hangs."""
    motion, camera = marching(60), tilted_camera(10)
    keypoints, poses, _ = seen(motion, camera, pixel_noise=1.0, depth_noise=0.02)
    elbow, wrist, shoulder = HALPE26.indices("left_elbow", "left_wrist", "left_shoulder")
    wrong = poses.xyz.copy()
    hang = np.array([0.0, 0.3, 0.0], dtype=np.float32)  # camera axes: down
    wrong[20:30, elbow], wrong[20:30, wrist] = wrong[20:30, shoulder] + hang, wrong[20:30, shoulder] + 2 * hang
    lifted = replace(poses, xyz=wrong)

    def miss(raised_px, **options):
        xy = keypoints.xy.copy()
        xy[20:30, elbow] += (0.0, -raised_px)
        found = refine_clip(replace(keypoints, xy=xy), lifted, camera, RefineOptions(**options))
        return np.linalg.norm(found.camera.project(found.poses.xyz.astype(float))[20:30, elbow] - xy[20:30, elbow], axis=-1).mean()

    return miss


def test_an_arm_that_no_lifter_knows_follows_its_keypoints(miss_of_arm):
    believed = {"wrong": np.inf}  # every keypoint is taken to be right
    assert miss_of_arm(40.0, arms=2.0, **believed) < 0.85 * miss_of_arm(40.0, arms=1.0, arms_lift=1.0, **believed)
    assert miss_of_arm(25.0) < 0.9 * miss_of_arm(25.0, arms=1.0, arms_lift=1.0)


def test_a_keypoint_far_from_all_else_is_doubted(miss_of_arm):
    assert miss_of_arm(40.0) > 1.2 * miss_of_arm(40.0, wrong=np.inf)


def test_an_estimator_that_is_never_sure_is_followed_as_closely():
    motion, camera = marching(40), tilted_camera(10)
    keypoints, poses, _ = seen(motion, camera, pixel_noise=2.0, depth_noise=0.08)
    confidence = np.random.default_rng(0).uniform(0.9, 1.0, keypoints.confidence.shape).astype(np.float32)
    sure, unsure = (refine_clip(replace(keypoints, confidence=np.float32(scale) * confidence), poses, camera, RefineOptions()) for scale in (1.0, 0.6))
    np.testing.assert_allclose(unsure.poses.xyz, sure.poses.xyz, atol=1e-4)


def test_a_lift_is_turned_until_its_vertical_is_the_true_one():
    motion, camera = marching(40), tilted_camera(10)
    keypoints, poses, _ = seen(motion, camera)
    opinion = lift_directions(keypoints, camera)
    true = camera.T_camera_world[:3, 1]
    told = mean_up(opinion)
    turned, judged = righted(poses, opinion, true)
    np.testing.assert_allclose(mean_up(judged), true, atol=1e-3)
    angle = np.degrees(np.arccos(np.clip(told @ true, -1, 1)))
    assert 0.0 < angle < MOST_TILTED_DEG
    np.testing.assert_allclose(np.linalg.norm(turned.xyz, axis=-1), np.linalg.norm(poses.xyz, axis=-1), atol=1e-4)
    trunk = normalize(_root_relative(poses.xyz)[:, HALPE26.index("neck")]), normalize(_root_relative(turned.xyz)[:, HALPE26.index("neck")])
    assert np.degrees(np.arccos((trunk[0] * trunk[1]).sum(-1))).max() <= angle + 0.1
    aside = quat_rotate(quat_from_rotvec(np.radians([40.0, 0.0, 0.0])), told)
    assert righted(poses, opinion, aside)[0] is poses


def test_planted_feet_stay():
    motion, camera = marching(90), tilted_camera(10)
    keypoints, poses, _ = seen(motion, camera, pixel_noise=3.0, depth_noise=0.05)
    with_ground, without = (refine_clip(keypoints, poses, camera, RefineOptions(), use_ground=use).poses.xyz for use in (True, False))
    column = HALPE26.index("left_big_toe")
    down = np.sin(2 * np.pi * np.arange(90) / 30 / 1.2) < -0.1
    still = down[1:] & down[:-1]
    slide = [np.linalg.norm(np.diff(xyz[:, column], axis=0), axis=-1)[still].mean() for xyz in (with_ground, without)]
    assert slide[0] < 0.5 * slide[1]


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_very_short_clips(frames):
    keypoints, poses, _ = seen(marching(frames), tilted_camera(0))
    assert np.isfinite(refine_clip(keypoints, poses, tilted_camera(0), RefineOptions()).poses.xyz[:, LIMBS]).all()


def test_gaps_are_filled_with_falling_confidence():
    keypoints, poses, truth = seen(marching(90), tilted_camera(0))
    xy, xyz, trust = keypoints.xy.copy(), poses.xyz.copy(), keypoints.confidence.copy()
    xy[40:48], xyz[40:48], trust[40:48] = np.nan, np.nan, 0.0
    result = refine_clip(replace(keypoints, xy=xy, confidence=trust), replace(poses, xyz=xyz, confidence=trust), tilted_camera(0), RefineOptions(), height_m=1.70)
    assert np.isfinite(result.poses.xyz[:, LIMBS]).all()
    assert _mpjpe(result.poses.xyz[40:48], truth[40:48]) < 0.12
    assert (result.poses.confidence[40:48] == 0).all()


def test_a_limb_that_is_lost_for_some_frames_does_not_jump():
    keypoints, poses, truth = seen(marching(60), tilted_camera(0))
    arm = HALPE26.indices("left_elbow", "left_wrist")
    xyz, trust = poses.xyz.copy(), keypoints.confidence.copy()
    xyz[30:33, arm] += np.array([0.0, -0.5, 0.3], dtype=np.float32)  # thrown up, and known to be doubtful
    trust[30:33, arm] = 0.0
    doubt = np.where(trust > 0, poses.confidence, 0.3).astype(np.float32)
    result = refine_clip(replace(keypoints, confidence=trust), replace(poses, xyz=xyz, confidence=doubt), tilted_camera(0), RefineOptions(), height_m=1.70)
    assert np.linalg.norm((_root_relative(result.poses.xyz) - _root_relative(truth))[30:33, arm], axis=-1).max() < 0.2


def test_nobody_at_all_leaves_numbers_finite():
    keypoints, poses, _ = seen(marching(10), tilted_camera(0))
    trust = np.zeros_like(keypoints.confidence)
    trust[0] = 1.0
    hidden = np.where(trust[..., None] > 0, keypoints.xy, np.nan)
    unknown = np.where(trust[..., None] > 0, poses.xyz, np.nan)
    result = refine_clip(replace(keypoints, xy=hidden, confidence=trust), replace(poses, xyz=unknown, confidence=trust), tilted_camera(0), RefineOptions())
    assert np.isfinite(result.poses.xyz[:, LIMBS]).all()


def test_reprojection_adds_the_slope_of_what_it_says_it_weighs():
    """Banded sums against finite differences of the energy, weights held: misses, and how these change from frame to frame."""
    tree, frames = tree_for(HALPE26), 5
    rng = np.random.default_rng(3)
    keypoints, poses, _ = seen(marching(frames), tilted_camera(5), pixel_noise=4.0, depth_noise=0.05)
    observed = observe(tree, replace(keypoints, confidence=rng.uniform(0.3, 1.0, keypoints.confidence.shape).astype(np.float32)), poses, tilted_camera(5))
    options, state = RefineOptions(wrong=np.inf), initial_state(tree, observed)  # no weight depends on the miss
    tangents = tangent_planes(state.directions)
    equations = NormalEquations(frames, 3 + 2 * len(tree.bones))
    add_reprojection(equations, state.positions(tree), position_jacobian(tree, state.lengths, tangents), observed, options)
    trust = np.minimum(observed.trust, 1.0)
    scale = options.reprojection_m / (options.jitter_m * np.sqrt(60.0 / 30.0))

    def residuals(step):
        positions = state.stepped(step, tangents).positions(tree)
        miss = reprojection_residual(positions, observed.rays, options)[0] * (state.positions(tree)[:, :1, 2:] / positions[:, :1, 2:])  # the scale of a miss is held
        change = scale * np.minimum(trust[1:], trust[:-1])[..., None] * np.diff(miss, axis=0)
        return np.concatenate([(observed.trust[..., None] * miss).ravel(), change.ravel()])

    def energy(step):
        return 0.5 * np.sum(residuals(step) ** 2)

    zero = np.zeros_like(equations.gradient)
    for t, k in ((0, 0), (2, 1), (2, 2), (4, 9), (1, 20), (3, zero.shape[1] - 1)):
        step = zero.copy()
        step[t, k] = 1e-5
        assert equations.gradient[t, k] == pytest.approx((energy(step) - energy(-step)) / 2e-5, rel=1e-3, abs=1e-2), (t, k)
    step = rng.normal(size=zero.shape)
    slope = (residuals(1e-6 * step) - residuals(-1e-6 * step)) / 2e-6
    n = zero.shape[1]
    within = np.einsum("ti,tij,tj->", step, equations.diagonal, step)
    across = np.einsum("ti,tij,tj->", step[:-1], equations.columns[:-1, :, n : 2 * n], step[1:])
    assert within + 2 * across == pytest.approx(np.sum(slope**2), rel=1e-5)
