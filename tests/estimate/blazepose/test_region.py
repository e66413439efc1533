import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posewright.estimate.blazepose.region import AlignmentFilter, Region

regions = st.builds(
    Region,
    st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)),
    st.floats(10, 3000),
    st.floats(-math.pi, math.pi, exclude_max=True),
)


def test_an_upright_person_is_not_turned():
    region = Region.from_alignment(np.array([[100.0, 200.0], [100.0, 120.0]]))
    assert region.rotation == pytest.approx(0.0)
    assert region.size == pytest.approx(2 * 80 * 1.25)
    assert region.centre == (100.0, 200.0)


@pytest.mark.parametrize(("top", "degrees"), [((180, 200), 90), ((20, 200), -90), ((100, 280), 180), ((156.5685, 143.4315), 45)])
def test_rotation_is_clockwise_on_the_screen(top, degrees):
    assert math.degrees(Region.from_alignment(np.array([[100.0, 200.0], top])).rotation) == pytest.approx(degrees, abs=1e-3)


@given(regions)
def test_region_and_alignment_points_are_there_and_back(region):
    up = region.turn @ (0.0, -region.size / 2 / 1.25)
    again = Region.from_alignment(np.array([region.centre, region.centre + up]))
    assert again.size == pytest.approx(region.size, rel=1e-9)
    np.testing.assert_allclose(again.turn, region.turn, atol=1e-6)
    assert -math.pi <= again.rotation <= math.pi


@given(regions, st.integers(8, 512))
def test_corners_of_the_crop_are_those_of_the_region(region, side):
    square = np.array([[0, 0, 1], [side, 0, 1], [side, side, 1], [0, side, 1]])
    np.testing.assert_allclose(square @ region.T_frame_crop(side).T, region.corners(), atol=1e-2)


@given(regions)
def test_corners_agree_with_opencv(region):
    box = cv2.boxPoints((region.centre, (region.size, region.size), math.degrees(region.rotation)))
    ours = region.corners()
    distance = np.linalg.norm(ours[:, None] - box[None], axis=-1).min(axis=1)
    assert distance.max() < 1e-3 * max(1.0, region.size, *map(abs, region.centre))


def test_a_region_that_has_collapsed_is_not_usable():
    assert Region((0.0, 0.0), 100.0, 0.0).usable
    assert not Region((0.0, 0.0), 2.0, 0.0).usable
    assert not Region((math.nan, 0.0), 100.0, 0.0).usable
    assert not Region.from_alignment(np.full((2, 2), np.nan)).usable


def one_euro(values, diameters, rate=30.0, min_cutoff=0.01, beta=10.0, speed_cutoff=1.0):
    """The filter's formula as printed, one coordinate at a time (Casiez et al. 2012, algorithm 1)."""

    def alpha(cutoff):
        tau = 1 / (2 * math.pi * cutoff)
        return 1 / (1 + tau * rate)

    out, speed = [values[0]], 0.0
    for i in range(1, len(values)):
        newest = (values[i] - values[i - 1]) * rate / diameters[i]
        speed = alpha(speed_cutoff) * newest + (1 - alpha(speed_cutoff)) * speed
        a = alpha(min_cutoff + beta * abs(speed))
        out.append(a * values[i] + (1 - a) * out[-1])
    return out


def test_filter_is_the_one_euro_filter():
    points = np.random.default_rng(1).normal(0, 3, (20, 2, 2)).cumsum(0) + np.array([[300, 400], [320, 200]])
    diameters = 2 * np.linalg.norm(points[:, 0] - points[:, 1], axis=1)
    follow = AlignmentFilter()
    smooth = np.array([follow(pair) for pair in points])
    for i in range(2):
        for k in range(2):
            np.testing.assert_allclose(smooth[:, i, k], one_euro(points[:, i, k], diameters), rtol=1e-12)


def test_filter_holds_still_and_follows_when_it_moves():
    still, moved = np.array([[100.0, 200.0], [100.0, 100.0]]), np.array([[180.0, 200.0], [180.0, 100.0]])
    follow = AlignmentFilter()
    follow(still)
    assert np.abs(follow(still + np.array([0.5, -0.5])) - still).max() < 0.2
    for _ in range(3):
        last = follow(moved)
    assert np.abs(last - moved).max() < 10
