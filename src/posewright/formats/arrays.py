"""Plain arrays that say what they are: `.npz` and `.json` of one layout, `.csv` and `.txt` of one table.

The layout (`document`), with arrays by frame T and joint J:

    format, version, generator, units, axes
    source, camera, notes                  where there is a capture
    people[i]
        keypoints   joint_set, joints, frame_size, timestamps (T), xy (T, J, 2), confidence (T, J)
        poses       joint_set, joints, frame, root_relative, timestamps (T), xyz (T, J, 3), confidence (T, J)
        motion      name, fps, joints, parents (J), rest_offsets (J, 3), rest_rotations (J, 4), rotations (T, J, 4),
                    root_translation (T, 3), positions (T, J, 3: where the rotations put the joints), contacts, confidence

JSON holds it as it stands, floats to five places, null for what is unknown. NPZ holds each leaf as an array under its
path, as in `people.0.motion.rotations`; it needs no pickle.
"""

from __future__ import annotations

import dataclasses
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError
from posewright.files import atomic_path
from posewright.formats.export import GENERATOR, Export
from posewright.skeletons import Skeleton
from posewright.types import CONTACT_POINTS, Keypoints, Motion, Poses3D

FORMAT, VERSION = "posewright", 1
DECIMALS = 5
UNITS = {"image": "pixels, x right, y down, of the upright frame", "length": "metres", "time": "seconds from the start of the clip"}
AXES = {
    "world": "right-handed, +Y up, the floor at y = 0, a body at rest faces +Z",
    "camera": "x right, y down, z forward (OpenCV)",
    "rotations": "quaternions x, y, z, w, each joint in its parent's frame",
}


def document(export: Export) -> dict[str, Any]:
    """The layout above, with NumPy arrays as leaves."""
    people: list[dict[str, Any]] = [{"motion": _motion(motion)} for motion in export.motions]
    content: dict[str, Any] = {"format": FORMAT, "version": VERSION, "generator": GENERATOR, "units": UNITS, "axes": AXES}
    if export.capture is not None:
        for entry, person in zip(people, export.capture.people, strict=True):
            entry |= {"keypoints": _keypoints(person.keypoints), "poses": _poses(person.poses)}
        content |= {"source": dataclasses.asdict(export.capture.source), "camera": dataclasses.asdict(export.capture.camera), "notes": list(export.capture.notes)}
    return content | {"people": people}


def _keypoints(keypoints: Keypoints) -> dict[str, Any]:
    return {
        "joint_set": keypoints.joint_set.name,
        "joints": list(keypoints.joint_set.joints),
        "frame_size": list(keypoints.frame_size),
        "timestamps": keypoints.timestamps,
        "xy": keypoints.xy,
        "confidence": keypoints.confidence,
    }


def _poses(poses: Poses3D) -> dict[str, Any]:
    return {
        "joint_set": poses.joint_set.name,
        "joints": list(poses.joint_set.joints),
        "frame": poses.frame,
        "root_relative": poses.root_relative,
        "timestamps": poses.timestamps,
        "xyz": poses.xyz,
        "confidence": poses.confidence,
    }


def _motion(motion: Motion) -> dict[str, Any]:
    content: dict[str, Any] = {
        "name": motion.name,
        "fps": motion.fps,
        "joints": list(motion.skeleton.joints),
        "parents": np.array(motion.skeleton.parents),
        "rest_offsets": motion.skeleton.rest_offsets,
        "rest_rotations": motion.skeleton.rest_rotations,
        "root_translation": motion.root_translation,
        "rotations": motion.rotations,
        "positions": motion.joint_positions(),
    }
    if motion.contacts is not None:
        content |= {"contact_points": list(CONTACT_POINTS), "contacts": motion.contacts}
    if motion.confidence is not None:
        content["confidence"] = motion.confidence
    return content


