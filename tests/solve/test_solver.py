from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from posewright.errors import InputError, UsageError
from posewright.geometry import quat_angle, quat_rotate
from posewright.skeletons import reference_skeleton
from posewright.solve import SolveOptions, solve
from posewright.types import Camera, Keypoints, Motion, Poses3D
from tests.solve.bodies import CAMERA, LIMBS, bent, filmed, humanoid_poses, plausible_motion, world_poses

EXACT = SolveOptions(smoothing_s=0.0, rotation_smoothing_s=0.0, depth_smoothing_s=0.0, noise_m=0.002)


def walk(frames: int = 90) -> Motion:
    """A body that strides to the camera's right and 3 m away, arms down."""
    swing = 0.4 * np.sin(np.linspace(0, 6 * np.pi, frames))
    motion = bent(swing, "leftUpperLeg", (1, 0, 0), {"leftUpperArm": (0.0, 0.0, -1.2), "rightUpperArm": (0.0, 0.0, 1.2)})
    path = motion.root_translation + np.stack([np.linspace(0, 1.5, frames), np.zeros(frames), np.full(frames, -3.0)], axis=-1)
    return replace(motion, root_translation=path)


def moved(motion: Motion, x: float, y: float, z: float) -> Motion:
    return replace(motion, root_translation=motion.root_translation + np.array([x, y, z]))


def chest_high_camera() -> Camera:
    pose = Camera.from_fov((1280, 720)).T_world_camera.copy()
    pose[1, 3] = 1.0
    return replace(Camera.from_fov((1280, 720)), T_world_camera=pose)


def test_a_filmed_walk_comes_back_with_its_path() -> None:
    truth, camera = walk(), chest_high_camera()
    poses, keypoints = filmed(truth, camera)
    found = solve(poses, keypoints, camera, options=replace(EXACT, symmetric=False))
    assert found.fps == 30.0
    assert len(found) == len(truth)
    wanted = truth.root_translation - truth.root_translation[0] * np.array([1, 0, 1])
    np.testing.assert_allclose(found.root_translation, wanted, atol=0.02)
    assert np.abs(found.joint_positions()[:, :, 1] - truth.joint_positions()[:, :, 1]).max() < 0.02
    default = solve(poses, keypoints, camera)
    np.testing.assert_allclose(default.root_translation, wanted, atol=0.05)


def test_someone_who_faces_the_camera_faces_plus_z_upright_left_to_plus_x() -> None:
    truth = bent(np.zeros(12), "hips", (0, 1, 0))
    poses, keypoints = filmed(moved(truth, 0.0, -0.9, -3.0), CAMERA)
    found = solve(poses, keypoints, CAMERA)
    assert np.degrees(quat_angle(found.rotations, truth.rotations)).max() < 1.0
    positions = dict(zip(found.skeleton.joints, found.joint_positions()[5], strict=True))
    assert positions["leftHand"][0] > 0.5 > positions["head"][0]
    assert positions["head"][1] > positions["hips"][1] > positions["leftFoot"][1] > 0.05
    assert positions["leftToes"][2] > positions["leftFoot"][2]
    assert found.contacts is not None
    assert found.contacts.min() > 0.8, "both feet stand"


def test_world_poses_keep_their_path() -> None:
    truth = plausible_motion(1)
    found = solve(humanoid_poses(truth), None, CAMERA, options=EXACT)
    assert np.linalg.norm(found.joint_positions() - truth.joint_positions(), axis=-1).max() < 0.01


def test_camera_poses_with_a_path_keep_it_in_the_world() -> None:
    truth, camera = walk(20), chest_high_camera()
    poses = world_poses(truth)
    in_camera = Poses3D(camera.to_camera(poses.xyz).astype(np.float32), poses.confidence, poses.joint_set, poses.timestamps, "camera", False)
    found = solve(in_camera, None, camera, options=replace(EXACT, ground=False, centre=False))
    np.testing.assert_allclose(found.root_translation, truth.root_translation, atol=0.01)


def test_without_keypoints_a_root_relative_body_stays_in_place_on_the_floor() -> None:
    poses, _ = filmed(walk(), chest_high_camera())
    found = solve(poses, None, chest_high_camera())
    assert np.ptp(found.root_translation[:, [0, 2]], axis=0).max() < 0.05
    assert abs(found.joint_positions()[:, found.skeleton.index("rightFoot"), 1].mean() - 0.075) < 0.02


def test_height_scales_body_and_path() -> None:
    truth, camera = walk(), chest_high_camera()
    poses, keypoints = filmed(truth, camera)
    small, tall = (solve(poses, keypoints, camera, height_m=h, options=EXACT) for h in (0.85, 1.7))
    np.testing.assert_allclose(tall.root_translation, 2 * small.root_translation, atol=0.02)
    np.testing.assert_allclose(tall.skeleton.rest_offsets, reference_skeleton().rest_offsets, atol=0.03)


def test_gaps_are_bridged_and_lower_the_confidence() -> None:
    truth = plausible_motion(2, frames=60)
    poses = world_poses(truth)
    poses.xyz[20:26] = np.nan
    poses.confidence[20:26] = 0
    poses.xyz[:, poses.joint_set.index("right_pinky")] = np.nan
    poses.confidence[:, poses.joint_set.index("right_pinky")] = 0
    found = solve(poses, None, CAMERA)
    assert found.confidence is not None
    assert found.confidence[22] < 0.8 < found.confidence[40]
    off = np.linalg.norm(found.joint_positions() - truth.joint_positions(), axis=-1)[:, [truth.skeleton.index(bone) for bone in LIMBS]]
    assert off.max() < 0.08


