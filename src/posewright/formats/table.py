"""`.csv` and `.txt`: keypoints, 3D joints and rotations as one table, a row for each frame and person.

Columns: `person` (from 1), `frame`, `time_s`, `fps`, then for each joint that a row has

    left_wrist_x_px, _y_px, _confidence              2D keypoint, pixels of the upright frame
    left_wrist_camera_x_m, _y_m, _z_m                estimated 3D joint, metres, in the frame that the name says
    leftHand_world_x_m, _y_m, _z_m                   joint of the motion's skeleton, metres
    leftHand_local_qx, _qy, _qz, _qw                 its rotation in its parent's frame

Rows are the frames of the source where there is a capture (the motion's nearest frame stands beside each), otherwise
the motion's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.files import atomic_path
from posewright.formats.arrays import DECIMALS
from posewright.formats.export import GENERATOR, Export
from posewright.types import Motion, Person

Columns = dict[str, NDArray[Any]]


def write_csv(path: Path, export: Export) -> None:
    """Write the table with commas and a line of column names; what is unknown is left empty.

    Raises:
        OutputError: the file cannot be written.
    """
    names, rows = table(export)
    with atomic_path(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(names) + "\n")
        file.writelines(",".join(row).replace("nan", "") + "\n" for row in rows)


def write_txt(path: Path, export: Export) -> None:
    """Write the table with blanks, for `numpy.loadtxt` and the like, below a header of lines that begin with #; what is unknown is nan.

    Raises:
        OutputError: the file cannot be written.
    """
    names, rows = table(export)
    skeleton = export.motions[0].skeleton
    parents = " ".join(f"{joint}:{skeleton.joints[parent] if parent >= 0 else '-'}" for joint, parent in zip(skeleton.joints, skeleton.parents, strict=True))
    header = [
        f"{GENERATOR}: one line a frame and person, columns as named in the last line of this header",
        f"frames a second: {export.motions[0].fps:.10g}",
        "_px: pixels of the upright frame, x right, y down. _m: metres. time_s: seconds from the start of the clip",
        "camera: x right, y down, z forward. world: right-handed, y up, floor at y = 0",
        "local_q: quaternion of the joint in its parent's frame. confidence: 0 to 1. nan: unknown",
        f"joint:parent {parents}",
        " ".join(names),
    ]
    with atomic_path(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"# {line}\n" for line in header)
        file.writelines(" ".join(row) + "\n" for row in rows)


def table(export: Export) -> tuple[list[str], list[list[str]]]:
    """Column names and the cells of each row, `nan` for what is unknown."""
    people = export.capture.people if export.capture else (None,) * len(export.motions)
    blocks = [_columns(number, motion, person) for number, (motion, person) in enumerate(zip(export.motions, people, strict=True), start=1)]
    names = list(dict.fromkeys(name for block in blocks for name in block))
    rows: list[list[str]] = []
    for block in blocks:
        count = len(block["frame"])
        cells = [_cells(block.get(name, np.full(count, np.nan))) for name in names]
        rows += [list(row) for row in zip(*cells, strict=True)]
    return names, rows


def _columns(number: int, motion: Motion, person: Person | None) -> Columns:
    """One person's columns, all of one length."""
    times = motion.timestamps if person is None else person.keypoints.timestamps
    columns: Columns = {"person": np.full(len(times), number), "frame": np.arange(len(times)), "time_s": times, "fps": np.full(len(times), motion.fps)}
    if person is not None:
        keypoints, poses = person.keypoints, person.poses
        columns |= _spread(keypoints.joint_set.joints, "", ("x_px", "y_px", "confidence"), np.dstack([keypoints.xy, keypoints.confidence]))
        columns |= _spread(poses.joint_set.joints, f"_{poses.frame}", ("x_m", "y_m", "z_m"), poses.xyz[_nearest(poses.timestamps, times)])
    rows = _nearest(motion.timestamps, times)
    columns |= _spread(motion.skeleton.joints, "_world", ("x_m", "y_m", "z_m"), motion.joint_positions()[rows])
    return columns | _spread(motion.skeleton.joints, "_local", ("qx", "qy", "qz", "qw"), motion.rotations[rows])


def _nearest(known: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.intp]:
    """Index into increasing times `known` of the one nearest to each of `wanted`."""
    return np.searchsorted((known[1:] + known[:-1]) / 2, wanted)


def _spread(joints: tuple[str, ...], middle: str, parts: tuple[str, ...], values: NDArray[Any]) -> Columns:
    """Columns of an array (T, J, len(parts))."""
    return {f"{joint}{middle}_{part}": values[:, j, k] for j, joint in enumerate(joints) for k, part in enumerate(parts)}


def _cells(column: NDArray[Any]) -> list[str]:
    """Whole numbers as they are, others to five places."""
    if column.dtype.kind != "f":
        return [str(value) for value in column.tolist()]
    return [f"{value:.10g}" for value in np.round(column.astype(np.float64), DECIMALS).tolist()]
