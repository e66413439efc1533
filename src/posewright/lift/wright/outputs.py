"""What `wright` tells of a frame: where each number stands in the network's output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array
from posewright.lift.wright.window import BONE_MIRROR, BONE_TWINS, MIRROR, TREE
from posewright.skeletons import HUMANOID
from posewright.types import CONTACT_POINTS

BODY_BONES = HUMANOID.joints
"""Bones whose local rotations are given, the root (hips) first."""
GROUPS = TREE.groups.shape[1]
SIZES = {"directions": 3 * len(TREE.bones), "up": 3, "rotations": 6 * len(BODY_BONES), "proportions": GROUPS, "velocity": 3, "contacts": len(CONTACT_POINTS)}
"""Numbers of each part, in order."""
OUTPUTS = sum(SIZES.values())
_ENDS = np.cumsum(list(SIZES.values()))
PARTS = {name: slice(int(end) - size, int(end)) for (name, size), end in zip(SIZES.items(), _ENDS, strict=True)}
"""Columns of each part."""
STATURE = np.array([sum(bone in name for bone in ("trunk", "head", "thigh", "shin")) and 1.0 / (1.0 + name.startswith(("left", "right"))) for name in TREE.bones]) * TREE.reference
"""How each bone's length counts in a body's height."""


@dataclass(frozen=True)
class Outputs:
    """The parts of the network's output. Directions are in the virtual camera's axes."""

    directions: Array
    """Where bones point, (N, B, 3); shorter than 1 the less certain."""
    up: Array
    """Against gravity, (N, 3), likewise."""
    rotations: Array
    """The first two columns of local rotation matrices (Zhou et al. 2019, https://arxiv.org/abs/1812.07035), (N, J, 6); the root's is its rotation in the virtual camera's axes."""
    proportions: Array
    """Logarithms of the lengths of bone groups against the reference body's, as if of its height, (N, G)."""
    velocity: Array
    """Of the pelvis, metres a second on a body 1.70 m tall, (N, 3)."""
    contacts: Array
    """Log-odds that each of `CONTACT_POINTS` rests on the floor, (N, 4)."""


def split(values: Array) -> Outputs:
    """The parts of outputs (N, OUTPUTS)."""
    count = len(values)
    directions, up, rotations, proportions, velocity, contacts = (values[:, columns] for columns in PARTS.values())
    return Outputs(directions.reshape(count, -1, 3), up, rotations.reshape(count, -1, 6), proportions, velocity, contacts)


def _mirrored_outputs() -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    joints, contacts = np.array(HUMANOID.mirror()), len(CONTACT_POINTS)
    columns = {
        "directions": np.arange(3 * len(TREE.bones)).reshape(-1, 3)[BONE_TWINS].ravel(),
        "rotations": np.arange(6 * len(BODY_BONES)).reshape(-1, 6)[joints].ravel(),
        "contacts": np.roll(np.arange(contacts), contacts // 2),
    }
    signs = {"directions": BONE_MIRROR.ravel(), "up": MIRROR, "rotations": np.tile(np.concatenate([-MIRROR, MIRROR]), len(BODY_BONES)), "velocity": MIRROR}
    order = [columns.get(name, np.arange(size)) + PARTS[name].start for name, size in SIZES.items()]
    return np.concatenate(order), np.concatenate([signs.get(name, np.ones(size)) for name, size in SIZES.items()]).astype(np.float32)


MIRRORED = _mirrored_outputs()
"""Which outputs, and with which sign, are those of the mirror image, both (OUTPUTS,). A rotation R becomes S R S with S = diag(-1, 1, 1)."""


def six_of(matrix: Array) -> Array:
    """The first two columns of rotation matrices (..., 3, 3), one after the other, (..., 6)."""
    return np.concatenate([matrix[..., :, 0], matrix[..., :, 1]], axis=-1)


def matrix_of(six: Array) -> Array:
    """Rotation matrices (..., 3, 3) by Gram-Schmidt from two columns (..., 6) (Zhou et al. 2019, eq. 15)."""
    x = six[..., :3] / np.maximum(np.linalg.norm(six[..., :3], axis=-1, keepdims=True), 1e-9)
    y = six[..., 3:] - (x * six[..., 3:]).sum(-1, keepdims=True) * x
    y /= np.maximum(np.linalg.norm(y, axis=-1, keepdims=True), 1e-9)
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def relative_proportions(lengths: Array) -> Array:
    """What `Outputs.proportions` holds for bones of lengths (..., B): what is longer than on a reference body of this body's height."""
    ratio = np.log(lengths / TREE.reference) @ (TREE.groups / TREE.groups.sum(0))
    height = np.log((lengths / TREE.reference) @ (STATURE / STATURE.sum()))
    return np.asarray(ratio - height[..., None])
