"""Clips cut from the sample, for tests of the whole path."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posewright.media import open_source
from posewright.media.encode import write_video
from posewright.study.sample import sample_clip


def sample_frames(start: int, stop: int, step: int = 1) -> list[NDArray[np.uint8]]:
    """Frames of the sample clip, RGB, at half its size."""
    with open_source(sample_clip()) as frames:
        return [frame.rgb()[::2, ::2] for frame in frames if start <= frame.index < stop and (frame.index - start) % step == 0]


def empty_room(like: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A grey picture of the same size with nobody in it."""
    return np.full_like(like, 120)


def write_frames(path: Path, frames: Iterable[NDArray[np.uint8]], fps: float = 30.0) -> Path:
    """An MP4 of RGB frames."""
    write_video(path, frames, fps)
    return path
