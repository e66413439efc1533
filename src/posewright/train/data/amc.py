"""ASF and AMC, Acclaim's skeleton and motion files, in which CMU's motion capture comes.

After Lander, Working with Motion Capture File Formats (Game Developer, January 1998), and Meredith and Maddock, Motion Capture
File Formats Explained (2001), section 4: a bone's channels turn about its own axes C, so its local rotation is C M C^-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError
from posewright.formats.rest import with_t_pose
from posewright.geometry import IDENTITY, Array, quat_conjugate, quat_continuous, quat_from_rotvec, quat_multiply
from posewright.skeletons import Skeleton
from posewright.study.mocap import with_body_names
from posewright.types import Motion

INCH_M = 0.0254
CMU_FPS = 120.0
"""An .amc does not say; nearly all of CMU's are of this rate."""
_AXES = {"x": 0, "y": 1, "z": 2}


@dataclass(frozen=True)
class _Bone:
    """What an .asf says of a bone."""

    vector: NDArray[np.float64]
    """From its start to its end at rest, metres, world axes."""
    axes: NDArray[np.float64]
    """Its own axes, as a quaternion."""
    channels: tuple[str, ...]
    """Of tx, ty, tz, rx, ry, rz."""


def read_amc(path: Path, asf: Path | None = None, fps: float = CMU_FPS) -> Motion:
    """An .amc with the .asf beside it.

    Args:
        path: the .amc.
        asf: its skeleton; when None, the .asf in the same folder with the same name, or with the longest name that the .amc's begins with.
        fps: frames a second.

    Returns:
        The motion, its body joints under the humanoid's names, at rest in a T-pose.

    Raises:
        InputError: there is no skeleton, or a file is damaged (it names file, and line or frame).
    """
    asf = asf or _beside(path)
    bones, parents = read_asf(asf)
    names = tuple(bones)
    frames = _frames(path, bones)
    unit = _length_unit(asf)
    rotations = np.tile(IDENTITY, (len(frames), len(names), 1))
    root = np.zeros((len(frames), 3))
    for j, (name, bone) in enumerate(bones.items()):
        if bone.channels:
            values = np.array([frame.get(name, (0.0,) * len(bone.channels)) for frame in frames])
            rotations[:, j] = _rotation(bone, values)
        if j == 0:
            moves = [bone.channels.index(channel) for channel in ("tx", "ty", "tz")]
            root = values[:, moves] * unit
    offsets = np.array([np.zeros(3) if parent < 0 else bones[names[parent]].vector for parent in parents])
    skeleton = Skeleton(names, tuple(parents), offsets, np.tile(IDENTITY, (len(names), 1)))
    motion = Motion(with_body_names(skeleton, str(path)), quat_continuous(rotations), root, fps, name=path.stem)
    return with_t_pose(motion)


def read_asf(path: Path) -> tuple[dict[str, _Bone], list[int]]:
    """Bones by name, `root` first and parents before children, and the parents' positions in that order.

    Raises:
        InputError: the file is damaged.
    """
    sections = _sections(path)
    unit = _length_unit(path)
    try:
        found = dict(_bone(lines, unit) for lines in _blocks(sections["bonedata"]))
        root = {words[0]: words[1:] for words in sections["root"]}
        found["root"] = _Bone(np.zeros(3), _axes(root.get("orientation", ["0", "0", "0"]), root.get("axis", ["XYZ"])[0]), tuple(word.lower() for word in root["order"]))
        parent_of = {child: words[0] for words in next(_blocks(sections["hierarchy"])) for child in words[1:]}
        order = ["root"]
        for name in order:
            order += [child for child, parent in parent_of.items() if parent == name]
        return {name: found[name] for name in order}, [-1, *(order.index(parent_of[name]) for name in order[1:])]
    except (KeyError, ValueError, IndexError, StopIteration) as error:
        raise InputError(f"{path} is not an .asf skeleton, or is damaged ({type(error).__name__}: {error})") from error


