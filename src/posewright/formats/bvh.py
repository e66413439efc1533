"""BVH: a bare skeleton with its motion, as text.

Read and written after Meredith and Maddock, Motion Capture File Formats Explained (2001), section 3. What that
leaves open is settled as Blender, Maya and MotionBuilder do: position channels hold the joint's place in its parent
outright, and do not add to OFFSET.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError
from posewright.files import atomic_path
from posewright.formats.bvh_text import Tree, parse_bvh
from posewright.formats.export import Export
from posewright.formats.names import bone_names
from posewright.geometry import IDENTITY, quat_conjugate, quat_from_rotvec, quat_multiply, quat_rotate, quat_to_matrix
from posewright.skeletons import Skeleton
from posewright.types import Motion

CM_PER_M = 100.0
UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "cmu": 0.0254 / 0.45}
"""Metres in a file's unit. `cmu` is that of the CMU database's conversions: 1 / 0.45 inch."""
TYPICAL_SPAN_M = 2.3
"""The longest way along an adult's bones from end to end (finger tip to toe): tells the units of a file."""


# Writing


def write_bvh(path: Path, export: Export) -> None:
    """Write the first motion's skeleton and frames: centimetres, degrees, +Y up, rest pose with all rotations zero.

    On the humanoid that rest pose is the T-pose, and its bones get the names wanted; the bones of a rig keep their own.
    Rotations turn about Z, then X, then Y (each about the axes as the ones before have turned them), so that gimbal lock
    needs a bone pitched by 90 degrees and no turn of the body gets there; angles run on past 180 degrees rather than jump.
    The root's OFFSET is zero, so that readers that add it to the position channels (three.js) and those that do not
    (Blender) see the same.

    Raises:
        OutputError: the file cannot be written.
        UsageError: no such bone names.
    """
    motion = with_identity_rest(export.motions[0])
    lines, order = _hierarchy(motion.skeleton, _names(export))
    angles = np.degrees(continuous_zxy(quat_to_matrix(motion.rotations)))[:, order]  # (T, J, 3)
    rows = np.concatenate([motion.root_translation * CM_PER_M, angles.reshape(len(motion), -1)], axis=1)
    line = " ".join(["%.6f"] * rows.shape[1]) + "\n"
    with atomic_path(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.write("HIERARCHY\n" + "\n".join(lines))
        file.write(f"\nMOTION\nFrames: {len(motion)}\nFrame Time: {1.0 / motion.fps:.10f}\n")
        file.writelines(line % tuple(row) for row in rows.tolist())


def _names(export: Export) -> Mapping[str, str]:
    """What joints are called in the file, for those that have another name there."""
    hero = export.character
    if hero is not None and hero.skeleton.joints == export.motions[0].skeleton.joints and any(bone != joint for bone, joint in hero.humanoid.items()):
        return {}
    return bone_names(export.bone_names)


def with_identity_rest(motion: Motion) -> Motion:
    """The same movement of all joints, on a skeleton whose rest rotations are all identity and whose rest pose stands where it did."""
    skeleton = motion.skeleton
    positions, turned = skeleton.rest_pose()
    offsets = positions.copy()
    offsets[1:] -= positions[list(skeleton.parents[1:])]
    worlds = quat_multiply(motion.world_rotations(), quat_conjugate(turned))
    rotations = worlds.copy()
    rotations[:, 1:] = quat_multiply(quat_conjugate(worlds[:, list(skeleton.parents[1:])]), worlds[:, 1:])
    level = Skeleton(skeleton.joints, skeleton.parents, offsets, np.tile(IDENTITY, (len(skeleton), 1)))
    return Motion(level, rotations, motion.root_translation, motion.fps, motion.contacts, motion.confidence, motion.name)


def continuous_zxy(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angles (T, J, 3), radians, of R = Rz(a) Rx(b) Ry(c), in the order a, b, c, for rotation matrices (T, J, 3, 3).

    Of the ways to write each rotation, the one nearest to the frame before.
    """
    cos_b = np.hypot(matrices[..., 0, 1], matrices[..., 1, 1])
    locked = cos_b < 1e-7  # a and c turn about one axis: give it all to a
    a = np.where(locked, np.arctan2(matrices[..., 1, 0], matrices[..., 0, 0]), np.arctan2(-matrices[..., 0, 1], matrices[..., 1, 1]))
    b = np.arctan2(matrices[..., 2, 1], cos_b)
    c = np.where(locked, 0.0, np.arctan2(-matrices[..., 2, 0], matrices[..., 2, 2]))
    first = np.stack([a, b, c], axis=-1)
    angles = first.copy()
    second = np.stack([a + np.pi, np.pi - b, c + np.pi], axis=-1)
    for t in range(1, len(angles)):
        ways = np.stack([first[t], second[t]])  # (2, J, 3)
        ways -= 2 * np.pi * np.round((ways - angles[t - 1]) / (2 * np.pi))
        nearer = np.abs(ways - angles[t - 1]).sum(-1).argmin(0)
        angles[t] = np.take_along_axis(ways, nearer[None, :, None], axis=0)[0]
    return angles


def _hierarchy(skeleton: Skeleton, names: Mapping[str, str]) -> tuple[list[str], list[int]]:
    """Lines of the tree below HIERARCHY, with joints renamed, and the order in which joints stand in it: each branch to its end."""
    lines: list[str] = []
    order: list[int] = []
    ends = _end_sites(skeleton)

    def add(joint: int, tab: str) -> None:
        order.append(joint)
        name = names.get(skeleton.joints[joint], skeleton.joints[joint])
        offset = skeleton.rest_offsets[joint] if joint else np.zeros(3)
        channels = "3" if joint else "6 Xposition Yposition Zposition"
        lines.extend([f"{tab}{'JOINT' if joint else 'ROOT'} {name}", f"{tab}{{", f"{tab}\tOFFSET {_centimetres(offset)}"])
        lines.append(f"{tab}\tCHANNELS {channels} Zrotation Xrotation Yrotation")
        for child in skeleton.children(joint):
            add(child, tab + "\t")
        if joint in ends:
            lines.extend([f"{tab}\tEnd Site", f"{tab}\t{{", f"{tab}\t\tOFFSET {_centimetres(ends[joint])}", f"{tab}\t}}"])
        lines.append(f"{tab}}}")

    add(0, "")
    return lines, order


def _end_sites(skeleton: Skeleton) -> dict[int, NDArray[np.float64]]:
    """Where the bone of each joint without children ends, in the joint's frame, metres."""
    height = skeleton.rest_pose()[0][:, 1]
    ends = {}
    for joint in range(len(skeleton)):
        if not skeleton.children(joint):
            own = skeleton.rest_offsets[joint]
            length = float(np.linalg.norm(own))
            if skeleton.joints[joint] == "head":
                ends[joint] = np.array([0.0, 2.0 * length, 0.0])
            elif skeleton.joints[joint].endswith("Toes"):
                ends[joint] = np.array([0.0, -height[joint], 0.4 * length])  # on the floor, so that a reader finds it
            else:
                ends[joint] = 0.6 * own
    return ends


def _centimetres(metres: NDArray[np.float64]) -> str:
    return " ".join(f"{value:.6f}" for value in metres * CM_PER_M)


# Reading


def read_bvh(path: Path, unit: str | float = "auto", up: str = "auto") -> Motion:
    """Read a BVH file, whatever its channel orders, on its own skeleton: metres, +Y up.

    A joint other than the root that has position channels gets its offset from them; if they change over time, the
    middle (median) of them, and a warning. A file that lacks frames that it announces is read as far as it goes, with
    a warning. Where the root's OFFSET is zero the rest pose is put on the floor.

    Args:
        path: the file.
        unit: a key of `UNITS`, the number of metres in the file's unit, or `auto`: whichever makes a body nearest to an adult's size.
        up: the file's axis that points up, `y` or `z`, or `auto`: y, unless the body both rests and moves much longer along z than along y.

    Raises:
        InputError: the file cannot be read, or is no BVH; the message names the line.
        UsageError: no such unit or axis.
    """
    if up not in ("auto", "y", "z"):
        raise UsageError(f"no axis '{up}' that can point up. There are: auto, y, z")
    tree, values, fps = parse_bvh(path)
    rotations, offsets, root = _pose(path, tree, values)
    points = _rest_points(tree, offsets)
    metres = _metres_per_unit(tree, unit)
    motion = Motion(_level_skeleton(tree, offsets * metres), rotations, root * metres, fps, name=path.stem)
    if up == "auto":
        up = "z" if _stands_along_z(points, motion) else "y"
    if np.any(offsets[0]):
        motion = _from_rest(motion, "xyz".index(up))
    else:
        offsets[0, "xyz".index(up)] = -points[:, "xyz".index(up)].min()
        motion = replace(motion, skeleton=_level_skeleton(tree, offsets * metres))
    return _z_up_to_y_up(motion) if up == "z" else motion


def _level_skeleton(tree: Tree, offsets: NDArray[np.float64]) -> Skeleton:
    return Skeleton(tuple(tree.names), tuple(tree.parents), offsets, np.tile(IDENTITY, (len(offsets), 1)))


def _pose(path: Path, tree: Tree, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Local rotations (T, J, 4), rest offsets (J, 3) and root positions (T, 3), in the file's unit and axes."""
    rotations = np.tile(IDENTITY, (len(values), len(tree.names), 1))
    offsets = np.array(tree.offsets, dtype=np.float64)
    root = np.tile(offsets[0], (len(values), 1))
    columns = iter(values.T)
    for joint, channels in enumerate(tree.channels):
        for channel, column in zip(channels, columns, strict=False):
            axis = "XYZ".index(channel[0])
            if channel.endswith("rotation"):
                turn = quat_from_rotvec(np.radians(column)[:, None] * np.eye(3)[axis])
                rotations[:, joint] = quat_multiply(rotations[:, joint], turn)
            elif joint == 0:
                root[:, axis] = column
            elif np.any(column):  # all zero: from a writer that leaves the place to OFFSET
                offsets[joint, axis] = np.median(column)
                if np.ptp(column) > 0.01 * _span(tree):
                    warnings.warn(f"{path}: '{tree.names[joint]}' slides in its parent, which a skeleton cannot; its middle place is taken", stacklevel=3)
    return rotations, offsets, root


def _span(tree: Tree) -> float:
    """The longest way along the bones from one end of the body to another, in the file's unit."""
    length = np.linalg.norm(tree.offsets, axis=1)
    reach, span = np.zeros(len(length)), 0.0  # from each joint down to its farthest end
    for joint, offset in tree.ends:
        reach[joint] = max(reach[joint], float(np.linalg.norm(offset)))
    for joint in range(len(length) - 1, 0, -1):
        parent, down = tree.parents[joint], reach[joint] + length[joint]
        span = max(span, reach[parent] + down)
        reach[parent] = max(reach[parent], down)
    return span


def _metres_per_unit(tree: Tree, unit: str | float) -> float:
    if not isinstance(unit, str):
        if not (np.isfinite(unit) and unit > 0):
            raise UsageError(f"a unit of {unit} metres: give a positive number")
        return unit
    if unit in UNITS:
        return UNITS[unit]
    if unit != "auto":
        raise UsageError(f"no unit '{unit}'. There are: auto, {', '.join(UNITS)}, or a number of metres")
    span = _span(tree)
    return min(UNITS.values(), key=lambda metres: abs(np.log(span * metres / TYPICAL_SPAN_M))) if span else UNITS["cm"]


def _rest_points(tree: Tree, offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Positions (J + E, 3) of joints and bone ends at rest, in the file's unit and axes."""
    points = offsets.copy()
    for joint, parent in enumerate(tree.parents[1:], start=1):
        points[joint] += points[parent]
    return np.array([*points, *(points[joint] + offset for joint, offset in tree.ends)])


def _stands_along_z(rest_points: NDArray[np.float64], motion: Motion) -> bool:
    """Whether the body both rests and moves much longer along z than along y. Lying down alone does not tell."""
    rest = np.ptp(rest_points, axis=0)
    moving = np.median(np.ptp(motion.joint_positions(), axis=1), axis=0)
    return bool(rest[2] > 1.5 * rest[1] and moving[2] > 1.5 * moving[1])


def _z_up_to_y_up(motion: Motion) -> Motion:
    """The same motion with every axis renamed: the file's z is y, its y is -z."""
    to_y_up = quat_from_rotvec(np.array([-np.pi / 2, 0.0, 0.0]))
    skeleton = replace(motion.skeleton, rest_offsets=quat_rotate(to_y_up, motion.skeleton.rest_offsets))
    rotations = quat_multiply(quat_multiply(to_y_up, motion.rotations), quat_conjugate(to_y_up))
    return replace(motion, skeleton=skeleton, rotations=rotations, root_translation=quat_rotate(to_y_up, motion.root_translation))


def _from_rest(motion: Motion, up: int) -> Motion:
    """The motion with the root's OFFSET added to its path, if that brings the feet nearer to the floor: some programs count from there."""
    floor = np.median(motion.joint_positions()[..., up].min(axis=1))
    start = motion.skeleton.rest_offsets[0]
    return replace(motion, root_translation=motion.root_translation + start) if abs(floor + start[up]) < abs(floor) else motion
