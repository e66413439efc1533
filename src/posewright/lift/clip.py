"""What the lifters over whole clips share: keypoints without gaps, edges held, windows, and left and right exchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError
from posewright.skeletons import HUMANOID, JointSet, conversion, reference_skeleton
from posewright.types import Camera, Keypoints

Array = NDArray[np.float32]

GUESS = 0.05
"""Confidence of a lifted joint that was not seen."""


def gapless(keypoints: Keypoints, joint_set: JointSet) -> tuple[Array, Array]:
    """The keypoints in another joint set, (T, J, 2), with what is unseen filled in linearly in time and held at the ends; and confidence (T, J), 0 there.

    A joint that is never seen stands in the middle of the others.

    Raises:
        UsageError: a joint cannot be made from those that there are, or nobody is seen.
    """
    rule = conversion(keypoints.joint_set, joint_set)
    lacking = [joint for joint, how in rule.made.items() if how == "missing"]
    if lacking:
        raise UsageError(f"this lifter takes {joint_set.name} keypoints: {', '.join(lacking)} cannot be made from {keypoints.joint_set.name}")
    seen_source = (keypoints.confidence > 0)[..., None]
    xy, confidence = rule.apply(np.where(seen_source, keypoints.xy, np.nan), keypoints.confidence)
    if not (confidence > 0).any():
        raise UsageError("there is nothing to lift: no keypoint is seen in the whole clip")
    middle = np.array([np.nanmean(frame, axis=0) if np.isfinite(frame).any() else (np.nan, np.nan) for frame in xy])  # (T, 2)
    middle = interpolated(middle[:, None], np.isfinite(middle[:, :1]), keypoints.timestamps)
    known = confidence > 0
    never = ~known.any(axis=0)
    filled = interpolated(xy, known, keypoints.timestamps)
    filled[:, never] = middle
    return filled.astype(np.float32), confidence


def with_guesses(confidence: NDArray[np.floating]) -> Array:
    """Confidence (T, J) of lifted joints: what a network places by the rest of the body, unseen, is worth a little; nothing is in frames without anybody."""
    somebody = (confidence > 0).any(axis=1, keepdims=True)
    return np.where(somebody, np.clip(confidence, GUESS, 1.0), 0.0).astype(np.float32)


def interpolated(values: NDArray[np.floating], known: NDArray[np.bool_], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values (T, J, D), linear in time between the frames in which each is known, (T, J), and held before and after."""
    filled = np.array(values, dtype=np.float64)
    for j in range(values.shape[1]):
        at = known[:, j]
        if at.any() and not at.all():
            for d in range(values.shape[2]):
                filled[~at, j, d] = np.interp(times[~at], times[at], filled[at, j, d])
    return filled


def mirrored(values: Array, joint_set: JointSet) -> Array:
    """Positions (..., J, D) as in a mirror: x negated, left and right exchanged. Other coordinates stay."""
    turned = values[..., joint_set.mirror(), :].copy()
    turned[..., 0] *= -1
    return turned


def in_windows(lift: Callable[[Array], Array], clip: Array, length: int, overlap: int, batch: int = 2) -> Array:
    """A network over windows of a clip (T, J, D), several at once, blended linearly where two overlap; (T, J, 3).

    Args:
        lift: windows (B, W, J, D) to positions (B, W, J, 3).
        length: frames of a window; a shorter clip is one window.
        overlap: frames that neighbouring windows share; the last may share more with the one before.
        batch: windows at once.
    """
    starts = list(window_starts(len(clip), length, overlap))
    size = min(length, len(clip))
    parts = [lift(np.stack([clip[start : start + size] for start in starts[i : i + batch]])) for i in range(0, len(starts), batch)]
    lifted = np.concatenate(parts)
    total = np.zeros((len(clip), *lifted.shape[2:]))
    weights = np.zeros((len(clip), 1, 1))
    for number, (start, window) in enumerate(zip(starts, lifted, strict=True)):
        ramp = np.ones(size)
        if number > 0:
            shared = starts[number - 1] + size - start
            ramp[:shared] = np.arange(1, shared + 1) / (shared + 1)
        if number + 1 < len(starts):
            shared = start + size - starts[number + 1]
            ramp[size - shared :] *= np.arange(shared, 0, -1) / (shared + 1)
        total[start : start + size] += ramp[:, None, None] * window
        weights[start : start + size] += ramp[:, None, None]
    return (total / weights).astype(np.float32)


def window_starts(frames: int, length: int, overlap: int) -> Iterator[int]:
    """First frames of windows that cover a clip, the last one flush with its end."""
    start = 0
    while start + length < frames:
        yield start
        start += length - overlap
    yield max(0, frames - length)


def unsheared(xyz: Array, root_xy: NDArray[np.floating], camera: Camera) -> Array:
    """Camera axes from image axes with depth, both relative to the root, (T, J, 3): what is further away is drawn nearer to the principal point.

    Args:
        xyz: x and y as seen in the image, z the depth, in one unit.
        root_xy: the root in pixels, (T, 2).
    """
    slope = (root_xy - camera.centre) / camera.focal
    turned = np.array(xyz, dtype=np.float64)
    turned[..., :2] += slope[:, None] * turned[..., 2:]
    return turned.astype(np.float32)


def metric_scale(xyz: NDArray[np.floating], joint_set: JointSet) -> float:
    """Factor that makes positions (T, J, 3) in an unknown unit metres: that of an average adult's bones, their median over clip and body; 1 where nothing can be measured."""
    rest = reference_skeleton().rest_pose()[0]
    reference, _ = conversion(HUMANOID, joint_set).apply(rest, np.ones(len(HUMANOID)))
    ends = np.array([[joint_set.index(a), joint_set.index(b)] for a, b in joint_set.edges])
    wanted = np.linalg.norm(reference[ends[:, 0]] - reference[ends[:, 1]], axis=-1)
    measured = np.median(np.linalg.norm(xyz[:, ends[:, 0]] - xyz[:, ends[:, 1]], axis=-1), axis=0)
    usable = np.isfinite(wanted) & (wanted > 0) & (measured > 1e-9)
    return float(np.median(wanted[usable] / measured[usable])) if usable.any() else 1.0
