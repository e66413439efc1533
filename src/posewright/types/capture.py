"""`Capture`: all that one clip gave, from the source to the motion of each person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.errors import require
from posewright.types.camera import Camera
from posewright.types.keypoints import Keypoints
from posewright.types.motion import Motion
from posewright.types.poses import Poses3D


@dataclass(frozen=True)
class SourceInfo:
    """What is known of a source of frames."""

    name: str
    """File or folder as given by the user."""
    kind: str
    """`video`, `image`, `images` or `camera`."""
    frame_size: tuple[int, int]
    """Width and height of the upright frame, pixels."""
    fps: float
    """Nominal frames a second; the timestamps are what counts."""
    frame_count: int | None
    """Frames expected, None when unknown."""
    rotation: int = 0
    """Degrees clockwise, from the file's metadata, by which stored frames were turned to stand upright: 0, 90, 180, 270."""


@dataclass(frozen=True)
class Diagnostics:
    """What was mended in one person on the way, for the quality report. On the timestamps of the person's keypoints."""

    lifted: Poses3D
    """As the lifter gave them, before the refinement."""
    swapped: NDArray[np.bool_] | None = None
    """Frames in which left and right were changed back, (T,); None where nobody looked."""
    outliers: NDArray[np.bool_] | None = None
    """Keypoints that were distrusted, (T, J); None where nobody looked."""

    def __post_init__(self) -> None:
        frames = len(self.lifted)
        require(self.swapped is None or self.swapped.shape == (frames,), f"swapped must have shape ({frames},)")
        require(self.outliers is None or self.outliers.shape[:1] == (frames,), f"outliers must have shape ({frames}, J)")


@dataclass(frozen=True)
class Person:
    """One person of a clip, at every stage of the path."""

    keypoints: Keypoints
    poses: Poses3D
    motion: Motion
    """On the canonical humanoid with this person's proportions."""
    diagnostics: Diagnostics | None = None
    """What was mended; None where nobody kept it."""


@dataclass(frozen=True)
class Capture:
    """The result of `posewright.capture()`."""

    source: SourceInfo
    camera: Camera
    people: tuple[Person, ...]
    notes: tuple[str, ...] = ()
    """What the user should know: assumptions made, frames lost."""
    runtime: str = ""
    """What ran the networks, in words."""
    camera_moves: tuple[tuple[float, float], ...] = ()
    """Seconds from and to which the camera was found to move, in order; a static camera is assumed all the same."""
