"""2D keypoints that another program found: what readers of its files give, to be tracked, lifted and solved as if found here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError, require
from posewright.estimate import FrameResult, Pose2D
from posewright.skeletons import JointSet
from posewright.types import Capture, Keypoints

MOST_EMPTY = 1000
"""Frames without anybody for each with somebody; beyond, the numbers are dates or the like."""


@dataclass(frozen=True)
class Recording:
    """The people in every frame of a clip."""

    results: tuple[FrameResult, ...]
    """In order of time, frames without anybody included."""
    frame_size: tuple[int, int]
    """Width and height in pixels."""
    fps: float

    def __post_init__(self) -> None:
        require(len(self.results) > 0, "a recording has at least one frame")


def recording(people: Mapping[int, Sequence[Pose2D]], frame_size: tuple[int, int], fps: float) -> Recording:
    """A recording from the people in each numbered frame; numbers left out are frames without anybody, unless nearly all are: then they are no count."""
    first, last = min(people), max(people)
    if last - first > MOST_EMPTY * len(people):
        return recording({rank: people[number] for rank, number in enumerate(sorted(people))}, frame_size, fps)
    results = (FrameResult(number - first, (number - first) / fps, tuple(people.get(number, ()))) for number in range(first, last + 1))
    return Recording(tuple(results), frame_size, fps)


def pose_of(numbers: Any, joint_sets: Mapping[int, JointSet], score: float | None, where: str) -> Pose2D | None:
    """A person from a flat list x0, y0, c0, x1, ...; None when no joint is seen.

    Args:
        numbers: the list.
        joint_sets: by the number of joints.
        score: of the whole person; the mean confidence where None.
        where: file and person, for errors.

    Raises:
        InputError: it is no list of numbers, or of another number of joints.
    """
    try:
        values = np.array(numbers, dtype=np.float64).reshape(-1, 3)
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: the keypoints are no list x0, y0, c0, x1, ... of numbers") from error
    if len(values) not in joint_sets:
        known = ", ".join(f"{count} ({joint_set.name})" for count, joint_set in joint_sets.items())
        raise InputError(f"{where}: {len(values)} keypoints. Known are {known}")
    joint_set = joint_sets[len(values)]
    values = values[: len(joint_set)]
    if not np.isfinite(values).all():
        raise InputError(f"{where}: a keypoint is NaN or infinite")
    confidence = np.clip(values[:, 2], 0.0, 1.0)
    seen = confidence > 0
    if not seen.any():
        return None
    # What was not found is written as 0, 0; here it stands in the middle of the others, and is not trusted.
    xy = np.where(seen[:, None], values[:, :2], values[seen, :2].mean(axis=0))
    certainty = float(confidence[seen].mean()) if score is None else float(np.clip(score, 0.0, 1.0))
    return Pose2D(xy.astype(np.float32), confidence.astype(np.float32), certainty, joint_set)


def number_in(name: str) -> int | None:
    """The last number in a file's name without its suffix, which counts the frames: 12 in `walk_000000000012_keypoints.json`."""
    numbers = re.findall(r"\d+", Path(name).stem)
    return int(numbers[-1]) if numbers else None


def load_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise InputError(f"{path} is not whole JSON ({error})") from error


def rows_by_time(capture: Capture) -> list[tuple[float, list[tuple[Keypoints, int]]]]:
    """Every time at which somebody's keypoints are known, with the people and their row there, in order."""
    rows: dict[float, list[tuple[Keypoints, int]]] = {}
    for person in capture.people:
        for row, time in enumerate(person.keypoints.timestamps):
            rows.setdefault(float(time), []).append((person.keypoints, row))
    return sorted(rows.items())


def seen_at(keypoints: Keypoints, row: int) -> NDArray[np.float64]:
    """x, y, confidence of each joint in one frame, (J, 3); 0, 0, 0 for what is unseen."""
    known = np.isfinite(keypoints.xy[row]).all(-1) & (keypoints.confidence[row] > 0)
    values = np.column_stack([keypoints.xy[row], keypoints.confidence[row]]).astype(np.float64)
    return np.where(known[:, None], values, 0.0)
