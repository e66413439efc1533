"""Following people from frame to frame: each carries the region in which to look next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from posewright.estimate.blazepose.detector import Detection
from posewright.estimate.blazepose.landmarks import Landmarks
from posewright.estimate.blazepose.region import AlignmentFilter, Region
from posewright.media import Frame

LOOK_EVERY = 5
"""Frames between two looks for more people, while fewer are followed than wanted."""
SAME_PERSON = 0.1
"""Two poses are one person when their points lie closer than this on average, in units of the region's side."""


@dataclass(frozen=True)
class Found:
    """A person in a frame, and where the network looked."""

    landmarks: Landmarks
    region: Region


@dataclass
class _Followed:
    """One person carried from frame to frame."""

    region: Region
    """Where to look next."""
    filter: AlignmentFilter = field(default_factory=AlignmentFilter)
    alignment: NDArray[np.float64] | None = None
    """Where the two alignment points were last, pixels, (2, 2)."""


class Follower:
    """The detector looks at whole frames until as many people are followed as wanted; the landmarks of one frame say where to look in the next.

    As in MediaPipe's pose solution, except that one who is lost is looked for in the same frame, and that there may be several.
    """

    def __init__(self, detect: Callable[[Frame], list[Detection]], find: Callable[[Frame, Region], Landmarks | None], people: int = 1) -> None:
        """
        Args:
            detect: people in a whole frame, the surest first.
            find: the person in a region, None where there is none.
            people: how many to follow at most.
        """
        self._detect = detect
        self._find = find
        self._wanted = people
        self.reset()

    def reset(self) -> None:
        """Forget everybody: the next frame begins another stream."""
        self._followed: list[_Followed] = []
        self._since_look = 0

    def __call__(self, frame: Frame) -> list[Found]:
        """The people in the next frame of the stream; those followed longest come first."""
        before, self._followed = self._followed, []
        found: list[Found] = []
        for person in before:
            self._step(frame, person, found)
        self._since_look += 1
        if not self._followed or (len(self._followed) < self._wanted and self._since_look >= LOOK_EVERY):
            self._since_look = 0
            for detection in self._detect(frame):
                if len(self._followed) == self._wanted:
                    break
                person = _Followed(Region.from_alignment(detection.points[:2]))
                if person.region.usable and not any(_at(detection, other) for other in self._followed):
                    self._step(frame, person, found)
        return found

    def _step(self, frame: Frame, person: _Followed, found: list[Found]) -> None:
        """Look for `person` in their region. Followed on, and added to `found`, when they are there and not found already."""
        landmarks = self._find(frame, person.region)
        if landmarks is None or any(_same(landmarks, other) for other in found):
            return
        found.append(Found(landmarks, person.region))
        person.alignment = landmarks.alignment
        person.region = Region.from_alignment(person.filter(landmarks.alignment))
        if person.region.usable:
            self._followed.append(person)


def _at(detection: Detection, person: _Followed) -> bool:
    """True where a detection is of somebody who is followed."""
    return person.alignment is not None and _mean_distance(detection.points[:2], person.alignment) < SAME_PERSON * person.region.size


def _same(landmarks: Landmarks, other: Found) -> bool:
    """True where two regions have led to one person."""
    return _mean_distance(landmarks.xyz[:, :2], other.landmarks.xyz[:, :2]) < SAME_PERSON * other.region.size


def _mean_distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(a - b, axis=-1).mean())
