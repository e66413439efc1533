"""Our own lifter's network: a window of 2D keypoints becomes bone directions and the vertical, in plain NumPy.

A residual perceptron over about a second of keypoints (blocks after Martinez et al. 2017, https://arxiv.org/abs/1705.03098).
The window is seen by a virtual camera that looks straight at the pelvis in the window's middle, and is divided by the
body's size in the picture, so that neither place nor distance matters. Trained by `tools/train_wright.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array
from posewright.skeletons import BLAZEPOSE33
from posewright.skeletons.bone_tree import BoneTree, tree_for

OFFSETS_S = np.array([-18, -13, -9, -6, -4, -2, -1, 0, 1, 2, 4, 6, 9, 13, 18]) / 30.0
"""Times of the window's frames against its middle, seconds."""
MIDDLE = len(OFFSETS_S) // 2
MIRRORED_BONES = ("hips", "shoulders")
"""Bones that lead from the mid-line to the left: in a mirror they lead to the right, against their name."""
_LONGEST = 3
_WEIGHTS = "weights.npz"


def _tree() -> BoneTree:
    tree = tree_for(BLAZEPOSE33)
    assert tree is not None  # BlazePose has arms, legs and a trunk
    return tree


TREE = _tree()
"""Points that the network sees and bones that it gives."""
FEATURES = len(OFFSETS_S) * (3 * (len(TREE.points) - 1) + 2) + 1
OUTPUTS = 3 * (len(TREE.bones) + 1)


def _twins(names: tuple[str, ...]) -> list[int]:
    swapped = [n.replace("left_", "right_") if n.startswith("left_") else n.replace("right_", "left_") for n in names]
    return [names.index(n) for n in swapped]


POINT_TWINS = _twins(TREE.points)
BONE_TWINS = _twins(TREE.bones)
_MIRROR = np.array([-1.0, 1.0, 1.0])
_BONE_MIRROR = np.stack([-_MIRROR if bone in MIRRORED_BONES else _MIRROR for bone in TREE.bones])


def mirrored_directions(directions: Array) -> Array:
    """What a mirror shows of bone directions (..., B, 3) in camera axes."""
    return directions[..., BONE_TWINS, :] * _BONE_MIRROR.astype(directions.dtype)


def mirrored_rays(rays: Array, seen: Array) -> tuple[Array, Array]:
    """What a mirror shows of rays (..., P, 2) and of which are seen (..., P)."""
    return rays[..., POINT_TWINS, :] * np.array([-1.0, 1.0], dtype=rays.dtype), seen[..., POINT_TWINS]


def virtual_camera(sight: Array) -> Array:
    """Rotations (N, 3, 3) from the camera's axes to those of one that looks along rays (N, 2), by the shortest way."""
    x, y = sight[:, 0], sight[:, 1]
    norm = np.sqrt(1.0 + x * x + y * y)
    x, y, z = x / norm, y / norm, 1.0 / norm
    k = 1.0 / (1.0 + z)
    return np.stack([1.0 - k * x * x, -k * x * y, -x, -k * x * y, 1.0 - k * y * y, -y, x, y, z], axis=-1).reshape(-1, 3, 3)


def features(rays: Array, seen: Array) -> tuple[Array, Array]:
    """The network's input.

    Args:
        rays: (N, W, P, 2), x / z and y / z of each point's line of sight; the pelvis must be there, if only by interpolation.
        seen: (N, W, P), 1 where a point is seen, else 0.

    Returns:
        Inputs (N, FEATURES) and the virtual camera's rotation (N, 3, 3), from camera axes.
    """
    turn = virtual_camera(rays[:, MIDDLE, 0]).astype(rays.dtype)
    turned = rays @ turn[:, None, :, :2].swapaxes(-1, -2) + turn[:, None, None, :, 2]
    plane = turned[..., :2] / np.maximum(turned[..., 2:], 0.2)
    start, end = TREE.ends[TREE.sized].T
    both = seen[..., start] * seen[..., end]
    apparent = both * np.linalg.norm(plane[..., end, :] - plane[..., start, :], axis=-1) / TREE.reference[TREE.sized].astype(rays.dtype)
    longest = np.partition(apparent, -_LONGEST, axis=-1)[..., -_LONGEST:].mean(-1)
    weight = (longest > 0).astype(rays.dtype)
    size = np.maximum((longest * weight).sum(1) / np.maximum(weight.sum(1), 1.0), 1e-3)[:, None]
    pelvis = plane[:, :, :1]
    around = seen[:, :, 1:, None] * (plane[:, :, 1:] - pelvis)
    flat = (len(rays), -1)
    inputs = np.concatenate([np.clip(np.concatenate([around.reshape(flat), pelvis.reshape(flat)], -1) / size, -4.0, 4.0), seen[:, :, 1:].reshape(flat), np.log(size)], -1)
    return inputs.astype(np.float32), turn


@dataclass(frozen=True)
class Network:
    """A residual perceptron; normalisation is folded into its layers."""

    first: tuple[Array, Array]
    """Weights (FEATURES, H) and bias (H,)."""
    blocks: tuple[tuple[Array, Array, Array, Array], ...]
    """Weights (H, H), bias, weights, bias of each block."""
    last: tuple[Array, Array]
    """Weights (H, OUTPUTS) and bias."""

    def __call__(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Directions and up (N, B + 1, 3) in the virtual camera's axes; shorter than 1 the less certain they are."""
        h = np.maximum(inputs @ self.first[0] + self.first[1], 0.0)
        for w0, b0, w1, b1 in self.blocks:
            h += np.maximum(np.maximum(h @ w0 + b0, 0.0) @ w1 + b1, 0.0)
        return np.asarray((h @ self.last[0] + self.last[1]).reshape(len(inputs), -1, 3))


@cache
def load_network() -> Network:
    """The network that comes with the package."""
    with (files(__package__) / _WEIGHTS).open("rb") as file, np.load(file) as data:
        arrays = [data[f"arr_{i}"].astype(np.float32) for i in range(len(data.files))]
    blocks = tuple((arrays[i], arrays[i + 1], arrays[i + 2], arrays[i + 3]) for i in range(2, len(arrays) - 2, 4))
    return Network((arrays[0], arrays[1]), blocks, (arrays[-2], arrays[-1]))
