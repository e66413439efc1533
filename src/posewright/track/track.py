"""`track()`: who is who from frame to frame, and one unbroken time base for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from posewright.errors import require
from posewright.estimate import FrameResult
from posewright.track.follow import Chain, follow
from posewright.types import Keypoints, Poses3D

MIN_FRAMES = 5
MIN_DURATION_S = 0.2
"""What is seen more briefly is an error of the detector rather than a person."""


@dataclass(frozen=True)
class Track:
    """One person through a clip, from the first frame to the last in which they were found."""

    keypoints: Keypoints
    """NaN with confidence 0 in frames in between in which the person was not found."""
    poses: Poses3D | None
    """The same in 3D, camera axes, from the mid-point of the hips, where the estimator lifts too."""

    def __post_init__(self) -> None:
        require(self.poses is None or np.array_equal(self.poses.timestamps, self.keypoints.timestamps), "keypoints and poses must share their timestamps")

    def __len__(self) -> int:
        return len(self.keypoints)

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Frames in which the person was found, (T,)."""
        return np.asarray(np.isfinite(self.keypoints.xy).any(axis=(1, 2)))

    def on_timeline(self, timestamps: ArrayLike) -> Track:
        """The same person on the clip's whole timeline, (T,) seconds, which holds the track's own; NaN and confidence 0 outside it.

        Raises:
            ValueError: the track has a time that the timeline lacks.
        """
        times = np.asarray(timestamps, dtype=np.float64)
        own = self.keypoints.timestamps
        at = np.searchsorted(times, own)
        require(bool(len(own) == 0 or (at[-1] < len(times) and np.array_equal(times[at], own))), "the track has a time that the timeline lacks")
        keypoints, poses = self.keypoints, self.poses
        xy, confidence = _spread(keypoints.xy, keypoints.confidence, at, len(times))
        wider = Keypoints(xy, confidence, keypoints.joint_set, times, keypoints.frame_size)
        if poses is None:
            return Track(wider, None)
        xyz, confidence = _spread(poses.xyz, poses.confidence, at, len(times))
        return Track(wider, Poses3D(xyz, confidence, poses.joint_set, times, poses.frame, poses.root_relative))


def track(results: Sequence[FrameResult], frame_size: tuple[int, int], people: int = 1) -> list[Track]:
    """One track a person, the one who fills most of the clip first.

    Args:
        results: what the estimator found in every frame of a clip, in order of time.
        frame_size: width and height in pixels.
        people: how many to return at most.

    Returns:
        Those seen in at least 5 frames and 0.2 s, or throughout a shorter clip; none where nobody was.
    """
    times = np.array([result.timestamp for result in results])
    chains = [chain for chain in follow(results) if _long_enough(chain, times)]
    chains.sort(key=lambda chain: -sum(chain.sizes))
    return [_track(chain, results, times, frame_size) for chain in chains[:people]]


def _long_enough(chain: Chain, times: NDArray[np.float64]) -> bool:
    duration = times[chain.frames[-1]] - times[chain.frames[0]]
    return len(chain.frames) >= min(MIN_FRAMES, len(times)) and duration >= min(MIN_DURATION_S, times[-1] - times[0])


def _track(chain: Chain, results: Sequence[FrameResult], times: NDArray[np.float64], frame_size: tuple[int, int]) -> Track:
    poses = [results[frame].people[number] for frame, number in zip(chain.frames, chain.numbers, strict=True)]
    joint_set = poses[0].joint_set
    first, last = chain.frames[0], chain.frames[-1]
    at, count, span = np.array(chain.frames) - first, last - first + 1, times[first : last + 1]
    trust = np.stack([pose.confidence for pose in poses]).astype(np.float32)
    xy, confidence = _spread(np.stack([pose.xy for pose in poses]).astype(np.float32), trust, at, count)
    keypoints = Keypoints(xy, confidence, joint_set, span, frame_size)
    lifted = [pose.xyz for pose in poses if pose.xyz is not None]
    if len(lifted) < len(poses):
        return Track(keypoints, None)
    xyz, confidence = _spread(np.stack(lifted).astype(np.float32), trust, at, count)
    return Track(keypoints, Poses3D(xyz, confidence, joint_set, span, frame="camera", root_relative=True))


def _spread(values: NDArray[np.float32], confidence: NDArray[np.float32], at: NDArray[np.intp], count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Positions (S, J, D) and confidence (S, J) at the frames `at` of `count`; NaN and 0 elsewhere."""
    wide = np.full((count, *values.shape[1:]), np.nan, dtype=np.float32)
    trust = np.zeros((count, *confidence.shape[1:]), dtype=np.float32)
    wide[at], trust[at] = values, confidence
    return wide, trust
