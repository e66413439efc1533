"""`BlazePose`: the people in each frame of a stream, in 2D and in metres."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright import models
from posewright.errors import UsageError
from posewright.estimate.blazepose.detector import Detector
from posewright.estimate.blazepose.follower import Follower, Found
from posewright.estimate.blazepose.landmarks import UNUSED, LandmarkNetwork, Landmarks
from posewright.estimate.result import FrameResult, Pose2D
from posewright.machine import processors
from posewright.media import Frame, prefetch
from posewright.models.runtime import LiteRTSession
from posewright.skeletons import BLAZEPOSE33

VARIANTS = ("full", "lite", "heavy")
"""Sizes of the landmark network, the default first."""
MOST_THREADS = 4
"""The network is too small to gain from more."""
SHARP = 0.93
"""Peak of a heat map from which a point counts as placed as well as can be."""
READ_AHEAD = 8
"""Frames decoded while the network is busy."""


class BlazePose:
    """BlazePose (Bazarevsky et al. 2020, https://arxiv.org/abs/2006.10204) as MediaPipe's pose solution runs it, for one stream and several people."""

    joint_set = BLAZEPOSE33
    runtime = "LiteRT on the CPU"

    def __init__(self, variant: str = "full", people: int = 1, threads: int | None = None) -> None:
        """
        Args:
            variant: size of the landmark network: `full`, `lite` or `heavy`.
            people: how many to follow at most.
            threads: threads of a run of a network; by default as many as there are processors, 4 at most.

        Raises:
            ModelError: a network's file is missing and cannot be fetched.
            UsageError: there is no such variant, or nobody is wanted.
        """
        if variant not in VARIANTS:
            raise UsageError(f"BlazePose has no variant '{variant}'. It has: {', '.join(VARIANTS)}")
        if people < 1:
            raise UsageError(f"{people} people to follow: give 1 or more.")
        threads = threads or min(MOST_THREADS, processors())
        detector = Detector(LiteRTSession(models.path("blazepose-detector"), threads))
        landmarks = LandmarkNetwork(LiteRTSession(models.path(f"blazepose-{variant}"), threads, UNUSED))
        self._follower = Follower(detector, landmarks, people)

    def reset(self) -> None:
        """Forget everybody: the next frame begins another stream."""
        self._follower.reset()

    def __call__(self, frame: Frame) -> list[Pose2D]:
        """The people in the next frame of the stream; those followed longest come first."""
        return [pose(found) for found in self._follower(frame)]

    def estimate_clip(self, frames: Iterable[Frame], progress: Callable[[int], None] | None = None) -> Iterator[FrameResult]:
        """The people in every frame of a clip, in order; frames are decoded meanwhile on another thread, a few ahead.

        A frame's region comes from the frame before, so that the frames form a chain: what can run side by side is the decoding,
        and the threads inside the network.

        Args:
            frames: the clip, a `Source` or any other iterable.
            progress: called with the number of frames done after each.
        """
        self.reset()
        with _opencv_on_one_thread(), prefetch(frames, READ_AHEAD) as ahead:
            for done, frame in enumerate(ahead, start=1):
                yield FrameResult(frame.index, frame.timestamp, tuple(self(frame)))
                if progress is not None:
                    progress(done)


@contextmanager
def _opencv_on_one_thread() -> Iterator[None]:
    """A crop of 256 x 256 pixels is too small to share out: OpenCV's threads would cost more than they save."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def pose(found: Found) -> Pose2D:
    """What the network found, as the next room takes it."""
    return Pose2D(
        xy=found.landmarks.xyz[:, :2].astype(np.float32),
        confidence=confidence(found.landmarks),
        score=found.landmarks.score,
        joint_set=BLAZEPOSE33,
        xyz=found.landmarks.world.astype(np.float32),
        roi=found.region.corners(),
    )


def confidence(landmarks: Landmarks) -> NDArray[np.float32]:
    """One figure from three, (33,): visibility is the chance that a point is in the frame and not hidden, presence that it is in the frame, sharpness is its heat map's peak.

    A hidden point is placed by the rest of the body and is still worth something, one outside the frame is a guess:
    the geometric mean of the first two keeps the one and drops the other. Neither tells how exactly a point was placed;
    the peak does (measured: `train/data/README.md`).
    """
    sharp = np.minimum(landmarks.sharpness / SHARP, 1.0)
    return (sharp * np.sqrt(landmarks.visibility * landmarks.presence)).astype(np.float32)
