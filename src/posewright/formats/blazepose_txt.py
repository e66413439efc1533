"""BlazePose's coordinates as text: a line for each landmark of each person in each frame.

Columns: frame, person (both from 0), landmark (0 to 32), x and y in pixels of the upright frame, visibility 0 to 1, then X,
Y, Z in metres from the mid-point of the hips in the camera's axes (x right, y down, z forward). `numpy.loadtxt` reads it;
landmarks are numbered as in https://ai.google.dev/edge/mediapipe/solutions/vision/pose_landmarker.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError, UsageError
from posewright.estimate import Pose2D
from posewright.files import atomic_path
from posewright.formats.export import GENERATOR
from posewright.formats.motionbert_npy import in_camera
from posewright.formats.recording import Recording, recording, rows_by_time, seen_at
from posewright.skeletons import BLAZEPOSE33
from posewright.types import Capture, Person, Poses3D

COLUMNS = "frame person landmark x_px y_px visibility x_m y_m z_m"
LANDMARKS = len(BLAZEPOSE33)


def write_blazepose(path: Path, capture: Capture) -> None:
    """Write the landmarks as BlazePose gave them; `nan` in metres where another lifter than its own was used, no line where nobody is seen.

    Raises:
        UsageError: another estimator found the people.
        OutputError: the file cannot be written.
    """
    for person in capture.people:
        if person.keypoints.joint_set is not BLAZEPOSE33:
            raise UsageError(f"BlazePose's text holds its own 33 landmarks, not {person.keypoints.joint_set.name}: use --estimator blazepose")
    numbers = {id(person.keypoints): number for number, person in enumerate(capture.people)}
    metres = {id(person.keypoints): _metres(person, capture) for person in capture.people}
    lines = [f"# {GENERATOR}: BlazePose's landmarks; pixels of the upright frame, metres from the mid-point of the hips, camera axes\n", f"# {COLUMNS}\n"]
    for frame, (_, rows) in enumerate(rows_by_time(capture)):
        for keypoints, row in rows:
            flat, deep = seen_at(keypoints, row), metres[id(keypoints)][row]
            if (flat[:, 2] > 0).any():
                start = f"{frame} {numbers[id(keypoints)]}"
                lines += [
                    f"{start} {landmark} {x:.2f} {y:.2f} {sure:.3f} {p[0]:.4f} {p[1]:.4f} {p[2]:.4f}\n"
                    for landmark, ((x, y, sure), p) in enumerate(zip(flat.tolist(), deep.tolist(), strict=True))
                ]
    with atomic_path(path) as part:
        part.write_text("".join(lines), encoding="utf-8")


def _metres(person: Person, capture: Capture) -> NDArray[np.float32]:
    """What BlazePose lifted, (T, 33, 3) on the keypoints' times; NaN where it did not."""
    candidates = [person.diagnostics.lifted] if person.diagnostics is not None else []
    for poses in (*candidates, person.poses):
        if poses.joint_set is BLAZEPOSE33 and np.array_equal(poses.timestamps, person.keypoints.timestamps):
            return _from_hips(in_camera(poses, capture.camera))
    return np.full((len(person.keypoints), LANDMARKS, 3), np.nan, dtype=np.float32)


def _from_hips(poses: Poses3D) -> NDArray[np.float32]:
    hips = poses.xyz[:, BLAZEPOSE33.indices("left_hip", "right_hip")].mean(axis=1, keepdims=True)
    return np.asarray(poses.xyz - hips, dtype=np.float32)


def read_blazepose(path: Path, frame_size: tuple[int, int], fps: float = 30.0) -> Recording:
    """Read such a file; the landmarks in metres come with it.

    Raises:
        InputError: it cannot be read, or holds something else.
    """
    try:
        rows = np.loadtxt(path, ndmin=2, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path} as lines of numbers ({error})") from error
    if rows.shape[1] != len(COLUMNS.split()) or not len(rows) or len(rows) % LANDMARKS or not (rows[:, 2].reshape(-1, LANDMARKS) == np.arange(LANDMARKS)).all():
        raise InputError(f"{path} is no text of BlazePose's landmarks: each person in each frame has {LANDMARKS} lines of {COLUMNS}")
    if not np.isfinite(rows[:, :6]).all():
        raise InputError(f"{path}: a number of the first six columns is missing")
    people: dict[int, list[Pose2D]] = {}
    for block in rows.reshape(-1, LANDMARKS, rows.shape[1]):
        sure = np.clip(block[:, 5], 0.0, 1.0)
        seen = sure > 0
        if seen.any():
            xy = np.where(seen[:, None], block[:, 3:5], block[seen, 3:5].mean(axis=0)).astype(np.float32)
            xyz = block[:, 6:].astype(np.float32) if np.isfinite(block[:, 6:]).all() else None
            people.setdefault(int(block[0, 0]), []).append(Pose2D(xy, sure.astype(np.float32), float(sure[seen].mean()), BLAZEPOSE33, xyz))
    if not people:
        raise InputError(f"{path} holds nobody")
    people.setdefault(0, [])  # frames count from the clip's first
    return recording(people, frame_size, fps)
