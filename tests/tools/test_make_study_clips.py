from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from posewright.skeletons import reference_skeleton

sys.path.append(str(Path(__file__).parents[2] / "tools"))  # the tools are scripts that import from their own folder

from make_study_clips import CLIPS, FORMS, IN_VIEW, Clip, shoot, surroundings
from study_bodies import FIGURES


def walker() -> np.ndarray:
    """A body that is carried 3 m across the stage, (T, J, 3)."""
    rest = reference_skeleton().rest_pose()[0]
    return rest + np.linspace(-1.5, 1.5, 31)[:, None, None] * np.array([1.0, 0.0, 0.0])


@pytest.mark.parametrize(("pitch", "size", "points"), [(25.0, (960, 540), walker()), (-25.0, (540, 960), walker()[15:16])], ids=["down on a walk", "up at a stance"])
@pytest.mark.parametrize("roll", [0.0, 4.0])
def test_the_camera_is_held_as_asked_and_sees_the_person(pitch: float, size: tuple[int, int], points: np.ndarray, roll: float) -> None:
    clip = Clip("c", "x.npz:a", (0, 1), "anna", 30, size, 60, pitch, 2.5, 0, roll)
    camera = shoot(clip, points)
    up = camera.T_camera_world[:3, 1]
    assert np.degrees(np.arcsin(-up[2])) == pytest.approx(pitch, abs=1e-6)
    assert abs(np.degrees(np.arctan2(up[0], -up[1]))) == pytest.approx(roll, abs=1e-6)
    seen = camera.project(points)
    assert ((seen > 0) & (seen < clip.size)).all(-1).mean() >= IN_VIEW
    eye = camera.T_world_camera[:3, 3]
    assert 0.1 < eye[1] < surroundings(clip, camera).high[1]


def test_the_clips_are_as_many_and_as_various_as_the_study_asks() -> None:
    assert len(CLIPS) >= 20
    assert len({clip.name for clip in CLIPS}) == len(CLIPS)
    assert len({clip.figure for clip in CLIPS} & FIGURES.keys()) >= 6
    assert {24, 25, 30, 50, 60} <= {clip.fps for clip in CLIPS}
    assert min(clip.pitch_deg for clip in CLIPS) <= -20
    assert max(clip.pitch_deg for clip in CLIPS) >= 25
    heights = [figure.height_m for figure in FIGURES.values()]
    assert min(heights) <= 1.55
    assert max(heights) >= 1.90


def test_forms_are_clips_of_their_own() -> None:
    assert not {clip.name for clip in FORMS} & {clip.name for clip in CLIPS}
    assert len({(clip.source, clip.seconds) for clip in FORMS}) == len(FORMS)
    assert all(clip.source.startswith("cmu_val.npz:") for clip in FORMS)  # nothing is trained with these
