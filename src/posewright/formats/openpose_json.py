"""OpenPose's JSON: a folder with a file a frame, `people[].pose_keypoints_2d` (https://github.com/CMU-Perceptual-Computing-Lab/openpose/blob/master/doc/02_output.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from posewright.errors import InputError, OutputError
from posewright.files import atomic_path
from posewright.formats.recording import Recording, load_json, number_in, pose_of, recording, rows_by_time, seen_at
from posewright.skeletons import BODY_25, OPENPOSE18, JointSet
from posewright.types import Capture

JOINT_SETS: dict[int, JointSet] = {25: BODY_25, 18: OPENPOSE18}
VERSION = 1.3
EMPTY = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d", "pose_keypoints_3d", "face_keypoints_3d", "hand_left_keypoints_3d", "hand_right_keypoints_3d")
"""Lists that readers expect, though they hold nothing here."""
DECIMALS = 3


def read_openpose(path: Path, frame_size: tuple[int, int], fps: float = 30.0) -> Recording:
    """Read a folder of OpenPose's files, or one of them, with BODY_25's 25 or COCO's 18 joints in pixels.

    The last number in each name counts the frames.

    Raises:
        InputError: there are none, or one cannot be read.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path} holds no .json file: OpenPose writes one for each frame (--write_json)")
    numbers = [number_in(file.name) for file in files]
    if None in numbers or len(set(numbers)) < len(files):
        numbers = list(range(len(files)))
    return recording({number: _people(file) for number, file in zip(numbers, files, strict=True) if number is not None}, frame_size, fps)


def _people(file: Path) -> list[Any]:
    content = load_json(file)
    if not isinstance(content, dict) or not isinstance(content.get("people"), list):
        raise InputError(f"{file} is not OpenPose's: it has no list 'people'")
    found = []
    for number, person in enumerate(content["people"], start=1):
        if not isinstance(person, dict) or "pose_keypoints_2d" not in person:
            raise InputError(f"{file}, person {number}: no 'pose_keypoints_2d'")
        pose = pose_of(person["pose_keypoints_2d"], JOINT_SETS, None, f"{file}, person {number}")
        if pose is not None:
            found.append(pose)
    return found


def write_openpose(path: Path, capture: Capture) -> None:
    """Write a folder with a file a frame, in pixels; 25 joints, or 18 where the estimator gave OpenPose's 18.

    Joints that cannot be made of the estimator's, and those unseen, are 0, 0, 0. Frames count from 0.

    Raises:
        OutputError: the folder cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot create the folder {path}: {error.strerror or error}") from error
    own = all(person.keypoints.joint_set is OPENPOSE18 for person in capture.people)
    converted = {id(person.keypoints): person.keypoints.to(OPENPOSE18 if own else BODY_25) for person in capture.people}
    stem = Path(capture.source.name).stem
    for frame, (_, rows) in enumerate(rows_by_time(capture)):
        people = [_entry(seen_at(converted[id(keypoints)], row).ravel().round(DECIMALS).tolist()) for keypoints, row in rows]
        with atomic_path(path / f"{stem}_{frame:012d}_keypoints.json") as part:
            part.write_text(json.dumps({"version": VERSION, "people": [person for person in people if any(person["pose_keypoints_2d"])]}), encoding="utf-8")


def _entry(numbers: list[float]) -> dict[str, Any]:
    return {"person_id": [-1], "pose_keypoints_2d": numbers, **{name: [] for name in EMPTY}}
