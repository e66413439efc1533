"""The one place that wires the rooms together."""

from posewright.pipeline.animate import animate
from posewright.pipeline.capture import capture
from posewright.pipeline.modes import MODES, Mode
from posewright.pipeline.progress import Progress, silent
from posewright.pipeline.see import Seen, see

__all__ = ["MODES", "Mode", "Progress", "Seen", "animate", "capture", "see", "silent"]
