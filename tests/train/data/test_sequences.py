from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from posewright.errors import InputError
from posewright.train.data.sequences import SPLITS, STUDIED, Sequences, load_split, mirrored

MOCAP = Path(__file__).parents[4] / "shared/mocap"


def test_windows_at_whole_frames_are_the_frames(sequences: Sequences) -> None:
    window = sequences.window(np.array([50, 130]), np.array([-2, 0, 3]))
    np.testing.assert_array_equal(window.rotations[1], sequences.rotations[[128, 130, 133]])
    np.testing.assert_array_equal(window.pelvis[0], sequences.pelvis[[48, 50, 53]])
    np.testing.assert_array_equal(window.contacts[0], sequences.contacts[[48, 50, 53]])


def test_windows_never_leave_their_sequence(sequences: Sequences) -> None:
    window = sequences.window(np.array([1, 118, 121]), np.arange(-5, 6))
    for got, frame in ((window.rotations[0, :5], 0), (window.rotations[1, 6:], 119), (window.rotations[2, :5], 120)):
        np.testing.assert_allclose(got, np.repeat(sequences.rotations[[frame]], len(got), axis=0), atol=1e-6)


def test_between_frames_rotations_are_between(sequences: Sequences) -> None:
    window = sequences.window(np.array([60]), np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(np.linalg.norm(window.rotations, axis=-1), 1.0, atol=1e-6)
    first, middle, last = window.rotations[0]
    np.testing.assert_allclose(np.sum(first * middle, -1), np.sum(middle * last, -1), atol=1e-5)
    np.testing.assert_allclose(window.pelvis[0, 1], window.pelvis[0, [0, 2]].mean(0), atol=1e-6)


def test_the_pelvis_is_in_leg_lengths_over_the_floor(sequences: Sequences) -> None:
    assert 0.95 < np.median(sequences.pelvis[:, 1]) < 1.25
    assert 0.2 < sequences.contacts.mean() < 1.0


def test_two_mirrors_show_the_same(sequences: Sequences) -> None:
    window = sequences.window(np.array([50]), np.arange(4))
    twice = mirrored(mirrored(window))
    np.testing.assert_array_equal(twice.rotations, window.rotations)
    np.testing.assert_array_equal(twice.contacts, window.contacts)
    assert not np.allclose(mirrored(window).rotations, window.rotations)


def test_saved_loaded_pickled_and_chosen_from(sequences: Sequences, tmp_path: Path) -> None:
    sequences.save(tmp_path / "all.npz")
    for found in (Sequences.load(tmp_path / "all.npz"), pickle.loads(pickle.dumps(sequences))):
        np.testing.assert_array_equal(found.rotations, sequences.rotations)
        assert found.names == ("one.bvh:a", "two.bvh:b")
    second = sequences.only(lambda name: name.endswith("b"))
    np.testing.assert_array_equal(second.rotations, sequences.rotations[120:])
    np.testing.assert_array_equal(second.first, [0])


def test_another_file_is_no_cache(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=1)
    with pytest.raises(InputError, match="its keys: a"):
        Sequences.load(tmp_path / "x.npz")
    with pytest.raises(InputError, match="cannot be read"):
        Sequences.load(tmp_path / "none.npz")
    with pytest.raises(InputError, match="train, val, test"):
        load_split(tmp_path, "training")


@pytest.mark.skipif(not MOCAP.exists(), reason="../shared/mocap is not here")
def test_the_extras_without_what_the_clips_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SPLITS, "train", ("extra_mit_fair.npz",))
    found = load_split(MOCAP, "train", tmp_path / "cache")
    assert len(found.names) > 1
    assert not any(part in name for part in STUDIED for name in found.names)
    assert np.isfinite(found.rotations).all()
    assert np.isfinite(found.pelvis).all()
    np.testing.assert_array_equal(load_split(Path("nowhere"), "train", tmp_path / "cache").rotations, found.rotations)
