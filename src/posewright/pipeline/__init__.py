"""The one place that wires the rooms together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from posewright.pipeline.capture import capture
from posewright.pipeline.modes import MODES, Mode
from posewright.pipeline.progress import Progress, silent
from posewright.pipeline.see import Seen, see

if TYPE_CHECKING:
    from posewright.pipeline.motion import animate

__all__ = ["MODES", "Mode", "Progress", "Seen", "animate", "capture", "see", "silent"]


def __getattr__(name: str) -> Any:
    if name == "animate":  # imported late: see `capture()`
        from posewright.pipeline.motion import animate

        return animate
    raise AttributeError(f"module 'posewright.pipeline' has no attribute '{name}'")
