"""Two NumPy arrays: the joints' places in each image, and the images' names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError, OutputError
from posewright.estimate import Pose2D
from posewright.files import atomic_path
from posewright.formats.recording import Recording, recording, rows_by_time, seen_at
from posewright.skeletons import BLAZEPOSE33, BODY_25, COCO17, HALPE26, MPII16, OPENPOSE18, JointSet
from posewright.types import Capture

JOINTS, NAMES = "joints.npy", "names.npy"
JOINT_SETS: dict[int, JointSet] = {len(joint_set): joint_set for joint_set in (COCO17, BLAZEPOSE33, BODY_25, OPENPOSE18, HALPE26, MPII16)}


def write_joints(path: Path, capture: Capture) -> None:
    """Write a folder with `joints.npy`, (N, J, 2) pixels, NaN where unseen, and `names.npy`, (N,) text: a row for each person in each frame.

    A frame's name is the source's with the frame's number, counted from 0.

    Raises:
        OutputError: the folder cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot create the folder {path}: {error.strerror or error}") from error
    stem = Path(capture.source.name).stem
    rows = [(f"{stem}_{frame:06d}", seen_at(keypoints, row)) for frame, (_, people) in enumerate(rows_by_time(capture)) for keypoints, row in people]
    places = np.array([np.where(values[:, 2:] > 0, values[:, :2], np.nan) for _, values in rows], dtype=np.float32)
    for name, array in ((JOINTS, places), (NAMES, np.array([name for name, _ in rows]))):
        with atomic_path(path / name) as part, part.open("wb") as out:
            np.save(out, array)


def read_joints(path: Path, frame_size: tuple[int, int], fps: float = 30.0) -> Recording:
    """Read such a folder; rows of one name are people in one image, and images come in the order of their first row.

    The joint set is that of the number of joints: COCO, BlazePose, BODY_25, OpenPose's 18, Halpe or MPII.

    Raises:
        InputError: a file cannot be read, or the two do not fit together.
    """
    places, names = _load(path / JOINTS), _load(path / NAMES)
    if places.ndim != 3 or places.shape[2] != 2 or places.shape[1] not in JOINT_SETS or places.dtype.kind != "f":
        raise InputError(f"{path / JOINTS} has the shape {places.shape}, not (images, joints, 2) with {', '.join(map(str, JOINT_SETS))} joints")
    if names.shape != places.shape[:1] or names.dtype.kind != "U" or not len(names):
        raise InputError(f"{path / NAMES} holds {names.shape} {names.dtype} for {len(places)} rows of joints: it must name the image of each")
    joint_set = JOINT_SETS[places.shape[1]]
    people: dict[str, list[Pose2D]] = {str(name): [] for name in names}
    for name, xy in zip(names, places, strict=True):
        seen = np.isfinite(xy).all(-1)
        if seen.any():
            filled = np.where(seen[:, None], xy, xy[seen].mean(axis=0)).astype(np.float32)
            people[str(name)].append(Pose2D(filled, seen.astype(np.float32), 1.0, joint_set))
    return recording(dict(enumerate(people.values())), frame_size, fps)


def _load(file: Path) -> NDArray[np.generic]:
    try:
        values = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"cannot read {file} as a NumPy array ({error})") from error
    if not isinstance(values, np.ndarray):
        raise InputError(f"{file} holds several arrays, not one")
    return values
