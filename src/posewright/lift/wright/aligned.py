"""Lifted directions brought into line with where the points were seen.

The network gives directions and has no means to say that the body's image shall fall on the keypoints. So each frame's
points are moved a little, all at once and by linear least squares, between the sticks that were lifted and the lines of
sight; what comes of it are new directions, and bones keep their lengths. A point that is far from its line of sight is a
keypoint gone wrong more often than a stick, and hardly counts (`geman_mcclure_weight`).
"""

from __future__ import annotations

import numpy as np

from posewright.geometry import Array, normalize
from posewright.lift.place import fit_translation, geman_mcclure_weight
from posewright.lift.wright.window import MIRRORED_BONES, TREE

SEEN_M = 0.04
"""Error of a keypoint at the person's depth, metres."""
LIFTED = 0.15
"""Error of a direction of which the network is certain, in shares of the bone's length."""
WRONG_M = 0.07
"""Distance between a point and its line of sight at which the keypoint counts a quarter."""
ENOUGH = 4
"""Points that must be seen in a frame."""
_ANCHOR = 1e-6
"""Weight that ties the pelvis to where it is, which nothing else may determine."""


def _sticks() -> list[tuple[int, int, int, float]]:
    """Bone, start, end and sign of every stick: those that lead from the middle to the left lead to the right too, turned round."""
    sticks = [(b, int(start), int(end), 1.0) for b, (start, end) in enumerate(TREE.ends)]
    twins = {b: TREE.index(TREE.points[TREE.ends[b, 1]].replace("left_", "right_")) for b, bone in enumerate(TREE.bones) if bone in MIRRORED_BONES}
    return sticks + [(b, int(TREE.ends[b, 0]), twin, -1.0) for b, twin in twins.items()]


_STICKS = _sticks()


def aligned(directions: Array, certainty: Array, lengths: Array, sight: Array, confidence: Array) -> Array:
    """Unit directions (T, B, 3) in camera axes, closer to what was seen.

    Args:
        directions: as lifted, (T, B, 3), camera axes.
        certainty: of each, 0 to 1, (T, B); see `LiftedDirections`.
        lengths: of the bones, metres, (B,).
        sight: x / z and y / z of each point's line of sight, (T, P, 2).
        confidence: 0 where a point is not seen, (T, P).
    """
    points = TREE.chain @ (directions * lengths[:, None])
    place = fit_translation(points, np.where(confidence[..., None] > 0, sight, np.nan), confidence)
    usable = np.isfinite(place).all(-1) & (np.count_nonzero(confidence, axis=1) >= ENOUGH)
    if not usable.any():
        return directions
    moved = _between(points[usable] + place[usable, None], directions[usable], certainty[usable], lengths, sight[usable], confidence[usable])
    out = directions.copy()
    across = np.zeros_like(directions[usable])
    for b, start, end, sign in _STICKS:
        across[:, b] += sign * (moved[:, end] - moved[:, start])
    out[usable] = normalize(across)
    return out


def _between(points: Array, directions: Array, certainty: Array, lengths: Array, sight: Array, confidence: Array) -> Array:
    """Points (T, P, 3) between the sticks and the lines of sight, both of them given from the camera."""
    frames, count = points.shape[:2]
    rays = normalize(np.concatenate([sight, np.ones((frames, count, 1))], axis=-1))
    off = np.eye(3) - rays[..., :, None] * rays[..., None, :]  # what lies across the line of sight
    miss = np.linalg.norm((off @ points[..., None])[..., 0], axis=-1)
    pull = (confidence / SEEN_M) ** 2 * geman_mcclure_weight(miss, WRONG_M)
    system = np.zeros((frames, count, 3, count, 3))
    known = np.zeros((frames, count, 3))
    spread = (LIFTED**2 + 1.0 - certainty**2) * lengths**2
    for b, start, end, sign in _STICKS:
        weight = 1.0 / spread[:, b, None]
        wanted = weight * sign * lengths[b] * directions[:, b]
        for axis in range(3):
            for one, other, way in ((start, start, 1.0), (end, end, 1.0), (start, end, -1.0), (end, start, -1.0)):
                system[:, one, axis, other, axis] += way * weight[:, 0]
        known[:, end] += wanted
        known[:, start] -= wanted
    for p in range(count):
        system[:, p, :, p] += pull[:, p, None, None] * off[:, p]
    anchor = _ANCHOR / SEEN_M**2
    system[:, 0, range(3), 0, range(3)] += anchor
    known[:, 0] += anchor * points[:, 0]
    return np.linalg.solve(system.reshape(frames, 3 * count, 3 * count), known.reshape(frames, 3 * count, 1)).reshape(points.shape)
