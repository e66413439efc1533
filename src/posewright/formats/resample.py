"""A motion at another frame rate: what `--fps` does to recorded motion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError
from posewright.geometry import quat_slerp
from posewright.types import Motion

FASTEST_FPS = 1000.0
SAME = 1e-6
"""Frame rates and frame numbers that differ by less, as a share of one, are the same."""


def check_fps(fps: float | None) -> None:
    """Raise unless `fps` is None or a frame rate.

    Raises:
        UsageError: it is not.
    """
    if fps is not None and not 0.0 < fps <= FASTEST_FPS:
        raise UsageError(f"{fps:g} frames a second: give a number above 0 and up to {FASTEST_FPS:g}, such as 24, 25, 30 or 60")


def resampled(motion: Motion, fps: float | None) -> Motion:
    """The same movement with frames at even steps of 1 / `fps` seconds; None leaves it as it is.

    Between two frames each joint turns at constant speed about one axis along the shorter arc (slerp, Shoemake 1985) and
    the root moves straight at constant speed: as a player shows the frames that there are. Contacts are those of the
    nearest frame. Frame 0 stays frame 0; where the duration is no whole number of new frames, a last frame beyond it
    holds the final pose, so that no end is cut off.

    Raises:
        UsageError: `fps` is no frame rate.
    """
    check_fps(fps)
    if fps is None or abs(fps - motion.fps) <= SAME * motion.fps:
        return motion
    before, share = _places(len(motion), motion.fps, fps)
    after = np.minimum(before + 1, len(motion) - 1)
    nearest = np.where(share < 0.5, before, after)
    rotations = quat_slerp(motion.rotations[before], motion.rotations[after], share[:, None])
    path = motion.root_translation[before] + share[:, None] * (motion.root_translation[after] - motion.root_translation[before])
    confidence = motion.confidence
    return replace(
        motion,
        rotations=rotations,
        root_translation=path,
        fps=float(fps),
        contacts=None if motion.contacts is None else motion.contacts[nearest],
        confidence=None if confidence is None else ((1.0 - share) * confidence[before] + share * confidence[after]).astype(np.float32),
    )


def _places(count: int, old_fps: float, fps: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each new frame the old frame before it (N,), and its place between that and the next, 0 to 1 (N,)."""
    last = count - 1
    frames = np.arange(int(np.ceil(last * fps / old_fps - 1e-3)) + 1)
    places = np.minimum(frames * (old_fps / fps), last)
    whole = np.round(places)
    places = np.where(np.abs(places - whole) < SAME, whole, places)
    before = np.minimum(np.floor(places).astype(np.int64), max(last - 1, 0))
    return before, places - before
