import av
import cv2
import numpy as np
import pytest

from posewright.media import Frame, open_source
from posewright.media.frame import IDENTITY, compose, invert
from tests.media.clips import mean_difference, quarters, texture, write_clip

SIZE = (162, 98)
FULL, LIMITED = 2, 1
CROPS = [
    pytest.param(np.array([[1.0, 0.0, 30.0], [0.0, 1.0, 20.0]]), id="shift"),
    pytest.param(np.array([[0.4, 0.3, 20.0], [-0.3, 0.4, 60.0]]), id="enlarge and turn"),
    pytest.param(np.array([[1.3, -0.8, 40.0], [0.8, 1.3, -50.0]]), id="shrink, turn, over the edge"),
]


def plain_warp(frame, T_frame_crop, size):
    """The obvious way: the whole frame to RGB, then the crop."""
    return cv2.warpAffine(frame.rgb(), T_frame_crop, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def yuv_picture(rgb, layout, coefficients, colour_range):
    """`rgb` in another pixel format, by FFmpeg's own converter."""
    colour_range = FULL if layout.startswith("yuvj") else colour_range
    picture = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=layout, dst_colorspace=coefficients, dst_color_range=colour_range)
    picture.colorspace, picture.color_range = coefficients, colour_range
    return picture


@pytest.mark.parametrize("T_frame_crop", CROPS)
@pytest.mark.parametrize("layout", ["yuv420p", "yuvj420p", "nv12", "yuv422p", "yuv420p10le", "rgb24", "gray"])
def test_a_warped_crop_equals_the_plain_way(layout, T_frame_crop):
    frame = Frame.from_av(yuv_picture(texture(SIZE), layout, 1, LIMITED), 0, 0.0)
    crop = frame.warp(T_frame_crop, (64, 48))
    assert crop.shape == (48, 64, 3)
    assert crop.dtype == np.uint8
    assert mean_difference(crop, plain_warp(frame, T_frame_crop, (64, 48))) < 1.5


@pytest.mark.parametrize("T_frame_crop", CROPS)
def test_a_crop_of_a_decoded_clip_equals_the_plain_way(tmp_path, T_frame_crop):
    with open_source(write_clip(tmp_path / "a.mp4", [texture(seed=i) for i in range(3)], turn_deg=90)) as source:
        for frame in source:
            assert mean_difference(frame.warp(T_frame_crop, (64, 48)), plain_warp(frame, T_frame_crop, (64, 48))) < 1.5


@pytest.mark.parametrize("layout", ["yuv420p", "yuvj420p", "nv12", "yuv422p", "yuvj422p", "yuv444p", "yuv420p10le", "yuva420p", "rgb24", "bgr24", "rgba", "gbrp"])
@pytest.mark.parametrize("coefficients", [1, 5], ids=["BT.709", "BT.601"])
@pytest.mark.parametrize("colour_range", [LIMITED, FULL], ids=["limited", "full"])
def test_colours_survive_any_pixel_format(layout, coefficients, colour_range):
    rgb = texture(SIZE, grain=32)
    frame = Frame.from_av(yuv_picture(rgb, layout, coefficients, colour_range), 0, 0.0)
    assert mean_difference(frame.rgb(), rgb) < 2.5
    assert np.abs((frame.rgb().astype(int) - rgb).mean(axis=(0, 1))).max() < 1.5
    assert mean_difference(frame.warp(IDENTITY, SIZE), rgb) < 2.5


def test_the_tagged_matrix_is_obeyed():
    picture = yuv_picture(np.full((96, 160, 3), (220, 40, 40), np.uint8), "yuv420p", 1, LIMITED)
    right = Frame.from_av(picture, 0, 0.0).rgb()
    picture.colorspace = 5
    wrong = Frame.from_av(picture, 0, 0.0).rgb()
    assert mean_difference(right, wrong) > 5


@pytest.mark.parametrize(("size", "coefficients"), [((160, 96), 5), ((1280, 720), 1)])
def test_an_untagged_clip_is_taken_as_players_take_it(size, coefficients):
    red = np.full((size[1], size[0], 3), (220, 40, 40), np.uint8)
    picture = yuv_picture(red, "yuv420p", coefficients, LIMITED)
    picture.colorspace, picture.color_range = 2, 0
    assert mean_difference(Frame.from_av(picture, 0, 0.0).rgb(), red) < 2


