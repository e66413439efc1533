"""`Capture`: all that one clip gave, from the source to the motion of each person."""

from __future__ import annotations

from dataclasses import dataclass

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
class Person:
    """One person of a clip, at every stage of the path."""

    keypoints: Keypoints
    poses: Poses3D
    motion: Motion
    """On the canonical humanoid with this person's proportions."""


@dataclass(frozen=True)
class Capture:
    """The result of `posewright.capture()`."""

    source: SourceInfo
    camera: Camera
    people: tuple[Person, ...]
    notes: tuple[str, ...] = ()
    """What the user should know: assumptions made, frames lost."""
