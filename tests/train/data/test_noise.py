from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from posewright.errors import InputError
from posewright.train.data.bodies import POINTS, Bodies
from posewright.train.data.noise import DetectorNoise, across_trunk, along_trunk, exchanged, load_noise
from posewright.train.data.process import STEP, even, process
from posewright.train.data.sequences import Sequences
from posewright.train.data.stream import Scene, scenes
from posewright.train.data.visibility import COVERED, HIDDEN, OUTSIDE, SEEN, straight, view_of


@pytest.fixture(scope="module")
def noise() -> DetectorNoise:
    return load_noise()


@pytest.fixture(scope="module")
def scene(sequences: Sequences, bodies: Bodies) -> Scene:
    return scenes(sequences, bodies, np.random.default_rng(5), 200, np.arange(-20.0, 21.0))


def test_the_same_seed_gives_the_same_noise(noise: DetectorNoise, scene: Scene) -> None:
    first, again, other = (noise.sample(np.random.default_rng(seed), scene.points[:20], scene.bodies.stature[:20], world=True) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.rays, again.rays)
    np.testing.assert_array_equal(first.confidence, again.confidence)
    np.testing.assert_array_equal(first.world, again.world)
    assert not np.allclose(first.rays, other.rays)


def test_errors_are_of_a_detectors_size(noise: DetectorNoise, scene: Scene) -> None:
    seen = noise.sample(np.random.default_rng(1), scene.points, scene.bodies.stature, things=0.0, cut=0.0)
    assert np.isfinite(seen.rays).all()
    error = np.linalg.norm(seen.rays - scene.rays(), axis=-1) / scene.size()[..., None]
    medians = np.median(error, axis=(0, 1))
    assert (medians > 0.003).all()
    assert (medians < 0.05).all()
    plain, behind = (np.median(error[..., 15:23][seen.state[..., 15:23] == state]) for state in (SEEN, HIDDEN))
    assert behind > 1.4 * plain


def test_residuals_follow_the_measured_lengths(noise: DetectorNoise) -> None:
    gauss = np.random.default_rng(3).standard_normal((400, 20, len(POINTS), 2)).astype(np.float32)
    state = np.zeros(gauss.shape[:3], dtype=np.int8)
    error, radius = noise.picture(gauss, state)
    np.testing.assert_allclose(radius, np.linalg.norm(gauss, axis=-1), rtol=1e-5)
    plain = np.einsum("pkl,nwpl->nwpk", np.linalg.inv(noise.picture.shape), error)
    length = np.linalg.norm(plain, axis=-1)
    for place, share in ((8, 1 - np.exp(-((8 * STEP) ** 2) / 2)), (14, 1 - np.exp(-((14 * STEP) ** 2) / 2))):
        np.testing.assert_allclose(np.quantile(length, share, axis=(0, 1)), noise.picture.radius[:, SEEN, place], rtol=0.08)


def test_confidence_tells_what_is_hidden(noise: DetectorNoise, scene: Scene) -> None:
    seen = noise.sample(np.random.default_rng(1), scene.points, scene.bodies.stature, things=0.3, cut=0.3)
    assert seen.confidence.min() >= 0.0
    assert seen.confidence.max() <= 1.0
    hands = [POINTS.index(f"{side}_{point}") for side in ("left", "right") for point in ("wrist", "index")]
    means = [seen.confidence[..., hands][seen.state[..., hands] == state].mean() for state in (SEEN, HIDDEN, COVERED, OUTSIDE)]
    assert means[0] > means[1] + 0.15
    assert means[0] > means[3] + 0.3
    none = noise.sample(np.random.default_rng(1), scene.points, scene.bodies.stature, things=0.0, cut=0.0)
    assert set(np.unique(none.state)) <= {SEEN, HIDDEN}


def test_its_own_3d_is_near_the_truth_but_not_too_near(noise: DetectorNoise, scene: Scene) -> None:
    seen = noise.sample(np.random.default_rng(1), scene.points, scene.bodies.stature, world=True)
    assert seen.world is not None
    error = np.linalg.norm(seen.world - straight(scene.points), axis=-1)
    assert 0.03 < np.median(error) < 0.2


