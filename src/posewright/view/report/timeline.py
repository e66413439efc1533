"""What happens to one person frame by frame: the arrays that the verdict and the plots are made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.signal import butter, sosfiltfilt

from posewright.geometry import Array, quat_angle
from posewright.solve.ground import sole_positions
from posewright.track.repair import body_size_px
from posewright.types import Person
from posewright.view.report.parts import PARTS, part_confidence, part_place

SEEN = 0.3
"""Confidence from which a keypoint counts as seen: where most programs begin to draw the peak of a heat map. On rendered people
it calls 3 % of BlazePose's points in plain sight hidden, and 68 % of those behind a thing."""
BODY_MOVES_HZ = 8.0
"""What is faster in a position than this is shaking: 99 % of the power of human movement lies below 6 Hz (Winter 2009, ch. 2)."""
LEAST_SHAKE_FPS = 20.0
"""At fewer frames a second too little of the band above is left to tell shaking from movement."""
SHAKE_WINDOW_S = 0.5
"""Shaking lasts; a blow, which has fast parts too, is over sooner."""
ON_FLOOR = 0.5
"""Contact from which a sole point counts as planted."""


@dataclass(frozen=True)
class Timeline:
    """One person, frame by frame of the motion."""

    times: NDArray[np.float64]
    """Seconds of the clip. Shape (T,)."""
    fps: float
    seen: NDArray[np.bool_]
    """Frames in which the person was found. Shape (T,)."""
    confidence: NDArray[np.float64]
    """Of each of `parts.PARTS`; NaN for those that the estimator does not look at. Shape (T, P)."""
    place: NDArray[np.int8]
    """Where each part lies, in the picture or beyond an edge (`parts.INSIDE` ...). Shape (T, P)."""
    size_px: NDArray[np.float64]
    """Size of the person in the picture. Shape (T,)."""
    swapped: NDArray[np.bool_]
    """Frames in which left and right were changed back. Shape (T,)."""
    sole_height: NDArray[np.float64]
    """Lowest point of the left and the right sole over the floor, metres. Shape (T, 2)."""
    planted: NDArray[np.bool_]
    """Whether heel or ball of the left and the right foot rests on the floor. Shape (T, 2)."""
    slide: NDArray[np.float64]
    """Speed over the floor of planted points of the left and the right foot, m/s; 0 where not planted. Shape (T, 2)."""
    acceleration: NDArray[np.float64]
    """Mean over the joints, m/s^2. Shape (T,)."""
    shake: NDArray[np.float64]
    """Mean distance of the joints from their course without what is faster than BODY_MOVES_HZ, metres; NaN where it cannot be told. Shape (T,)."""
    turn: NDArray[np.float64]
    """Fastest turn of the bones of each part since the frame before, radians a second. Shape (T, P)."""
    root: NDArray[np.float64]
    """World position of the hips, metres. Shape (T, 3)."""

    def __len__(self) -> int:
        return len(self.times)


def timeline_of(person: Person) -> Timeline:
    """All that the report looks at, on the motion's frames."""
    keypoints, motion = person.keypoints, person.motion
    times = keypoints.timestamps[0] + motion.timestamps
    row = _nearest(keypoints.timestamps, times)
    positions, worlds = motion.skeleton.forward(motion.rotations, motion.root_translation)
    soles = sole_positions(motion.skeleton, positions, worlds)
    touching = np.zeros(soles.shape[:2], dtype=bool) if motion.contacts is None else motion.contacts > ON_FLOOR
    slide = np.where(touching, _speed(soles[..., [0, 2]], motion.fps, both=touching), 0.0)
    swapped = person.diagnostics.swapped if person.diagnostics else None
    return Timeline(
        times=times,
        fps=motion.fps,
        seen=(keypoints.confidence.max(1) > 0)[row],
        confidence=part_confidence(keypoints)[row],
        place=part_place(keypoints)[row],
        size_px=body_size_px(keypoints.xy)[row],
        swapped=np.zeros(len(times), dtype=bool) if swapped is None else swapped[row],
        sole_height=soles[..., 1].reshape(-1, 2, 2).min(2),
        planted=np.asarray(touching.reshape(-1, 2, 2).any(2)),
        slide=slide.reshape(-1, 2, 2).max(2),
        acceleration=_acceleration(positions, motion.fps),
        shake=shake(positions, motion.fps),
        turn=_turn(motion.rotations, motion.skeleton.joints, motion.fps),
        root=motion.root_translation,
    )


def _nearest(known: Array, wanted: Array) -> NDArray[np.intp]:
    """Index of the nearest of the increasing times `known` for each of `wanted`."""
    after = np.clip(np.searchsorted(known, wanted), 1, max(len(known) - 1, 1))
    if len(known) == 1:
        return np.zeros(len(wanted), dtype=np.intp)
    return np.where(wanted - known[after - 1] <= known[after] - wanted, after - 1, after)


def _speed(points: Array, fps: float, both: Array) -> Array:
    """Speed of points (T, P, D) since the frame before, where both frames are in `both` (T, P); else 0."""
    speed = np.zeros(points.shape[:2])
    speed[1:] = np.where(both[1:] & both[:-1], np.linalg.norm(np.diff(points, axis=0), axis=-1) * fps, 0.0)
    return speed


def _acceleration(positions: Array, fps: float) -> Array:
    result = np.zeros(len(positions))
    if len(positions) > 2:
        result[1:-1] = np.linalg.norm(np.diff(positions, 2, axis=0), axis=-1).mean(1) * fps**2
    return result


def shake(positions: Array, fps: float) -> Array:
    """See `Timeline.shake`, of positions (T, J, 3): zero-phase Butterworth of order 4, then the median over SHAKE_WINDOW_S."""
    window = 2 * round(0.5 * SHAKE_WINDOW_S * fps) + 1
    if fps < LEAST_SHAKE_FPS or len(positions) < 2 * window:
        return np.full(len(positions), np.nan)
    fast = sosfiltfilt(butter(4, BODY_MOVES_HZ, "highpass", fs=fps, output="sos"), positions, axis=0)
    return np.asarray(median_filter(np.linalg.norm(fast, axis=-1).mean(1), window, mode="nearest"))


def _turn(rotations: Array, joints: tuple[str, ...], fps: float) -> Array:
    result = np.zeros((len(rotations), len(PARTS)))
    speed = quat_angle(rotations[1:], rotations[:-1]) * fps
    for p, part in enumerate(PARTS):
        columns = [joints.index(bone) for bone in part.bones if bone in joints]
        if columns:
            result[1:, p] = speed[:, columns].max(1)
    return result
