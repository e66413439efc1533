import sys
from pathlib import Path

import numpy as np
import pytest

from posewright.lift.wright.network import FEATURES, MIDDLE, OFFSETS_S, TREE
from tests.solve.refine.bodies import marching

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import wright_data

MOCAP = Path(__file__).parents[3] / "shared" / "mocap"


@pytest.fixture(scope="module")
def motions() -> wright_data.Motions:
    directions, root = wright_data._sticks(marching(90))
    return wright_data.Motions(directions.astype(np.float32), root.astype(np.float32), np.zeros(90, np.int64), np.full(90, 89))


def test_a_seed_fixes_the_batch(motions: wright_data.Motions) -> None:
    (inputs, targets), (again, _), (other, _) = (wright_data.batch(motions, np.random.default_rng(seed), 64) for seed in (3, 3, 4))
    assert inputs.shape == (64, FEATURES)
    assert targets.shape == (64, len(TREE.bones) + 1, 3)
    assert np.isfinite(inputs).all()
    np.testing.assert_allclose(np.linalg.norm(targets, axis=-1), 1.0, atol=1e-4)
    np.testing.assert_array_equal(inputs, again)
    assert np.abs(inputs - other).max() > 0.1


def test_targets_are_what_the_inputs_show(motions: wright_data.Motions) -> None:
    inputs, targets = wright_data.held_out_batch(motions, np.random.default_rng(0), 200, noise=False)
    points = inputs[:, : len(OFFSETS_S) * (len(TREE.points) - 1) * 2].reshape(200, len(OFFSETS_S), -1, 2)[:, MIDDLE]
    neck, pelvis = points[:, TREE.index("neck") - 1], 0.0
    trunk = targets[:, TREE.bones.index("trunk"), :2]
    seen = neck - pelvis
    cosine = (seen * trunk).sum(-1) / (np.linalg.norm(seen, axis=-1) * np.linalg.norm(trunk, axis=-1))
    assert np.percentile(cosine, 5) > 0.99
    assert (targets[:, -1, 1] < -0.5).all()  # up is up the picture: y runs down
    assert ((targets[:, TREE.bones.index("trunk")] * targets[:, -1]).sum(-1) > 0.98).all()  # this body marches upright


def test_windows_stay_within_their_sequence(motions: wright_data.Motions) -> None:
    directions, root = wright_data._window(motions, np.array([0, 89]), np.ones(2))
    np.testing.assert_allclose(directions[0, :MIDDLE], np.tile(motions.directions[0], (MIDDLE, 1, 1)), atol=1e-5)
    np.testing.assert_allclose(root[1, MIDDLE:], np.tile(motions.root[89], (MIDDLE + 1, 1)), atol=1e-5)


def test_borrowed_arms_keep_their_place_at_the_body(motions: wright_data.Motions) -> None:
    rng = np.random.default_rng(0)
    plain, _ = wright_data._window(motions, np.arange(20, 70), np.ones(50))
    mixed = wright_data._recombined(plain.copy(), rng)
    legs = [TREE.bones.index(bone) for bone in ("trunk", "left_thigh", "right_shin")]
    np.testing.assert_array_equal(mixed[:, :, legs], plain[:, :, legs])
    changed = np.abs(mixed - plain).max((1, 2, 3)) > 1e-3
    assert 10 < changed.sum() < 45
    np.testing.assert_allclose(np.linalg.norm(mixed, axis=-1), 1.0, atol=1e-4)


@pytest.mark.skipif(not MOCAP.exists(), reason="../shared/mocap is not here")
def test_study_clips_are_left_out() -> None:
    every = wright_data.read_mocap(MOCAP / "extra_mit_fair.npz")
    frames = sum(len(recording.motion) for recording in every)
    assert len(wright_data.read_motions([MOCAP / "extra_mit_fair.npz"]).root) < frames
