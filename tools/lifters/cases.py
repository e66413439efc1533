"""What the lifters are given, and the truth: rendered people that nobody trained on, and four views of a man balancing."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from posewright.geometry import Array
from posewright.pipeline import Seen, see
from posewright.skeletons import BLAZEPOSE33, BODY_25
from posewright.study.align import resample
from posewright.study.load import load_joints
from posewright.study.tracks import JointTrack
from posewright.track import Track
from posewright.train.data.clips import Clip, read_clips
from posewright.train.data.noise import load_noise
from posewright.types import Camera, Keypoints, Poses3D

FPS = 30.0
CAMERA = Camera.from_fov((1000, 1000), 60.0)
"""Pixels for what is known as lines of sight."""
VIEWS = ("cam01", "cam02", "cam03", "cam04")
LIMBS = tuple(f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in ("left", "right"))


@dataclass(frozen=True)
class Case:
    """One clip as a lifter gets it."""

    name: str
    given: str
    """What kind of 2D it is."""
    track: Track
    camera: Camera
    truth: Array
    """Joints of `LIMBS` in camera axes, (T, 12, 3), metres."""
    up: Array | None
    """The vertical in camera axes, (3,); None where it is not known exactly."""
    contacts: Array | None
    """Heel and ball, left then right, (T, 4), 0 to 1."""
    height_m: float | None = None


def rendered(folder: Path, seed: int = 0) -> Iterator[Case]:
    """Each held-out clip three times: exact 2D, 2D with the measured noise, and what BlazePose saw."""
    rng, noise = np.random.default_rng(seed), load_noise()
    for clip in read_clips(folder):
        exact = np.ones(clip.confidence.shape, dtype=np.float32)
        noisy = noise.sample(rng, clip.points[None], np.array([clip.stature]))
        yield _case(clip, "exact", clip.truth(), exact)
        yield _case(clip, "noisy", np.asarray(noisy.rays[0]), np.asarray(noisy.confidence[0]))
        yield _case(clip, "BlazePose", clip.rays, clip.confidence, clip.world)


def _case(clip: Clip, given: str, rays: Array, confidence: Array, world: Array | None = None) -> Case:
    times = np.arange(len(rays)) / FPS
    xy = (rays * CAMERA.focal + CAMERA.centre).astype(np.float32)
    lost = ~np.isfinite(xy).all(-1)
    confidence = np.where(lost, 0.0, confidence).astype(np.float32)
    poses = Poses3D(world, confidence, BLAZEPOSE33, times, "camera", True) if world is not None else None
    track = Track(Keypoints(xy, confidence, BLAZEPOSE33, times, CAMERA.image_size), poses)
    truth = clip.points[:, list(BLAZEPOSE33.indices(*LIMBS))].astype(np.float64)
    return Case(clip.name, given, track, CAMERA, truth, clip.turn[:, 1].astype(np.float64), clip.contacts, clip.stature)


def balancing(video: Path, cache: Path) -> Iterator[Case]:
    """The Pose2Sim views: BlazePose's 2D, the authors' OpenPose 2D, and the triangulated joints projected into each view."""
    reference = load_joints(video / "pose2sim_results" / "single_balancing.trc")
    with np.load(video / "pose2sim_single" / "openpose_body25b_2d.npz") as data:
        openpose = data["kp"]
    for number, view in enumerate(VIEWS):
        seen = _seen(video / "pose2sim_single" / f"{view}.mp4", cache / f"pose2sim_{view}.pkl")
        track = seen.tracks[0]
        camera = Camera.from_fov(seen.info.frame_size)
        calibrated = _calibrated(video, view, seen)
        truth = _on(reference, track.keypoints.timestamps)
        inside = truth @ calibrated.T_camera_world[:3, :3].T
        name = f"pose2sim {view}"
        yield Case(name, "BlazePose", track, camera, inside, None, None)
        yield Case(name, "OpenPose", Track(_openpose(openpose[number], track.keypoints), None), camera, inside, None, None)
        yield Case(name, "reference", Track(_projected(truth, calibrated, track.keypoints), None), calibrated, inside, None, None)


def _seen(video: Path, cache: Path) -> Seen:
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_bytes(pickle.dumps(see(video)))
    seen = pickle.loads(cache.read_bytes())
    assert isinstance(seen, Seen)
    return seen


def _calibrated(video: Path, view: str, seen: Seen) -> Camera:
    from posewright.formats.calibration import read_camera

    return read_camera(video / "pose2sim_single" / "Calib_qualisys.toml", video=f"{view}.mp4", frame_size=seen.info.frame_size, rotation=seen.info.rotation, up_axis="z")


def _on(reference: JointTrack, times: Array) -> Array:
    """The reference's `LIMBS` at some times, (T, 12, 3); its ends before and after it."""
    return resample(reference.take(LIMBS), reference.timestamps, np.clip(times, reference.timestamps[0], reference.timestamps[-1]))


def _openpose(people: Array, like: Keypoints) -> Keypoints:
    """The authors' detections of the person with the most confidence, as BODY_25 joints of the same names."""
    people = np.where(np.isfinite(people).all(-1, keepdims=True), people, 0.0)
    best = people[np.arange(len(people)), people[..., 2].mean(-1).argmax(1)][: len(like)]
    xy, confidence = np.full((len(like), len(BODY_25), 2), np.nan, dtype=np.float32), np.zeros((len(like), len(BODY_25)), dtype=np.float32)
    for column, name in enumerate(BODY_25B):
        if name in BODY_25:
            xy[: len(best), BODY_25.index(name)], confidence[: len(best), BODY_25.index(name)] = best[:, column, :2], np.clip(best[:, column, 2], 0.0, 1.0)
    xy[confidence <= 0] = np.nan
    return Keypoints(xy, confidence, BODY_25, like.timestamps, like.frame_size)


BODY_25B = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    *("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "upper_neck", "head_top"),
    *("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel"),
)
"""OpenPose's BODY_25B, in the order of its documentation."""


def _projected(truth: Array, camera: Camera, like: Keypoints) -> Keypoints:
    """The reference's limbs where they appear; the other joints unseen."""
    xy = np.full((len(like), len(BLAZEPOSE33), 2), np.nan, dtype=np.float32)
    confidence = np.zeros(xy.shape[:2], dtype=np.float32)
    columns = list(BLAZEPOSE33.indices(*LIMBS))
    xy[:, columns], confidence[:, columns] = camera.project(truth), 1.0
    return replace(like, xy=xy, confidence=confidence)