@pytest.mark.parametrize("frames", [1, 2, 10])
def test_short_clips_pass(frames: int) -> None:
    truth = plausible_motion(4, frames=frames)
    found = solve(world_poses(truth), None, CAMERA)
    assert len(found) == frames
    poses, keypoints = filmed(moved(truth, 0.0, 0.0, -4.0), CAMERA)
    assert len(solve(poses, keypoints, CAMERA)) == frames


def test_uneven_timestamps_become_an_even_rate() -> None:
    truth = walk(120)
    poses = world_poses(truth)
    keep = np.sort(np.random.default_rng(0).choice(np.arange(1, 119), 80, replace=False))
    keep = np.concatenate([[0], keep, [119]])
    sparse = Poses3D(poses.xyz[keep], poses.confidence[keep], poses.joint_set, poses.timestamps[keep], "world", False)
    found = solve(sparse, None, CAMERA, fps=60.0)
    assert found.fps == 60.0
    assert len(found) == 239
    assert np.linalg.norm(found.root_translation[::2] - truth.root_translation, axis=-1).max() < 0.02


def test_left_stays_left_from_behind() -> None:
    truth = bent(np.full(8, np.pi), "hips", (0, 1, 0))
    poses, keypoints = filmed(moved(truth, 0.0, -0.9, -3.0), CAMERA)
    found = solve(poses, keypoints, CAMERA)
    assert (found.joint_positions()[:, found.skeleton.index("leftHand"), 0] < -0.5).all()
    assert (quat_rotate(found.world_rotations()[:, 0], np.array([0.0, 0.0, 1.0]))[:, 2] < -0.99).all()


@pytest.mark.parametrize("noise", [0.05, 0.3])
def test_rubbish_gives_a_motion_all_the_same(noise: float) -> None:
    truth = moved(plausible_motion(6), 0.0, 0.0, -4.0)
    poses, keypoints = filmed(truth, CAMERA)
    rng = np.random.default_rng(0)
    poses.xyz[:] += rng.normal(0, noise, poses.xyz.shape)
    poses.xyz[10:14] = 0.0
    keypoints.xy[:] += rng.normal(0, 300 * noise, keypoints.xy.shape)
    found = solve(poses, keypoints, CAMERA)  # a Motion takes no NaN
    assert (np.sum(found.rotations[1:] * found.rotations[:-1], axis=-1) > 0).all()
    assert np.linalg.norm(found.root_translation, axis=-1).max() < 20


def test_what_cannot_be_solved_says_so() -> None:
    poses = world_poses(walk(5))
    with pytest.raises(UsageError, match="height of 170"):
        solve(poses, None, CAMERA, height_m=170)
    with pytest.raises(UsageError, match="frames a second"):
        solve(poses, None, CAMERA, fps=0)
    poses.xyz[:, poses.joint_set.index("left_knee")] = np.nan
    with pytest.raises(InputError, match="no frame shows left_knee"):
        solve(poses, None, CAMERA)


MOCAP = Path(__file__).parents[3] / "shared" / "mocap"


@pytest.mark.skipif(not (MOCAP / "cmu_test.npz").exists(), reason="needs ../shared/mocap/cmu_test.npz")
def test_recorded_motion_comes_back_from_its_positions() -> None:
    from tools.solver_report import position_errors, read, solve_recording

    errors: dict[str, list[np.ndarray]] = {}
    for recording in read(MOCAP / "cmu_test.npz"):
        for bone, error in position_errors(recording, solve_recording(recording)).items():
            errors.setdefault(bone, []).append(error)
    worst = {bone: float(np.nanpercentile(np.concatenate(parts), 95)) for bone, parts in errors.items()}
    assert max(worst.values()) < 10.0, worst


def real_person(name: str, fps: float, width: int, height: int) -> tuple[Poses3D, Keypoints]:
    from posewright.skeletons import BLAZEPOSE33

    golden = np.load(MOCAP.parent / "golden" / "blazepose" / f"{name}.npz")
    pixels, world = golden["landmarks_px"][..., :2].astype(np.float32), golden["world_m"].astype(np.float32)
    trust = np.nan_to_num(golden["visibility"]).clip(0, 1).astype(np.float32)
    stamps = np.arange(len(world)) / fps
    return Poses3D(world, trust, BLAZEPOSE33, stamps, "camera", True), Keypoints(pixels, trust, BLAZEPOSE33, stamps, (width, height))


@pytest.mark.skipif(not (MOCAP.parent / "golden" / "blazepose").exists(), reason="needs ../shared/golden/blazepose")
def test_a_real_dancer_is_upright_with_knees_forward() -> None:
    poses, keypoints = real_person("jesse_dance", 24.0, 1280, 720)
    found = solve(poses, keypoints, Camera.from_fov((1280, 720)))
    positions = found.joint_positions()
    index = found.skeleton.index
    assert (positions[:, index("head"), 1] > positions[:, 0, 1] + 0.2).all()
    knees = found.rotations[:, [index("leftLowerLeg"), index("rightLowerLeg")]]
    shin = quat_rotate(knees, np.array([0.0, -1.0, 0.0]))
    assert shin[..., 2].max() < np.sin(np.radians(6.0)), "no knee bends backwards"
    assert np.abs(np.percentile(positions[:, [index("leftFoot"), index("rightFoot")], 1].min(1), 50)) < 0.25
    assert np.degrees(quat_angle(found.rotations[1:], found.rotations[:-1])).max() < 100.0
