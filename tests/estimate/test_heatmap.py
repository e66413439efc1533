import numpy as np
import pytest

from posewright.errors import ModelError
from posewright.estimate.crop import Crop
from posewright.estimate.heatmap import HeatmapNetwork, decode_heatmaps, flip_back, shift_right
from posewright.nets.table import RGB
from posewright.skeletons import COCO17, MPII16
from tests.estimate.stub import StubSession, bumps, noise_frame
from tests.nets.golden import golden

SIZE = (48, 64)


@pytest.fixture
def published():
    return np.load(golden("hrnet/decode.npz"))


def test_peaks_are_the_published_ones(published):
    points, highest = decode_heatmaps(published["heatmaps"], quarter_shift=False)
    np.testing.assert_array_equal(points, published["max_preds"])
    np.testing.assert_array_equal(highest, published["maxvals"][..., 0])


@pytest.mark.parametrize(("quarter_shift", "name"), [(True, "final_preds"), (False, "final_preds_no_postprocess")])
def test_joints_in_the_frame_are_the_published_ones(published, quarter_shift, name):
    points, _ = decode_heatmaps(published["heatmaps"], quarter_shift)
    for xy, centre, scale, wanted in zip(points, published["center"], published["scale"], published[name], strict=True):
        crop = Crop(tuple(centre.tolist()), tuple((200 * scale).tolist()))
        np.testing.assert_allclose(crop.to_frame(xy, SIZE), wanted, rtol=1e-6)


@pytest.mark.parametrize("model", ["hrnet", "simplebaseline"])
def test_the_flip_test_is_the_published_one(model):
    published = np.load(golden(f"{model}/decode.npz"))
    shifted = shift_right(published["fliptest/flip_back"])
    np.testing.assert_array_equal(shifted, published["fliptest/flip_shifted"])
    np.testing.assert_allclose((published["fliptest/out"] + shifted) / 2, published["fliptest/out_fliptest"], atol=1e-7)


def test_flipping_back_exchanges_left_and_right(published):
    np.testing.assert_array_equal(flip_back(published["heatmaps"], COCO17), published["flip_back_out"])


def test_a_peak_moves_a_quarter_towards_its_higher_neighbour_except_at_the_edge():
    maps = np.zeros((1, 5, 6, 8), np.float32)
    for j, (x, y) in enumerate([(3, 3), (1, 3), (6, 3), (7, 3)]):
        maps[0, j, y, x] = 1.0
        maps[0, j, y, x - 1] = 0.5
        maps[0, j, y - 1, x] = 0.5
    points, highest = decode_heatmaps(maps)
    np.testing.assert_array_equal(points[0], [(2.75, 2.75), (1, 3), (5.75, 2.75), (7, 3), (0, 0)])
    np.testing.assert_array_equal(highest[0], [1, 1, 1, 1, 0])


@pytest.mark.parametrize("flip_test", [False, True])
def test_joints_are_found_where_they_are(flip_test):
    """A network that shows true joints, in the crop as in its mirror image, is read to a quarter of a pixel of the map."""
    truth = np.random.default_rng(0).uniform(6, 40, (17, 2))
    pixels = truth * (4, 4)

    def network(tensor):
        maps = [bumps(truth, SIZE)]
        if len(tensor) > 1:
            turned = (pixels * (-1, 1) + (191, 0))[COCO17.mirror()] / 4  # the mirror of pixels, not of cells: hence the shift
            maps.append(bumps(turned, SIZE))
        return [np.stack(maps)]

    net = HeatmapNetwork(StubSession([(-1, 17, 64, 48)], network), RGB, flip_test)
    ((xy, confidence, crop),) = net(noise_frame(), [np.array([40.0, 10.0, 160.0, 200.0])])
    expected = crop.to_frame(truth, SIZE)
    cell = crop.size[0] / 48
    assert np.abs(xy - expected).max() < 0.6 * cell
    assert confidence.min() > 0.8
    assert confidence.max() <= 1.0


def test_many_at_once_equal_one_at_a_time():
    def network(tensor):
        pooled = tensor.reshape(len(tensor), 3, 64, 4, 48, 4).mean(axis=(3, 5))
        return [np.concatenate([pooled] * 6, axis=1)[:, :17]]

    net = HeatmapNetwork(StubSession([(-1, 17, 64, 48)], network), RGB)
    boxes = [np.array([10.0 * i, 5.0 * i, 60.0 + 12 * i, 120.0 + 5 * i]) for i in range(20)]  # more than one batch
    together = net(noise_frame(), boxes)
    for box, (xy, confidence, crop) in zip(boxes, together, strict=True):
        ((xy_alone, confidence_alone, crop_alone),) = net(noise_frame(), [box])
        np.testing.assert_array_equal(xy, xy_alone)
        np.testing.assert_array_equal(confidence, confidence_alone)
        assert crop == crop_alone


def test_the_joint_set_follows_the_number_of_maps():
    assert HeatmapNetwork(StubSession([(-1, 16, 64, 64)], list, (256, 256)), RGB).joint_set is MPII16
    with pytest.raises(ModelError, match="21 heat maps"):
        HeatmapNetwork(StubSession([(-1, 21, 64, 64)], list), RGB)
