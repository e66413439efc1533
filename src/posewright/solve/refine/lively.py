"""How fast bones may turn faster: found from the clip itself, bone by bone and moment by moment.

A hand that strikes accelerates many times as much as one at rest. Smoothing that suits the one takes the other's speed
away, so how much a bone accelerates is estimated together with the motion (empirical Bayes; Carlin and Louis 2000, ch. 3):
after each step, what the bone was found to do around a moment tells what it may do there in the next.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from posewright.geometry import Array
from posewright.solve.refine.problem import Observed, RefineOptions
from posewright.solve.refine.terms import second_difference

STEADY_S = 0.03
"""Smoothing of the acceleration's vector before its size is taken: that of noise changes sign from frame to frame, that of a limb does not."""
AROUND_S = 0.08
"""Time before and after a moment over which the size is averaged."""
STILL_STEPS = 2
"""Steps that are taken before anything is learned from their result."""


def turning(directions: Array, times: Array) -> Array:
    """How much each bone's direction (T, B, 3) accelerates around each moment: root mean square of its second derivative, rad/s^2, (T, B)."""
    if len(times) < 3:
        return np.zeros(directions.shape[:2])
    coefficients = second_difference(times)
    acceleration = np.zeros_like(directions)
    acceleration[1:-1] = sum(coefficients[:, i, None, None] * directions[i : i + len(coefficients)] for i in range(3))
    rate = 1.0 / float(np.median(np.diff(times)))
    steady = gaussian_filter1d(acceleration, STEADY_S * rate, axis=0, mode="nearest")
    square = uniform_filter1d(np.sum(steady**2, axis=-1), 2 * round(AROUND_S * rate) + 1, axis=0, mode="nearest")
    return np.sqrt(np.maximum(square, 0.0))  # a running sum may end a little below nothing


def with_liveliness(observed: Observed, directions: Array, options: RefineOptions) -> Observed:
    """`Observed.freedom` after what the bones do in `directions` (T, B, 3), and the lift trusted less where they are lively: lifters lag behind."""
    most = options.liveliest / options.turn_acceleration
    freedom = np.clip(options.liveliness / options.turn_acceleration * turning(directions, observed.times), 1.0, max(most, 1.0))
    share = (freedom - 1.0) / max(most - 1.0, 1e-9)
    return replace(observed, freedom=freedom, bone_trust=observed.bone_trust / (1.0 + options.lag * share))
