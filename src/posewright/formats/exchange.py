"""Files of other programs for 2D keypoints and 3D joints, by the program's name; suffixes alone do not tell them apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from posewright.errors import UsageError
from posewright.formats.alphapose import read_alphapose
from posewright.formats.joints_npy import read_joints, write_joints
from posewright.formats.motionbert_npy import write_x3d
from posewright.formats.openpose_json import read_openpose, write_openpose
from posewright.formats.recording import Recording
from posewright.types import Capture


@dataclass(frozen=True)
class Exchange:
    """What can be done with the files of one program."""

    about: str
    write: Callable[[Path, Capture], None] | None = None
    read: Callable[[Path, tuple[int, int], float], Recording] | None = None
    """Takes the path, the frame's width and height in pixels, and frames a second: the files hold neither."""


EXCHANGES: dict[str, Exchange] = {
    "openpose": Exchange("OpenPose's JSON, a folder with a file a frame", write_openpose, read_openpose),
    "alphapose": Exchange("AlphaPose's JSON, a file a clip", read=read_alphapose),
    "motionbert": Exchange("MotionBERT's X3D.npy, 17 joints in 3D", write=write_x3d),
    "joints": Exchange("joints.npy and names.npy in a folder", write_joints, read_joints),
}


def write_exchange(path: Path, capture: Capture, name: str) -> None:
    """Write a capture for the program `name`.

    Raises:
        UsageError: there is none of that name, or it is only read.
        OutputError: the file or folder cannot be written.
    """
    write = _exchange(name).write
    if write is None:
        raise UsageError(f"'{name}' can be read, not written. To write there are: {', '.join(key for key, row in EXCHANGES.items() if row.write)}")
    write(path, capture)


def read_exchange(path: Path, name: str, frame_size: tuple[int, int], fps: float = 30.0) -> Recording:
    """Read the 2D keypoints that the program `name` found.

    Raises:
        UsageError: there is none of that name, or it is only written.
        InputError: the file or folder cannot be read.
    """
    read = _exchange(name).read
    if read is None:
        raise UsageError(f"'{name}' can be written, not read. To read there are: {', '.join(key for key, row in EXCHANGES.items() if row.read)}")
    return read(path, frame_size, fps)


def _exchange(name: str) -> Exchange:
    if name not in EXCHANGES:
        raise UsageError(f"no exchange format '{name}'. There are: {', '.join(EXCHANGES)}")
    return EXCHANGES[name]
