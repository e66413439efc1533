"""What `wright` sees: a window of lines of sight around one frame, through a virtual camera that looks at the pelvis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array
from posewright.skeletons import BLAZEPOSE33
from posewright.skeletons.bone_tree import BoneTree, tree_for

MIRRORED_BONES = ("hips", "shoulders")
"""Bones that lead from the mid-line to the left: in a mirror they lead to the right, against their name."""
_LONGEST = 3
_REACH = 4.0
"""Body sizes from the pelvis beyond which a keypoint is held back."""


def _tree() -> BoneTree:
    tree = tree_for(BLAZEPOSE33)
    assert tree is not None  # BlazePose has arms, legs and a trunk
    return tree


TREE = _tree()
"""Points that the network sees and bones that it gives."""


@dataclass(frozen=True)
class Window:
    """At which times around a frame the network looks: densely near by, sparsely far off."""

    name: str
    offsets_s: NDArray[np.float64]
    """Seconds against the frame itself, increasing, (W,)."""
    now: int
    """Place of the frame itself."""

    @property
    def features(self) -> int:
        """Number of the network's inputs."""
        return len(self.offsets_s) * (3 * (len(TREE.points) - 1) + 2) + 1 + 3 * len(TREE.bones) + 1


_AROUND = np.array([1, 2, 4, 6, 9, 13, 18, 24, 31, 40]) / 30.0
_BEFORE = np.array([80, 68, 57, 48, 40, 34, 28, 23, 19, 16, 13, 11, 9, 7, 6, 5, 4, 3, 2, 1, 0]) / 30.0
WINDOWS = {
    "centred": Window("centred", np.concatenate([-_AROUND[::-1], [0.0], _AROUND]), len(_AROUND)),
    "causal": Window("causal", -_BEFORE, len(_BEFORE) - 1),
}
"""81 frames at 30 a second, either side or (for live use) before; 21 of them are looked at."""


def _twins(names: tuple[str, ...]) -> list[int]:
    swapped = [n.replace("left_", "right_") if n.startswith("left_") else n.replace("right_", "left_") for n in names]
    return [names.index(n) for n in swapped]


POINT_TWINS = _twins(TREE.points)
BONE_TWINS = _twins(TREE.bones)
MIRROR = np.array([-1.0, 1.0, 1.0])
BONE_MIRROR = np.stack([-MIRROR if bone in MIRRORED_BONES else MIRROR for bone in TREE.bones])
_SIZED = np.flatnonzero(TREE.sized)
_START, _END = TREE.ends[_SIZED].T


def mirrored_directions(directions: Array) -> Array:
    """What a mirror shows of bone directions (..., B, 3) in camera axes."""
    return directions[..., BONE_TWINS, :] * BONE_MIRROR.astype(directions.dtype)


def mirrored_rays(rays: Array, confidence: Array) -> tuple[Array, Array]:
    """What a mirror shows of rays (..., P, 2) and their confidence (..., P)."""
    return rays[..., POINT_TWINS, :] * np.array([-1.0, 1.0], dtype=rays.dtype), confidence[..., POINT_TWINS]


