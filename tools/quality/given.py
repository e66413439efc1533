"""Where a blow's speed is lost: our motion from the true keypoints, from the true depth, and from both.

What is left of a blow when both are given is what mending, refinement and solving keep; the rest is the network's.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array
from posewright.pipeline import Seen, animate
from posewright.study.align import resample
from posewright.study.load import load_joints
from posewright.study.names import LIMBS12, SIDES
from posewright.study.tracks import JointTrack, track_of_motion
from posewright.track import Track
from posewright.types import Camera, Keypoints, Poses3D
from quality.measure import STRIKES, figures
from quality.methods import Clip, true_camera

GIVEN: dict[str, dict[str, bool]] = {"true keypoints": {"keypoints": True}, "true depth": {"depth": True}, "both given": {"keypoints": True, "depth": True}}
"""What is given of the truth: arguments of `given`."""

CARRIERS = {f"{side}_{part}": f"{side}_{limb}" for side in SIDES for limb, parts in (("wrist", ("index", "pinky", "thumb")), ("ankle", ("heel", "foot_index"))) for part in parts}
"""Landmarks that keep their place beside a limb's end; the face keeps its place beside the shoulders."""


def losses(clips: Iterable[Clip], workers: int) -> dict[str, dict[str, dict[str, float]]]:
    """Figures of the clips that show blows: what was given, clip, measure."""
    striking = [clip for clip in clips if clip.name.startswith(tuple(STRIKES))]
    with ProcessPoolExecutor(workers) as pool:
        found = {name: list(pool.map(figures, striking, [partial(given, **told)] * len(striking))) for name, told in GIVEN.items()}
    return {name: {clip.name: row for clip, row in zip(striking, rows, strict=True)} for name, rows in found.items()} if striking else {}


def given(clip: Clip, keypoints: bool = False, depth: bool = False) -> JointTrack:
    """Our motion where limbs are seen, or lifted, or both, just where they truly are.

    Args:
        clip: one with exact truth.
        keypoints: limbs' keypoints are the true joints' images, fully trusted.
        depth: the lifter gives the true joints in the camera's axes, fully trusted, and no second lifter is asked.
    """
    seen, camera = clip.seen(), true_camera(clip)
    truth, track = load_joints(clip.truth), seen.tracks[0]
    at = resample(truth.take(LIMBS12), truth.timestamps, np.clip(track.keypoints.timestamps, truth.timestamps[0], truth.timestamps[-1]))
    if keypoints:
        track = replace(track, keypoints=_seen_at(track.keypoints, camera.project(at)))
    seen = replace(seen, tracks=(track, *seen.tracks[1:]))
    if depth:
        seen = _lifted_to(seen, camera.to_camera(at))
    return track_of_motion(animate(seen, **clip.known(), wright=not depth).people[0].motion, "Posewright")


def moved_to(values: Array, joints: tuple[str, ...], true: Array) -> Array:
    """Landmarks (T, J, D) whose limbs are where `true` (T, 12, D) has `LIMBS12`, the others beside what carries them."""
    shift = {name: true[:, column] - values[:, joints.index(name)] for column, name in enumerate(LIMBS12)}
    shoulders = 0.5 * (shift["left_shoulder"] + shift["right_shoulder"])
    moved = [values[:, column] + shift.get(CARRIERS.get(name, name), shoulders) for column, name in enumerate(joints)]
    return np.stack(moved, axis=1)


def _seen_at(keypoints: Keypoints, pixels: Array) -> Keypoints:
    xy = moved_to(keypoints.xy.astype(np.float64), keypoints.joint_set.joints, pixels)
    return replace(keypoints, xy=xy.astype(np.float32), confidence=_sure(keypoints))


def _lifted_to(seen: Seen, true: Array) -> Seen:
    def lift(track: Track, camera: Camera) -> Poses3D:
        poses = seen.lift(track, camera)
        hips = true[:, [LIMBS12.index(f"{side}_hip") for side in SIDES]].mean(1, keepdims=True)
        xyz = moved_to(poses.xyz.astype(np.float64), poses.joint_set.joints, true - hips)
        return replace(poses, xyz=xyz.astype(np.float32), confidence=_sure(poses))

    return replace(seen, lift=lift)


def _sure(found: Keypoints | Poses3D) -> NDArray[np.float32]:
    confidence = found.confidence.copy()
    confidence[:, list(found.joint_set.indices(*LIMBS12))] = 1.0
    return confidence
