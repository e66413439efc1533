"""Tracks from files of every kind are the same track."""

from pathlib import Path

import numpy as np
import pytest

from posewright.errors import InputError, UsageError
from posewright.formats import write
from posewright.formats.export import Export
from posewright.formats.trc import write_trc
from posewright.study.evaluate import evaluate
from posewright.study.load import load_joints
from posewright.study.names import LIMBS12
from posewright.study.tracks import track_of_motion
from tests.study.people import walker


@pytest.mark.parametrize("file", ["a.npz", "a.json", "a.bvh", "a.trc"])
def test_each_format_gives_the_same_joints_at_the_same_times(tmp_path: Path, file: str) -> None:
    motion = walker(seconds=1.0)
    path = tmp_path / file
    if path.suffix == ".trc":
        write_trc(path, Export((motion,)))
    else:
        write(path, motion)
    track, before = load_joints(path), track_of_motion(motion, "before")
    assert track.source == file
    assert np.allclose(track.take(LIMBS12), before.take(LIMBS12), atol=2e-5)
    assert np.allclose(track.timestamps, before.timestamps, atol=1e-5)
    assert track.soles is not None
    if path.suffix != ".trc":  # a file of bare points knows no soles
        assert np.allclose(track.soles, before.soles, atol=1e-4)


def test_a_character_gives_the_motion_that_it_plays(tmp_path: Path) -> None:
    motion = walker(seconds=1.0)
    write(tmp_path / "a.glb", motion)
    report = evaluate(tmp_path / "a.glb", track_of_motion(motion, "before"))
    # Retargeting keeps where limbs point in the world; at rest the character's point a little elsewhere than the humanoid's.
    assert report["segment error"] < 0.5
    assert report["rotation error"] < 0.5


def test_bvh_keeps_the_rotations(tmp_path: Path) -> None:
    motion = walker(seconds=1.0)
    write(tmp_path / "a.bvh", motion)
    assert evaluate(tmp_path / "a.bvh", track_of_motion(motion, "before"))["rotation error"] == pytest.approx(0, abs=0.01)


def test_plain_arrays(tmp_path: Path) -> None:
    before = track_of_motion(walker(seconds=1.0), "before")
    np.savez(tmp_path / "a.npz", xyz=before.take(LIMBS12), joints=LIMBS12, fps=30.0)
    track = load_joints(tmp_path / "a.npz")
    assert track.joints == LIMBS12
    assert np.allclose(track.xyz, before.take(LIMBS12))
    assert track.fps == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"xyz": np.zeros((5, 12, 3))}, "lacks joints, timestamps or fps. It holds: xyz"),
        ({"xyz": np.zeros((5, 3, 3)), "joints": LIMBS12, "fps": 30}, "do not fit together"),
        ({"xyz": np.zeros((5, 12, 3)), "joints": LIMBS12, "timestamps": np.zeros(5)}, "do not fit together"),
        ({"xyz": np.zeros((5, 2, 3)), "joints": ["a", "b"], "fps": 30}, "no known names: a, b"),
    ],
)
def test_plain_arrays_that_cannot_be_used(tmp_path: Path, arrays: dict[str, object], message: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=message):
        load_joints(tmp_path / "a.npz")


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_text("nothing")
    for file in ("a.npz", "none.npz", "none.bvh", "none.trc"):
        with pytest.raises(InputError, match=file):
            load_joints(tmp_path / file)
    with pytest.raises(UsageError, match="xyz"):
        load_joints(tmp_path / "a.xyz")
