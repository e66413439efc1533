"""The measure against cases counted by hand."""

import numpy as np
import pytest

from posewright.train.estimator.pck import box_side, pck, torso


def test_near_is_near_and_nothing_is_wrong():
    truth = np.array([[[0.0, 0.0], [100.0, 0.0], [0.0, 200.0]], [[0.0, 0.0], [50.0, 0.0], [0.0, 10.0]]])
    assert box_side(truth).tolist() == [200, 50]
    pred = truth.copy()
    pred[0, 0, 0] += 19.9  # within a tenth of 200
    pred[1, 0, 0] += 5.1  # beyond a tenth of 50
    pred[1, 1] = np.nan
    assert pck(pred, truth, box_side(truth)).tolist() == [0.5, 0.5, 1.0]


def test_unknown_truth_does_not_count():
    truth = np.full((3, 2, 2), np.nan)
    truth[0, 0] = 0
    share = pck(np.zeros((3, 2, 2)), truth, np.ones(3))
    assert share[0] == 1
    assert np.isnan(share[1])


def test_the_torso_is_a_diagonal():
    assert torso(np.array([[[0.0, 0.0], [3.0, 4.0]]]), 0, 1).tolist() == [5]


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        pck(np.zeros((2, 3, 2)), np.zeros((3, 3, 2)), np.ones(2))
