import numpy as np
import pytest

from posewright.errors import ModelError
from posewright.estimate.simcc import SimCCNetwork, decode_simcc
from posewright.skeletons import COCO17, HALPE26
from tests.estimate.stub import StubSession, noise_frame

SHAPES = [(-1, 17, 384), (-1, 17, 512)]
TRUTH = np.random.default_rng(0).uniform(10, 180, (17, 2))


def distribution(places, bins):
    return np.exp(-((np.arange(bins) - 2 * places[:, None]) ** 2) / 32).astype(np.float32)


def network(tensor):
    turned = (TRUTH * (-1, 1) + (191.5, 0))[COCO17.mirror()]  # bins, two a pixel, are mirrored as bins
    people = [TRUTH, turned][: len(tensor)]
    return [np.stack([distribution(p[:, axis], bins) for p in people]) for axis, bins in ((0, 384), (1, 512))]


@pytest.mark.parametrize("flip_test", [False, True])
def test_joints_are_found_where_they_are(flip_test):
    net = SimCCNetwork(StubSession(SHAPES, network), flip_test)
    ((xy, confidence, crop),) = net(noise_frame(), [np.array([40.0, 10.0, 160.0, 200.0])])
    assert np.abs(xy - crop.to_frame(TRUTH, (192, 256))).max() < 0.3 * crop.size[0] / 192
    assert confidence.min() > 0.97


def test_the_lesser_height_is_the_confidence_and_nothing_above_zero_is_nowhere():
    x, y = np.zeros((1, 2, 8), np.float32), np.zeros((1, 2, 6), np.float32)
    x[0, 0, 3], y[0, 0, 4] = 0.9, 0.4
    x[0, 1, 5] = 0.9
    points, height = decode_simcc(x, y)
    np.testing.assert_array_equal(points, [[[3, 4], [-1, -1]]])
    np.testing.assert_allclose(height, [[0.4, 0.0]])


def test_the_joint_set_follows_the_rows():
    assert SimCCNetwork(StubSession([(-1, 26, 384), (-1, 26, 512)], network)).joint_set is HALPE26
    with pytest.raises(ModelError, match="two with 17"):
        SimCCNetwork(StubSession([(-1, 17, 64, 48)], network))
