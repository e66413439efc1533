"""`Export`: what a writer of files is given."""

from __future__ import annotations

from dataclasses import dataclass

from posewright import __version__
from posewright.errors import require
from posewright.types import Capture, Character, Motion

GENERATOR = f"Posewright {__version__}"
"""Named in files as the program that wrote them."""


@dataclass(frozen=True)
class Export:
    """All that a file may hold. A writer takes from it what its format can carry."""

    motions: tuple[Motion, ...]
    """One a person, at least one. Frame 0 of each is the clip's beginning."""
    capture: Capture | None = None
    """What the motions came from: keypoints and 3D poses of the same people, in the same order."""
    character: Character | None = None
    """The body to put in the file. Writers that need one get motions that are already on its skeleton."""
    bone_names: str = "mixamo"
    """A key of `names.BONE_NAMES`, for formats that hold a bare skeleton."""

    def __post_init__(self) -> None:
        require(len(self.motions) > 0, "nothing to write: no motion")
        require(self.capture is None or len(self.capture.people) == len(self.motions), "one motion a person")