def mirrored_inputs(window: Window) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Which inputs of `features`, and with which sign, are those of the mirror image, both (F,)."""
    width, points, bones = len(window.offsets_s), len(TREE.points) - 1, len(TREE.bones)
    twins = np.array(POINT_TWINS[1:]) - 1  # the pelvis comes first and is its own twin
    place = np.arange(2 * width * points).reshape(width, points, 2)[:, twins].ravel()
    start = np.cumsum([0, 2 * width * points, 2 * width, width * points, 1, 3 * bones])
    trust = np.arange(width * points).reshape(width, points)[:, twins].ravel()
    lifted = np.arange(3 * bones).reshape(bones, 3)[BONE_TWINS].ravel()
    columns = [place, np.arange(2 * width), trust, np.zeros(1, dtype=np.int64), lifted, np.zeros(1, dtype=np.int64)]
    signs = [np.tile([-1.0, 1.0], width * (points + 1)), np.ones(width * points + 1), BONE_MIRROR.ravel(), np.ones(1)]
    return np.concatenate([column + first for column, first in zip(columns, start, strict=True)]), np.concatenate(signs).astype(np.float32)


def with_confidence(inputs: NDArray[np.float32], window: Window, confidence: NDArray[np.generic]) -> NDArray[np.float32]:
    """Inputs (N, F) whose columns of confidence are taken from (N, F) numbers."""
    width, points = len(window.offsets_s), len(TREE.points) - 1
    columns = slice(2 * width * (points + 1), width * (3 * points + 2))
    out = inputs.copy()
    out[:, columns] = confidence[:, columns]
    return out


def virtual_camera(sight: Array) -> Array:
    """Rotations (N, 3, 3) from the camera's axes to those of one that looks along rays (N, 2), by the shortest way."""
    x, y = sight[:, 0], sight[:, 1]
    norm = np.sqrt(1.0 + x * x + y * y)
    x, y, z = x / norm, y / norm, 1.0 / norm
    k = 1.0 / (1.0 + z)
    return np.stack([1.0 - k * x * x, -k * x * y, -x, -k * x * y, 1.0 - k * y * y, -y, x, y, z], axis=-1).reshape(-1, 3, 3)


def features(rays: Array, confidence: Array, now: int, lifted: Array | None = None) -> tuple[NDArray[np.float32], Array]:
    """The network's input.

    Args:
        rays: (N, W, P, 2), x / z and y / z of each point's line of sight; the pelvis must be there, if only by interpolation.
        confidence: (N, W, P), 0 where a point is not seen. The network is given its square root, which stays near 1 for what
            is seen but not quite sharp, as confidence did when the shipped weights were trained.
        now: place in the window of the frame that is lifted.
        lifted: bone directions (N, B, 3) of that frame by another lifter, in camera axes; all 0 for a frame without them.

    Returns:
        Inputs (N, F) and the virtual camera's rotation (N, 3, 3), from camera axes.
    """
    count = len(rays)
    turn = virtual_camera(rays[:, now, 0]).astype(rays.dtype)
    x, y = rays[..., 0], rays[..., 1]
    rows = turn[:, :, :, None, None]
    depth = np.maximum(rows[:, 2, 0] * x + rows[:, 2, 1] * y + rows[:, 2, 2], 0.2)
    plane = np.stack([(rows[:, i, 0] * x + rows[:, i, 1] * y + rows[:, i, 2]) / depth for i in (0, 1)], axis=-1)
    size = apparent_size(plane, confidence > 0)[:, None]
    pelvis = plane[:, :, :1]
    around = np.where(confidence[:, :, 1:, None] > 0, plane[:, :, 1:] - pelvis, 0.0).reshape(count, -1)
    pelvis = pelvis - plane[:, now, None, :1]
    shape = np.concatenate([around, pelvis.reshape(count, -1)], axis=-1) / size
    if lifted is None:
        lifted = np.zeros((count, len(TREE.bones), 3), dtype=rays.dtype)
    turned = lifted @ turn.swapaxes(-1, -2)
    given = (np.abs(lifted).max((1, 2)) > 0)[:, None]
    parts = [np.clip(shape, -_REACH, _REACH), np.sqrt(confidence[:, :, 1:]).reshape(count, -1), np.log(size), turned.reshape(count, -1), given]
    return np.concatenate([part.astype(np.float32) for part in parts], axis=-1), turn


def apparent_size(plane: Array, seen: Array) -> Array:
    """How large a body 1.70 m tall would be that gives the longest of these sticks, (N,): points (N, W, P, 2) on a plane at distance 1, seen or not (N, W, P)."""
    both = seen[..., _START] & seen[..., _END]
    across = plane[..., _END, :] - plane[..., _START, :]
    apparent = np.where(both, np.sqrt((across * across).sum(-1)), 0.0) / TREE.reference[_SIZED].astype(plane.dtype)
    longest = np.partition(apparent, -_LONGEST, axis=-1)[..., -_LONGEST:].mean(-1)
    weight = longest > 0
    return np.asarray(np.maximum((longest * weight).sum(1) / np.maximum(weight.sum(1), 1), 1e-3))
