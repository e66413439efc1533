"""Feet from footsteps: where each foot is planted, how it rolls off, swings and lands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicHermiteSpline

from posewright.geometry import quat_from_rotvec, quat_multiply, quat_rotate
from posewright.study.curves import ease, keys

ROLL_OFF_S = 0.22
"""Seconds before toe-off in which the heel rises while the ball stays."""
ROLL_DOWN_S = 0.10
"""Seconds after heel strike until the sole lies flat."""
TOES_M = 0.08
"""Length of the toes and the shoe's tip beyond the ball."""
FULL_STEP_M = 1.1
"""Distance that a foot travels in a swing of full size: two step lengths."""


@dataclass(frozen=True)
class Plant:
    """One place where a foot stands."""

    x: float
    z: float
    """Where the ankle stands over the floor, metres."""
    heading: float
    """Direction of the foot, radians from +Z towards +X."""
    land: float
    lift: float
    """Seconds at which the heel strikes and the toes leave the floor."""


@dataclass(frozen=True)
class Sole:
    """The shape of a foot, from the ankle, metres: x to the left, y up, z forward."""

    ball: NDArray[np.float64]
    """The joint of the toes, (3,)."""
    heel: NDArray[np.float64]
    """Where the heel touches the floor, (3,)."""

    @property
    def ankle_height(self) -> float:
        """Ankle above the floor when the foot lies flat."""
        return -float(self.heel[1])


@dataclass(frozen=True)
class FootPath:
    """One foot through time, world frame."""

    ankle: NDArray[np.float64]
    """(T, 3), metres."""
    rotation: NDArray[np.float64]
    """(T, 4)."""
    toe_rotation: NDArray[np.float64]
    """World rotation of the toes, (T, 4)."""
    heading: NDArray[np.float64]
    """(T,), radians, unwrapped."""
    planted: NDArray[np.bool_]
    """True from heel strike to toe-off, (T,)."""
    contacts: NDArray[np.float32]
    """Ankle and ball standing still: the sole flat, the ball down. (T, 2)."""


def foot_path(t: NDArray[Any], plants: Sequence[Plant], sole: Sole) -> FootPath:
    """Roll, swing and plant one foot through `plants`, which follow one another in time; `t` (T,) in seconds."""
    pitch, bend = _pitch(t, plants), np.zeros(len(t))
    heading = np.full(len(t), plants[0].heading)
    ankle = np.empty((len(t), 3))
    planted = np.zeros(len(t), dtype=bool)
    contacts = np.zeros((len(t), 2), dtype=np.float32)
    for i, plant in enumerate(plants):
        on = (t >= plant.land) & (t <= plant.lift)
        planted |= on
        ankle[on] = _rolling(plant, pitch[on], sole)
        bend[on] = np.maximum(pitch[on], 0.0)
        flat = on & (t >= plant.land + ROLL_DOWN_S) & (t <= plant.lift - ROLL_OFF_S)
        contacts[flat, 0] = 1.0
        contacts[on & (t >= plant.land + ROLL_DOWN_S), 1] = 1.0
        if i + 1 < len(plants):
            following = plants[i + 1]
            swing = (t > plant.lift) & (t < following.land)
            ankle[swing] = _swing(t[swing], plant, following, plants, sole)
            fraction = (t[swing] - plant.lift) / (following.land - plant.lift)
            straightening = np.maximum(pitch[swing], 0.0) * (1.0 - ease(fraction, 0.0, 0.45))
            bend[swing] = np.maximum(straightening, _dragged(ankle[swing, 1], pitch[swing], sole))
            heading[t > plant.lift] = plant.heading + (following.heading - plant.heading) * ease(t[t > plant.lift], plant.lift, following.land)
    turn = quat_from_rotvec(heading[:, None] * np.array([0.0, 1.0, 0.0]))
    x_axis = np.array([1.0, 0.0, 0.0])
    rotation = quat_multiply(turn, quat_from_rotvec(pitch[:, None] * x_axis))
    toes = quat_multiply(turn, quat_from_rotvec((pitch - bend)[:, None] * x_axis))
    return FootPath(ankle, rotation, toes, heading, planted, contacts)


def _vigour(plant: Plant, following: Plant) -> float:
    """How far the foot rolls in the swing between two places: 1 for a full step, less for a small one."""
    return float(np.clip(np.hypot(following.x - plant.x, following.z - plant.z) / FULL_STEP_M, 0.45, 1.0))


def _pitch(t: NDArray[Any], plants: Sequence[Plant]) -> NDArray[np.float64]:
    """Angle of the sole, radians, positive with the heel up: keys for each roll-off, swing and landing."""
    points = [(min(t[0], plants[0].land) - 1.0, 0.0)]
    for plant, following in pairwise(plants):
        size, swing = _vigour(plant, following), following.land - plant.lift
        points += [(plant.lift - ROLL_OFF_S, 0.0), (plant.lift, 0.82 * size), (plant.lift + 0.14 * swing, 0.98 * size), (plant.lift + 0.55 * swing, 0.15 * size)]
        points += [(following.land - 0.12 * swing, -0.26 * size), (following.land, -0.28 * size), (following.land + ROLL_DOWN_S, 0.0)]
    points.append((max(t[-1], points[-1][0]) + 1.0, 0.0))
    return keys(t, *points)


def _rolling(plant: Plant, pitch: NDArray[Any], sole: Sole) -> NDArray[np.float64]:
    """Ankle of a planted foot (N, 3): round the heel while the toes are up, round the ball while the heel is up."""
    turn = quat_from_rotvec(np.array([0.0, plant.heading, 0.0]))
    tilt = quat_from_rotvec(pitch[:, None] * np.array([1.0, 0.0, 0.0]))
    pivot = np.where(pitch[:, None] > 0.0, sole.ball, sole.heel)
    flat = np.array([plant.x, sole.ankle_height, plant.z])
    return flat + quat_rotate(turn, pivot - quat_rotate(tilt, pivot))


def _dragged(ankle_height: NDArray[Any], pitch: NDArray[Any], sole: Sole) -> NDArray[np.float64]:
    """Bend of the toes (N,) at which their tips just touch the floor under a foot of this height and pitch; below 0 where they are clear."""
    ball = ankle_height + sole.ball[1] * np.cos(pitch) - sole.ball[2] * np.sin(pitch)
    return pitch - np.arcsin(np.clip((ball - sole.ankle_height - sole.ball[1]) / TOES_M, 0.0, 1.0))


def _swing(t: NDArray[Any], plant: Plant, following: Plant, plants: Sequence[Plant], sole: Sole) -> NDArray[np.float64]:
    """Ankle between toe-off and heel strike (N, 3): a Hermite curve that leaves and lands at the speed of the rolling foot."""
    step = 1e-3
    edge = np.array([plant.lift - step, plant.lift, following.land, following.land + step])
    pitch = _pitch(edge, plants)
    before, start = _rolling(plant, pitch[:2], sole)
    end, after = _rolling(following, pitch[2:], sole)
    duration = following.land - plant.lift
    middle = start + (end - start) * np.array([0.52, 0.0, 0.52])
    size = _vigour(plant, following)
    middle[1] = sole.ankle_height + 0.075 * size + 0.02
    speed = (end - start) / duration * np.array([1.55, 0.0, 1.55])
    speed[1] = -0.12 * size
    curve = CubicHermiteSpline([plant.lift, plant.lift + 0.5 * duration, following.land], [start, middle, end], [(start - before) / step, speed, (after - end) / step])
    return curve(t)
