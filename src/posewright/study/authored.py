"""Motion authored by hand, free of anybody's data: what the sample clip shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from posewright.skeletons import Skeleton, reference_skeleton
from posewright.study.curves import ease, hold, smooth, wobble
from posewright.study.footsteps import FootPath, Plant, foot_path
from posewright.study.puppet import SIDES, Act, Arm, perform, sole_of
from posewright.types import Motion

WALK_WAVE_S = 7.8
"""Length of `walk_wave`, seconds."""
HALF_STANCE_M = 0.095
"""From the mid-line to the ankle in a stride, on a body with legs 0.825 m long."""
SWING_S = 0.40
"""From toe-off to heel strike."""
WAVE_HZ = 1.75
VIEWER = (0.3, 4.9)
"""Where the person looks when waving: x and z of the camera, metres."""

# The walk: (landing time, distance along the path) of each step, left foot first, the last two close the stance.
_STRIDES = ((-1.03, -0.80), (-0.49, -0.22), (0.05, 0.36), (0.59, 0.94), (1.13, 1.52), (1.67, 2.08), (2.22, 2.56), (2.74, 2.58))
# The turn on the spot: (landing time, side, heading).
_TURN = ((6.40, "left", 0.90), (6.92, "right", 1.45), (7.42, "left", 1.90))


def walk_wave(skeleton: Skeleton | None = None, fps: float = 30.0) -> Motion:
    """Walk in from the left in a curve, stop, wave with the right hand, squat, turn to the left.

    Args:
        skeleton: humanoid in T-pose with identity rest rotations, soles at y = 0; the reference body when None.
        fps: frames a second.
    """
    body = reference_skeleton() if skeleton is None else skeleton
    t = np.arange(round(WALK_WAVE_S * fps)) / fps
    rest = body.rest_pose()[0]
    size = float(rest[body.index("leftUpperLeg"), 1] - rest[body.index("leftFoot"), 1]) / 0.825
    plants = _plants(size)
    feet = {side: foot_path(t, plants[side], sole_of(body, side)) for side in SIDES}
    return perform(body, fps, feet, _act(t, fps, feet, size), "walk_wave")


def _path(distance: float, size: float) -> tuple[NDArray[np.float64], float]:
    """Point (x, z) and heading of the walk after `distance` metres: straight along +X, then a curve towards +Z."""
    headings = np.array([1.50, 1.50, 1.38, 1.00, 0.55, 0.22, 0.10, 0.10])
    at = np.array([-1.5, -0.5, 0.3, 0.95, 1.55, 2.05, 2.5, 3.0])
    fine = np.linspace(-1.5, 3.0, 451)
    heading = CubicSpline(at, headings)(fine)
    ground = np.cumsum(np.stack([np.sin(heading), np.cos(heading)], axis=1), axis=0) * (fine[1] - fine[0])
    ground -= ground[np.searchsorted(fine, 2.57)]
    point = np.array([np.interp(distance, fine, ground[:, k]) for k in range(2)])
    return size * point, float(np.interp(distance, fine, heading))


def _plants(size: float) -> dict[str, list[Plant]]:
    """Where and when the feet stand."""
    landings: dict[str, list[tuple[float, float, float, float]]] = {"left": [], "right": []}
    for i, (time, distance) in enumerate(_STRIDES):
        side = "left" if i % 2 == 0 else "right"
        point, heading = _path(distance, size)
        landings[side].append((time, *_beside(point, heading, side, size * HALF_STANCE_M * (1.15 if i >= len(_STRIDES) - 2 else 0.8)), heading))
    centre = _path(_STRIDES[-1][1], size)[0]
    for time, side, heading in _TURN:
        landings[side].append((time, *_beside(centre, heading, side, size * HALF_STANCE_M * 1.1), heading))
    return {side: _timed(places, SIDES[side]) for side, places in landings.items()}


def _beside(point: NDArray[Any], heading: float, side: str, offset: float) -> tuple[float, float]:
    left = np.array([np.cos(heading), -np.sin(heading)])
    x, z = point + SIDES[side] * offset * left
    return float(x), float(z)


def _timed(places: list[tuple[float, float, float, float]], sign: float) -> list[Plant]:
    """Each foot lifts `SWING_S` before it lands again; the toes point a little outwards."""
    lifts = [following[0] - SWING_S for following in places[1:]] + [np.inf]
    return [Plant(x, z, heading + 0.12 * sign, time, lift) for (time, x, z, heading), lift in zip(places, lifts, strict=True)]


def _act(t: NDArray[Any], fps: float, feet: dict[str, FootPath], size: float) -> Act:
    """Torso, head and arms over the timeline: walk to 2.7 s, wave to 4.4 s, squat to 6.0 s, turn to 7.4 s."""
    squat = hold(t, 4.3, 5.1, 5.2, 6.05)
    heading = (feet["left"].heading + feet["right"].heading) / 2
    forward = np.stack([np.sin(heading), np.cos(heading)], axis=1)
    stride = smooth(np.sum((feet["left"].ankle - feet["right"].ankle)[:, [0, 2]] * forward, axis=1), 0.06, fps)
    walking = 1.0 - ease(t, 2.1, 2.8)
    waving = hold(t, 2.65, 3.2, 4.0, 4.5)
    middle = (feet["left"].ankle + feet["right"].ankle)[:, [0, 2]] / 2
    towards_viewer = np.arctan2(size * VIEWER[0] - middle[:, 0], size * VIEWER[1] - middle[:, 1])
    ahead = smooth(np.interp(t + 0.28, t, heading), 0.14, fps)
    attention = hold(t, 1.2, 2.0, 5.85, 6.3)
    return Act(
        crouch=0.40 * size * squat,
        setback=0.15 * size * squat,
        tilt=0.035 * walking + 0.30 * squat + wobble(t, 0.008, 1),
        bend=0.06 + 0.42 * squat + wobble(t, 0.018, 2),
        twist=0.34 * stride / size + wobble(t, 0.025, 3),
        lean=wobble(t, 0.018, 4) - 0.05 * waving,
        gaze=smooth((1 - attention) * ahead + attention * towards_viewer, 0.1, fps),
        nod=0.06 + 0.10 * squat + wobble(t, 0.03, 5),
        arms={"left": _arm_of("left", t, -stride / size, squat, 0.0 * t), "right": _arm_of("right", t, stride / size, squat, waving)},
    )


def _arm_of(side: str, t: NDArray[Any], stride: NDArray[Any], squat: NDArray[Any], waving: NDArray[Any]) -> Arm:
    """An arm that swings against its leg, is held out in front when squatting, and waves by `waving`."""
    seed = 11 if side == "left" else 12
    beat = np.sin(2 * np.pi * WAVE_HZ * (t - 3.05))
    late = np.sin(2 * np.pi * WAVE_HZ * (t - 3.11))
    # The elbow bends a little before the upper arm rises, and opens a little after it has sunk.
    folded = np.maximum(waving, np.interp(t + 0.1, t, waving))
    rest, straight = 1.0 - waving, 1.0 - folded
    return Arm(
        swing=rest * (0.03 + 0.62 * stride + 1.95 * squat + wobble(t, 0.03, seed)) + 0.30 * waving,
        spread=rest * (0.16 + 0.02 * squat + wobble(t, 0.02, seed + 10)) + waving * (1.22 + 0.05 * beat),
        twist=straight * (0.12 - 0.35 * squat) - 1.40 * folded,
        elbow=straight * (0.32 + 0.28 * np.maximum(stride, -0.4) + 0.30 * squat) + folded * (1.80 + 0.40 * beat),
        wrist=0.25 * folded * late,
    )
