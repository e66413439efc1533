"""The one place that wires the rooms together."""

from posewright.pipeline.capture import capture
from posewright.pipeline.modes import MODES, Mode
from posewright.pipeline.progress import Progress, silent

__all__ = ["MODES", "Mode", "Progress", "capture", "silent"]
