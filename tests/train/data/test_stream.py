from __future__ import annotations

import pickle

import numpy as np
import pytest

from posewright.train.data.augment import blended, small_turns, varied
from posewright.train.data.bodies import JOINTS, PARENTS, Bodies
from posewright.train.data.kinematics import forward
from posewright.train.data.sequences import Sequences
from posewright.train.data.stream import scenes

OFFSETS = np.arange(-10.0, 11.0)


def test_a_scene_is_consistent(sequences: Sequences, bodies: Bodies) -> None:
    scene = scenes(sequences, bodies, np.random.default_rng(0), 30, OFFSETS)
    joints, turns = forward(scene.window.rotations, scene.bodies.offsets, PARENTS)
    np.testing.assert_allclose(np.moveaxis(turns, 0, 2), scene.turns, atol=1e-6)
    world = np.moveaxis(joints, 0, 2) @ scene.cameras.turn.swapaxes(-1, -2)
    np.testing.assert_allclose(world - world[:, :, :1], scene.joints - scene.joints[:, :, :1], atol=1e-4)
    assert scene.rays().shape == (30, 21, 33, 2)
    assert 0.15 < np.median(scene.size()) < 1.2
    hips = scene.joints[:, :, [JOINTS.index("leftUpperLeg"), JOINTS.index("rightUpperLeg")]].mean(2)
    back = np.einsum("nwk,nwki->nwi", hips, scene.cameras.turn) + scene.cameras.eye
    np.testing.assert_allclose(back, scene.window.pelvis * scene.bodies.leg_lengths[:, None, None], atol=1e-3)


def test_the_seed_decides(sequences: Sequences, bodies: Bodies) -> None:
    first, again, other = (scenes(sequences, bodies, np.random.default_rng(seed), 8, OFFSETS) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.points, again.points)
    assert not np.allclose(first.points, other.points)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(first)).joints, first.joints)


def test_without_variation_motion_is_as_recorded(sequences: Sequences, bodies: Bodies) -> None:
    rng = np.random.default_rng(3)
    index = np.random.default_rng(3).integers(0, len(sequences), 12)
    scene = scenes(sequences, bodies, rng, 12, OFFSETS, vary=False)
    np.testing.assert_allclose(scene.window.rotations, sequences.window(index, OFFSETS).rotations, atol=1e-6)
    assert np.isfinite(scene.window.contacts).all()


def test_variation_leaves_the_source_alone_and_forgets_contacts_only_of_changed_legs(sequences: Sequences) -> None:
    window = sequences.window(np.arange(0, 250, 2), OFFSETS)
    before = window.rotations.copy()
    changed = varied(window, np.random.default_rng(0), mirror=0.0)
    np.testing.assert_array_equal(window.rotations, before)
    np.testing.assert_allclose(np.linalg.norm(changed.rotations, axis=-1), 1.0, atol=1e-5)
    legs = [JOINTS.index(f"{side}{bone}") for side in ("left", "right") for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes")]
    same = np.isclose(changed.rotations[:, :, legs], before[:, :, legs], atol=1e-6).all((1, 2, 3))
    unknown = np.isnan(changed.contacts).all((1, 2))
    np.testing.assert_array_equal(unknown, ~same)
    assert 0.1 < unknown.mean() < 0.4
    arms = JOINTS.index("leftLowerArm")
    assert (~np.isclose(changed.rotations[:, :, arms], before[:, :, arms], atol=1e-6).all((1, 2))).mean() > 0.4


def test_nothing_varied_is_nothing_changed(sequences: Sequences) -> None:
    window = sequences.window(np.arange(10), OFFSETS)
    same = varied(window, np.random.default_rng(0), arms=0.0, uppers=0.0, loose=0.0, mirror=0.0)
    np.testing.assert_array_equal(same.rotations, window.rotations)


def test_blends_keep_hips_and_path_and_go_half_way_at_most(sequences: Sequences) -> None:
    window = sequences.window(np.arange(0, 250, 2), OFFSETS)
    before = window.rotations.copy()
    mixed = blended(window, np.random.default_rng(0), share=0.6)
    np.testing.assert_array_equal(window.rotations, before)
    np.testing.assert_array_equal(mixed.rotations[:, :, 0], before[:, :, 0])
    np.testing.assert_array_equal(mixed.pelvis, window.pelvis)
    np.testing.assert_allclose(np.linalg.norm(mixed.rotations, axis=-1), 1.0, atol=1e-5)
    changed = (np.abs(mixed.rotations - before) > 1e-5).any((1, 3))
    legs, arms = JOINTS.index("leftUpperLeg"), JOINTS.index("leftUpperArm")
    assert changed[:, legs].mean() == pytest.approx(0.3, abs=0.12)
    assert changed[:, arms].mean() == pytest.approx(0.6, abs=0.12)
    np.testing.assert_array_equal(np.isnan(mixed.contacts).all((1, 2)), changed[:, legs])
    furthest = np.abs((before[:, None, :, arms] * before[None, :, :, arms]).sum(-1)).min(1)  # cosine of the half angle to the least like of all
    own = np.abs((mixed.rotations[:, :, arms] * before[:, :, arms]).sum(-1))
    assert (own >= np.sqrt((1.0 + furthest) / 2.0) - 1e-3).all()  # half of that angle at most


def test_small_turns_are_small() -> None:
    np.testing.assert_allclose(small_turns(np.array([[0.1, 0.0, 0.0]])), [[np.sin(0.05), 0.0, 0.0, np.cos(0.05)]], atol=1e-4)
