from dataclasses import replace

import numpy as np
import pytest

from posewright.geometry import normalize, quat_from_rotvec, quat_multiply
from posewright.skeletons import HALPE26
from posewright.skeletons.bone_tree import tree_for
from posewright.solve.refine import RefineOptions, refine_clip
from posewright.solve.refine.limits import LIMITS, add_limits, exceeded, limits_of
from posewright.solve.refine.normal import NormalEquations
from posewright.solve.refine.problem import State, tangent_planes
from posewright.study.mocap import read_mocap
from posewright.study.sample import sample_truth
from posewright.study.tracks import track_of_motion
from tests.solve.refine.bodies import halpe_points, marching, seen, tilted_camera

TREE = tree_for(HALPE26)


def directions_of(points):
    """Directions of the tree's bones between the points of Halpe, (T, 26, 3) to (T, B, 3)."""
    gathered, _ = TREE.gather(points, np.ones(points.shape[:2]))
    return normalize(TREE.vectors(gathered))


def random_directions(frames=40, seed=0):
    return normalize(np.random.default_rng(seed).normal(size=(frames, len(TREE.bones), 3)))


def test_every_limit_is_there_on_both_sides():
    names = [limit.name for limit in limits_of(TREE)]
    assert len(names) == sum(2 if any("side_" in bone for bone in limit.bones) else 1 for limit in LIMITS)
    for joint in ("knee", "hip", "ankle"):
        assert f"left_{joint}" in names
        assert f"right_{joint}" in names


def test_a_mirrored_body_is_as_far_past_its_limits():
    directions = random_directions()
    twins = [TREE.bones.index(b.replace("left_", "x_").replace("right_", "left_").replace("x_", "right_")) for b in TREE.bones]
    # In a mirror what leads to the left leads to the right; hips and shoulders are turned round to lead to the left again.
    middle = np.array([-1.0 if bone in ("hips", "shoulders") else 1.0 for bone in TREE.bones])[:, None]
    mirrored = (directions * [-1.0, 1.0, 1.0])[:, twins] * middle
    ours = {(limit.name, limit.least): [] for limit in limits_of(TREE)}
    theirs = {key: [] for key in ours}
    for limit in limits_of(TREE):
        ours[limit.name, limit.least].append(exceeded(limit, directions))
        swapped = limit.name.replace("left", "x").replace("right", "left").replace("x", "right")
        theirs[swapped, limit.least].append(exceeded(limit, mirrored))
    for key, values in ours.items():
        np.testing.assert_allclose(np.sort(values, axis=0), np.sort(theirs[key], axis=0), atol=1e-12, err_msg=str(key))


def test_what_is_added_is_the_slope_of_half_the_squares():
    directions = random_directions(6)
    state, options = State(np.tile([0.0, 0.0, 4.0], (6, 1)), directions, TREE.reference), RefineOptions()
    tangents = tangent_planes(directions)
    equations = NormalEquations(6, 3 + 2 * len(TREE.bones))
    add_limits(equations, TREE, state, tangents, options)

    def energy(step):
        moved = state.stepped(step, tangents).directions
        return sum(0.5 * np.sum((np.maximum(exceeded(limit, moved), 0.0) / options.limit) ** 2) for limit in limits_of(TREE))

    zero = np.zeros_like(equations.gradient)
    assert energy(zero) > 0
    for k in range(zero.shape[1]):
        step = zero.copy()
        step[:, k] = 1e-6
        assert equations.gradient[:, k].sum() == pytest.approx((energy(step) - energy(-step)) / 2e-6, abs=1e-3), k


@pytest.mark.parametrize("motion", [marching(120), sample_truth()[0]], ids=["marching", "sample"])
def test_what_people_do_is_within_the_limits(motion):
    directions = directions_of(halpe_points(motion))
    for limit in limits_of(TREE):
        assert exceeded(limit, directions).max() < 0.0, limit.name


def test_recorded_motion_is_within_the_limits(shared):
    """Less than one frame in a thousand is past any limit; the neck's aside: recordings have no ears."""
    names = ("left_hip", "right_hip", "left_shoulder", "right_shoulder", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_toes", "right_toes")
    past, count = 0, 0
    for file in ("cmu_val.npz", "cmu_test.npz"):
        for recording in read_mocap(shared / "mocap" / file):
            place = dict(zip(names, track_of_motion(recording.motion, recording.name).take(names).transpose(1, 0, 2), strict=True))
            pelvis, neck = (0.5 * (place[f"left_{part}"] + place[f"right_{part}"]) for part in ("hip", "shoulder"))
            bones = {"hips": place["left_hip"] - pelvis, "shoulders": place["left_shoulder"] - neck, "trunk": neck - pelvis, "head": neck - pelvis}
            for side in ("left", "right"):
                for bone, start, end in (("thigh", "hip", "knee"), ("shin", "knee", "ankle"), ("foot", "ankle", "toes")):
                    bones[f"{side}_{bone}"] = place[f"{side}_{end}"] - place[f"{side}_{start}"]
            directions = np.zeros((len(pelvis), len(TREE.bones), 3))
            for bone, vector in bones.items():
                directions[:, TREE.bones.index(bone)] = normalize(vector)
            beyond = np.max([exceeded(limit, directions) for limit in limits_of(TREE)], axis=0)
            past, count = past + int((beyond > 0).sum()), count + len(beyond)
    assert count > 15000
    assert past / count < 1e-3


def test_a_knee_that_a_lifter_bends_forwards_is_put_right():
    motion = marching(60)
    rotations = motion.rotations.copy()
    knee = motion.skeleton.index("leftLowerLeg")
    rotations[20:40, knee] = quat_multiply(rotations[20:40, knee], quat_from_rotvec(np.array([-1.2, 0.0, 0.0])))
    camera = tilted_camera(5)
    wrong, keypoints = seen(replace(motion, rotations=rotations), camera)[1], seen(motion, camera)[0]
    hidden = keypoints.confidence.copy()
    hidden[15:45, list(HALPE26.indices("left_ankle", "left_heel", "left_big_toe", "left_small_toe"))] = 0.0
    limit = next(limit for limit in limits_of(TREE) if limit.name == "left_knee")
    past = []
    for options in (RefineOptions(), RefineOptions(limit=np.inf)):
        found = refine_clip(replace(keypoints, confidence=hidden), wrong, camera, options)
        past.append(exceeded(limit, directions_of(found.poses.xyz.astype(np.float64) @ found.camera.T_world_camera[:3, :3]))[20:40].max())
    assert past[1] > 0.3
    assert past[0] < 0.1
