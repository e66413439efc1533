from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from posewright.pipeline import Seen
from posewright.skeletons import BLAZEPOSE33
from posewright.study.names import LIMBS12
from posewright.study.scene import look_at
from posewright.study.tracks import JointTrack
from posewright.types import Keypoints, Poses3D

sys.path.append(str(Path(__file__).parents[2] / "tools"))  # the tools are scripts that import from their own folder

from make_study_clips import FORMS
from quality import methods as quality_methods
from quality.forms import CHOSEN_ON, ERRORS, Form, Strike, groups, in_sight, kept, unseen
from quality.given import GIVEN, moved_to
from quality.measure import BLOW, COLUMNS, blow_kept, summary
from quality.methods import ABLATIONS, BEST, BEST_ROW, USUAL, Clip, methods
from quality.page import Results, number, page, table
from quality.speed import _to_and_fro


def kick(peak_share: float) -> JointTrack:
    """The right ankle shoots out at 60 frames a second, at a share of 6 m/s; all else rests."""
    xyz = np.zeros((61, len(LIMBS12), 3))
    speed = 6.0 * peak_share * np.exp(-(((np.arange(61) - 30) / 8.0) ** 2))
    xyz[:, LIMBS12.index("right_ankle"), 2] = np.cumsum(speed) / 60.0
    return JointTrack("kick", LIMBS12, xyz, np.arange(61) / 60.0)


def test_what_is_left_of_a_blow() -> None:
    assert blow_kept(kick(0.7), kick(1.0), "ankle") == pytest.approx(70.0, abs=0.5)
    assert np.isnan(blow_kept(kick(0.7), kick(1.0), "wrist"))  # they do not strike


def test_the_summary_means_over_clips_but_takes_the_deepest_foot() -> None:
    rows = {"a": {"MPJPE": 80.0, "deepest penetration": 3.0, "lean": float("nan")}, "b": {"MPJPE": 100.0, "deepest penetration": 21.0}}
    found = summary(rows)
    assert (found["MPJPE"], found["deepest penetration"]) == (90.0, 21.0)
    assert np.isnan(found["lean"])


def figures(error: float) -> dict[str, float]:
    return dict.fromkeys(COLUMNS, 2.0) | {"MPJPE": error, "peak speed kept": 95.0, "blow changed": 5.0, "PA-MPJPE": 80.0, "acceleration": 3.0}


def test_the_page_says_which_aims_are_reached() -> None:
    facts = {"figure": "anna", "fps": 30, "pitch_deg": -12, "roll_deg": 0.0, "fov_deg": 60, "camera_distance_m": 4.0, "frames": 90, "source": "x.npz:AMC/1"}
    clip = Clip("walk", Path("walk.mp4"), Path("walk.npz"), facts, Path("cache"))
    errors = {"raw BlazePose": 120.0, "Posewright": 83.0, "Posewright, nothing given": 85.0, next(iter(ABLATIONS)): 90.0}
    synthetic = {name: {"walk": figures(error)} for name, error in errors.items()}
    results = Results([clip], synthetic, balancing={"Posewright": {"cam01": figures(83.0)}}, dance={"Posewright": {}}, seconds={100: 0.5})
    with pytest.raises(KeyError):  # a row that lacks its figures is no row
        page(results, "make")
    text = page(replace(results, dance={}), "make")
    assert "| MPJPE below raw BlazePose | at least 30 % | 31 % | yes |" in text
    assert f"| {next(iter(ABLATIONS))} | 90.0 |" in text
    assert "| 100 | 0.50 | 5.00 | 200 |" in text
    assert text.count("\n### ") == 3


def test_each_mode_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def see(video: Path, mode: str) -> Seen:
        asked.append(mode)
        return Seen(None, (), (), (mode,), None, None)  # type: ignore[arg-type]

    monkeypatch.setattr(quality_methods, "see", see)
    clip = Clip("walk", tmp_path / "walk.mp4", tmp_path / "walk.npz", {}, tmp_path / "cache")
    assert [clip.seen(mode).notes for mode in (USUAL, BEST, USUAL, BEST)] == [(USUAL,), (BEST,), (USUAL,), (BEST,)]
    assert asked == [USUAL, BEST]