def motion_from(content: dict[str, Any], where: str) -> Motion:
    """The first person's motion in a layout as above; `where` names the file in errors.

    Raises:
        InputError: the layout is another, or its values fit no motion.
    """
    if content.get("format") != FORMAT or content.get("version") != VERSION:
        raise InputError(f"{where} holds no '{FORMAT}' arrays of version {VERSION}")
    try:
        entry = content["people"][0]["motion"]
        skeleton = Skeleton(
            tuple(str(joint) for joint in entry["joints"]),
            tuple(int(parent) for parent in entry["parents"]),
            np.asarray(entry["rest_offsets"], dtype=np.float64),
            np.asarray(entry["rest_rotations"], dtype=np.float64),
        )
        return Motion(
            skeleton,
            np.asarray(entry["rotations"], dtype=np.float64),
            np.asarray(entry["root_translation"], dtype=np.float64),
            float(entry["fps"]),
            None if entry.get("contacts") is None else np.asarray(entry["contacts"], dtype=np.float32),
            None if entry.get("confidence") is None else np.asarray(entry["confidence"], dtype=np.float32),
            str(entry["name"]),
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError(f"{where} holds no usable motion: {error}") from error


# NPZ


def write_npz(path: Path, export: Export) -> None:
    """Write the layout with each leaf as an array under its path.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **_flat(document(export)))


def read_npz(path: Path) -> Motion:
    """The first person's motion in an NPZ of this module's layout.

    Raises:
        InputError: the file cannot be read or holds no such motion.
    """
    try:
        with np.load(path) as data:
            content = _nested({key: data[key] for key in data.files})
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, AttributeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    return motion_from(content, str(path))


def _flat(value: Any, path: str = "") -> dict[str, NDArray[Any]]:
    """Leaves by path. A list of tables is numbered; a list of plain values is a leaf; None is left out."""
    if value is None:
        return {}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        return {name: leaf for key, entry in value.items() for name, leaf in _flat(entry, f"{path}.{key}" if path else str(key)).items()}
    return {path: np.asarray(value)}


def _nested(flat: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """What `_flat` took apart. Numbered tables become a list; leaves without axes become plain values."""
    tree: dict[str, Any] = {}
    for path, leaf in flat.items():
        *tables, name = path.split(".")
        table = tree
        for key in tables:
            table = table.setdefault(key, {})
        table[name] = leaf if leaf.ndim else leaf.item()
    people = tree.get("people", {})
    return tree | {"people": [people[key] for key in sorted(people, key=int)]}


# JSON


def write_json(path: Path, export: Export) -> None:
    """Write the layout as JSON, a line for each frame.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_path(path) as part:
        part.write_text(_json(document(export)) + "\n", encoding="utf-8")


def read_json(path: Path) -> Motion:
    """The first person's motion in a JSON of this module's layout.

    Raises:
        InputError: the file cannot be read or holds no such motion.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise InputError(f"{path} is no JSON: {error}") from error
    return motion_from(content if isinstance(content, dict) else {}, str(path))


def _json(value: Any, indent: str = "") -> str:
    """JSON with tables spread over lines, and arrays with a line for each entry of their first axis."""
    inner = indent + "  "
    if isinstance(value, dict):
        return "{\n" + ",\n".join(f"{inner}{json.dumps(str(key))}: {_json(entry, inner)}" for key, entry in value.items()) + f"\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(inner + _json(entry, inner) for entry in value) + f"\n{indent}]"
    if isinstance(value, np.ndarray):
        rounded = np.round(value.astype(np.float64), DECIMALS) if value.dtype.kind == "f" else value
        rows = [_plain(row).replace("NaN", "null") for row in rounded.tolist()]  # JSON knows no NaN
        return "[\n" + ",\n".join(inner + row for row in rows) + f"\n{indent}]" if value.ndim > 1 else f"[{','.join(rows)}]"
    return _plain(value)


def _plain(value: Any) -> str:
    """Numbers, words and lists of them in one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
