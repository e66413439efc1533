"""TRC (Track Row Column): marker positions as text, as OpenSim, Pose2Sim and Motion Analysis' programs read and write it.

Layout: OpenSim's documentation, Marker (.trc) Files, https://simtk-confluence.stanford.edu/display/OpenSim/Marker+(.trc)+Files
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from posewright.errors import InputError
from posewright.files import atomic_path
from posewright.formats.export import Export
from posewright.formats.markers import MARKERS, Markers, markers_motion, motion_markers
from posewright.types import Motion

__all__ = ["MARKERS", "UNITS", "Markers", "read_trc", "read_trc_motion", "write_markers", "write_trc"]

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "inches": 0.0254, "ft": 0.3048}
"""Metres in a file's unit."""


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


def read_trc_motion(path: Path) -> Motion:
    """The movement of a body whose joint centres the file's markers are (`markers.markers_motion`).

    Raises:
        InputError: the file cannot be read, is no TRC file, or lacks joints.
    """
    return replace(markers_motion(read_trc(path), str(path)), name=path.stem)


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
    """Write the first motion's joints and the other points of HALPE_26 as markers, in metres, +Y up (`markers.motion_markers`).

    With these names and axes OpenSim's inverse kinematics turns it into a .mot with any of Pose2Sim's marker sets.

    Raises:
        OutputError: the file cannot be written.
    """
    write_markers(path, motion_markers(export.motions[0], export.character))


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
