"""Keypoints that another program found, in the place of an estimator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from posewright.errors import InputError
from posewright.estimate import FrameResult, Pose2D
from posewright.formats.exchange import EXCHANGES, read_exchange, recognised
from posewright.media import Frame
from posewright.skeletons import BLAZEPOSE33
from posewright.types import SourceInfo


class Recorded:
    """The people in the frames of a clip, as a file or folder of another program names them: an `Estimator` that knows one clip."""

    def __init__(self, path: Path, info: SourceInfo) -> None:
        """
        Args:
            path: OpenPose's folder, AlphaPose's JSON, a folder of joints.npy and names.npy, or BlazePose's text.
            info: of the clip that they belong to.

        Raises:
            InputError: they cannot be read.
        """
        program = recognised(path)
        self.runtime = f"{EXCHANGES[program].about}, from {path}"
        self._path, self._fps = path, info.fps
        self._results = read_exchange(path, program, info.frame_size, info.fps).results
        self.joint_set = next((pose.joint_set for result in self._results for pose in result.people), BLAZEPOSE33)

    def __call__(self, frame: Frame) -> list[Pose2D]:
        """The people recorded for the frame of this number."""
        return list(self._results[frame.index].people) if frame.index < len(self._results) else []

    def reset(self) -> None:
        """Nothing is remembered."""

    def estimate_clip(self, frames: Iterable[Frame], progress: Callable[[int], None] | None = None) -> Iterator[FrameResult]:
        """The people in every frame of the clip, in order; nobody behind the recording's end.

        The recording begins with the clip; where the frames begin later, what lies before is left out.

        Raises:
            InputError: nobody is recorded in any of them.
        """
        results, first, done = self._results, 0, 0
        for done, frame in enumerate(frames, start=1):
            if done == 1:
                first = round(frame.timestamp * self._fps)
            number = first + done - 1
            people = results[number].people if number < len(results) else ()
            yield FrameResult(frame.index, frame.timestamp, people)
            if progress is not None:
                progress(done)
        if not any(result.people for result in results[first : first + done]):
            raise InputError(f"{self._path} has nobody in the {done} frames from number {first} on ({len(results)} are recorded): do the keypoints belong to this clip?")
