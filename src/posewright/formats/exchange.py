"""Files of other programs for 2D keypoints and 3D joints, by the program's name; suffixes alone do not tell them apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from posewright.errors import InputError, OutputError, UsageError
from posewright.files import check_writable
from posewright.formats.alphapose import read_alphapose, write_alphapose
from posewright.formats.blazepose_txt import read_blazepose, write_blazepose
from posewright.formats.joints_npy import JOINTS, read_joints, write_joints
from posewright.formats.motionbert_npy import write_x3d
from posewright.formats.openpose_json import read_openpose, write_openpose
from posewright.formats.recording import Recording
from posewright.types import Capture


@dataclass(frozen=True)
class Exchange:
    """What can be done with the files of one program."""

    about: str
    output: str
    """What a result is called by default, behind the source's name; without a suffix it is a folder."""
    write: Callable[[Path, Capture], None] | None = None
    read: Callable[[Path, tuple[int, int], float], Recording] | None = None
    """Takes the path, the frame's width and height in pixels, and frames a second: the files hold neither."""


EXCHANGES: dict[str, Exchange] = {
    "openpose": Exchange("OpenPose's JSON, a folder with a file a frame", "_openpose", write_openpose, read_openpose),
    "alphapose": Exchange("AlphaPose's JSON, a file a clip, Halpe's 26 joints", "_alphapose.json", write_alphapose, read_alphapose),
    "motionbert": Exchange("MotionBERT's X3D.npy, 17 joints in 3D", "_X3D.npy", write=write_x3d),
    "joints": Exchange("joints.npy and names.npy in a folder", "_joints", write_joints, read_joints),
    "blazepose": Exchange("BlazePose's 33 landmarks as lines of text", "_blazepose.txt", write_blazepose, read_blazepose),
}


def write_exchange(path: Path, capture: Capture, name: str) -> None:
    """Write a capture for the program `name`.

    Raises:
        UsageError: there is none of that name, or it is only read.
        OutputError: the file or folder cannot be written.
    """
    _writer(name)(path, capture)


def check_exchange(path: Path, name: str) -> None:
    """Fail before the long work rather than after it, where `path` cannot be written for the program `name`.

    Raises:
        UsageError: there is none of that name, or it is only read.
        OutputError: the file or folder cannot be written.
    """
    _writer(name)
    if Path(EXCHANGES[name].output).suffix:
        check_writable(path)
    elif path.exists() and not path.is_dir():
        raise OutputError(f"cannot write {path}: it is a file. '{name}' writes a folder: give its name.")
    else:
        check_writable(path / "file" if path.is_dir() else path)


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


def recognised(path: Path) -> str:
    """The name of the program whose 2D keypoints lie at `path`, a key of `EXCHANGES`, by what is there.

    Raises:
        InputError: there is nothing, or nothing of any of them.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist.")
    if path.is_dir():
        return "joints" if (path / JOINTS).is_file() else "openpose"
    if path.suffix.lower() == ".txt":
        return "blazepose"
    if path.suffix.lower() == ".json":
        with path.open(encoding="utf-8", errors="replace") as file:
            return "alphapose" if file.read(64).lstrip()[:1] == "[" else "openpose"
    known = "; ".join(f"{row.about} ({name})" for name, row in EXCHANGES.items() if row.read)
    raise InputError(f"{path}: no keypoints of another program are known by this name. Known are {known}.")


def _writer(name: str) -> Callable[[Path, Capture], None]:
    write = _exchange(name).write
    if write is None:
        raise UsageError(f"'{name}' can be read, not written. To write there are: {', '.join(key for key, row in EXCHANGES.items() if row.write)}")
    return write


def _exchange(name: str) -> Exchange:
    if name not in EXCHANGES:
        raise UsageError(f"no exchange format '{name}'. There are: {', '.join(EXCHANGES)}")
    return EXCHANGES[name]
