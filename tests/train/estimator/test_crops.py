"""The rendered people on disk: made once, read back, and mended by deleting."""

from __future__ import annotations

import numpy as np
import pytest

from posewright.errors import InputError
from posewright.train.estimator import crops as room
from posewright.train.estimator.crops import rendered


@pytest.fixture
def calls(monkeypatch):
    """Smooth pictures instead of rendered ones; counts how many were made."""
    made = []

    def pictures(sources, rng, count):
        for _ in range(count):
            made.append(1)
            ramp = np.linspace(rng.uniform(0, 80), rng.uniform(120, 255), 64)
            yield np.tile(ramp[:, None, None], (1, 48, 3)).astype(np.uint8), rng.uniform(0, 48, (17, 2)).astype(np.float32)

    monkeypatch.setattr(room, "pictures", pictures)
    monkeypatch.setattr(room, "SHARD", 4)
    return made


def test_they_are_made_once_and_a_stopped_run_goes_on(calls, tmp_path):
    whole = rendered(tmp_path / "a", lambda: None, 10, 0)
    assert len(whole) == len(calls) == 10
    again = rendered(tmp_path / "a", lambda: None, 10, 0)
    assert len(calls) == 10
    rendered(tmp_path / "b", lambda: None, 4, 0)
    parted = rendered(tmp_path / "b", lambda: None, 10, 0)
    for other in (again, parted):
        np.testing.assert_array_equal(other.points, whole.points)
        np.testing.assert_array_equal(other.jpeg, whole.jpeg)


def test_pictures_come_back_nearly_as_they_were(calls, tmp_path):
    crops = rendered(tmp_path, lambda: None, 6, 0)
    for i in range(6):
        picture = crops.picture(i)
        assert picture.shape == (64, 48, 3)
        assert np.abs(np.diff(picture[:, 5, 1].astype(int))).max() < 8
    assert len(crops.first(2)) == 2
    np.testing.assert_array_equal(crops.first(2).picture(1), crops.picture(1))


def test_a_damaged_file_is_named(calls, tmp_path):
    rendered(tmp_path, lambda: None, 4, 0)
    (file,) = tmp_path.glob("*.npz")
    file.write_bytes(file.read_bytes()[:300])
    with pytest.raises(InputError, match=r"crops-0-0000-4\.npz is damaged"):
        rendered(tmp_path, lambda: None, 4, 0)
