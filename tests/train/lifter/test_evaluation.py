import numpy as np
import pytest

from posewright.lift.wright.outputs import OUTPUTS, PARTS, matrix_of, six_of
from posewright.lift.wright.window import TREE
from posewright.train.lifter.evaluation import angles_between, f1, figures, placed
from posewright.train.lifter.pairs import Pairs


def truth(count=20, seed=0):
    rng = np.random.default_rng(seed)
    targets = np.zeros((count, OUTPUTS), dtype=np.float32)
    directions = rng.normal(size=(count, len(TREE.bones) + 1, 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    targets[:, : PARTS["up"].stop] = directions.reshape(count, -1)
    targets[:, PARTS["rotations"]] = rng.normal(size=(count, PARTS["rotations"].stop - PARTS["rotations"].start))
    targets[:, PARTS["contacts"]] = rng.random((count, 4)) > 0.5
    targets[:, PARTS["velocity"]] = rng.normal(size=(count, 3))
    return targets


def test_the_truth_itself_has_no_errors():
    targets = truth()
    perfect = targets.copy()
    perfect[:, PARTS["contacts"]] = 10.0 * (2.0 * targets[:, PARTS["contacts"]] - 1.0)
    found = figures(lambda inputs: perfect, Pairs(np.zeros((20, 3), np.float32), targets))
    assert (found.mpjpe_mm, found.velocity) == pytest.approx((0.0, 0.0), abs=1e-3)
    assert found.pa_mpjpe_mm == pytest.approx(0.0, abs=1e-2)
    assert found.contact_f1 == 1.0
    assert found.rotations_deg < 0.1


def test_errors_are_what_a_plain_sum_gives():
    targets, given = truth(), truth(seed=1)
    found = figures(lambda inputs: given, Pairs(np.zeros((20, 3), np.float32), targets))
    a, b = (placed(each[:, PARTS["directions"]].reshape(20, -1, 3).astype(np.float64)) for each in (given, targets))
    assert found.mpjpe_mm == pytest.approx(1000 * np.mean([[np.linalg.norm(p - q) for p, q in zip(x, y, strict=True)] for x, y in zip(a, b, strict=True)]), rel=1e-5)


def test_what_is_not_known_does_not_count():
    targets, given = truth(), truth(seed=1)
    targets[10:, PARTS["velocity"]] = np.nan
    targets[10:, PARTS["contacts"]] = np.nan
    half = figures(lambda inputs: given[:10], Pairs(np.zeros((10, 3), np.float32), targets[:10]))
    whole = figures(lambda inputs: given, Pairs(np.zeros((20, 3), np.float32), targets))
    assert (whole.velocity, whole.contact_f1) == pytest.approx((half.velocity, half.contact_f1))


def test_angles_of_rotations_and_six_numbers():
    c, s = np.cos(0.3), np.sin(0.3)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    assert angles_between(turn, np.eye(3)) == pytest.approx(np.degrees(0.3))
    np.testing.assert_allclose(matrix_of(six_of(turn)), turn, atol=1e-12)
    skewed = six_of(turn) * [2, 2, 2, 0.5, 0.5, 0.5]
    np.testing.assert_allclose(matrix_of(skewed), turn, atol=1e-12)


def test_f1_by_hand():
    assert f1(np.array([True, True, False, False]), np.array([True, False, True, False])) == pytest.approx(0.5)
