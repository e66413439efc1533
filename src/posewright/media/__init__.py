"""First room of the path: a video, an image or a folder of images as frames with true timestamps."""

from posewright.media.base import Source
from posewright.media.frame import Frame
from posewright.media.prefetch import prefetch
from posewright.media.source import open_source

__all__ = ["Frame", "Source", "open_source", "prefetch"]
