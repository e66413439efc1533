"""Reading a track of joints from any file that holds one."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np

from posewright.errors import InputError
from posewright.formats import read_motion
from posewright.formats.trc import read_trc
from posewright.study.tracks import JointTrack, track_of_markers, track_of_motion, track_of_positions


def load_joints(path: str | os.PathLike[str]) -> JointTrack:
    """The joints of the first person in a file.

    `.trc` markers; plain `.npz` arrays (`read_positions`); whatever `posewright.formats.read_motion` reads
    (Posewright's .npz, .json and .glb, and .bvh).

    Raises:
        InputError: the file cannot be read, or its joints bear no known names.
        UsageError: no reader for the suffix.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".trc":
        return track_of_markers(read_trc(path), path.name)
    if suffix == ".npz" and _is_plain(path):
        return read_positions(path)
    return track_of_motion(read_motion(path), path.name)


def read_positions(path: Path) -> JointTrack:
    """Plain arrays: `xyz` (T, J, 3), metres, +Y up, NaN where unknown; `joints` (J,) names; `timestamps` (T,) seconds or `fps`.

    Raises:
        InputError: one of them is missing or of another shape, or the joints bear no known names.
    """
    with np.load(path) as data:
        missing = [key for key in ("xyz", "joints") if key not in data] + ([] if "timestamps" in data or "fps" in data else ["timestamps or fps"])
        if missing:
            raise InputError(f"{path} lacks {', '.join(missing)}. It holds: {', '.join(data.files)}")
        xyz, names = np.asarray(data["xyz"], dtype=np.float64), tuple(str(name) for name in data["joints"])
        times = np.asarray(data["timestamps"], dtype=np.float64) if "timestamps" in data else np.arange(len(xyz)) / float(data["fps"])
    if xyz.ndim != 3 or xyz.shape[1:] != (len(names), 3) or times.shape != xyz.shape[:1] or not (np.diff(times) > 0).all():
        raise InputError(f"{path}: xyz {xyz.shape}, {len(names)} joints and {times.shape} times do not fit together")
    return track_of_positions(xyz, names, times, path.name)


def _is_plain(path: Path) -> bool:
    """Whether an NPZ is not one of Posewright's own. One that cannot be opened is left to the reader of those, which says why."""
    try:
        with np.load(path) as data:
            return "format" not in data
    except (OSError, ValueError, zipfile.BadZipFile, EOFError):
        return False