def test_the_mode_with_the_larger_network_has_a_row_on_request() -> None:
    assert BEST_ROW not in methods(None)
    assert BEST_ROW in methods(None, best=True)
    assert BEST_ROW in methods(None, known=False, best=True)


def test_the_page_tells_where_the_speed_of_blows_is_lost() -> None:
    facts = {"figure": "anna", "fps": 30, "pitch_deg": -12, "roll_deg": 0.0, "fov_deg": 60, "camera_distance_m": 4.0, "frames": 90, "source": "x.npz:AMC/1"}
    clip = Clip("kick", Path("kick.mp4"), Path("kick.npz"), facts, Path("cache"))

    def kept(percent: float) -> dict[str, dict[str, float]]:
        return {"kick": figures(83.0) | {f"{BLOW}left ankle": percent, "blow changed": 100.0 - percent, "each blow changed": 100.0 - percent}}

    synthetic = {name: kept(60.0) for name in ("raw BlazePose", "Posewright", "Posewright, nothing given")}
    text = page(Results([clip], synthetic, {name: kept(percent) for name, percent in zip(GIVEN, (70.0, 85.0, 95.0), strict=True)}), "make")
    assert "| clip | blow | from the video | true keypoints | true depth | both given |" in text
    assert "| kick | left ankle | 60.0 | 70.0 | 85.0 | 95.0 |" in text
    assert "| **blows within 10 %, of 1** |  | 0 | 0 | 0 | 1 |" in text
    assert "| **mean change, blow by blow** |  | 40.0 | 30.0 | 15.0 | 5.0 |" in text
    assert "| **ankles, mean kept** | of 1 | 60.0 | 60.0 | 60.0 |" in text
    assert "| **ankles, mean change** | of 1 | 40.0 | 40.0 | 40.0 |" in text
    assert "**wrists" not in text  # none strikes
    assert "| the same, every blow by itself | at most 10 % | 40 % | no |" in text  # what is given of the truth reaches no aim


def test_limbs_are_moved_to_the_truth_and_the_rest_goes_along() -> None:
    rng = np.random.default_rng(0)
    found, true = rng.normal(size=(3, 33, 2)), rng.normal(size=(3, 12, 2))
    moved = moved_to(found, BLAZEPOSE33.joints, true)
    np.testing.assert_allclose(moved[:, list(BLAZEPOSE33.indices(*LIMBS12))], true)
    for part, limb in (("left_index", "left_wrist"), ("right_heel", "right_ankle")):
        a, b = BLAZEPOSE33.indices(part, limb)
        np.testing.assert_allclose(moved[:, a] - moved[:, b], found[:, a] - found[:, b])
    nose, left, right = BLAZEPOSE33.indices("nose", "left_shoulder", "right_shoulder")
    np.testing.assert_allclose(moved[:, nose] - moved[:, [left, right]].mean(1), found[:, nose] - found[:, [left, right]].mean(1))


def test_cells() -> None:
    assert [number(value) for value in (float("nan"), 3.14159, 123.4)] == ["–", "3.1", "123"]
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n|---|---|\n| 1 | 2 |\n"


def test_a_clip_is_lengthened_by_playing_it_to_and_fro() -> None:
    xy = np.arange(4, dtype=np.float32)[:, None, None] * np.ones((1, 33, 2), dtype=np.float32)
    times = np.arange(4) / 30.0
    keypoints = Keypoints(xy, np.ones((4, 33), dtype=np.float32), BLAZEPOSE33, times, (100, 100))
    poses = Poses3D(np.concatenate([xy, xy[..., :1]], axis=-1), keypoints.confidence, BLAZEPOSE33, times, "camera", True)
    long, lifted = _to_and_fro(keypoints, poses, 9)
    assert long.xy[:, 0, 0].tolist() == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert np.array_equal(lifted.xyz[:, 0, 0], long.xy[:, 0, 0])
    np.testing.assert_allclose(np.diff(long.timestamps), 1 / 30)


