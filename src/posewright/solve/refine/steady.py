"""The last of the shaking: what is faster than people move is taken out of the refined motion, except from blows.

Accelerations that are penalised fall off gently with frequency, so either some shaking is left or some speed is taken.
99 % of the power of human movement lies below 6 Hz (Winter 2009, ch. 2), and a filter cuts more steeply there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from posewright.geometry import Array, normalize
from posewright.solve.refine.lively import turning
from posewright.solve.refine.problem import RefineOptions, State

BLOW_RAD_S2 = (80.0, 200.0)
"""Angular acceleration around a moment below which a bone does not strike, and from which it wholly does and is left as it is."""
ORDER = 4
"""Of the Butterworth filter (Butterworth 1930), as if run forwards and backwards, so that nothing is delayed."""
PADDING_S = 1.0
"""By so much the curves are continued beyond their ends, turned about the end, before they are filtered."""
HIGHEST = 0.45
"""Cut-off as a share of the frame rate beyond which there is nothing to take out."""
LEAST_FRAMES = 8
"""A shorter clip is left as it is."""


def steadied(state: State, times: Array, options: RefineOptions) -> State:
    """The state with bones' directions and the root's path low-passed at `RefineOptions.cutoff_hz`, where they do not strike."""
    low, high = BLOW_RAD_S2
    directions = state.directions.copy()
    for b in range(directions.shape[1]):  # one by one, so that an hour's clip needs little memory
        bone = state.directions[:, b : b + 1]
        striking = np.clip((turning(bone, times) - low) / (high - low), 0.0, 1.0)[..., None]
        smooth = low_passed(bone, times, options.cutoff_hz)
        directions[:, b : b + 1] = normalize(smooth + striking * (bone - smooth))
    return replace(state, directions=directions, root=low_passed(state.root, times, options.cutoff_hz))


def low_passed(values: Array, times: Array, cutoff_hz: float) -> Array:
    """Values (T, ...) at times (T,), seconds, even or not, without what is faster than `cutoff_hz`."""
    if len(times) < LEAST_FRAMES:
        return values
    step = float(np.median(np.diff(times)))
    if not cutoff_hz < HIGHEST / step:
        return values
    flat = values.reshape(len(values), -1)
    if np.allclose(np.diff(times), step, rtol=0.02):
        return _filtered(flat, step, cutoff_hz).reshape(values.shape)
    even = np.linspace(times[0], times[-1], max(round(float(times[-1] - times[0]) / step) + 1, LEAST_FRAMES))
    between = np.stack([np.interp(even, times, column) for column in flat.T], axis=1)
    change = _filtered(between, step, cutoff_hz) - between
    return (flat + np.stack([np.interp(times, even, column) for column in change.T], axis=1)).reshape(values.shape)


def _filtered(curves: Array, step: float, cutoff_hz: float) -> Array:
    """Curves (T, D) at even steps of some seconds; their spectrum times 1 / (1 + (f / cutoff)^(2 order))."""
    padding = min(round(PADDING_S / step), len(curves) - 1)
    before, after = 2.0 * curves[0] - curves[padding:0:-1], 2.0 * curves[-1] - curves[-2 : -padding - 2 : -1]
    longer = np.concatenate([before, curves, after])
    slope = np.linspace(longer[0], longer[-1], len(longer))  # what is left begins and ends alike, as the transform takes it to
    kept = 1.0 / (1.0 + (np.fft.rfftfreq(len(longer), step) / cutoff_hz) ** (2 * ORDER))
    return np.fft.irfft(np.fft.rfft(longer - slope, axis=0) * kept[:, None], n=len(longer), axis=0)[padding : padding + len(curves)] + slope[padding : padding + len(curves)]
