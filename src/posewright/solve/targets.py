"""First step of the solver: from any joint set to the few named landmarks that the rest of the room works on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError
from posewright.geometry import Array
from posewright.skeletons import JointSet
from posewright.types import Poses3D

# Landmark: (names among keypoints, tried in order; the humanoid's bone at whose head it lies). Mid-line, then the left.
# The humanoid's `spine` and `neck` are joints of the spine, those of the keypoint sets are not: hence two columns.
_CENTRE: dict[str, tuple[tuple[str, ...], str | None]] = {
    "hips_joint": ((), "hips"),
    "spine_joint": ((), "spine"),
    "chest_joint": ((), "chest"),
    "upper_chest_joint": ((), "upperChest"),
    "neck_joint": ((), "neck"),
    "head_joint": ((), "head"),
    "shoulder_line": (("neck",), None),
    "nose": (("nose",), None),
    "head_top": (("head_top",), None),
}
_LEFT: dict[str, tuple[tuple[str, ...], str | None]] = {
    "clavicle": ((), "Shoulder"),
    "shoulder": (("shoulder",), "UpperArm"),
    "elbow": (("elbow",), "LowerArm"),
    "wrist": (("wrist",), "Hand"),
    "thumb": (("thumb",), None),
    "index": (("index",), None),
    "pinky": (("pinky",), None),
    "hip": (("hip",), "UpperLeg"),
    "knee": (("knee",), "LowerLeg"),
    "ankle": (("ankle",), "Foot"),
    "heel": (("heel",), None),
    "ball": ((), "Toes"),
    "toe": (("foot_index", "big_toe"), None),
    "ear": (("ear",), None),
    "eye": (("eye",), None),
    "mouth": (("mouth",), None),
}
SIDES = ("left", "right")
SOURCES: dict[str, tuple[tuple[str, ...], str | None]] = _CENTRE | {
    f"{side}_{name}": (tuple(f"{side}_{point}" for point in points), None if bone is None else side + bone) for side in SIDES for name, (points, bone) in _LEFT.items()
}
"""Every landmark and the joints it is taken from."""
LANDMARKS: tuple[str, ...] = tuple(SOURCES)
REQUIRED: tuple[str, ...] = tuple(f"{side}_{name}" for side in SIDES for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"))
"""Landmarks without which no body can be solved."""
_COLUMN = {name: i for i, name in enumerate(LANDMARKS)}


@dataclass(frozen=True)
class Targets:
    """Landmarks of one person through a clip, in world axes."""

    xyz: NDArray[np.float64]
    """Positions, metres, world axes; the origin is what the poses had. Shape (T, L, 3), L landmarks; NaN where missing."""
    weight: NDArray[np.float64]
    """How far to trust each, 0 to 1. Shape (T, L); 0 where missing."""

    def __len__(self) -> int:
        return len(self.xyz)

    def at(self, name: str) -> Array:
        """Positions of one landmark, (T, 3)."""
        return self.xyz[:, _COLUMN[name]]

    def trust(self, name: str) -> Array:
        """Weights of one landmark, (T,)."""
        return self.weight[:, _COLUMN[name]]

    def has(self, name: str) -> bool:
        """True when the landmark is known in some frame."""
        return bool((self.trust(name) > 0).any())

    def middle(self, name: str) -> Array:
        """Mid-point of the left and right landmark, (T, 3)."""
        return 0.5 * (self.at("left_" + name) + self.at("right_" + name))

    def part(self, start: int, stop: int) -> Targets:
        """Frames `start` to `stop`, the latter left out."""
        return Targets(self.xyz[start:stop], self.weight[start:stop])

    def scaled(self, factor: float) -> Targets:
        """The same, `factor` times as large."""
        return replace(self, xyz=self.xyz * factor)


def landmark_columns(joint_set: JointSet) -> list[int | None]:
    """For each landmark the column of the joint set that gives it, None where there is none.

    Raises:
        UsageError: the set lacks a joint that the solver cannot do without.
    """
    humanoid = "leftUpperArm" in joint_set
    columns: list[int | None] = []
    for points, bone in SOURCES.values():
        names = ([bone] if bone is not None else []) if humanoid else list(points)
        columns.append(next((joint_set.index(name) for name in names if name in joint_set), None))
    missing = [name for name, column in zip(LANDMARKS, columns, strict=True) if column is None and name in REQUIRED]
    if missing:
        raise UsageError(f"joint set {joint_set.name} has no {', '.join(missing)}: the solver needs shoulders, elbows, wrists, hips, knees and ankles")
    return columns


def find_targets(poses: Poses3D, R_world_frame: Array) -> Targets:
    """The landmarks of `poses`, turned into world axes by `R_world_frame` (3, 3).

    Raises:
        UsageError: the joint set lacks a joint that the solver cannot do without.
    """
    columns = landmark_columns(poses.joint_set)
    xyz = np.full((len(poses), len(LANDMARKS), 3), np.nan)
    weight = np.zeros((len(poses), len(LANDMARKS)))
    for i, column in enumerate(columns):
        if column is not None:
            xyz[:, i] = poses.xyz[:, column] @ R_world_frame.T
            weight[:, i] = np.where(np.isfinite(xyz[:, i]).all(-1), poses.confidence[:, column], 0.0)
    return Targets(xyz, weight)
