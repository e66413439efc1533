"""The girth of a character's trunk, measured on its mesh: an upright elliptic slab for each bone of the spine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.character.stance import Body
from posewright.geometry import Array, quat_conjugate, quat_multiply, quat_rotate
from posewright.types import Character

TRUNK_BONES = ("hips", "spine", "chest", "upperChest")
LEAST_VERTICES = 12
TAPER = 0.6
"""How far a slab reaches beyond its ends, in its lesser radii, ever thinner."""
EDGE = 0.04
"""Share of a bone's vertices that may lie beyond each side of its slab."""


@dataclass(frozen=True)
class Slab:
    """What one bone carries of the trunk, in the T-pose's world axes (x left, y up, z forward) from the bone's joint, metres."""

    joint: int
    centre: NDArray[np.float64]
    """Middle across and along, (2,): x and z."""
    radii: NDArray[np.float64]
    """Half its width and half its depth, (2,)."""
    low: float
    high: float

    def push(self, points: Array, margin: float) -> NDArray[np.float64]:
        """How far points (..., 3) in the slab's axes must move straight outwards to be `margin` metres clear of it; zero for those that are."""
        radii = self.radii + margin
        off = points[..., [0, 2]] - self.centre
        inside = np.linalg.norm(off / radii, axis=-1)
        middle = inside < 1e-6  # on the axis every way is as long: forwards
        off = np.where(middle[..., None], [0.0, 1e-6], off)
        inside = np.where(middle, np.linalg.norm(off / radii, axis=-1), inside)
        # Above and below its ends the slab tapers off, so that nothing jumps as it passes them.
        beyond = np.maximum(np.maximum(self.low - points[..., 1], points[..., 1] - self.high), 0.0)
        size = np.clip(1.0 - (beyond / (TAPER * radii.min())) ** 2, 0.0, 1.0)
        out = np.zeros_like(points)
        out[..., [0, 2]] = off * np.maximum(size / inside - 1.0, 0.0)[..., None]
        return out


def trunk_slabs(character: Character, body: Body) -> tuple[Slab, ...]:
    """The slabs of a character's trunk; none for a bone that moves too few vertices."""
    return tuple(slab for bone in TRUNK_BONES if bone in body.joint and (slab := _slab(character, body, body.joint[bone])) is not None)


def _slab(character: Character, body: Body, joint: int) -> Slab | None:
    own = [mesh.positions[(mesh.weights * (mesh.joints == joint)).sum(1) > 0.5] for mesh in character.meshes]
    vertices = np.concatenate(own) if own else np.zeros((0, 3))
    if len(vertices) < LEAST_VERTICES:
        return None
    rest = body.skeleton.rest_pose()
    turn = quat_multiply(body.t_pose[joint], quat_conjugate(rest[1][joint]))
    local = quat_rotate(turn, vertices - rest[0][joint])
    low, high = np.quantile(local, [EDGE, 1.0 - EDGE], axis=0)
    return Slab(joint, 0.5 * (low + high)[[0, 2]], 0.5 * (high - low)[[0, 2]], float(low[1]), float(high[1]))
