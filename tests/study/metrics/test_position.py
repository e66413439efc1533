"""Hand-made cases whose errors can be read off."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from posewright.study.metrics import joint_errors, mpjpe, n_mpjpe, pa_mpjpe, pck

REF = np.array([[[0.0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3]]]).repeat(5, axis=0)


def test_mpjpe_of_a_3_4_5_triangle() -> None:
    pred = REF.copy()
    pred[:, 1] += [0.03, 0.04, 0.0]  # one joint of four is 50 mm off
    assert mpjpe(pred, REF) == pytest.approx(0.05 / 4)
    assert joint_errors(pred, REF)[0].tolist() == pytest.approx([0, 0.05, 0, 0])


def test_nan_joints_are_left_out_on_either_side() -> None:
    pred, ref = REF.copy(), REF.copy()
    pred[:, 0] += [0.1, 0, 0]
    pred[0, 1], ref[1, 2] = np.nan, np.nan
    assert mpjpe(pred, ref) == pytest.approx(5 * 0.1 / 18)
    assert np.isnan(mpjpe(np.full_like(pred, np.nan), ref))


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="prediction has shape"):
        mpjpe(REF[:, :3], REF)


def test_pa_mpjpe_forgives_a_similarity_of_each_frame() -> None:
    random = np.random.default_rng(0)
    turns = Rotation.random(5, random_state=1).as_matrix()
    pred = random.uniform(0.5, 2, (5, 1, 1)) * np.einsum("tij,tkj->tki", turns, REF) + random.normal(size=(5, 1, 3))
    assert pa_mpjpe(pred, REF) == pytest.approx(0, abs=1e-12)
    assert mpjpe(pred, REF) > 0.1


def test_pa_mpjpe_does_not_forgive_a_mirror() -> None:
    assert pa_mpjpe(REF * [-1, 1, 1], REF) > 0.2


def test_pa_mpjpe_is_the_best_of_any_similarity() -> None:
    random = np.random.default_rng(2)
    pred = REF + random.normal(scale=0.1, size=REF.shape)
    squares = np.linalg.norm
    from posewright.study.align import apply_similarity, similarity

    best = apply_similarity(similarity(pred, REF), pred)
    for _ in range(20):
        turn = Rotation.from_rotvec(random.normal(scale=0.02, size=3)).as_matrix()
        other = (best @ turn.T) * random.normal(1, 0.02) + random.normal(scale=0.01, size=3)
        assert squares(other - REF) >= squares(best - REF)


def test_pa_mpjpe_works_with_joints_missing() -> None:
    pred = 2 * REF + 1
    pred[0, 0] = np.nan
    pred[1, :2] = np.nan  # two joints are too few: the frame is left out
    assert pa_mpjpe(pred, REF) == pytest.approx(0, abs=1e-12)


def test_n_mpjpe_forgives_scale_alone() -> None:
    assert n_mpjpe(0.5 * REF, REF) == pytest.approx(0, abs=1e-12)
    # Scaled to (1, 1) . (1, 0) / 2 = 1 / 2 of itself: (0.5, 0.5) against (1, 0).
    pred, ref = np.array([[[1.0, 1.0, 0.0]]]), np.array([[[1.0, 0.0, 0.0]]])
    assert n_mpjpe(pred, ref) == pytest.approx(np.sqrt(0.5))


def test_pck_counts_joints_within_the_threshold() -> None:
    pred = REF.copy()
    pred[:, 0] += [0.149, 0, 0]
    pred[:, 1] += [0.151, 0, 0]
    pred[0, 2] = np.nan
    assert pck(pred, REF) == pytest.approx(14 / 19)
    assert pck(pred, REF, 0.2) == 1.0
    assert pck(pred, REF, 0.1) == pytest.approx(9 / 19)
