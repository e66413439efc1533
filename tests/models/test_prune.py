import numpy as np
import pytest

from posewright.models.prune import without_outputs
from posewright.models.runtime import LiteRTSession
from tests.estimate.blazepose.sample import network


def test_the_rest_stays_the_same_to_the_bit():
    path = network("blazepose-full")
    crop = np.random.default_rng(0).random((1, 256, 256, 3), dtype=np.float32)
    landmarks, score, mask, heatmap, world = LiteRTSession(path).run([crop])
    assert mask.shape == (1, 256, 256, 1)
    for kept, whole in zip(LiteRTSession(path, unused=["Identity_2"]).run([crop]), (landmarks, score, heatmap, world), strict=True):
        np.testing.assert_array_equal(kept, whole)


def test_nothing_to_leave_out_leaves_the_file_as_it_is():
    assert without_outputs(b"anything", []) == b"anything"


def test_an_output_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="no output Nothing; it has Identity"):
        without_outputs(network("blazepose-full").read_bytes(), ["Nothing"])
