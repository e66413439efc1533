"""Left and right told apart again where the estimator mixed them up, and wild keypoints distrusted, before anything is lifted.

An estimator that sees a person from behind, or against the light, may take the left for the right for some frames.
A body does not turn round between two frames, so the labels that move least through the clip are the true ones: the
cheapest path through "as found" and "swapped" is found by dynamic programming (Viterbi 1967).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array
from posewright.skeletons import JointSet
from posewright.track.glitches import find_glitches
from posewright.track.track import Track

# Parts that are mixed up together: every pair, then the limbs by themselves.
_PARTS: dict[str, tuple[str, ...] | None] = {
    "body": None,
    "legs": ("knee", "ankle", "heel", "foot_index", "big_toe", "small_toe"),
    "arms": ("elbow", "wrist", "pinky", "index", "thumb"),
}
_FACE = ("nose", "eye", "mouth")
"""Points of the face: an estimator that takes the back for the front puts them behind the head."""
SWITCH_COST = 0.05
"""What it costs to change one's mind about the labels, in mean joint movements of a whole body size."""
SWAPPED_COST = 0.001
"""What a frame costs whose labels are not as found."""
MOST_SIZE = 0.5
"""A movement counts at most this many body sizes: beyond, it says no more."""
DOUBTED = 0.3
"""Share of its confidence that the 3D of a wild keypoint keeps: it is often better than none."""


@dataclass(frozen=True)
class Repaired:
    """A track with its labels in order."""

    track: Track
    swapped: NDArray[np.bool_]
    """Frames in which left and right of some part were changed back, (T,)."""
    outliers: NDArray[np.bool_]
    """Keypoints that were distrusted, (T, J)."""


def repair(track: Track) -> Repaired:
    """Undo left and right swaps, set the confidence of wild keypoints to 0 and lower that of their 3D."""
    keypoints, poses = track.keypoints, track.poses
    swapped = np.zeros(len(keypoints), dtype=bool)
    turned = swapped
    for part in _PARTS.values():
        exchange = _exchange(keypoints.joint_set, part)
        if exchange is None:
            continue
        wrong = find_swaps(keypoints.xy, keypoints.confidence, exchange)
        swapped |= wrong
        keypoints = replace(keypoints, xy=_exchanged(keypoints.xy, exchange, wrong), confidence=_exchanged(keypoints.confidence, exchange, wrong))
        if poses is not None:
            poses = replace(poses, xyz=_exchanged(poses.xyz, exchange, wrong), confidence=_exchanged(poses.confidence, exchange, wrong))
        if part is None:
            turned = wrong
    wild = find_glitches(keypoints.xy, keypoints.confidence, keypoints.timestamps, body_size_px(keypoints.xy))
    behind = turned[:, None] & [any(word in joint for word in _FACE) for joint in keypoints.joint_set.joints]
    keypoints = replace(keypoints, confidence=np.where(wild | behind, 0.0, keypoints.confidence).astype(np.float32))
    if poses is not None:
        trust = np.where(behind, 0.0, np.where(wild, DOUBTED, 1.0))
        poses = replace(poses, confidence=(trust * poses.confidence).astype(np.float32))
    return Repaired(Track(keypoints, poses), swapped, wild | behind)


def find_swaps(xy: Array, confidence: Array, exchange: Array) -> NDArray[np.bool_]:
    """Frames (T,) in which the joints would move less through the clip if they were exchanged.

    Args:
        xy: (T, J, 2), NaN where unseen.
        confidence: (T, J).
        exchange: column order that swaps the part's left and right, (J,).
    """
    seen = np.flatnonzero((confidence > 0).any(1))
    result = np.zeros(len(xy), dtype=bool)
    moved = exchange != np.arange(len(exchange))
    if len(seen) < 3:
        return result
    points, trust = xy[seen][:, moved].astype(np.float64), confidence[seen][:, moved]
    inner = np.argsort(np.flatnonzero(moved))[np.searchsorted(np.flatnonzero(moved), exchange[moved])]
    size = np.maximum(body_size_px(xy[seen]), 1.0)
    stay, change = _movement(points, trust, size, np.arange(points.shape[1])), _movement(points, trust, size, inner)
    cost = np.array([0.0, SWITCH_COST])
    came_from = np.zeros((len(seen), 2), dtype=int)
    for t in range(1, len(seen)):
        step = np.array([[stay[t - 1], change[t - 1] + SWITCH_COST], [change[t - 1] + SWITCH_COST, stay[t - 1]]]) + cost[:, None]
        came_from[t] = step.argmin(0)
        cost = step.min(0) + np.array([0.0, SWAPPED_COST])
    state = int(cost.argmin())
    for t in range(len(seen) - 1, -1, -1):
        result[seen[t]] = state == 1
        state = int(came_from[t, state])
    return result


def body_size_px(xy: Array) -> Array:
    """Size of the person in each frame, pixels: the diagonal of the keypoints' box, evened by the clip's median. Shape (T,)."""
    known = np.asarray(np.isfinite(xy).all(-1))
    high = np.where(known[..., None], xy, -np.inf).max(1)
    low = np.where(known[..., None], xy, np.inf).min(1)
    found = np.asarray(known.any(1))
    diagonal = np.linalg.norm(np.where(found[:, None], high - low, 0.0), axis=-1)
    usual = np.median(diagonal[diagonal > 0]) if (diagonal > 0).any() else 1.0
    return np.maximum(diagonal, 0.5 * usual)


def _movement(points: Array, trust: Array, size: Array, order: Array) -> Array:
    """Mean movement from each frame to the next, whose joints are taken in `order`, in body sizes, (T - 1,)."""
    weight = np.minimum(trust[:-1], trust[1:][:, order])
    away = np.linalg.norm(np.nan_to_num(points[1:][:, order]) - np.nan_to_num(points[:-1]), axis=-1) / size[1:, None]
    return np.sum(weight * np.minimum(away, MOST_SIZE), axis=1) / np.maximum(weight.sum(1), 1e-6)


def _exchange(joint_set: JointSet, part: tuple[str, ...] | None) -> Array | None:
    """Column order that swaps left and right of a part; None when the set has none of it."""
    order = np.arange(len(joint_set))
    for left, right in joint_set.pairs:
        if part is None or left.removeprefix("left_") in part:
            i, j = joint_set.index(left), joint_set.index(right)
            order[i], order[j] = j, i
    return order if (order != np.arange(len(order))).any() else None


def _exchanged(values: Array, order: Array, where: Array) -> Array:
    """`values` (T, J, ...) with columns reordered in the frames `where` (T,)."""
    result = values.copy()
    result[where] = values[where][:, order]
    return result
