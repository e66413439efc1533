"""TRC (Track Row Column): marker positions as text, as OpenSim, Pose2Sim and Motion Analysis' programs read and write it.

Layout: OpenSim's documentation, Marker (.trc) Files, https://simtk-confluence.stanford.edu/display/OpenSim/Marker+(.trc)+Files
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError, require
from posewright.files import atomic_path
from posewright.formats.export import Export

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "inches": 0.0254, "ft": 0.3048}
"""Metres in a file's unit."""

_SIDE_PARTS = {
    "Hip": "hip",
    "Knee": "knee",
    "Ankle": "ankle",
    "BigToe": "big_toe",
    "SmallToe": "small_toe",
    "Heel": "heel",
    "Shoulder": "shoulder",
    "Elbow": "elbow",
    "Wrist": "wrist",
    "Eye": "eye",
    "Ear": "ear",
    "Thumb": "thumb",
    "Index": "index",
    "Pinky": "pinky",
}
MARKERS: dict[str, str] = {
    "Hip": "pelvis",
    "Neck": "neck",
    "Head": "head_top",
    "Nose": "nose",
    **{letter + marker: f"{side}_{joint}" for letter, side in (("R", "right"), ("L", "left")) for marker, joint in _SIDE_PARTS.items()},
}
"""Pose2Sim's marker names and the joints that they are in the common vocabulary."""
_BONE_MARKERS = {
    f"{side}{bone}": letter + marker
    for letter, side in (("L", "left"), ("R", "right"))
    for bone, marker in {"UpperArm": "Shoulder", "LowerArm": "Elbow", "Hand": "Wrist", "UpperLeg": "Hip", "LowerLeg": "Knee", "Foot": "Ankle"}.items()
}


@dataclass(frozen=True)
class Markers:
    """Named points through time, as a TRC file holds them."""

    names: tuple[str, ...]
    xyz: NDArray[np.float64]
    """Positions in metres, in the file's own axes (OpenSim and Pose2Sim: +Y up). Shape (T, M, 3); NaN where missing."""
    timestamps: NDArray[np.float64]
    """Seconds as the file states them, increasing. Shape (T,). Pose2Sim's begin one frame after zero."""
    fps: float
    """Frames a second, as the file states it."""

    def __post_init__(self) -> None:
        require(self.xyz.ndim == 3 and self.xyz.shape[1:] == (len(self.names), 3), f"positions have shape {self.xyz.shape}, not (T, {len(self.names)}, 3)")
        require(self.timestamps.shape == self.xyz.shape[:1], f"{self.timestamps.shape} timestamps for {len(self.xyz)} frames")
        require(bool((np.diff(self.timestamps) > 0).all()), "timestamps must increase")
        require(bool(np.isfinite(self.fps)) and self.fps > 0, f"{self.fps} frames a second")


# Reading


def read_trc(path: Path) -> Markers:
    """Read a TRC file in any of its units; empty cells and markers at exactly (0, 0, 0) are missing.

    Raises:
        InputError: the file cannot be read or is no TRC file; the message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if len(lines) < 5 or not lines[0].startswith("PathFileType"):
        raise InputError(f"{path} is no TRC file: it must begin with 'PathFileType' and a header of five lines")
    header = dict(zip(lines[1].split(), lines[2].split(), strict=False))
    unit = header.get("Units", "mm").lower()
    fps = _number(path, 3, header.get("DataRate", ""))
    if unit not in UNITS:
        raise InputError(f"{path}, line 3: unit '{unit}' is unknown. Known are: {', '.join(UNITS)}")
    if not fps > 0:
        raise InputError(f"{path}, line 3: DataRate is {fps}")
    # A marker's name stands over its X column; the two columns after it are empty.
    names = tuple(name.strip() for name in lines[3].rstrip().split("\t")[2::3])
    if not names or not all(names):
        raise InputError(f"{path}, line 4: marker names must stand in every third column, separated by tabs, after Frame# and Time")
    rows = [_row(path, number, line, 2 + 3 * len(names)) for number, line in enumerate(lines[5:], start=6) if line.strip()]
    if not rows:
        raise InputError(f"{path} holds no frames")
    table = np.array(rows)
    times = table[:, 1]
    if not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
        raise InputError(f"{path}: the times in column 2 must increase from frame to frame")
    xyz = table[:, 2:].reshape(len(table), len(names), 3) * UNITS[unit]
    xyz[(xyz == 0).all(-1) | np.isnan(xyz).any(-1)] = np.nan
    return Markers(names, xyz, times, fps)


def _row(path: Path, number: int, line: str, columns: int) -> list[float]:
    """One frame's cells; empty ones, and those that an abbreviated row leaves out, as NaN."""
    cells = line.rstrip("\r\n").split("\t")
    if len([cell for cell in cells[columns:] if cell.strip()]):
        raise InputError(f"{path}, line {number}: {len(cells)} columns where the header announces {columns}")
    values = [_number(path, number, cell) for cell in cells[:columns]]
    return values + [float("nan")] * (columns - len(values))


def _number(path: Path, line: int, cell: str) -> float:
    if not cell.strip():
        return float("nan")
    try:
        return float(cell)
    except ValueError:
        raise InputError(f"{path}, line {line}: '{cell}' is no number") from None


# Writing


def write_trc(path: Path, export: Export) -> None:
    """Write the first motion's joints as markers, in metres, +Y up: limb joints under Pose2Sim's names, the others under their own.

    Raises:
        OutputError: the file cannot be written.
    """
    motion = export.motions[0]
    names = tuple(_BONE_MARKERS.get(joint, joint) for joint in motion.skeleton.joints)
    write_markers(path, Markers(names, motion.joint_positions(), motion.timestamps, motion.fps))


def write_markers(path: Path, markers: Markers) -> None:
    """Write markers in metres; missing ones as empty cells, as OpenSim expects.

    Raises:
        OutputError: the file cannot be written.
    """
    frames, count = markers.xyz.shape[:2]
    rate = f"{markers.fps:g}"
    with atomic_path(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"PathFileType\t4\t(X/Y/Z)\t{path.name}\n")
        file.write("DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n")
        file.write(f"{rate}\t{rate}\t{frames}\t{count}\tm\t{rate}\t1\t{frames}\n")
        file.write("Frame#\tTime\t" + "".join(f"{name}\t\t\t" for name in markers.names) + "\n")
        file.write("\t\t" + "".join(f"X{i}\tY{i}\tZ{i}\t" for i in range(1, count + 1)) + "\n")
        for number, (time, row) in enumerate(zip(markers.timestamps, markers.xyz.reshape(frames, -1), strict=True), start=1):
            cells = ("" if np.isnan(value) else f"{value:.6f}" for value in row)
            file.write(f"{number}\t{time:.6f}\t" + "\t".join(cells) + "\n")
