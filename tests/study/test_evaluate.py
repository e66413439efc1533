"""Evaluations whose outcome is known beforehand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from posewright.errors import InputError, UsageError
from posewright.geometry import quat_from_rotvec, quat_multiply
from posewright.skeletons import BLAZEPOSE33
from posewright.study.evaluate import assess, evaluate
from posewright.study.names import LIMBS12
from posewright.study.tracks import JointTrack, track_of_motion, track_of_poses
from posewright.types import Poses3D
from tests.study.people import walker, walker_track

SHARED = Path(__file__).resolve().parents[3] / "shared"
ERRORS = (
    "MPJPE",
    "PA-MPJPE",
    "N-MPJPE",
    "world MPJPE",
    "rotation error",
    "joint angle error",
    "segment error",
    "MPJVE",
    "acceleration error",
    "lean",
    "root error",
    "root error share",
)


def moved(track: JointTrack, **changes: object) -> JointTrack:
    return replace(track, source="pred", **changes)


def test_a_motion_against_itself_has_no_error() -> None:
    report = evaluate(walker_track(), walker_track())
    for name in ERRORS:
        assert report[name] == pytest.approx(0, abs=1e-4), name
    assert report["PCK@150mm"] == 100
    assert report["distance kept"] == pytest.approx(100)
    assert report["bone length spread"] == pytest.approx(0, abs=1e-9)
    assert report["distance of reference"] == pytest.approx(119 / 30)
    assert report.frames == 120
    assert report.missing_pred == report.missing_ref == 0


def test_heading_and_start_are_forgiven_and_size_is_not() -> None:
    ref = walker_track()
    turn = Rotation.from_rotvec([0, 2.0, 0]).as_matrix()
    report = evaluate(moved(ref, xyz=1.1 * ref.xyz @ turn.T + [3, 0, 1], motion=None), ref)
    assert report["PA-MPJPE"] == pytest.approx(0, abs=1e-6)
    assert report["N-MPJPE"] == pytest.approx(0, abs=1e-6)
    assert report["lean"] == pytest.approx(0, abs=1e-6)
    assert report["MPJPE"] > 20
    assert report["root error at end"] == pytest.approx(10, abs=0.01)
    assert report["distance kept"] == pytest.approx(110)


def test_without_align_heading_the_heading_counts() -> None:
    ref = walker_track()
    turned = moved(ref, xyz=ref.xyz @ Rotation.from_rotvec([0, 1.0, 0]).as_matrix().T, motion=None)
    assert evaluate(turned, ref)["MPJPE"] == pytest.approx(0, abs=1e-6)
    assert evaluate(turned, ref, align_heading=False)["MPJPE"] > 50


def test_a_leaning_body_leans_by_what_it_leans() -> None:
    ref = walker_track()
    tilted = moved(ref, xyz=ref.xyz @ Rotation.from_rotvec([np.radians(12), 0, 0]).as_matrix().T, motion=None)
    report = evaluate(tilted, ref)
    assert report["lean"] == pytest.approx(12, abs=0.01)
    assert report["trunk lean added"] == pytest.approx(12, abs=0.01)
    assert report["PA-MPJPE"] == pytest.approx(0, abs=1e-6)


def test_rotations_are_compared_between_humanoids() -> None:
    motion = walker()
    bent = motion.rotations.copy()
    elbow = motion.skeleton.index("leftLowerArm")
    bent[:, elbow] = quat_multiply(bent[:, elbow], quat_from_rotvec(np.array([0, 0, 0.3])))
    report = evaluate(track_of_motion(replace(motion, rotations=bent), "pred"), track_of_motion(motion, "ref"))
    assert report["rotation error"] == pytest.approx(np.degrees(0.3) / 21, rel=1e-6)  # one of 21 joints beside the hips
    foreign = replace(motion, skeleton=motion.skeleton.renamed({"leftHand": "hand_l_ik"}))
    pred = replace(track_of_motion(motion, "pred"), motion=foreign)
    assert np.isnan(evaluate(pred, track_of_motion(motion, "ref"))["rotation error"])


def test_frame_rates_are_brought_together() -> None:
    report = evaluate(walker_track(24.0), walker_track(60.0))
    assert report.fps == 24
    assert report["MPJPE"] < 0.1
    assert evaluate(walker_track(60.0), walker_track(24.0)).fps == 24


def test_an_unknown_offset_is_found_and_stated() -> None:
    report = evaluate(walker_track(30.0, 3.0, 0.8), walker_track(30.0, 6.0), offset="auto")
    assert report.offset_s == pytest.approx(0.8, abs=0.005)
    assert report["PA-MPJPE"] < 2
    assert any("found by correlation" in note for note in report.notes)
    assert evaluate(walker_track(30.0, 3.0, 0.8), walker_track(30.0, 6.0), offset=0.8)["PA-MPJPE"] < 0.1
    assert evaluate(walker_track(30.0, 3.0, 0.8), walker_track(30.0, 6.0))["PA-MPJPE"] > 20


def test_root_relative_predictions_get_no_measures_of_the_world() -> None:
    ref = walker_track()
    hips = ref.take(["left_hip", "right_hip"]).mean(1, keepdims=True)
    report = evaluate(moved(ref, xyz=ref.xyz - hips, root_relative=True, soles=None, motion=None), ref)
    assert report["MPJPE"] == pytest.approx(0, abs=1e-6)
    for name in ("world MPJPE", "foot skate", "contact F1", "deepest penetration", "root error", "distance kept"):
        assert np.isnan(report[name]), name
    assert any("path through space" in note for note in report.notes)


def test_skate_is_stated_at_30_frames_a_second_in_the_references_contacts() -> None:
    ref = walker_track(60.0)
    planted = np.zeros((len(ref), 4, 3))
    contacts = np.zeros((len(ref), 4), dtype=bool)
    contacts[:, 0] = True
    slid = planted.copy()
    slid[:, :, 0] = 0.002 * np.arange(len(ref))[:, None]  # 2 mm a frame at 60
    slid[:, :, 1] = -0.015
    report = evaluate(moved(ref, soles=slid), replace(ref, soles=planted, contacts=contacts))
    assert report["foot skate"] == pytest.approx(4.0)
    assert report["foot skate of reference"] == pytest.approx(0.0)
    assert report["deepest penetration"] == pytest.approx(15.0)
    assert report["contact recall"] == pytest.approx(100)
    assert report["contact precision"] == pytest.approx(50)  # the other foot is down and slow too, and should not be


def test_missing_joints_are_left_out_and_counted() -> None:
    pred = moved(walker_track())
    pred.xyz[10, pred.joints.index("left_wrist")] = np.nan
    pred.xyz[20:40, pred.joints.index("left_knee")] = np.nan
    report = evaluate(pred, walker_track())
    assert report.missing_pred == 21
    assert report["MPJPE"] == pytest.approx(0, abs=1e-4)


def test_joints_can_be_chosen() -> None:
    pred = moved(walker_track())
    pred.xyz[:, pred.joints.index("left_wrist")] += 0.3
    assert evaluate(pred, walker_track(), joints=["left_knee", "right_knee", "left_hip"])["PA-MPJPE"] == pytest.approx(0, abs=1e-4)
    assert evaluate(pred, walker_track())["PA-MPJPE"] > 30
    every = evaluate(pred, walker_track(), joints="all")
    assert set(every.joints) > set(LIMBS12)
    assert "chest" in every.per_joint
    with pytest.raises(UsageError, match="none of nose"):
        evaluate(pred, walker_track(), joints=["nose"])
    with pytest.raises(UsageError, match="neither limbs12 nor all"):
        evaluate(pred, walker_track(), joints="arms")
    with pytest.raises(UsageError, match="'guess' is neither"):
        evaluate(pred, walker_track(), offset="guess")


def test_a_track_without_limbs_is_refused() -> None:
    ref = walker_track()
    with pytest.raises(InputError, match=r"pred lacks left_shoulder.*It has: left_knee"):
        evaluate(JointTrack("pred", ("left_knee",), ref.xyz[:, :1], ref.timestamps), ref)


def test_a_motion_by_itself() -> None:
    track = walker_track(60.0)
    report = assess(track)
    assert report["bone length spread"] == pytest.approx(0, abs=1e-9)
    assert report["distance"] == pytest.approx(239 / 60)
    assert report["acceleration"] == evaluate(track, track)["acceleration"]
    assert report.to_text().startswith("walker by itself\n240 frames at 60 a second")
    with pytest.raises(KeyError):
        report["MPJPE"]


def test_a_motion_by_itself_at_another_rate() -> None:
    fast, slow = assess(walker_track(120.0), fps=30), assess(walker_track(30.0))
    assert fast.fps == 30
    for name in ("acceleration", "jitter", "distance"):
        assert fast[name] == pytest.approx(slow[name], rel=0.02), name


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not there")
@pytest.mark.parametrize(("camera", "pa", "acceleration"), [("cam01", 82.16, 30.63), ("cam04", 91.18, 24.02)])
def test_published_outputs_give_the_figures_of_a_plain_computation(camera: str, pa: float, acceleration: float) -> None:
    world = np.load(SHARED / "golden" / "blazepose" / f"pose2sim_single_{camera}.npz")["world_m"]
    poses = Poses3D(world, np.ones(world.shape[:2], dtype=np.float32), BLAZEPOSE33, np.arange(len(world)) / 60, "camera", True)
    report = evaluate(track_of_poses(poses, camera), SHARED / "video" / "pose2sim_results" / "single_balancing.trc")
    assert report["PA-MPJPE"] == pytest.approx(pa, abs=0.01)
    assert report["acceleration"] == pytest.approx(acceleration, abs=0.01)
    assert report["acceleration of reference"] == pytest.approx(2.41, abs=0.01)
