"""What joints cannot do, as far as sticks can tell it.

The ranges are those of recorded motion, a little widened (of the 17,550 frames that the tests look at, one lies outside). They
are wider than those of single joints, since most sticks pass over several. What a stick does not show, how a limb is turned
about itself, is kept in range where rotations are solved (`solve.limbs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from posewright.geometry import Array
from posewright.skeletons.bone_tree import BoneTree
from posewright.solve.refine.normal import NormalEquations
from posewright.solve.refine.problem import RefineOptions, State


@dataclass(frozen=True)
class Limit:
    """A product of the directions of two bones (their cosine) or of three (their volume) that a body keeps above a bound."""

    joint: str
    bones: tuple[str, ...]
    """`side_` stands for either side. The bones of hips and shoulders lead to the left."""
    least: float
    sign: float = 1.0
    """-1 where the product stays below, not above, minus the bound."""
    mirrored: bool = False
    """The sign changes on the right side."""


LIMITS = (
    Limit("knee", ("side_thigh", "side_shin", "hips"), -0.12),  # bends backwards only
    Limit("hip", ("side_thigh", "hips", "trunk"), -0.75),  # backwards
    Limit("hip", ("side_thigh", "hips"), -0.5, mirrored=True),  # across the other leg
    Limit("ankle", ("side_foot", "side_shin"), -0.7),  # toes towards the shin
    Limit("neck", ("head", "trunk"), 0.0),
    Limit("spine", ("hips", "shoulders"), 0.3),  # turned about itself
    Limit("spine", ("hips", "trunk"), -0.5),  # sideways
    Limit("spine", ("hips", "trunk"), -0.5, -1.0),
    Limit("spine", ("shoulders", "trunk"), -0.5),
    Limit("spine", ("shoulders", "trunk"), -0.5, -1.0),
)


@dataclass(frozen=True)
class TreeLimit:
    """A limit on the bones of a tree."""

    name: str
    columns: tuple[int, ...]
    least: float
    sign: float


def limits_of(tree: BoneTree) -> tuple[TreeLimit, ...]:
    """The limits whose bones a tree has, one for each side."""
    return _limits(tree.bones)


@cache
def _limits(bones: tuple[str, ...]) -> tuple[TreeLimit, ...]:
    found = []
    for limit in LIMITS:
        for side in ("left", "right") if any(bone.startswith("side_") for bone in limit.bones) else ("",):
            names = [bone.replace("side", side) for bone in limit.bones]
            if all(name in bones for name in names):
                sign = -limit.sign if limit.mirrored and side == "right" else limit.sign
                found.append(TreeLimit(f"{side}_{limit.joint}".lstrip("_"), tuple(bones.index(name) for name in names), limit.least, sign))
    return tuple(found)


def exceeded(limit: TreeLimit, directions: Array) -> Array:
    """How far directions (T, B, 3) go past a limit, 0 or less within it, (T,)."""
    return limit.least - limit.sign * _product([directions[:, column] for column in limit.columns])[0]


def add_limits(equations: NormalEquations, tree: BoneTree, state: State, tangents: Array, options: RefineOptions) -> None:
    """Joints that are out of their range are drawn back into it; those within it feel nothing."""
    for limit in limits_of(tree):
        past = exceeded(limit, state.directions)
        frames = np.flatnonzero(past > 0)
        if not len(frames):
            continue
        slopes = _product([state.directions[frames, column] for column in limit.columns])[1]
        row = np.zeros((len(frames), equations.gradient.shape[1]))
        for column, slope in zip(limit.columns, slopes, strict=True):
            row[:, 3 + 2 * column : 5 + 2 * column] -= limit.sign / options.limit * np.einsum("tkm,tk->tm", tangents[frames, column], slope)
        equations.diagonal[frames] += row[:, :, None] * row[:, None, :]
        equations.gradient[frames] += (past[frames] / options.limit)[:, None] * row


def _product(vectors: list[Array]) -> tuple[Array, list[Array]]:
    """Cosine of two unit vectors or volume of three, each (T, 3), and its derivatives by each of them."""
    if len(vectors) == 2:
        slopes = vectors[::-1]
    else:
        a, b, c = vectors
        slopes = [np.cross(b, c), np.cross(c, a), np.cross(a, b)]
    return np.sum(vectors[0] * slopes[0], axis=-1), slopes