def strikes(clip: str, *kept_percent: float, limb: str = "wrist", in_sight: bool = True) -> Form:
    return Form(tuple(Strike(clip, limb, in_sight, percent) for percent in kept_percent), dict.fromkeys(ERRORS, 1.0))


def test_blows_in_forms_are_told_apart_by_limb_sight_and_clip() -> None:
    forms = [strikes("bassai_1", 50.0, 150.0), strikes("shuto_1", 95.0, limb="ankle", in_sight=False)]
    found = groups(forms)
    assert {name: len(group) for name, group in found.items()} == {"wrists": 2, "wrists in sight": 2, "ankles": 1, "ankles in sight": 0, "clips that chose nothing": 1, "all": 3}
    assert kept(found["wrists"]) == (100.0, 50.0, 0.0)  # too fast and too slow do not cancel in the change
    assert kept(found["ankles"]) == (95.0, 5.0, 100.0)
    assert np.isnan(kept([])).all()
    assert all(any(clip.name.startswith(prefix) for clip in FORMS) for prefix in CHOSEN_ON)
    assert sum(unseen(clip.name) for clip in FORMS) > 10


def test_a_hand_behind_the_trunk_is_not_in_sight(tmp_path: Path) -> None:
    """A body that faces a camera on +Z, one hand before the belly, the other behind the back."""
    rest = {"hip": (0.1, 0.9, 0), "shoulder": (0.18, 1.4, 0), "knee": (0.1, 0.5, 0), "ankle": (0.1, 0.1, 0), "elbow": (0.3, 1.15, 0.05), "wrist": (0.05, 1.1, 0.3)}
    joints, xyz = [*LIMBS12, "head"], np.zeros((3, 13, 3))
    for i, joint in enumerate(LIMBS12):
        side, part = joint.split("_")
        xyz[:, i] = np.array(rest[part]) * [1.0 if side == "left" else -1.0, 1.0, 1.0]
    xyz[:, LIMBS12.index("right_wrist"), 2] = -0.3
    xyz[:, -1] = (0.0, 1.6, 0.0)
    track = JointTrack("body", tuple(joints), xyz, np.arange(3) / 30.0)
    camera = look_at((0.0, 1.1, 4.0), (0.0, 1.0, 0.0), (640, 480))
    path = tmp_path / "truth.npz"
    numbers = {"image_size": camera.image_size, "focal": camera.focal, "centre": camera.centre, "distortion": camera.distortion, "T_world_camera": camera.T_world_camera}
    np.savez(path, **{f"camera.{name}": np.asarray(value) for name, value in numbers.items()})
    sight = in_sight(Clip("body", path, path, {"height_m": 1.7}, tmp_path), track)
    assert sight["left_wrist"].all()
    assert not sight["right_wrist"].any()
    assert sight["left_ankle"].all()


def test_the_page_tells_of_forms_among_the_aims_and_by_itself() -> None:
    facts = {"figure": "anna", "fps": 30, "pitch_deg": -12, "roll_deg": 0.0, "fov_deg": 60, "camera_distance_m": 4.0, "frames": 90, "source": "x.npz:AMC/1"}
    clip = Clip("walk", Path("walk.mp4"), Path("walk.npz"), facts, Path("cache"))
    synthetic = {name: {"walk": figures(error)} for name, error in (("raw BlazePose", 120.0), ("Posewright", 83.0), ("Posewright, nothing given", 85.0))}
    text = page(Results([clip], synthetic, forms={"Posewright": [strikes("shuto_1", 70.0, 90.0)]}), "make")
    assert "| the same on karate forms | at most 10 % | 20 % (80 % kept) | no |" in text
    assert "| Posewright | 80.0 / 20.0 / 50.0 | 80.0 / 20.0 / 50.0 | – / – / – |" in text
