"""`Skeleton`: a tree of bones with a rest pose, and forward kinematics on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError, require
from posewright.geometry import quat_multiply, quat_rotate


@dataclass(frozen=True)
class Skeleton:
    """Bones in an order where each parent comes before its children. Right-handed, +Y up, facing +Z, metres."""

    joints: tuple[str, ...]
    parents: tuple[int, ...]
    """Index of each joint's parent; -1 for the one root, which is joint 0."""
    rest_offsets: NDArray[np.float64]
    """Position of each joint in its parent's frame at rest, metres. Shape (J, 3); the root's is its world rest position."""
    rest_rotations: NDArray[np.float64]
    """Local rotation of each joint at rest, (x, y, z, w). Shape (J, 4); all identity on the humanoid."""
    _index: dict[str, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.joints)
        require(count > 0 and len(set(self.joints)) == count, "a skeleton needs at least one joint and unique names")
        require(len(self.parents) == count, f"{len(self.parents)} parents for {count} joints")
        require(self.parents[0] == -1 and all(0 <= p < i for i, p in enumerate(self.parents) if i), "joint 0 must be the only root, and parents must come before children")
        object.__setattr__(self, "rest_offsets", np.asarray(self.rest_offsets, dtype=np.float64))
        object.__setattr__(self, "rest_rotations", np.asarray(self.rest_rotations, dtype=np.float64))
        require(self.rest_offsets.shape == (count, 3), f"rest_offsets has shape {self.rest_offsets.shape}, not ({count}, 3)")
        require(self.rest_rotations.shape == (count, 4), f"rest_rotations has shape {self.rest_rotations.shape}, not ({count}, 4)")
        require(bool(np.isfinite(self.rest_offsets).all() and np.isfinite(self.rest_rotations).all()), "the rest pose holds NaN or infinity")
        self._index.update({joint: i for i, joint in enumerate(self.joints)})

    def __len__(self) -> int:
        return len(self.joints)

    def __contains__(self, joint: object) -> bool:
        return joint in self._index

    def index(self, joint: str) -> int:
        """Position of `joint` in the order.

        Raises:
            UsageError: the skeleton has no such joint.
        """
        if joint not in self._index:
            raise UsageError(f"the skeleton has no joint '{joint}'. It has: {', '.join(self.joints)}")
        return self._index[joint]

    def children(self, index: int) -> list[int]:
        """Indices of the direct children of joint `index`."""
        return [i for i, parent in enumerate(self.parents) if parent == index]

    def forward(self, rotations: NDArray[Any], root_translation: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Forward kinematics.

        Args:
            rotations: local rotations, (..., J, 4).
            root_translation: world position of the root, (..., 3), metres.

        Returns:
            World positions (..., J, 3) and world rotations (..., J, 4).
        """
        rotations = np.asarray(rotations, dtype=np.float64)
        positions = np.empty((*rotations.shape[:-1], 3))
        worlds = np.empty_like(rotations)
        positions[..., 0, :] = root_translation
        worlds[..., 0, :] = rotations[..., 0, :]
        for i, parent in enumerate(self.parents[1:], start=1):
            worlds[..., i, :] = quat_multiply(worlds[..., parent, :], rotations[..., i, :])
            positions[..., i, :] = positions[..., parent, :] + quat_rotate(worlds[..., parent, :], self.rest_offsets[i])
        return positions, worlds

    def rest_pose(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """World positions (J, 3) and world rotations (J, 4) at rest."""
        return self.forward(self.rest_rotations, self.rest_offsets[0])

    def scaled(self, factor: float) -> Skeleton:
        """The same skeleton, `factor` times as large."""
        return replace(self, rest_offsets=self.rest_offsets * factor)

    def renamed(self, names: Mapping[str, str]) -> Skeleton:
        """The same skeleton with joints renamed; those not in `names` keep theirs."""
        return replace(self, joints=tuple(names.get(joint, joint) for joint in self.joints))
