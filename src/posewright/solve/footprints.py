"""Where a foot stands: contacts without flicker, the footprint of each stance, and corrections that ease out beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array, normalize, quat_between, quat_conjugate, quat_from_rotvec, quat_multiply, quat_rotate, quat_to_rotvec

FORWARD = np.array([0.0, 0.0, 1.0])


def segments(contacts: Array, fps: float, on: float, off: float, least_s: float, gap_s: float) -> NDArray[np.bool_]:
    """Contacts (T, C), 0 to 1, as yes or no with hysteresis: from above `on` until below `off`, gaps shorter than `gap_s` closed, then what is shorter than `least_s` dropped."""
    known = np.where(contacts > on, 1, np.where(contacts < off, -1, 0))
    last = np.maximum.accumulate(np.where(known != 0, np.arange(len(known))[:, None], 0), axis=0)
    planted = np.take_along_axis(known, last, axis=0) > 0
    for column in planted.T:
        for start, stop in runs(~column):
            if start > 0 and stop < len(column) and (stop - start) / fps < gap_s:
                column[start:stop] = True
        for start, stop in runs(column):
            if (stop - start) / fps < least_s:
                column[start:stop] = False
    return planted


def without_steps(planted: NDArray[np.bool_], points: Array, most: float, gap: int) -> NDArray[np.bool_]:
    """Contacts (T, C) cut where they hide a small step: for `gap` frames, where a point (T, C, 3) that wanders farther than `most` metres from its mean is fastest."""
    kept = planted.copy()
    for column in range(planted.shape[1]):
        level = points[:, column, [0, 2]]
        todo = runs(planted[:, column])
        while todo:
            start, stop = todo.pop()
            path = level[start:stop]
            if stop - start <= 2 * gap or np.linalg.norm(path - path.mean(0), axis=-1).max() <= most:
                continue
            travelled = np.linalg.norm(path[gap:] - path[:-gap], axis=-1)
            cut = start + int(travelled.argmax())
            kept[cut : cut + gap, column] = False
            todo += [(start, cut), (cut + gap, stop)]
    return kept


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and stop of each run of True in (T,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def eased(correction: Array, held: NDArray[np.bool_], fps: float, ease_s: float, speed: float) -> NDArray[np.float64]:
    """A correction (T, D) that is known where `held` (T,) and dies away beside it without a jump in value or velocity.

    Cubic Hermite from the edge's value and slope to zero (smoothstep, and a term that takes up the slope), over `ease_s`
    seconds, longer where the correction is so large that it would change faster than `speed` a second, and at most
    over the gap to the next stretch that is held.
    """
    out = np.where(held[:, None], correction, 0.0)
    for start, stop in runs(~held):
        frames = np.arange(start, stop)
        for edge, step in ((start - 1, -1), (stop, 1)):
            if not 0 <= edge < len(held):
                continue
            inside = edge + step
            slope = correction[edge] - correction[inside] if 0 <= inside < len(held) and held[inside] else np.zeros(correction.shape[1])
            span = min(stop - start + 1.0, fps * (ease_s + float(np.linalg.norm(correction[edge])) / speed))
            x = np.minimum(np.abs(frames - edge) / span, 1.0)[:, None]
            out[start:stop] += (1.0 - x * x * (3.0 - 2.0 * x)) * correction[edge] + x * (1.0 - x) ** 2 * span * slope
    return out


@dataclass(frozen=True)
class Foot:
    """The shape of a foot, from the ankle in the foot's frame, metres."""

    heel: NDArray[np.float64]
    """Underside of the heel, (3,)."""
    ball: NDArray[np.float64]
    """The joint of the toes, (3,)."""
    toe_length: float
    """From that joint to the tip."""

    @property
    def ball_height(self) -> float:
        """The toes' joint above the floor when the foot lies flat."""
        return float(max(self.ball[1] - self.heel[1], 0.0))


@dataclass(frozen=True)
class Stance:
    """One foot put down: what it is to do, frame by frame."""

    ankle: NDArray[np.float64]
    """World position (T, 3)."""
    rotation: NDArray[np.float64]
    """World rotation of the foot, (T, 4)."""
    planted: NDArray[np.bool_]
    """Heel and ball on the floor, (T, 2)."""

    @property
    def held(self) -> NDArray[np.bool_]:
        """Frames in which the foot is pinned, (T,)."""
        return self.planted[:, 0] | self.planted[:, 1]


