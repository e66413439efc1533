"""Top-down estimation: a detector says where people are, a network finds the joints in each crop, and the joints say where to look next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError
from posewright.estimate.blazepose.detector import overlap
from posewright.estimate.clip import READ_AHEAD
from posewright.estimate.crop import Crop
from posewright.estimate.people import Box, PeopleDetector
from posewright.estimate.result import FrameResult, Pose2D
from posewright.media import Frame, prefetch
from posewright.skeletons import JointSet

LOOK_EVERY = 5
"""Frames between two looks of the detector: for more people, and whether those who are followed are still where it sees somebody."""
MARGIN = 1.2
"""Side of a person's box over that of the box round their joints, which lack the crown, the hands and the toes."""
SURE_JOINT = 0.3
"""Confidence of a joint that says where its person is."""
FEWEST_JOINTS = 4
"""Sure joints without which nobody is followed."""
SAME_BOX = 0.5
"""Intersection over union above which two boxes are one person."""
SAME_POSE = 0.1
"""Two poses are one person when their joints lie closer than this on average, in units of the crop's height."""


class CropNetwork(Protocol):
    """Joints of the person in each crop."""

    joint_set: JointSet
    runtime: str

    def __call__(self, frame: Frame, boxes: Sequence[NDArray[np.floating]]) -> list[tuple[NDArray[np.float32], NDArray[np.float32], Crop]]:
        """Joints (J, 2) in pixels of the frame, their confidence (J,), and the crop looked at, for each box (4,) of x0, y0, x1, y1."""


class TopDown:
    """The people in a stream: each is followed by their joints; the detector looks for those who are not followed yet."""

    def __init__(self, detect: PeopleDetector, network: CropNetwork, people: int = 1) -> None:
        """
        Args:
            detect: people in a whole frame, the surest first.
            network: joints of the people in crops.
            people: how many to follow at most.

        Raises:
            UsageError: nobody is wanted.
        """
        if people < 1:
            raise UsageError(f"{people} people to follow: give 1 or more.")
        self.joint_set, self.runtime = network.joint_set, network.runtime
        self._detect, self._network, self._people = detect, network, people
        self.reset()

    def reset(self) -> None:
        """Forget everybody: the next frame begins another stream."""
        self._followed: list[Box] = []
        self._since_look = 0

    def __call__(self, frame: Frame) -> list[Pose2D]:
        """The people in the next frame of the stream; those followed longest come first."""
        self._since_look += 1
        followed = self._estimate(frame, self._followed, [])
        known = [pose for pose in followed if box_of(pose) is not None]  # others are not there any more
        if not known or self._since_look >= LOOK_EVERY:
            self._since_look = 0
            detected = self._detect(frame)
            fresh = self._estimate(frame, _others(detected, _boxes(known))[: self._people], known)
            known = _likeliest(known, fresh, detected, self._people)
        self._followed = _boxes(known)
        return known

    def _estimate(self, frame: Frame, boxes: Sequence[Box], known: Sequence[Pose2D]) -> list[Pose2D]:
        """The people in `boxes` who are not among `known`, nor twice among themselves."""
        found: list[Pose2D] = []
        if boxes:
            for box, (xy, confidence, crop) in zip(boxes, self._network(frame, [box.corners for box in boxes]), strict=True):
                sure = confidence[confidence > SURE_JOINT]
                pose = Pose2D(xy, confidence, box.score * float(sure.mean() if len(sure) else 0.0), self.joint_set, roi=crop.corners())
                if not any(_same(pose, other, crop.size[1]) for other in (*known, *found)):
                    found.append(pose)
        return found

    def estimate_clip(self, frames: Iterable[Frame], progress: Callable[[int], None] | None = None) -> Iterator[FrameResult]:
        """The people in every frame of a clip, in order; `progress` is told how many frames are done.

        Where people are in a frame comes from the frame before, so that the crops of one frame alone are run together.
        """
        self.reset()
        with prefetch(frames, READ_AHEAD) as ahead:
            for done, frame in enumerate(ahead, start=1):
                yield FrameResult(frame.index, frame.timestamp, tuple(self(frame)))
                if progress is not None:
                    progress(done)


def box_of(pose: Pose2D) -> Box | None:
    """Where to look for a person in the next frame; None when too little is seen of them."""
    sure = pose.xy[pose.confidence > SURE_JOINT]
    if len(sure) < FEWEST_JOINTS:
        return None
    low, high = sure.min(axis=0).astype(np.float64), sure.max(axis=0).astype(np.float64)
    half = MARGIN * np.maximum(high - low, 1.0) / 2
    centre = (low + high) / 2
    return Box(1.0, np.concatenate([centre - half, centre + half]))


def _boxes(poses: Sequence[Pose2D]) -> list[Box]:
    """Where to look next for those of whom enough is seen."""
    return [box for pose in poses if (box := box_of(pose)) is not None]


def _others(boxes: Sequence[Box], followed: Sequence[Box]) -> list[Box]:
    """Boxes of people who are not followed."""
    corners = np.array([box.corners for box in followed]).reshape(-1, 4)
    return [box for box in boxes if not (overlap(box.corners, corners) > SAME_BOX).any()]


def _likeliest(known: Sequence[Pose2D], fresh: Sequence[Pose2D], detected: Sequence[Box], count: int) -> list[Pose2D]:
    """At most `count` people: those followed whom the detector sees too, then the surer ones of those it does not see and those it found.

    A network that is unsure of itself can lose the person step by step, each crop taken round the errors of the one before.
    """
    corners = np.array([box.corners for box in detected]).reshape(-1, 4)
    seen = [bool((overlap(box.corners, corners) > SAME_BOX).any()) for box in _boxes(known)]
    rivals = sorted([*(pose for pose, here in zip(known, seen, strict=True) if not here), *fresh], key=lambda pose: -float(pose.confidence.mean()))
    kept = rivals[: max(count - sum(seen), 0)]
    followed = [pose for pose, here in zip(known, seen, strict=True) if here or any(pose is one for one in kept)]
    return [*followed, *(pose for pose in kept if not any(pose is one for one in followed))][:count]


def _same(pose: Pose2D, other: Pose2D, size: float) -> bool:
    """True where two boxes have led to one person."""
    return float(np.linalg.norm(pose.xy - other.xy, axis=1).mean()) < SAME_POSE * size