def _beside(path: Path) -> Path:
    fitting = [other for other in path.parent.iterdir() if other.suffix.lower() == ".asf" and path.stem.lower().startswith(other.stem.lower())]
    if not fitting:
        raise InputError(f"{path} needs its skeleton: an .asf in the same folder whose name the .amc's begins with")
    return max(fitting, key=lambda other: len(other.stem))


def _sections(path: Path) -> dict[str, list[list[str]]]:
    """Lines, as words, under each `:keyword`."""
    try:
        text = path.read_text(encoding="latin-1")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    sections: dict[str, list[list[str]]] = {}
    current: list[list[str]] = []
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words and words[0].startswith(":"):
            current = sections.setdefault(words[0][1:].lower(), [])
            current += [words[1:]] if words[1:] else []
        elif words:
            current.append(words)
    return sections


def _length_unit(path: Path) -> float:
    """Metres in the file's unit: its length is given in inches' parts, as in CMU's 0.45."""
    for words in _sections(path).get("units", []):
        if words[0].lower() == "length":
            return INCH_M / float(words[1])
    return INCH_M


def _blocks(lines: list[list[str]]) -> Iterator[list[list[str]]]:
    block: list[list[str]] = []
    for words in lines:
        if words[0] == "begin":
            block = []
        elif words[0] == "end":
            yield block
        else:
            block.append(words)


def _bone(lines: list[list[str]], unit: float) -> tuple[str, _Bone]:
    values = {words[0].lower(): words[1:] for words in lines}
    direction = np.array(values["direction"], dtype=np.float64)
    vector = direction * float(values["length"][0]) * unit
    return values["name"][0], _Bone(vector, _axes(values["axis"][:3], values["axis"][3]), tuple(word.lower() for word in values.get("dof", ()) if word.lower() != "l"))


def _axes(degrees: list[str], order: str) -> Array:
    angles = np.radians(np.array(degrees, dtype=np.float64))
    return _turned(angles, order.lower())


def _turned(angles: Array, order: str) -> Array:
    """Rotation by angles (..., K) about fixed axes, the first of `order` first; quaternions (..., 4)."""
    result = np.broadcast_to(IDENTITY, (*angles.shape[:-1], 4))
    for k, axis in enumerate(order):
        result = quat_multiply(quat_from_rotvec(angles[..., k : k + 1] * np.eye(3)[_AXES[axis]]), result)
    return result


def _rotation(bone: _Bone, values: Array) -> Array:
    """C M C^-1 of frames of channels (T, K), degrees; (T, 4)."""
    turning = [k for k, channel in enumerate(bone.channels) if channel.startswith("r")]
    moved = _turned(np.radians(values[:, turning]), "".join(bone.channels[k][1] for k in turning))
    return quat_multiply(quat_multiply(bone.axes, moved), quat_conjugate(bone.axes))


def _frames(path: Path, bones: dict[str, _Bone]) -> list[dict[str, tuple[float, ...]]]:
    """Channels by bone of each frame.

    Raises:
        InputError: a line is not numbers, or has too few (it names the line).
    """
    try:
        lines = path.read_text(encoding="latin-1").splitlines()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    frames: list[dict[str, tuple[float, ...]]] = []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or words[0].startswith(("#", ":")):
            continue
        if len(words) == 1 and words[0].isdigit():
            frames.append({})
        elif not frames or words[0] not in bones:
            raise InputError(f"{path}, line {number}: '{words[0]}' is no bone of its .asf")
        else:
            try:
                values = tuple(float(word) for word in words[1:])
            except ValueError as error:
                raise InputError(f"{path}, line {number}: {error}") from error
            if not np.isfinite(values).all():
                raise InputError(f"{path}, line {number}, frame {len(frames)}: {words[0]} holds NaN or infinity")
            if len(values) != len(bones[words[0]].channels):
                raise InputError(f"{path}, line {number}: {len(values)} values for the {len(bones[words[0]].channels)} channels of {words[0]}")
            frames[-1][words[0]] = values
    if not frames:
        raise InputError(f"{path} holds no frames")
    return frames
