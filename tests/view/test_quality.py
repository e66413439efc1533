"""The quality report's figures and its verdict in words, on captures whose faults are known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from posewright.geometry import quat_from_rotvec
from posewright.skeletons import BLAZEPOSE33, COCO17, HALPE26, JointSet, reference_skeleton
from posewright.types import Camera, Capture, Diagnostics, Motion, Person, SourceInfo
from posewright.view.report import PersonQuality, quality_report
from posewright.view.report.findings import MOST_FINDINGS, SMALL_PX
from posewright.view.report.page import page
from posewright.view.report.quality import bone_spread
from tests.solve.bodies import filmed

FPS = 30.0
FRAMES = 120


def camera(pitch_deg: float = 0.0, distance: float = 4.0, *, assumed: bool = False) -> Camera:
    """At hip height before the person, looking down by `pitch_deg`."""
    placed = Camera.from_fov((1280, 720), 60.0)
    tilt = np.radians(pitch_deg)
    turn = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(tilt), np.sin(tilt)], [0.0, -np.sin(tilt), np.cos(tilt)]])
    T = placed.T_world_camera.copy()
    T[:3, :3] = T[:3, :3] @ turn
    T[:3, 3] = np.array([0.0, 0.9, 0.0]) + distance * np.array([0.0, np.sin(tilt), np.cos(tilt)])
    return replace(placed, T_world_camera=T, assumed=assumed)


def standing(frames: int = FRAMES) -> Motion:
    """Someone who stands on both feet and slowly moves an arm."""
    skeleton = reference_skeleton()
    rotvec = np.zeros((frames, len(skeleton), 3))
    rotvec[:, skeleton.index("leftUpperArm"), 2] = -1.0 + 0.3 * np.sin(np.arange(frames) / FPS)
    rotvec[:, skeleton.index("rightUpperArm"), 2] = 1.0
    return Motion(skeleton, quat_from_rotvec(rotvec), np.tile(skeleton.rest_offsets[0], (frames, 1)), FPS, np.ones((frames, 4), np.float32))


def captured(motion: Motion | None = None, view: Camera | None = None, fps: float = FPS) -> Capture:
    """A faultless capture of a motion: all keypoints where they belong and certain."""
    motion, view = motion or standing(), view or camera()
    poses, keypoints = filmed(motion, view)
    nothing = Diagnostics(poses, np.zeros(len(motion), bool), np.zeros(keypoints.confidence.shape, bool))
    return Capture(SourceInfo("clip.mp4", "video", view.image_size, fps, len(motion)), view, (Person(keypoints, poses, motion, nothing),))


def changed(capture: Capture, **fields: object) -> Capture:
    """The capture with fields of its only person replaced."""
    return replace(capture, people=(replace(capture.people[0], **fields),))


def doubted(capture: Capture, joints: list[str], frames: slice, confidence: float = 0.1) -> Capture:
    """The capture with some keypoints hardly seen."""
    keypoints = capture.people[0].keypoints
    trust = keypoints.confidence.copy()
    trust[frames, BLAZEPOSE33.indices(*joints)] = confidence
    return changed(capture, keypoints=replace(keypoints, confidence=trust))


def judged(capture: Capture) -> PersonQuality:
    return quality_report(capture).people[0]


def texts(capture: Capture, kind: str) -> list[str]:
    return [finding.text for finding in judged(capture).findings if finding.kind == kind]


def arm(side: str) -> list[str]:
    return [f"{side}_{joint}" for joint in ("elbow", "wrist", "thumb", "index", "pinky")]


def moved(motion: Motion, shift: np.ndarray) -> Motion:
    return replace(motion, root_translation=motion.root_translation + shift)


def test_a_faultless_capture_has_nothing_to_complain_of():
    person = judged(captured())
    assert person.findings == ()
    assert person.summary == "Nothing to complain of."


def test_a_hidden_arm_is_named_with_its_frames_and_its_hand_goes_without_saying():
    capture = doubted(captured(), arm("left"), slice(40, 72))
    assert [f.text for f in judged(capture).findings] == ["The left arm is hidden in frames 40-71 (1.3-2.4 s): its motion there is a guess."]
    assert judged(capture).findings[0].ranges == ((40, 71),)


def test_both_arms_are_named_together_and_stretches_apart():
    capture = doubted(doubted(captured(), arm("left") + arm("right"), slice(10, 30)), arm("left") + arm("right"), slice(80, 100))
    assert texts(capture, "hidden") == ["Both arms are hidden in frames 10-29 (0.3-1.0 s) and 80-99 (2.7-3.3 s): their motion there is a guess."]


def test_a_hand_hidden_by_itself_is_a_hand():
    assert texts(doubted(captured(), arm("right")[2:], slice(40, 72)), "hidden")[0].startswith("The right hand is hidden in frames 40-71")


def test_a_part_hidden_for_a_moment_is_not_mentioned():
    assert judged(doubted(captured(), arm("left"), slice(40, 43))).findings == ()


def test_a_part_never_seen_is_hidden_throughout():
    assert texts(doubted(captured(), arm("left"), slice(None)), "hidden") == ["The left arm is hidden throughout: its motion there is a guess."]


def test_frames_without_the_person_are_counted():
    capture = captured()
    keypoints = capture.people[0].keypoints
    xy, trust = keypoints.xy.copy(), keypoints.confidence.copy()
    xy[90:], trust[90:] = np.nan, 0.0
    capture = changed(capture, keypoints=replace(keypoints, xy=xy, confidence=trust))
    assert texts(capture, "missing")[0].startswith("Only 90 of 120 frames show the person: nobody is seen in frames 90-119 (3.0-4.0 s).")
    assert texts(capture, "hidden") == []
    assert judged(capture)["frames held at the ends"] == 30


def test_hands_that_leave_the_picture():
    capture = captured()
    keypoints = capture.people[0].keypoints
    xy = keypoints.xy.copy()
    hands = BLAZEPOSE33.indices(*(arm("left") + arm("right")))
    xy[20:40, hands, 1] = -30.0
    capture = changed(capture, keypoints=replace(keypoints, xy=xy))
    assert texts(capture, "outside") == ["Both arms leave the picture at its upper edge in frames 20-39 (0.7-1.3 s): their motion there is a guess."]


def test_swapped_sides_are_reported_with_frames():
    capture = captured()
    swapped = np.zeros(FRAMES, bool)
    swapped[41:75] = True
    diagnostics = capture.people[0].diagnostics
    assert diagnostics is not None
    capture = changed(capture, diagnostics=replace(diagnostics, swapped=swapped))
    assert texts(capture, "swapped")[0].startswith("Left and right were mixed up, and put right, in frames 41-74 (1.4-2.5 s), 34 frames in all")
    assert judged(capture)["frames with left and right put right"] == 34


def test_sliding_feet_are_measured_in_millimetres_a_frame():
    shift = np.zeros((FRAMES, 3))
    shift[60:90, 0] = np.arange(30) * 0.006
    shift[90:, 0] = 29 * 0.006
    capture = captured(moved(standing(), shift))
    assert texts(capture, "slide") == ["Both feet slide 6 mm a frame while they stand in frames 61-89 (2.0-3.0 s)."]
    assert judged(capture)["foot skate"] == pytest.approx(6.0 * 29 / 119, rel=1e-3)


def test_a_walk_whose_feet_are_off_the_floor_does_not_slide():
    capture = captured(replace(moved(standing(), np.arange(FRAMES)[:, None] * [0.004, 0.0, 0.0]), contacts=np.zeros((FRAMES, 4), np.float32)))
    assert texts(capture, "slide") == []
    assert np.isnan(judged(capture)["foot skate"])


def test_a_foot_that_lands_has_not_slid():
    contacts = np.ones((FRAMES, 4), np.float32)
    contacts[:60] = 0.0
    landing = moved(standing(), np.minimum(np.arange(FRAMES), 60)[:, None] * [0.02, 0.0, 0.0])
    judgement = judged(captured(replace(landing, contacts=contacts)))
    assert judgement["foot skate"] == pytest.approx(0.0, abs=1e-9)
    assert judgement.timeline.slide.max() == pytest.approx(0.0, abs=1e-9)


def test_feet_below_the_floor_and_feet_that_hang():
    low, high = np.zeros((FRAMES, 3)), np.zeros((FRAMES, 3))
    low[30:60, 1], high[30:90, 1] = -0.04, 0.5
    sunk = captured(moved(standing(), low))
    assert texts(sunk, "sink") == ["Both feet go up to 4 cm below the floor in frames 30-59 (1.0-2.0 s)."]
    assert judged(sunk)["deepest foot below the floor"] == pytest.approx(40.0, abs=0.5)
    assert texts(captured(moved(standing(), high)), "hang")[0].startswith("Both feet are 50 cm above the floor in frames 30-89 (1.0-3.0 s)")
    high[60:, 1] = 0.0
    assert texts(captured(moved(standing(), high)), "hang") == [], "a jump of a second"


def test_shaking_is_told_from_fast_movement():
    rng = np.random.default_rng(0)
    noise = np.zeros((FRAMES, 3))
    noise[40:80] = rng.normal(0.0, 0.01, (40, 3))
    shaking = judged(captured(moved(standing(), noise)))
    assert [f.kind for f in shaking.findings if f.kind in ("shake", "leap")] == ["shake"]
    (first, last) = next(f.ranges[0] for f in shaking.findings if f.kind == "shake")
    assert 35 <= first <= 50
    assert 70 <= last <= 85
    swing = 0.2 * np.sin(2 * np.pi * 2.0 * np.arange(FRAMES) / FPS)[:, None] * [1.0, 0.0, 0.0]
    assert texts(captured(moved(standing(), swing)), "shake") == []


def test_a_flip_and_a_leap():
    motion = standing()
    rotations = motion.rotations.copy()
    rotations[50:53, motion.skeleton.index("leftLowerArm")] = quat_from_rotvec(np.array([0.0, 0.0, 2.5]))
    assert texts(captured(replace(motion, rotations=rotations)), "snap")[0].startswith("The left arm snaps round by 143 degrees from one frame to the next in frames 50-53")
    shift = np.zeros((FRAMES, 3))
    shift[70:, 0] = 0.8
    assert texts(captured(moved(standing(), shift)), "leap") == ["The body leaps 0.8 m from one frame to the next in frame 70 (2.3 s)."]


def test_how_it_was_filmed():
    assert texts(captured(view=camera(distance=30.0)), "small")[0].startswith("The person is small in the picture (")
    assert judged(captured(view=camera(distance=30.0)))["size of the person"] < SMALL_PX
    assert texts(captured(view=camera(pitch_deg=40.0)), "steep")[0].startswith("The camera looks 40 degrees down")
    assert texts(captured(fps=12.0), "slow")[0].startswith("The clip has 12 frames a second")
    walk = replace(moved(standing(), np.arange(FRAMES)[:, None] * [0.01, 0.0, 0.0]), contacts=None)
    assert texts(captured(walk, camera(assumed=True)), "guessed")[0].startswith("The person gets 1.2 m away")
    assert texts(captured(walk, camera()), "guessed") == []


def test_a_moving_camera_is_reported_with_frames():
    assert texts(replace(captured(), camera_moves=((1.0, 2.0),)), "moved")[0].startswith("The camera moves in frames 30-60 (1.0-2.0 s): the person's path and feet are wrong there")
    assert texts(replace(captured(), camera_moves=((0.0, 4.0),)), "moved")[0].startswith("The camera moves throughout")


def test_the_most_important_comes_first_and_ten_are_enough():
    capture = captured(moved(standing(), np.random.default_rng(0).normal(0.0, 0.03, (FRAMES, 3))), camera(pitch_deg=40.0, distance=30.0), fps=12.0)
    for joints in (arm("left"), ["nose", "left_eye", "right_eye", "left_ear", "right_ear"], ["right_knee", "right_ankle"], ["left_heel", "left_foot_index"], arm("right")[2:]):
        capture = doubted(capture, joints, slice(30, 60))
    severities = [f.severity for f in judged(capture).findings]
    assert severities == sorted(severities, reverse=True)
    assert len(severities) == MOST_FINDINGS


def test_frames_are_those_of_the_motion_and_seconds_those_of_the_clip():
    motion = standing(240)
    slow = replace(standing(120), fps=15.0)
    capture = doubted(captured(motion), arm("left"), slice(80, 144))
    keypoints = replace(capture.people[0].keypoints, timestamps=10.0 + motion.timestamps)
    assert texts(changed(capture, keypoints=keypoints, motion=slow), "hidden") == ["The left arm is hidden in frames 40-71 (12.7-14.7 s): its motion there is a guess."]


def test_figures_of_repair_and_bones():
    capture = captured()
    person = capture.people[0]
    lengths = 1.0 + 0.1 * np.where(np.arange(FRAMES) % 2, 1.0, -1.0)[:, None, None]
    lifted = replace(person.poses, xyz=(person.poses.xyz * lengths).astype(np.float32))
    leapt = np.zeros(person.keypoints.confidence.shape, bool)
    leapt[5, 3:6] = True
    judgement = judged(changed(capture, diagnostics=Diagnostics(lifted, np.zeros(FRAMES, bool), leapt)))
    assert judgement["bone length spread as lifted"] == pytest.approx(10.0, rel=1e-3)
    assert judgement["bone length spread of the result"] == pytest.approx(0.0, abs=1e-6)
    assert judgement["keypoints that leapt and were left out"] == 3
    assert np.isnan(judged(changed(capture, diagnostics=None))["keypoints that leapt and were left out"])
    assert bone_spread(person.poses) == pytest.approx(0.0, abs=1e-4)


def test_joints_and_root_travel():
    walk = replace(moved(standing(), np.arange(FRAMES)[:, None] * [0.0, 0.0, 0.01]), contacts=None)
    judgement = judged(doubted(captured(walk), ["left_wrist"], slice(0, 60), 0.2))
    assert judgement["distance walked"] == pytest.approx(1.19, abs=0.01)
    assert judgement["from start to end"] == pytest.approx(1.19, abs=0.01)
    wrist = next(joint for joint in judgement.joints if joint.name == "left wrist")
    assert wrist.confidence == pytest.approx(0.6)
    assert wrist.seen == pytest.approx(0.5)


@pytest.mark.parametrize("joint_set", [COCO17, HALPE26], ids=lambda joint_set: joint_set.name)
@pytest.mark.filterwarnings("error")
def test_estimators_that_see_less_of_the_body(joint_set: JointSet):
    capture = doubted(captured(), arm("left"), slice(40, 72))
    capture = changed(capture, keypoints=capture.people[0].keypoints.to(joint_set), diagnostics=None)
    assert [f.text for f in judged(capture).findings] == ["The left arm is hidden in frames 40-71 (1.3-2.4 s): its motion there is a guess."]
    assert page(quality_report(capture), capture.camera).count("<svg") == 4


def test_a_single_picture_can_be_judged():
    still = captured(standing(1))
    still = replace(still, source=replace(still.source, kind="image", fps=1.0))
    assert judged(still).findings == ()
    json.loads(quality_report(still).to_json())
