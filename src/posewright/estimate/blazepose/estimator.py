"""`BlazePose`: the people in each frame of a stream, followed by regions carried from frame to frame."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from posewright import models
from posewright.errors import UsageError
from posewright.estimate.blazepose.detector import Detection, Detector
from posewright.estimate.blazepose.landmarks import UNUSED, LandmarkNetwork, Landmarks
from posewright.estimate.blazepose.region import AlignmentFilter, Region
from posewright.estimate.result import FrameResult, Pose2D
from posewright.media import Frame, prefetch
from posewright.models.runtime import LiteRTSession
from posewright.skeletons import BLAZEPOSE33

Variant = Literal["lite", "full", "heavy"]
VARIANTS: tuple[Variant, ...] = ("full", "lite", "heavy")
"""Sizes of the landmark network, the default first."""
LOOK_EVERY = 5
"""Frames between two looks for more people, while fewer are followed than wanted."""
SAME_PERSON = 0.1
"""Two poses are one person when their points lie closer than this on average, in units of the region's side."""
READ_AHEAD = 8


@dataclass
class _Followed:
    """One person carried from frame to frame."""

    region: Region
    filter: AlignmentFilter = field(default_factory=AlignmentFilter)
    alignment: NDArray[np.float64] | None = None
    """Where the two alignment points were in the last frame, pixels, (2, 2)."""


class BlazePose:
    """BlazePose as MediaPipe's pose solution runs it (https://arxiv.org/abs/2006.10204), for one stream and several people.

    The detector looks at whole frames until somebody is found; from then on the landmarks of one frame say where to look in
    the next, until the network finds nobody there. Differs from MediaPipe in two things: a person lost is looked for in the
    same frame, and more than one can be followed.
    """

    joint_set = BLAZEPOSE33

    def __init__(self, variant: Variant = "full", people: int = 1, threads: int | None = None) -> None:
        """
        Args:
            variant: size of the landmark network.
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
        threads = threads or min(4, processors())
        self._detect = Detector(LiteRTSession(models.path("blazepose-detector"), threads))
        self._landmarks = LandmarkNetwork(LiteRTSession(models.path(f"blazepose-{variant}"), threads, UNUSED))
        self._wanted = people
        self.reset()

    def reset(self) -> None:
        """Forget everybody: the next frame begins another stream."""
        self._followed: list[_Followed] = []
        self._since_look = 0

    def __call__(self, frame: Frame) -> list[Pose2D]:
        """The people in the next frame of the stream; those followed longest come first."""
        found = self._follow(frame)
        if len(self._followed) < self._wanted and (not self._followed or self._since_look >= LOOK_EVERY):
            found += self._look(frame, found)
        self._since_look += 1
        return [_pose(person, region) for person, region in found]

    def estimate_clip(self, frames: Iterable[Frame], progress: Callable[[int], None] | None = None) -> Iterator[FrameResult]:
        """The people in every frame of a clip, in order. Frames are read ahead on another thread, a few at a time.

        Args:
            frames: the clip, a `Source` or any other iterable.
            progress: called with the number of frames done after each.
        """
        self.reset()
        with prefetch(frames, READ_AHEAD) as ahead:
            for done, frame in enumerate(ahead, start=1):
                yield FrameResult(frame.index, frame.timestamp, tuple(self(frame)))
                if progress is not None:
                    progress(done)

    def _follow(self, frame: Frame) -> list[tuple[Landmarks, Region]]:
        """Landmarks of those followed already; who is gone, or has become another, is followed no longer."""
        found: list[tuple[Landmarks, Region]] = []
        still = []
        for person in self._followed:
            region = person.region
            landmarks = self._landmarks(frame, region)
            if landmarks is not None and not _known(landmarks, region, found) and _carry(person, landmarks):
                found.append((landmarks, region))
                still.append(person)
        self._followed = still
        return found

    def _look(self, frame: Frame, found: list[tuple[Landmarks, Region]]) -> list[tuple[Landmarks, Region]]:
        """Detect people who are not followed yet, as many as are wanted, and follow them."""
        self._since_look = 0
        new: list[tuple[Landmarks, Region]] = []
        for detection in self._detect(frame):
            if len(self._followed) == self._wanted:
                break
            person = _Followed(Region.from_alignment(detection.points[:2]))
            if not person.region.usable or any(_at(detection, other) for other in self._followed):
                continue
            region = person.region
            landmarks = self._landmarks(frame, region)
            if landmarks is not None and not _known(landmarks, region, found + new) and _carry(person, landmarks):
                new.append((landmarks, region))
                self._followed.append(person)
        return new


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _carry(person: _Followed, landmarks: Landmarks) -> bool:
    """Set the person's region for the next frame; False where it has become useless."""
    person.alignment = landmarks.alignment
    person.region = Region.from_alignment(person.filter(landmarks.alignment))
    return person.region.usable


def _at(detection: Detection, person: _Followed) -> bool:
    """True where a detection is of somebody who is followed."""
    if person.alignment is None:
        return False
    return float(np.linalg.norm(detection.points[:2] - person.alignment, axis=1).mean()) < SAME_PERSON * person.region.size


def _known(landmarks: Landmarks, region: Region, found: list[tuple[Landmarks, Region]]) -> bool:
    """True where the same pose has been found already."""
    return any(float(np.linalg.norm(landmarks.xyz[:, :2] - other.xyz[:, :2], axis=1).mean()) < SAME_PERSON * region.size for other, _ in found)


def _pose(landmarks: Landmarks, region: Region) -> Pose2D:
    return Pose2D(
        xy=landmarks.xyz[:, :2].astype(np.float32),
        confidence=confidence(landmarks),
        score=landmarks.score,
        joint_set=BLAZEPOSE33,
        xyz=landmarks.world.astype(np.float32),
        roi=region.corners(),
    )


def confidence(landmarks: Landmarks) -> NDArray[np.float32]:
    """One figure from two, (33,): visibility is the chance that a point is in the frame and not hidden, presence that it is in the frame.

    A hidden point is placed by the rest of the body and is still worth something, one outside the frame is a guess:
    their geometric mean keeps the first and drops the second.
    """
    return np.sqrt(landmarks.visibility * landmarks.presence).astype(np.float32)
