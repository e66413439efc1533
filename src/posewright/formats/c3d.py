"""C3D: markers as biomechanics laboratories exchange them, through ezc3d.

Layout: https://www.c3d.org/docs/C3D_User_Guide.pdf. As Pose2Sim's own C3D files: millimetres, +Y up as OpenSim has it,
which the file says itself in POINT:UNITS, X_SCREEN and Y_SCREEN.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from posewright.errors import InputError
from posewright.files import atomic_path
from posewright.formats.export import GENERATOR, Export
from posewright.formats.markers import Markers, markers_motion, motion_markers
from posewright.formats.optional import need
from posewright.formats.trc import UNITS
from posewright.geometry import Array
from posewright.types import Motion

MM_PER_M = 1000.0


def check_c3d() -> None:
    """Raise unless ezc3d is installed.

    Raises:
        OutputError: it is not.
    """
    _ezc3d()


def _ezc3d() -> Any:
    return need("ezc3d", "ezc3d", "c3d", "a .c3d file")


def write_c3d(path: Path, export: Export) -> None:
    """Write the joints of all people as points (`markers.motion_markers`); of several, names begin with `person_1:` and so on.

    The file runs at the first person's frame rate and as long as the longest motion; who has left it is missing.

    Raises:
        OutputError: the file cannot be written, or ezc3d is not installed.
    """
    people = [motion_markers(motion, export.character) for motion in export.motions]
    names = [name if len(people) == 1 else f"person_{number}:{name}" for number, person in enumerate(people, start=1) for name in person.names]
    frames = max(len(person.xyz) for person in people)
    xyz = np.concatenate([_lasting(person.xyz, frames) for person in people], axis=1)
    points = np.ones((4, len(names), frames))
    points[:3] = MM_PER_M * xyz.transpose(2, 1, 0)
    content = _ezc3d().c3d()
    content["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    content["parameters"]["POINT"]["RATE"]["value"] = [people[0].fps]
    content["parameters"]["POINT"]["LABELS"]["value"] = names
    content.add_parameter("POINT", "X_SCREEN", ["+X"])
    content.add_parameter("POINT", "Y_SCREEN", ["+Y"])
    content.add_parameter("MANUFACTURER", "COMPANY", ["Posewright"])
    content.add_parameter("MANUFACTURER", "SOFTWARE", [GENERATOR])
    content["data"]["points"] = points
    with atomic_path(path) as part:
        plain = part.with_suffix(".c3d")  # the only suffix that ezc3d leaves as it is
        content.write(str(plain))
        plain.rename(part)


def _lasting(xyz: Array, frames: int) -> Array:
    """Positions (T, M, 3) made `frames` long, with NaN behind their end."""
    return np.concatenate([xyz, np.full((frames - len(xyz), *xyz.shape[1:]), np.nan)])


def read_c3d(path: Path) -> Markers:
    """Read the points of a C3D file, in metres, turned so that the axis of Y_SCREEN points up (+Y).

    Raises:
        InputError: the file cannot be read, or holds no points.
        OutputError: ezc3d is not installed.
    """
    ezc3d = _ezc3d()
    try:
        content = ezc3d.c3d(str(path))
        parameters, points = content["parameters"]["POINT"], content["data"]["points"]
        fps, unit = float(parameters["RATE"]["value"][0]), str(_first(parameters, "UNITS", "mm")).strip().lower()
    except (OSError, RuntimeError, ValueError, KeyError, IndexError) as error:
        raise InputError(f"cannot read {path}: {error}. Is it a C3D file?") from error
    names = tuple(label for key in _label_keys(parameters) for label in parameters[key]["value"])[: points.shape[1]]
    if not names or not points.shape[2] or not fps > 0:
        raise InputError(f"{path} holds no points with names")
    if unit not in UNITS:
        raise InputError(f"{path}: unit '{unit}' is unknown. Known are: {', '.join(UNITS)}")
    xyz = UNITS[unit] * points[:3].transpose(2, 1, 0)[:, : len(names)]
    xyz[(xyz == 0).all(-1) | np.isnan(xyz).any(-1)] = np.nan
    return Markers(names, xyz @ _upright(parameters).T, np.arange(len(xyz)) / fps, fps)


def read_c3d_motion(path: Path) -> Motion:
    """The movement of the first body whose joint centres the file's points are (`markers.markers_motion`).

    Raises:
        InputError: the file cannot be read, or lacks joints.
        OutputError: ezc3d is not installed.
    """
    return replace(markers_motion(read_c3d(path), str(path)), name=path.stem)


def _first(parameters: Any, name: str, otherwise: str) -> str:
    values = parameters[name]["value"] if name in parameters else []
    return str(values[0]) if len(values) else otherwise


def _label_keys(parameters: Any) -> list[str]:
    """LABELS, LABELS2, ... in order: one parameter holds at most 255 names."""
    found = [key for key in parameters if key == "LABELS" or (key.startswith("LABELS") and key[6:].isdigit())]
    return sorted(found, key=lambda key: int(key[6:] or 1))


def _upright(parameters: Any) -> Array:
    """Rotation (3, 3) that takes the file's up axis to +Y: by Y_SCREEN, whose absence means Y up."""
    text = _first(parameters, "Y_SCREEN", "+Y").strip().upper()
    sign, axis = (-1.0 if text.startswith("-") else 1.0), text[-1:] or "Y"
    if axis not in "XYZ":
        return np.eye(3)
    order = {"Y": (2, 0), "Z": (0, 1), "X": (1, 2)}[axis]  # the axes that become +Z and +X, so that the three stay right-handed
    rotation = np.zeros((3, 3))
    rotation[1, "XYZ".index(axis)] = sign
    rotation[2, order[0]], rotation[0, order[1]] = 1.0, sign
    return rotation
