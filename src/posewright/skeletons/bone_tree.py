"""The body as the refinement sees it: a tree of rigid sticks whose directions are free and whose lengths are not.

A joint's position is the root plus the sum of length times direction along the way to it, so positions are
linear in the directions and every Jacobian is written down rather than found by differences.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array
from posewright.skeletons import JointSet

# Point: joints whose mean it is, as (choice of names, tried in order) each.
_POINTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "pelvis": (("left_hip",), ("right_hip",)),
    "neck": (("left_shoulder",), ("right_shoulder",)),
    "ears": (("left_ear",), ("right_ear",)),
    **{
        f"{side}_{name}": tuple(tuple(f"{side}_{joint}" for joint in choice) for choice in sources)
        for side in ("left", "right")
        for name, sources in {
            **{joint: ((joint,),) for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel")},
            "knuckles": (("index",), ("pinky",)),
            "toe": (("foot_index", "big_toe"),),
        }.items()
    },
}

# Bone: (point it starts from, point it leads to, length on a body 1.70 m tall). The hip and shoulder bones lead from the
# middle to the left and, turned round, to the right. Lengths between landmarks on the skin, after Winter 2009, fig. 4.1.
_BONES: dict[str, tuple[str, str, float]] = {
    "hips": ("pelvis", "left_hip", 0.095),
    "trunk": ("pelvis", "neck", 0.49),
    "shoulders": ("neck", "left_shoulder", 0.165),
    "head": ("neck", "ears", 0.19),
}
_LIMBS: dict[str, tuple[str, str, float]] = {
    "upper_arm": ("shoulder", "elbow", 0.285),
    "forearm": ("elbow", "wrist", 0.25),
    "hand": ("wrist", "knuckles", 0.09),
    "thigh": ("hip", "knee", 0.415),
    "shin": ("knee", "ankle", 0.41),
    "foot": ("ankle", "toe", 0.17),
    "heel": ("ankle", "heel", 0.06),
}
# Bones long and well seen enough to tell the body's size by.
_SIZED = ("trunk", "shoulders", "upper_arm", "forearm", "thigh", "shin")


@dataclass(frozen=True)
class BoneTree:
    """The sticks that a joint set gives."""

    points: tuple[str, ...]
    bones: tuple[str, ...]
    sources: NDArray[np.float64]
    """Weights of the joint set's joints that make each point, (P, J); rows sum to 1."""
    chain: NDArray[np.float64]
    """How often (1, 0 or -1) each bone lies on the way from the root to each point, (P, B)."""
    ends: NDArray[np.int64]
    """Start and end point of each bone, (B, 2)."""
    groups: NDArray[np.float64]
    """Which bones share a length: (B, G), one 1 in each row."""
    reference: NDArray[np.float64]
    """Length of each bone on an average body 1.70 m tall, metres, (B,)."""
    sized: NDArray[np.bool_]
    """Bones that tell the body's size, (B,)."""

    def index(self, point: str) -> int:
        """Column of a point."""
        return self.points.index(point)

    def positions(self, root: Array, directions: Array, lengths: Array) -> Array:
        """Points (T, P, 3) from the root (T, 3), unit directions (T, B, 3) and lengths (B,)."""
        return root[:, None] + (self.chain * lengths) @ directions

    def vectors(self, points: Array) -> Array:
        """Bone vectors (..., B, 3) between points (..., P, 3)."""
        return points[..., self.ends[:, 1], :] - points[..., self.ends[:, 0], :]

    def gather(self, values: Array, confidence: Array) -> tuple[Array, Array]:
        """Points (T, P, D) and their confidence (T, P) from joints (T, J, D) and (T, J); zero with confidence 0 where a source is unseen."""
        seen = np.asarray(np.isfinite(values).all(-1) & (confidence > 0))
        used = self.sources > 0
        known = np.asarray(~((~seen[:, None]) & used[None]).any(-1))
        points = np.einsum("pj,tjd->tpd", self.sources, np.where(seen[..., None], values, 0.0))
        trust = np.where(used[None], confidence[:, None], 1.0).min(-1)
        return np.where(known[..., None], points, 0.0), np.where(known, trust, 0.0)


def tree_for(joint_set: JointSet) -> BoneTree | None:
    """The tree of those sticks whose joints the set has; None when it lacks an arm, a leg or the trunk."""
    rows = {point: row for point, sources in _POINTS.items() if (row := _row(joint_set, sources)) is not None}
    bones: list[tuple[str, str, str, float, str]] = [(name, start, end, length, name) for name, (start, end, length) in _BONES.items() if end in rows]
    for side in ("left", "right"):
        for name, (start, end, length) in _LIMBS.items():
            if f"{side}_{end}" in rows:
                bones.append((f"{side}_{name}", f"{side}_{start}", f"{side}_{end}", length, name))
    kinds = list(dict.fromkeys(kind for *_, kind in bones))
    if not {"hips", "trunk", "shoulders", "upper_arm", "forearm", "thigh", "shin"} <= set(kinds):
        return None
    points = tuple(point for point in rows if point == "pelvis" or any(end in (point, point.replace("right_", "left_")) for _, _, end, *_ in bones))
    return BoneTree(
        points=points,
        bones=tuple(name for name, *_ in bones),
        sources=np.stack([rows[point] for point in points]),
        chain=_chain(points, bones),
        ends=np.array([[points.index(start), points.index(end)] for _, start, end, *_ in bones]),
        groups=np.array([[float(kind == group) for group in kinds] for *_, kind in bones]),
        reference=np.array([length for *_, length, _ in bones]),
        sized=np.array([kind in _SIZED for *_, kind in bones]),
    )


def _row(joint_set: JointSet, sources: tuple[tuple[str, ...], ...]) -> Array | None:
    row = np.zeros(len(joint_set))
    for choice in sources:
        name = next((joint for joint in choice if joint in joint_set), None)
        if name is None:
            return None
        row[joint_set.index(name)] += 1.0 / len(sources)
    return row


def _chain(points: tuple[str, ...], bones: list[tuple[str, str, str, float, str]]) -> Array:
    chain = np.zeros((len(points), len(bones)))
    for column, (_, start, end, _, kind) in enumerate(bones):  # parents come before children
        chain[points.index(end)] = chain[points.index(start)]
        chain[points.index(end), column] = 1.0
        if kind in ("hips", "shoulders"):
            twin = points.index(end.replace("left_", "right_"))
            chain[twin] = chain[points.index(start)]
            chain[twin, column] = -1.0
    return chain
