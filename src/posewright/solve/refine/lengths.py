"""Bone lengths: one set for the clip, between an average body's proportions and what the pictures show."""

from __future__ import annotations

import numpy as np

from posewright.geometry import Array
from posewright.lift.place import geman_mcclure_weight
from posewright.skeletons.bone_tree import BoneTree
from posewright.solve.refine.problem import Observed, RefineOptions, State
from posewright.solve.refine.terms import reprojection_residual

QUANTILE = 0.8
"""Of a bone's lifted lengths over the clip: lifters shorten bones that they are unsure of, so the median is too short."""
SHARE = 0.3
"""How much the prior weighs against each frame."""


def body_size(tree: BoneTree, lifted_lengths: Array) -> float:
    """The body's size against the reference's: the median over the bones that tell it."""
    ratios = lifted_lengths[tree.sized] / tree.reference[tree.sized]
    ratios = ratios[np.isfinite(ratios) & (ratios > 0)]
    return float(np.clip(np.median(ratios), 0.2, 2.0)) if len(ratios) else 1.0


def prior_lengths(tree: BoneTree, lifted_lengths: Array) -> Array:
    """An average body's lengths (B,) at this body's size, metres."""
    return tree.reference * body_size(tree, lifted_lengths)


def length_system(tree: BoneTree, state: State, observed: Observed, options: RefineOptions) -> tuple[Array, Array]:
    """Normal matrix (G, G) and gradient (G,) of the reprojection with respect to the lengths of the groups."""
    positions = state.positions(tree)
    residual, derivative = reprojection_residual(positions, observed.rays, options)
    weight = observed.trust**2 * geman_mcclure_weight(np.linalg.norm(residual, axis=-1), options.wrong)
    per_bone = np.einsum("tpak,tbk->tpab", derivative, state.directions, optimize=True) * tree.chain[:, None, :]
    rows = (np.sqrt(weight)[..., None, None] * (per_bone @ tree.groups)).reshape(-1, tree.groups.shape[1])
    misses = (np.sqrt(weight)[..., None] * residual).reshape(-1)
    return rows.T @ rows, rows.T @ misses


def updated_lengths(tree: BoneTree, lengths: Array, prior: Array, matrix: Array, gradient: Array, frames: int, options: RefineOptions) -> Array:
    """Lengths (B,) after one Gauss-Newton step on their own, towards the pictures and the prior (B,)."""
    share = tree.groups / tree.groups.sum(0)
    now, wanted = share.T @ lengths, share.T @ prior
    hold = frames * SHARE / (options.length * wanted) ** 2
    step = np.linalg.solve(matrix + np.diag(hold), -gradient + hold * (wanted - now))
    return tree.groups @ np.clip(now + step, 0.5 * wanted, 1.6 * wanted)
