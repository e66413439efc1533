"""Keypoints drawn over the frames they were found in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError
from posewright.files import atomic_path
from posewright.media import open_source
from posewright.media.encode import write_video
from posewright.skeletons import JointSet
from posewright.types import Capture

# Left, right and the mid-line, told apart at a glance and by colour-blind eyes (RGB).
LEFT, RIGHT, MIDDLE = (255, 140, 0), (0, 170, 255), (235, 235, 235)


def draw_keypoints(rgb: NDArray[np.uint8], xy: NDArray[Any], confidence: NDArray[Any], joint_set: JointSet, threshold: float = 0.2) -> None:
    """Draw one person's skeleton into `rgb` (h, w, 3), in place.

    Args:
        xy: pixels, (J, 2).
        confidence: (J,); joints below `threshold` and NaN are left out, others fade with it.
    """
    scale = max(1, round(min(rgb.shape[:2]) / 360))
    sides = {left: LEFT for left, _ in joint_set.pairs} | {right: RIGHT for _, right in joint_set.pairs}
    shown = (confidence >= threshold) & np.isfinite(xy).all(-1)
    points = np.where(shown[:, None], np.clip(np.nan_to_num(xy), -1e4, 1e4), 0).round().astype(int)
    for a, b in joint_set.edges:
        i, j = joint_set.index(a), joint_set.index(b)
        if shown[i] and shown[j]:
            colour = sides.get(a, MIDDLE) if sides.get(a) == sides.get(b) else MIDDLE
            cv2.line(rgb, tuple(points[i]), tuple(points[j]), colour, scale + 1, cv2.LINE_AA)
    for i, joint in enumerate(joint_set.joints):
        if shown[i]:
            cv2.circle(rgb, tuple(points[i]), scale + 2, sides.get(joint, MIDDLE), -1, cv2.LINE_AA)
            cv2.circle(rgb, tuple(points[i]), scale + 2, (30, 30, 30), 1, cv2.LINE_AA)


def overlaid(capture: Capture, start: float | None = None, end: float | None = None) -> Iterator[NDArray[np.uint8]]:
    """The source's frames, RGB, with every person drawn in. `start` and `end` as they were given to `capture()`."""
    with open_source(capture.source.name, start=start, end=end) as frames:
        for frame in frames:
            rgb = frame.rgb().copy()
            for person in capture.people:
                keypoints = person.keypoints
                row = int(np.searchsorted(keypoints.timestamps, frame.timestamp - 1e-6))
                if row < len(keypoints) and abs(keypoints.timestamps[row] - frame.timestamp) < 1e-3:
                    draw_keypoints(rgb, keypoints.xy[row], keypoints.confidence[row], keypoints.joint_set)
            yield rgb


def write_overlay(path: str | os.PathLike[str], capture: Capture, start: float | None = None, end: float | None = None) -> None:
    """Write the frames with keypoints: `.mp4` for a clip, `.png` or `.jpg` for the first frame of anything.

    Raises:
        UsageError: another suffix.
        OutputError: the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".mp4":
        write_video(path, overlaid(capture, start, end), capture.source.fps)
    elif suffix in (".png", ".jpg", ".jpeg"):
        write_picture(path, next(iter(overlaid(capture, start, end))))
    else:
        raise UsageError(f"an overlay is written as .mp4, .png or .jpg, not '{suffix}'")


def write_picture(path: str | os.PathLike[str], rgb: NDArray[np.uint8]) -> None:
    """Write an RGB picture (h, w, 3) in the format of the suffix.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_path(path) as temporary:
        if not cv2.imwrite(str(temporary), np.ascontiguousarray(rgb[..., ::-1])):
            raise OSError(f"the picture could not be encoded as {temporary.suffix}")