def stand(foot: Foot, ankle: Array, rotation: Array, planted: NDArray[np.bool_], trust: Array, fps: float, ease_s: float, speed: float, turn_speed: float) -> Stance:
    """Pin a foot where it is planted, ease it back to its path elsewhere, and keep its sole above the floor y = 0.

    Args:
        ankle: (T, 3), metres.
        rotation: world rotation of the foot, (T, 4).
        planted: heel and ball on the floor, (T, 2).
        trust: weight of each in the mean that gives the footprint, (T, 2).
        ease_s, speed, turn_speed: as of `eased`, metres and radians a second.
    """
    heel_on, ball_on = planted.copy().T
    # Where one takes over from the other they share a frame, so that each footprint has both.
    ball_on[1:] |= ball_on[:-1] & heel_on[1:]
    ball_on[:-1] |= ball_on[1:] & heel_on[:-1]
    flat = heel_on & ball_on

    heading = quat_rotate(rotation, FORWARD) * [1.0, 0.0, 1.0]
    for start, stop in runs(flat):
        heading[start:stop] = heading[start:stop].mean(0)
    level = quat_between(FORWARD, normalize(heading))
    turn = quat_to_rotvec(quat_multiply(level, quat_conjugate(rotation)))
    turned = quat_multiply(quat_from_rotvec(eased(turn, flat, fps, ease_s, turn_speed)), rotation)
    turned = _rolled(turned, heel_on & ~ball_on, ball_on & ~heel_on)

    floor_ball = np.full_like(ankle, np.nan)  # (T, 3), where the toes' joint shall be
    _fix(floor_ball, ball_on, ankle + quat_rotate(rotation, foot.ball), trust[:, 1], foot.ball_height)
    floor_heel = np.full_like(ankle, np.nan)
    floor_heel[flat] = floor_ball[flat] + quat_rotate(level[flat], foot.heel - foot.ball)
    own = ankle + quat_rotate(rotation, foot.heel)
    for start, stop in runs(heel_on):
        given = np.flatnonzero(flat[start:stop]) + start
        if len(given):
            frames = np.arange(start, stop)
            floor_heel[start:stop] = np.stack([np.interp(frames, given, floor_heel[given, axis]) for axis in range(3)], axis=-1)
        else:
            _fix(floor_heel, _only(heel_on, start, stop), own, trust[:, 0], 0.0)
    pinned = np.where(ball_on[:, None], floor_ball - quat_rotate(turned, foot.ball), floor_heel - quat_rotate(turned, foot.heel))
    held = heel_on | ball_on
    shift = eased(np.where(held[:, None], pinned - ankle, 0.0), held, fps, ease_s, speed)
    return Stance(ankle + shift, turned, np.stack([heel_on, ball_on], axis=1))


def _only(flags: NDArray[np.bool_], start: int, stop: int) -> NDArray[np.bool_]:
    out = np.zeros_like(flags)
    out[start:stop] = True
    return out


def _fix(targets: Array, on: NDArray[np.bool_], points: Array, weight: Array, height: float) -> None:
    """Set `targets` (T, 3), in each run of `on`, to the weighted mean of `points` on the floor, at `height`."""
    for start, stop in runs(on):
        w = weight[start:stop, None] + 1e-3
        targets[start:stop] = (w * points[start:stop]).sum(0) / w.sum()
        targets[start:stop, 1] = height


def _rolled(rotation: Array, on_heel: NDArray[np.bool_], on_ball: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Foot rotations (T, 4) with the toes not below a heel that alone carries, and the heel not below the ball."""
    forward = quat_rotate(rotation, FORWARD)
    wrong = (on_heel & (forward[:, 1] < 0.0)) | (on_ball & (forward[:, 1] > 0.0))
    right = np.where(wrong[:, None], forward * [1.0, 0.0, 1.0], forward)
    return quat_multiply(quat_between(forward, right), rotation)
