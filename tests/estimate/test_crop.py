import numpy as np
import pytest

from posewright.estimate.crop import Crop, network_input
from posewright.media import Frame
from posewright.media.frame import invert
from posewright.nets.table import BGR_IMAGENET, RGB
from tests.nets.golden import golden


@pytest.fixture
def published():
    return np.load(golden("hrnet/decode.npz"))


def test_boxes_become_the_published_centres_and_scales(published):
    for (x, y, width, height), centre, scale in zip(published["boxes_xywh"], published["center"], published["scale"], strict=True):
        crop = Crop.of_box(np.array([x, y, x + width, y + height]), 192 / 256)
        np.testing.assert_allclose(crop.centre, centre)
        np.testing.assert_allclose(crop.size, 200 * scale)


def test_the_affines_are_the_published_ones(published):
    for i, (centre, scale) in enumerate(zip(published["center"], published["scale"], strict=True)):
        crop = Crop(tuple(centre.tolist()), tuple((200 * scale).tolist()))
        np.testing.assert_allclose(invert(crop.T_frame_crop((192, 256))), published["affine_fwd"][i], atol=1e-9)
        np.testing.assert_allclose(crop.T_frame_crop((48, 64)), published["affine_inv_heatmap"][i], atol=1e-9)


def test_the_crop_and_the_networks_input_are_the_published_ones(published):
    T_frame_crop = invert(published["crop_trans"])
    crop = Frame.from_rgb(published["image_uint8_rgb"]).warp(T_frame_crop, (96, 128))
    assert np.abs(crop.astype(int) - published["crop_96x128_uint8"]).max() <= 2  # OpenCV's versions round differently
    np.testing.assert_allclose(network_input(published["crop_96x128_uint8"][None], RGB), published["net_input_from_crop"], atol=1e-6)


@pytest.mark.parametrize(("box", "size"), [((10, 20, 110, 40), (125.0, 125 * 4 / 3)), ((0, 0, 10, 100), (93.75, 125.0))], ids=["wide", "tall"])
def test_a_box_is_enlarged_to_the_aspect_and_padded(box, size):
    crop = Crop.of_box(np.array(box), 192 / 256)
    assert crop.centre == ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    np.testing.assert_allclose(crop.size, size)


def test_corners_of_the_crop_fall_on_corners_in_the_frame():
    crop = Crop((100.0, 60.0), (30.0, 40.0))
    np.testing.assert_allclose(crop.to_frame(np.array([[0.0, 0.0], [192.0, 256.0]]), (192, 256)), [[85.0, 40.0], [115.0, 80.0]])
    np.testing.assert_allclose(crop.corners(), [[85, 40], [115, 40], [115, 80], [85, 80]])


def test_simplebaseline_takes_blue_first_with_the_figures_of_red():
    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 255
    assert network_input(red, RGB).shape == (3, 2, 2)
    np.testing.assert_allclose(network_input(red, RGB)[:, 0, 0], [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225], rtol=1e-5)
    np.testing.assert_allclose(network_input(red, BGR_IMAGENET)[:, 0, 0], [-0.485 / 0.229, -0.456 / 0.224, (1 - 0.406) / 0.225], rtol=1e-5)