def test_errors_hold_on_for_a_while(noise: DetectorNoise) -> None:
    gauss = noise.gauss(np.random.default_rng(2), 300, even(40), world=False)
    np.testing.assert_allclose(gauss.std((0, 1)), 1.0, atol=0.1)
    alike = [float((gauss[:, :-lag] * gauss[:, lag:]).mean()) for lag in (1, 5, 15)]
    assert alike[0] > alike[1] > alike[2] > 0.0


@pytest.mark.parametrize("times_s", [even(31), np.array([-1.5, -0.8, -0.4, -0.2, -0.1, 0.0, 0.1, 0.3, 0.6, 1.0])])
def test_a_process_has_the_correlation_asked_for_at_even_times_and_others(times_s: np.ndarray) -> None:
    values = process(np.random.default_rng(0), 4000, times_s, 2, 0.6)
    assert values.shape == (4000, len(times_s), 2)
    np.testing.assert_allclose(values.var((0, 2)), 1.0, atol=0.06)
    for later in (2, 6, 9):
        np.testing.assert_allclose((values[:, 0] * values[:, later]).mean(), np.exp((times_s[0] - times_s[later]) / 0.6), atol=0.07)
    assert process(np.random.default_rng(0), 3, times_s, 2, np.inf).shape == (3, 1, 2)
    assert process(np.random.default_rng(0), 3, times_s[:1], 2, 0.6).shape == (3, 1, 2)


def test_mistakes_of_left_and_right_last_as_long_whenever_one_looks(noise: DetectorNoise, scene: Scene) -> None:
    often = replace(noise, swaps=np.broadcast_to(np.array([0.05, 0.2], dtype=np.float32), noise.swaps.shape).copy())
    dense, sparse = np.arange(0, 41) / 30.0, np.arange(0, 41, 4) / 30.0
    points = np.repeat(scene.points[:, :1], len(dense), axis=1)
    every, some = (often.swapped(np.random.default_rng(1), view_of(points[:, : len(times)]), times) for times in (dense, sparse))
    assert every.mean() == pytest.approx(0.2, abs=0.03)
    assert some.mean() == pytest.approx(0.2, abs=0.03)
    again = [float((on[:, :-lag] & on[:, lag:]).mean() / on.mean()) for on, lag in ((every, 4), (some, 1))]
    assert again[0] == pytest.approx(0.2 + 0.8 * 0.75**4, abs=0.06)
    assert again[1] == pytest.approx(again[0], abs=0.06)


def test_axes_of_the_trunk_and_back() -> None:
    rng = np.random.default_rng(0)
    error, up = rng.normal(size=(7, 33, 2)), rng.normal(size=(7, 2))
    up /= np.linalg.norm(up, axis=-1, keepdims=True)
    np.testing.assert_allclose(along_trunk(across_trunk(error, up), up), error, atol=1e-12)
    upright = along_trunk(np.array([[[1.0, 2.0]]]), np.array([[0.0, -1.0]]))
    np.testing.assert_allclose(upright, [[[1.0, -2.0]]])


def test_legs_are_mistaken_without_the_arms(noise: DetectorNoise, scene: Scene) -> None:
    values = scene.points[:2]
    on = np.zeros((2, values.shape[1], 2), dtype=bool)
    on[1, 3, 0] = True
    out = exchanged(values, on)
    left, right = POINTS.index("left_knee"), POINTS.index("right_knee")
    np.testing.assert_array_equal(out[1, 3, left], values[1, 3, right])
    np.testing.assert_array_equal(out[1, 3, 11:23], values[1, 3, 11:23])
    np.testing.assert_array_equal(out[0], values[0])
    assert noise.swaps[:, :, 0].max() < 0.1


def test_saved_and_loaded(noise: DetectorNoise, tmp_path: Path) -> None:
    noise.save(tmp_path / "noise.npz")
    found = load_noise(tmp_path / "noise.npz")
    np.testing.assert_allclose(found.picture.radius, noise.picture.radius, atol=1e-4)
    np.testing.assert_array_equal(found.trust, noise.trust)
    np.savez(tmp_path / "other.npz", points=np.array(["nose"]))
    with pytest.raises(InputError, match="measure it again"):
        load_noise(tmp_path / "other.npz")
