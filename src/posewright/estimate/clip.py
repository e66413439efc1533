"""What estimators without a memory have in common: each frame stands for itself, so that frames can be run in batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from posewright.estimate.result import FrameResult, Pose2D
from posewright.media import Frame, prefetch
from posewright.skeletons import JointSet

READ_AHEAD = 8
"""Frames decoded while the network is busy."""
BATCH = 2
"""Frames a run: more gain little on a processor, and CenterNet takes a quarter of a gigabyte for each."""


class FrameByFrame(ABC):
    """An estimator that looks at whole frames and remembers nothing."""

    joint_set: JointSet
    runtime: str

    @abstractmethod
    def estimate(self, frames: Sequence[Frame]) -> list[list[Pose2D]]:
        """The people in each of some frames, the surest first."""

    def __call__(self, frame: Frame) -> list[Pose2D]:
        """The people in the next frame."""
        return self.estimate([frame])[0]

    def reset(self) -> None:  # noqa: B027 (nothing to do here is what this class is)
        """Begin another stream: nothing is remembered of the last."""

    def estimate_clip(self, frames: Iterable[Frame], progress: Callable[[int], None] | None = None) -> Iterator[FrameResult]:
        """The people in every frame of a clip, in order; `progress` is told how many frames are done."""
        with prefetch(frames, READ_AHEAD) as ahead:
            done = 0
            while batch := list(islice(ahead, BATCH)):
                for frame, people in zip(batch, self.estimate(batch), strict=True):
                    yield FrameResult(frame.index, frame.timestamp, tuple(people))
                    done += 1
                    if progress is not None:
                        progress(done)
