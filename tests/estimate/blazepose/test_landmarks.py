import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posewright.estimate.blazepose.landmarks import LandmarkNetwork, RawOutput, refine
from posewright.estimate.blazepose.region import Region
from posewright.media import Frame


def refine_slowly(xy, heatmap):
    """The same, one cell at a time."""
    height, width, count = heatmap.shape
    out = xy.astype(np.float64).copy()
    for k in range(count):
        column, row = int(xy[k, 0] * width), int(xy[k, 1] * height)
        if not (0 <= column < width and 0 <= row < height):
            continue
        total = peak = x = y = 0.0
        for j in range(max(0, row - 4), min(height, row + 5)):
            for i in range(max(0, column - 4), min(width, column + 5)):
                p = 1 / (1 + math.exp(-float(heatmap[j, i, k])))
                total, x, y, peak = total + p, x + p * i, y + p * j, max(peak, p)
        if peak >= 0.5:
            out[k] = x / total / width, y / total / height
    return out


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_refining_equals_the_slow_way(seed):
    rng = np.random.default_rng(seed)
    heatmap = rng.normal(-3, 1.5, (16, 20, 12)).astype(np.float32)
    xy = rng.uniform(-0.2, 1.2, (12, 2))
    np.testing.assert_allclose(refine(xy, heatmap), refine_slowly(xy, heatmap), atol=1e-6)


def test_refining_moves_to_the_peak_only_where_it_is_sure():
    heatmap = np.full((64, 64, 2), -20.0, np.float32)
    heatmap[30, 33, 0] = 8.0
    heatmap[30, 33, 1] = -0.1
    xy = np.array([[32.5, 32.5], [32.5, 32.5]]) / 64
    moved = refine(xy, heatmap)
    np.testing.assert_allclose(moved[0] * 64, [33, 30], atol=1e-3)
    np.testing.assert_allclose(moved[1], xy[1])


def raw_output(**changes):
    landmarks = np.zeros((35, 5), np.float32)
    values = {"landmarks": landmarks, "score": 0.9, "heatmap": np.full((64, 64, 35), -20.0, np.float32), "world": np.zeros((33, 3), np.float32)}
    return RawOutput(**{**values, **changes})


def test_landmarks_are_turned_scaled_and_shifted_into_the_frame():
    landmarks = np.zeros((35, 5), np.float32)
    landmarks[0, :3] = 256, 128, 32  # right edge of the crop, half-way down
    landmarks[33:, :2] = [[128, 128], [128, 26]]
    landmarks[1, 3:] = 3.0, -3.0
    world = np.zeros((33, 3), np.float32)
    world[0] = 1.0, 0.0, 0.5
    region = Region((100.0, 50.0), 512.0, math.pi / 2)
    found = LandmarkNetwork(None).decode(raw_output(landmarks=landmarks, world=world), region)
    np.testing.assert_allclose(found.xyz[0], [100, 50 + 256, 64], atol=1e-4)
    np.testing.assert_allclose(found.world[0], [0, 1, 0.5], atol=1e-6)
    np.testing.assert_allclose(found.alignment[0], [100, 50], atol=1e-4)
    assert found.visibility[1] == pytest.approx(1 / (1 + math.exp(-3)))
    assert found.presence[1] == pytest.approx(1 / (1 + math.exp(3)))


def test_a_point_is_as_sharp_as_its_heat_map_is_high():
    heatmap = np.full((64, 64, 35), -20.0, np.float32)
    heatmap[3, 40, 7] = 2.0
    heatmap[60, 1, 34] = 9.0  # one of the two that are not the body's
    found = LandmarkNetwork(None).decode(raw_output(heatmap=heatmap), Region((0.0, 0.0), 256.0, 0.0))
    assert found.sharpness.shape == (33,)
    assert found.sharpness[7] == pytest.approx(1 / (1 + math.exp(-2)))
    assert np.delete(found.sharpness, 7).max() < 1e-6


class FakeSession:
    def __init__(self, score):
        self.score = score

    def run(self, inputs):
        (self.asked,) = inputs
        return [np.zeros((1, 195)), np.array([[self.score]]), np.zeros((1, 64, 64, 39), np.float32), np.zeros((1, 117), np.float32)]


def test_nobody_where_the_score_is_low():
    frame, region = Frame.from_rgb(np.full((90, 120, 3), 51, np.uint8)), Region((60.0, 45.0), 200.0, 0.3)
    assert LandmarkNetwork(FakeSession(0.5))(frame, region) is None
    session = FakeSession(0.51)
    assert LandmarkNetwork(session)(frame, region).score == 0.51
    assert session.asked.dtype == np.float32
    np.testing.assert_allclose(session.asked, 0.2, atol=1e-6)  # beyond the frame its edge is repeated
