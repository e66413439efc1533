"""A person who is not there all the time, on the clip's whole timeline."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.types import Diagnostics, Motion, Person, Poses3D


def on_whole_clip(person: Person, timeline: NDArray[np.float64]) -> Person:
    """The same person from the clip's first frame to its last: before and after they are seen, they stand still with confidence 0.

    Args:
        person: on the part of the clip in which they are seen, without a break.
        timeline: timestamps of all frames, (T,), the person's own among them.
    """
    own = person.keypoints.timestamps
    first = int(np.searchsorted(timeline, own[0] - 1e-9))
    last = len(timeline) - first - len(own)
    if first == 0 and last == 0:
        return person
    keypoints = replace(
        person.keypoints,
        xy=_padded(person.keypoints.xy, first, last, np.nan),
        confidence=_padded(person.keypoints.confidence, first, last, 0.0),
        timestamps=timeline,
    )
    diagnostics = None if person.diagnostics is None else _diagnostics(person.diagnostics, first, last, timeline)
    before = round(float(own[0] - timeline[0]) * person.motion.fps)
    after = max(0, round(float(timeline[-1] - timeline[0]) * person.motion.fps) + 1 - before - len(person.motion))
    return Person(keypoints, _poses(person.poses, first, last, timeline), held(person.motion, before, after), diagnostics)


def held(motion: Motion, before: int, after: int) -> Motion:
    """The motion with its first and last pose held for so many frames more; confidence 0 there."""
    confidence = np.ones(len(motion), dtype=np.float32) if motion.confidence is None else motion.confidence
    return replace(
        motion,
        rotations=_padded(motion.rotations, before, after),
        root_translation=_padded(motion.root_translation, before, after),
        contacts=None if motion.contacts is None else _padded(motion.contacts, before, after),
        confidence=_padded(confidence, before, after, 0.0),
    )


def _poses(poses: Poses3D, first: int, last: int, timeline: NDArray[np.float64]) -> Poses3D:
    return replace(poses, xyz=_padded(poses.xyz, first, last, np.nan), confidence=_padded(poses.confidence, first, last, 0.0), timestamps=timeline)


def _diagnostics(found: Diagnostics, first: int, last: int, timeline: NDArray[np.float64]) -> Diagnostics:
    swapped = None if found.swapped is None else _padded(found.swapped, first, last, False)
    outliers = None if found.outliers is None else _padded(found.outliers, first, last, False)
    return Diagnostics(_poses(found.lifted, first, last, timeline), swapped, outliers)


def _padded(values: NDArray[Any], before: int, after: int, fill: float | bool | None = None) -> NDArray[Any]:
    """`values` (T, ...) with rows of `fill` before and after, or with the end rows held where there is none."""
    width = [(before, after), *[(0, 0)] * (values.ndim - 1)]
    return np.pad(values, width, mode="edge") if fill is None else np.pad(values, width, constant_values=fill)
