import numpy as np
import pytest

from posewright.estimate.crop import network_input
from posewright.estimate.midas import VARIANTS, MiDaS, enlarged, input_size, resized
from tests.estimate.stub import StubSession, noise_frame
from tests.nets.golden import golden


@pytest.mark.parametrize(("name", "variant"), [("small_256", "small"), ("v21_384", "large"), ("dpt_384", "dpt-hybrid")])
def test_sizes_are_the_published_ones(name, variant):
    published = np.load(golden("midas/preprocess.npz"))
    for size, wanted in zip(published["sizes_wh_in"].tolist(), published[f"{name}/sizes_wh_out"].tolist(), strict=True):
        assert input_size(tuple(size), VARIANTS[variant].side, VARIANTS[variant].fit) == tuple(wanted)


def test_the_networks_input_is_the_published_one():
    published = np.load(golden("midas/preprocess.npz"))
    small = resized(published["image_uint8_rgb"], input_size((160, 90), 64))
    np.testing.assert_allclose(small / 255, published["resize64_upper_bound"], atol=1e-5)
    np.testing.assert_allclose(network_input(small, VARIANTS["small"].pixels), published["net_input_64"], atol=2e-5)


def test_the_map_is_enlarged_as_published():
    published = np.load(golden("midas/preprocess.npz"))
    np.testing.assert_allclose(enlarged(published["post_in"][0, 0], (50, 30)), published["post_bicubic_30x50"][0, 0], atol=1e-5)


@pytest.mark.parametrize("variant", VARIANTS)
def test_sides_are_multiples_of_32_that_keep_the_aspect(variant):
    depth = VARIANTS[variant]
    for size in [(1920, 1080), (720, 1280), (640, 480), (50, 31), (8, 4000)]:
        width, height = input_size(size, depth.side, depth.fit)
        assert width % 32 == height % 32 == 0
        assert min(width, height) >= 32


def test_a_frame_becomes_a_map():
    midas = MiDaS(StubSession([(-1, -1, -1)], lambda tensor: [tensor[:, 0]]))
    assert midas(noise_frame(640, 480)).shape == (192, 256)
