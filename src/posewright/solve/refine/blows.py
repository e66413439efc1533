"""Limbs that are seen to move fast: a punch or a kick is short, rare in what lifters learn, and smoothing takes its speed away.

While a limb moves fast in the picture its keypoints count more, and its bones may accelerate more.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from posewright.geometry import Array
from posewright.skeletons.bone_tree import BoneTree
from posewright.solve.refine.problem import Observed, RefineOptions

LIMBS: dict[str, tuple[str, tuple[str, str], tuple[str, str], tuple[float, float]]] = {
    "arm": ("shoulder", ("elbow", "wrist"), ("upper_arm", "forearm"), (2.0, 4.0)),
    "leg": ("hip", ("knee", "ankle"), ("thigh", "shin"), (4.0, 6.0)),
}
"""Where each hangs, its points, its bones, and the speeds across the line of sight, m/s against where it hangs, below which it is not fast and from which it is wholly so."""
SHORT_S = 0.05
"""Time over which a speed must last."""
AROUND_S = 0.1
"""Time before and after a fast moment that belongs to it."""
CLEAR = 0.5
"""Confidence from which a keypoint may tell of speed."""
UNSURE, SURE = 0.5, 0.9
"""Confidence below which a keypoint counts like any other, and from which it may count more."""


def with_blows(tree: BoneTree, observed: Observed, depth: Array, options: RefineOptions) -> Observed:
    """Fast limbs' keypoints followed more closely, and `Observed.freedom` where their bones may accelerate.

    Args:
        observed: before anything else was made of its trust, which is graded confidence here.
        depth: roughly how far the person is, (T,), metres.
    """
    if len(observed.times) < 3:
        return observed
    trust, freedom = observed.trust.copy(), observed.freedom.copy()
    for side in ("left", "right"):
        for start, points, bones, bounds in LIMBS.values():
            columns = [tree.index(f"{side}_{point}") for point in points]
            fast = np.max([fastness(observed, tree.index(f"{side}_{start}"), column, depth, bounds) for column in columns], axis=0)
            for column in columns:
                trust[:, column] *= 1.0 + (options.blow_seen - 1.0) * fast * sureness(observed.trust[:, column])
            for bone in bones:
                freedom[:, tree.bones.index(f"{side}_{bone}")] = 1.0 + (options.blow - 1.0) * fast
    return replace(observed, trust=trust, freedom=freedom)


def fastness(observed: Observed, start: int, end: int, depth: Array, bounds: tuple[float, float]) -> Array:
    """How surely a point moves fast against the one that it hangs on, 0 to 1, (T,)."""
    times = observed.times
    rate = 1.0 / float(np.median(np.diff(times)))
    clear = np.minimum(observed.trust[:, start], observed.trust[:, end]) > CLEAR
    clear[1:-1] &= clear[2:] & clear[:-2]  # a step out of nowhere is no speed
    speed = depth * np.linalg.norm(np.gradient(observed.rays[:, end] - observed.rays[:, start], times, axis=0), axis=-1)
    lasting = uniform_filter1d(np.where(clear, speed, 0.0), max(1, round(SHORT_S * rate)), mode="nearest")
    share = np.clip((lasting - bounds[0]) / (bounds[1] - bounds[0]), 0.0, 1.0)
    around = maximum_filter1d(share, 2 * round(AROUND_S * rate) + 1, mode="nearest")
    return np.asarray(uniform_filter1d(around, max(1, round(AROUND_S * rate)), mode="nearest"))


def sureness(confidence: Array) -> Array:
    """0 for keypoints that are not surely seen, 1 for those that are."""
    return np.clip((confidence - UNSURE) / (SURE - UNSURE), 0.0, 1.0)
