"""How forearms and hands are turned about themselves: joints hardly show it, and a lifter that knows bodies does.

Upper arms are left alone. Where an elbow is bent it shows their turn, since it bends about one axis; and motion capture's rigs disagree
about that axis by up to 30 degrees, which the lifter has learned and a mesh would show as an elbow that bends sideways.
"""

from __future__ import annotations

import numpy as np

from posewright.geometry import Array, normalize, quat_between, quat_conjugate, quat_from_matrix, quat_multiply, quat_normalize, quat_rotate, quat_slerp
from posewright.lift.wright import BODY_BONES, LiftedBody
from posewright.skeletons import Skeleton
from posewright.solve.filters import smooth_rotations
from posewright.solve.targets import SIDES

SHARES = {"LowerArm": 0.75, "Hand": 0.8}
"""How much of the turn that the lifter tells is taken, by bone; the rest is what the joints show. Legs gain nothing. Chosen on the clips of `docs/results/quality.md`."""
SMOOTHING_S = 0.05
"""Half-width of the smoothing of what the lifter tells, seconds."""
_TIPS = {"LowerArm": "Hand"}


def twisted(skeleton: Skeleton, rotations: Array, told: Array, shares: dict[str, float] = SHARES) -> Array:
    """Forearms and hands turned about themselves towards what a lifter tells. Every bone keeps its direction, and all others their rotation in the world.

    Args:
        skeleton: the humanoid.
        rotations: local rotations that the joints show, (T, J, 4).
        told: local rotations by the lifter, the same shape; NaN for bones that it does not know.
        shares: how much of the difference is taken, by bone without its side.

    Returns:
        Local rotations (T, J, 4).
    """
    _, world = skeleton.forward(rotations, np.zeros((len(rotations), 3)))
    turned, out = np.array(world), np.array(rotations)
    for j, (joint, parent) in enumerate(zip(skeleton.joints, skeleton.parents, strict=True)):
        if parent < 0:
            continue
        own = quat_multiply(quat_conjugate(turned[:, parent]), world[:, j])
        side = next((side for side in SIDES if joint.startswith(side)), "")
        part = joint.removeprefix(side)
        if side and part in shares:
            along = _along(skeleton, side, part)
            wanted = quat_multiply(quat_between(quat_rotate(told[:, j], along), quat_rotate(own, along)), told[:, j])
            own = np.where(np.isfinite(wanted).all(-1, keepdims=True), quat_slerp(own, np.nan_to_num(wanted, nan=1.0), shares[part]), own)
            turned[:, j] = quat_multiply(turned[:, parent], own)
        out[:, j] = own
    return quat_normalize(out)


def _along(skeleton: Skeleton, side: str, part: str) -> Array:
    """The bone's direction in its own axes, (3,)."""
    tip = f"{side}{_TIPS.get(part, '')}"
    return normalize(skeleton.rest_offsets[skeleton.index(tip)]) if part in _TIPS else np.array([1.0 if side == "left" else -1.0, 0.0, 0.0])


def turns_at(skeleton: Skeleton, body: LiftedBody, times: Array, fps: float) -> Array:
    """The lifter's local rotations (N, J, 4) of the skeleton's joints at even times (N,), smoothed; NaN for joints that it does not know."""
    at = np.interp(times, body.timestamps, np.arange(len(body.timestamps)))
    low = np.minimum(at.astype(int), max(len(body.timestamps) - 2, 0))
    high = np.minimum(low + 1, len(body.timestamps) - 1)
    turns = quat_from_matrix(body.rotations)
    told = smooth_rotations(quat_slerp(turns[low], turns[high], (at - low)[:, None]), SMOOTHING_S * fps)
    out = np.full((len(times), len(skeleton), 4), np.nan)
    for i, bone in enumerate(BODY_BONES):
        if bone in skeleton:
            out[:, skeleton.index(bone)] = told[:, i]
    return out
