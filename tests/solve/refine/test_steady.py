import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from posewright.geometry import normalize
from posewright.skeletons import HALPE26
from posewright.skeletons.bone_tree import tree_for
from posewright.solve.refine import RefineOptions
from posewright.solve.refine.problem import State
from posewright.solve.refine.steady import LEAST_FRAMES, low_passed, steadied

TREE = tree_for(HALPE26)


def wave(hz, times):
    return np.sin(2 * np.pi * hz * times + 0.4)[:, None]


@pytest.mark.parametrize("rate", [24.0, 60.0, 120.0])
def test_slow_movement_stays_half_is_left_at_the_cut_off_and_shaking_goes(rate):
    times = np.arange(0, 4, 1 / rate)
    inside = slice(len(times) // 4, -len(times) // 4)
    for hz, left, spread in ((1.0, 1.0, 0.005), (3.0, 1.0, 0.02), (6.5, 0.5, 0.03), (10.0, 0.03, 0.03)):
        x = wave(hz, times)
        gain = float(np.sum(low_passed(x, times, 6.5)[inside] * x[inside]) / np.sum(x[inside] ** 2))
        assert gain == pytest.approx(left, abs=spread), hz


def test_it_is_the_filter_of_books():
    """SciPy's Butterworth filter, forwards and backwards, at a rate at which its warping of frequencies does not tell."""
    times = np.arange(0, 3, 1 / 240)
    x = np.random.default_rng(0).normal(size=(len(times), 2)).cumsum(0) / 20
    book = sosfiltfilt(butter(4, 6.5, fs=240, output="sos"), x, axis=0)
    inside = slice(60, -60)
    assert np.abs(low_passed(x, times, 6.5) - book)[inside].max() < 0.05 * np.abs(x - book)[inside].max()


def test_lines_and_rest_stay_to_the_ends():
    times = np.arange(50) / 30.0
    line = np.stack([2.0 * times - 1.0, np.full(50, 3.0)], axis=1)
    np.testing.assert_allclose(low_passed(line, times, 6.5), line, atol=1e-9)


def test_uneven_times_give_nearly_what_even_ones_do():
    rng = np.random.default_rng(1)
    times = np.sort(np.arange(120) / 60 + rng.uniform(-0.004, 0.004, 120))
    slow = wave(1.5, times)
    np.testing.assert_allclose(low_passed(slow, times, 6.5), slow, atol=0.03)
    noisy = slow + 0.1 * wave(14.0, times)
    assert np.abs(low_passed(noisy, times, 6.5) - slow)[10:-10].std() < 0.3 * 0.0707


@pytest.mark.parametrize(("frames", "rate", "cutoff"), [(LEAST_FRAMES - 1, 60.0, 6.5), (1, 30.0, 6.5), (40, 12.0, 6.5), (40, 30.0, np.inf)])
def test_where_there_is_nothing_to_take_out_all_stays(frames, rate, cutoff):
    values = np.random.default_rng(2).normal(size=(frames, 3))
    np.testing.assert_array_equal(low_passed(values, np.arange(frames) / rate, cutoff), values)


@pytest.mark.parametrize("frames", [LEAST_FRAMES, 9, 20])
def test_short_clips_are_finite(frames):
    values = np.random.default_rng(3).normal(size=(frames, 4, 3))
    out = low_passed(values, np.arange(frames) / 24.0, 6.5)
    assert out.shape == values.shape
    assert np.isfinite(out).all()


def test_a_blow_is_left_and_a_shaking_limb_beside_it_is_not():
    times = np.arange(90) / 60.0
    directions = np.tile(normalize(np.array([0.2, -1.0, 0.1])), (90, len(TREE.bones), 1))
    strikes, shakes = TREE.bones.index("left_forearm"), TREE.bones.index("right_shin")
    angle = 2.0 / (1.0 + np.exp(-(times - 0.75) * 45.0))  # 115 degrees within a tenth of a second
    directions[:, strikes] = np.stack([np.sin(angle), -np.cos(angle), 0 * angle], axis=-1)
    tremble = 0.01 * np.sin(2 * np.pi * 12 * times)
    directions[:, shakes] = normalize(np.stack([tremble, -np.ones(90), 0 * tremble], axis=-1))
    state = State(np.tile([0.0, 0.0, 4.0], (90, 1)), directions, TREE.reference)
    out = steadied(state, times, RefineOptions()).directions
    np.testing.assert_allclose(np.linalg.norm(out, axis=-1), 1.0)

    def peak(d):
        return np.linalg.norm(np.gradient(d[:, strikes], times, axis=0), axis=-1).max()

    everywhere = low_passed(directions, times, RefineOptions().cutoff_hz)
    assert peak(out) > 0.95 * peak(directions) > 1.15 * peak(everywhere)
    assert out[10:-10, shakes, 0].std() < 0.15 * directions[10:-10, shakes, 0].std()
