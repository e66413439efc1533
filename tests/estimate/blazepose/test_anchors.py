import numpy as np

from posewright.estimate.blazepose.anchors import ssd_anchors


def test_two_anchors_a_layer_on_grids_of_three_strides():
    anchors = ssd_anchors()
    assert anchors.shape == (28 * 28 * 2 + 14 * 14 * 2 + 7 * 7 * 6, 2) == (2254, 2)


def test_order_is_rows_of_cells_each_cell_with_all_its_anchors():
    anchors = ssd_anchors(32, (8, 16, 16))
    np.testing.assert_allclose(anchors[:4], [[0.125, 0.125], [0.125, 0.125], [0.375, 0.125], [0.375, 0.125]])
    np.testing.assert_allclose(anchors[8], [0.125, 0.375])
    np.testing.assert_allclose(anchors[32:37], [[0.25, 0.25]] * 4 + [[0.75, 0.25]])
    assert len(anchors) == 32 + 16
