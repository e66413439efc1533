"""Opening whatever the user names as a source of frames."""

from __future__ import annotations

import os
from pathlib import Path

from posewright.errors import InputError
from posewright.media.base import Source, Window
from posewright.media.images import IMAGE_SUFFIXES, ImageSource
from posewright.media.video import VideoSource

__all__ = ["Source", "open_source"]


def open_source(path: str | os.PathLike[str], start: float | None = None, end: float | None = None, *, fps: float = 30.0) -> Source:
    """Open a video, an image or a folder of images.

    Args:
        start: leave out what lies before this time, seconds from the start of the clip.
        end: leave out what lies at this time or later.
        fps: frames a second of a folder of images.

    Raises:
        InputError: there is no such file, it cannot be read, or nothing of it lies in the given range.
        UsageError: `end` does not lie behind `start`.
    """
    window = Window.of(start, end)
    file = Path(path)
    if not file.exists():
        raise InputError(f"{file} does not exist.")
    if file.is_file() and file.stat().st_size == 0:
        raise InputError(f"{file} is empty (0 bytes).")
    if file.is_dir() or file.suffix.lower() in IMAGE_SUFFIXES:
        return ImageSource(file, window, fps)
    return VideoSource(file, window)
