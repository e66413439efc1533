"""Motions as named points in space and back: what marker files (.trc, .c3d) hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError, UsageError, require
from posewright.formats.humanoid_motion import humanoid_motion, named_as_humanoid
from posewright.geometry import quat_rotate
from posewright.skeletons import HUMANOID, JointSet, Skeleton, reference_skeleton
from posewright.types import Camera, Character, Motion, Poses3D

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
BONE_MARKERS: dict[str, str] = {
    f"{side}{bone}": letter + marker
    for letter, side in (("L", "left"), ("R", "right"))
    for bone, marker in {"UpperArm": "Shoulder", "LowerArm": "Elbow", "Hand": "Wrist", "UpperLeg": "Hip", "LowerLeg": "Knee", "Foot": "Ankle"}.items()
}
"""Humanoid bone and the marker at its head."""
_LEFT_FOOT: dict[str, tuple[str, tuple[float, float, float]]] = {
    "Heel": ("Foot", (0.0, -0.055, -0.047)),
    "BigToe": ("Toes", (-0.015, 0.0, 0.060)),
    "SmallToe": ("Toes", (0.040, 0.0, 0.020)),
}
ON_BONES: dict[str, tuple[str, tuple[float, float, float]]] = {
    "Nose": ("head", (0.0, 0.034, 0.130)),
    "Head": ("head", (0.0, 0.180, 0.0)),
    **{"L" + marker: ("left" + bone, offset) for marker, (bone, offset) in _LEFT_FOOT.items()},
    **{"R" + marker: ("right" + bone, (-x, y, z)) for marker, (bone, (x, y, z)) in _LEFT_FOOT.items()},
}
"""Markers that are no joints: the bone that carries each, and its nominal place from the bone's head in the T-pose, metres, on a body 1.70 m tall."""
_MIDDLES = {"Hip": ("leftUpperLeg", "rightUpperLeg"), "Neck": ("leftUpperArm", "rightUpperArm")}
_WHOLE_HUMANOID = ("hips", "spine")
"""Joints that only a file of ours names: then all bones can be had back, and not keypoints alone."""


@dataclass(frozen=True)
class Markers:
    """Named points through time, as a marker file holds them."""

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


def motion_markers(motion: Motion, character: Character | None = None) -> Markers:
    """All joints of a motion as points, metres, +Y up, and on a body whose bones are known the other points of HALPE_26.

    Limb joints have Pose2Sim's names (`RKnee`), others their own. Hip and Neck are mid-points of hips and shoulders, as
    there; nose, crown, heels and toes ride on their bones at nominal places (`ON_BONES`), to the body's scale.
    """
    named = named_as_humanoid(motion, character)
    extra = _points_on_bones(motion, character)
    own = [BONE_MARKERS.get(bone, joint) for bone, joint in zip(named.skeleton.joints, motion.skeleton.joints, strict=True)]
    names = (*extra, *(f"{name}_joint" if name in extra else name for name in own))
    xyz = np.concatenate([*(points[:, None] for points in extra.values()), motion.joint_positions()], axis=1)
    return Markers(names, xyz, motion.timestamps, motion.fps)


def _points_on_bones(motion: Motion, character: Character | None) -> dict[str, NDArray[np.float64]]:
    """Marker to positions (T, 3) of the points that are no joints; none where the bones are not known."""
    try:
        body = humanoid_motion(motion, character)
    except UsageError:
        return {}
    positions, worlds = body.skeleton.forward(body.rotations, body.root_translation)
    index = body.skeleton.index
    points = {marker: 0.5 * (positions[:, index(a)] + positions[:, index(b)]) for marker, (a, b) in _MIDDLES.items()}
    scale = _ankle_to_head(body.skeleton) / _ankle_to_head(reference_skeleton())
    for marker, (bone, offset) in ON_BONES.items():
        if bone in body.skeleton:
            points[marker] = positions[:, index(bone)] + quat_rotate(worlds[:, index(bone)], scale * np.array(offset))
    return points


def _ankle_to_head(skeleton: Skeleton) -> float:
    """Height of the head's joint above the ankles in the T-pose, metres."""
    height = skeleton.rest_pose()[0][:, 1]
    return float(height[skeleton.index("head")] - height[skeleton.index("leftFoot")])


def markers_motion(markers: Markers, where: str) -> Motion:
    """The movement of a body whose joint centres are among the points, on the humanoid with its proportions; the first person's where there are several.

    Points that are missing for a while are bridged.

    Args:
        markers: in metres, +Y up.
        where: the file, for errors.

    Raises:
        InputError: limb joints are not among them by any name that is known.
    """
    from posewright.solve import SolveOptions, solve

    columns, whole = _joint_columns(markers.names)
    joint_set = HUMANOID if whole else JointSet("markers", tuple(columns), (), _pairs(columns))
    xyz = np.full((len(markers.xyz), len(joint_set), 3), np.nan, dtype=np.float32)
    for joint, column in columns.items():
        xyz[:, joint_set.index(joint)] = markers.xyz[:, column]
    if missing := [joint for joint in _needed(whole) if joint not in columns or np.isnan(xyz[:, joint_set.index(joint), 0]).all()]:
        raise InputError(
            f"{where}: no points for {', '.join(missing)}. Joint centres are needed, named as Pose2Sim's (LShoulder, RKnee, ...); found: {', '.join(markers.names[:40])}"
        )
    confidence = np.where(np.isnan(xyz[..., 0]), 0.0, 1.0).astype(np.float32)
    poses = Poses3D(xyz, confidence, joint_set, markers.timestamps - markers.timestamps[0], "world", root_relative=False)
    options = SolveOptions(smoothing_s=0.0, rotation_smoothing_s=0.0, noise_m=0.005, symmetric=not whole, ground=False, centre=False)
    return solve(poses, None, Camera((1, 1), (1.0, 1.0), (0.0, 0.0)), fps=markers.fps, options=options)


def _needed(whole: bool) -> list[str]:
    """The joints without which no body can be solved."""
    return list(BONE_MARKERS) if whole else [MARKERS[marker] for marker in BONE_MARKERS.values()]


def _joint_columns(names: tuple[str, ...]) -> tuple[dict[str, int], bool]:
    """Joint to column, of the first person where names have prefixes (`person_1:LKnee`), and whether the joints are the humanoid's bones."""
    first = next((name.rpartition(":")[0] for name in names if name.rpartition(":")[2] in BONE_MARKERS.values()), "")
    bare = {name.rpartition(":")[2]: column for column, name in reversed([*enumerate(names)]) if name.rpartition(":")[0] == first}
    if all(joint in bare for joint in _WHOLE_HUMANOID):
        marker_bones: Mapping[str, str] = {marker: bone for bone, marker in BONE_MARKERS.items()}
        return {marker_bones.get(name, name): column for name, column in bare.items() if marker_bones.get(name, name) in HUMANOID}, True
    return {MARKERS[name]: column for name, column in bare.items() if name in MARKERS}, False


def _pairs(joints: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    return tuple((joint, joint.replace("left_", "right_")) for joint in joints if joint.startswith("left_") and joint.replace("left_", "right_") in joints)