@pytest.mark.parametrize("layout", ["yuv420p", "yuvj420p", "nv12", "rgb24"])
def test_outside_the_frame_is_black(layout):
    frame = Frame.from_av(yuv_picture(np.full((96, 160, 3), 200, np.uint8), layout, 1, LIMITED), 0, 0.0)
    crop = frame.warp(np.array([[1.0, 0.0, -40.0], [0.0, 1.0, 0.0]]), (80, 40))
    assert crop[:, :38].max() == 0
    assert crop[:, 42:].min() > 195


def test_chroma_lies_where_luma_does():
    """A step in colour without a step in brightness must come out where a step in brightness does; 4:2:0 chroma is left-sited."""
    height, width = 32, 64
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height, 33:] = 150  # luma steps half-way between pixels 32 and 33
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    chroma[:, :, 17:] = 160  # samples at luma 32 and 34: half-way is 33
    picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    picture.colorspace, picture.color_range = 1, LIMITED
    enlarged = Frame.from_av(picture, 0, 0.0).warp(np.array([[0.1, 0.0, 30.0], [0.0, 0.1, 10.0]]), (60, 8)).astype(int)
    difference = enlarged[0, :, 0] - enlarged[0, :, 1]  # red - green depends on chroma alone
    middle = (difference.min() + difference.max()) / 2
    assert 30.0 + 0.1 * int(np.argmax(difference > middle)) == pytest.approx(33.0, abs=0.15)


@pytest.mark.parametrize(
    ("turn_deg", "flip", "rotation", "corners"),
    [
        (0, False, 0, "RGBW"),
        (90, False, 270, "GWRB"),
        (180, False, 180, "WBGR"),
        (270, False, 90, "BRWG"),
        (0, True, 180, "GRWB"),
    ],
)
def test_a_turned_clip_stands_upright(tmp_path, turn_deg, flip, rotation, corners):
    path = write_clip(tmp_path / "turned.mp4", [quarters()] * 3, turn_deg=turn_deg, flip=flip)
    with open_source(path) as source:
        frames = list(source)
    upright = (96, 160) if turn_deg % 180 else (160, 96)
    assert source.info.frame_size == upright
    assert source.info.rotation == rotation
    assert frames[0].size == upright
    named = {"R": (255, 0, 0), "G": (0, 255, 0), "B": (0, 0, 255), "W": (255, 255, 255)}
    width, height = upright
    for picture in (frames[0].rgb(), frames[0].warp(IDENTITY, upright)):
        assert picture.shape == (height, width, 3)
        found = [picture[y, x] for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
        for colour, letter in zip(found, corners, strict=True):
            assert np.abs(colour.astype(int) - named[letter]).max() < 25


def test_a_frame_stays_valid_while_decoding_goes_on(tmp_path):
    pictures = [texture(seed=i) for i in range(40)]
    with open_source(write_clip(tmp_path / "a.mp4", pictures)) as source:
        held = list(source)
    for frame, picture in zip(held, pictures, strict=True):
        assert mean_difference(frame.rgb(), picture) < 6


def test_the_callers_picture_is_its_own():
    frame = Frame.from_rgb(texture())
    frame.rgb()[:] = 0
    assert frame.rgb().any()


def test_composing_with_the_inverse_gives_the_identity():
    T_a_b = np.array([[0.4, 0.3, 20.0], [-0.3, 0.5, 60.0]])
    np.testing.assert_allclose(compose(T_a_b, invert(T_a_b)), IDENTITY, atol=1e-12)


@pytest.mark.parametrize("turn_deg", [0, 90, 180, 270])
def test_luma_is_the_upright_picture_made_small(tmp_path, turn_deg):
    with open_source(write_clip(tmp_path / "a.mp4", [texture((320, 180), grain=20)], turn_deg=turn_deg)) as source:
        frame = next(iter(source))
    small = frame.luma(80)
    grey = cv2.cvtColor(frame.rgb(), cv2.COLOR_RGB2GRAY)
    assert small.shape == (grey.shape[0] // 4, grey.shape[1] // 4)
    assert max(small.shape) == 80
    assert np.corrcoef(small.ravel(), cv2.resize(grey, small.shape[::-1], interpolation=cv2.INTER_AREA).ravel())[0, 1] > 0.99
    assert max(frame.luma(1000).shape) == 320, "never enlarged"
    assert Frame.from_rgb(frame.rgb()).luma(80).shape == small.shape
