"""Random cameras before people: any side, height, distance, pitch and roll, now and then in a hand or following."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array
from posewright.train.data.kinematics import Floats

NEAREST_M = 0.7
"""How near any point may come to the camera's plane."""
_LOWEST_M = 0.1
"""Height over the floor of a camera that stands in the same room."""


@dataclass(frozen=True)
class Cameras:
    """One camera a window. Camera axes as OpenCV's: x right, y down, z forward."""

    turn: NDArray[np.float32]
    """Rotation from world to camera axes, (n, W, 3, 3)."""
    eye: NDArray[np.float32]
    """Its place in the world, (n, W, 3), metres."""

    @property
    def up(self) -> Floats:
        """The world's vertical in camera axes, (n, W, 3)."""
        return self.turn[..., 1]

    def local(self, points: Array) -> Floats:
        """World points (n, W, P, 3) in camera axes."""
        return np.asarray((points - self.eye[:, :, None]) @ self.turn.swapaxes(-1, -2), dtype=np.float32)

    def pitch(self) -> Floats:
        """Angle by which it looks down, (n, W), radians."""
        return np.arcsin(np.clip(-self.turn[..., 2, 1], -1.0, 1.0))


def rays(local: Array) -> Floats:
    """Lines of sight x / z, y / z, (..., 2), of points (..., 3) in camera axes."""
    inverse = 1.0 / np.maximum(local[..., 2], np.float32(0.2 * NEAREST_M))
    out = np.empty((*local.shape[:-1], 2), dtype=np.float32)
    out[..., 0], out[..., 1] = local[..., 0] * inverse, local[..., 1] * inverse
    return out


def random_cameras(rng: np.random.Generator, points: Array, moving: bool = True) -> Cameras:
    """A camera for each window of points (n, W, P, 3) in the world, floor at y = 0.

    It stands 1.6 to 8 m away on any side. Two fifths are held at some height over the floor, as people hold cameras; half look up or
    down by any angle up to 45 degrees that does not put them under the floor; the rest are free of it (a stage, a balcony). It is
    rolled by some degrees and does not quite aim at the person. With `moving`, one in six follows the person, sways in a hand, or pans.
    """
    count, width = (int(side) for side in points.shape[:2])
    middle = points[:, width // 2].mean(1)
    distance = np.exp(rng.uniform(np.log(1.6), np.log(8.0), count))
    lowest = np.arcsin(np.clip((_LOWEST_M - middle[:, 1]) / distance, -1.0, 0.7))
    held = np.arcsin(np.clip((rng.uniform(_LOWEST_M, 2.7, count) - middle[:, 1]) / distance, -0.7, 0.75))
    any_way, kind = np.radians(rng.uniform(-45.0, 45.0, count)), rng.random(count)
    above = np.where(any_way < lowest, lowest + rng.random(count) * (0.75 - lowest), any_way)
    pitch = np.where(kind < 0.4, held, np.where(kind < 0.9, above, any_way))
    yaw, roll = rng.uniform(-np.pi, np.pi, count), np.radians(rng.normal(0.0, 5.0, count)) * np.where(rng.random(count) < 0.1, 3.0, 1.0)
    aside = np.clip(rng.normal(0.0, (0.16, 0.11), (count, 2)), -0.5, 0.5)
    straight = turns(yaw, pitch, np.zeros(count))
    shift = np.concatenate([aside * distance[:, None], np.zeros((count, 1))], -1)
    target = middle + (shift[:, None] @ straight)[:, 0]
    nearest = ((points - target[:, None, None]) @ straight[:, None, 2, :, None])[..., 0].min((1, 2))
    distance = np.maximum(distance, NEAREST_M - nearest)
    path = np.zeros((count, width, 3))
    sway = np.zeros((3, count, width))
    if moving:
        path, sway = _moved(rng, points, middle)
    turn = turns(yaw[:, None] + sway[0], pitch[:, None] + sway[1], roll[:, None] + sway[2])
    eye = target[:, None] + path - distance[:, None, None] * straight[:, None, 2]
    return Cameras(turn.astype(np.float32), eye.astype(np.float32))


def _moved(rng: np.random.Generator, points: Array, middle: Array) -> tuple[Array, Array]:
    """How the cameras' places (n, W, 3) and angles (3, n, W) change: most stay."""
    count, width = (int(side) for side in points.shape[:2])
    t = np.linspace(-1.0, 1.0, width)
    kind = rng.random(count)
    follows = (kind < 0.06)[:, None, None]
    path = np.where(follows, (points.mean(2) - middle[:, None]) * [1.0, 0.3, 1.0], 0.0)
    held = ((kind >= 0.06) & (kind < 0.16))[None, :, None]
    waves = rng.normal(0.0, 0.008, (3, count, 3, 1)) * np.sin(rng.uniform(1.0, 9.0, (3, count, 3, 1)) * t + rng.uniform(0, 2 * np.pi, (3, count, 3, 1)))
    pans = rng.normal(0.0, 0.06, (3, count, 1)) * np.array([1.0, 0.4, 0.1])[:, None, None] * t
    return path, np.where(held, waves.sum(2) + pans * (rng.random((1, count, 1)) < 0.5), 0.0)


def turns(yaw: Array, pitch: Array, roll: Array) -> Array:
    """Rotations (..., 3, 3) from the world to a camera that looks along -Z turned by `yaw` about +Y, down by `pitch`, rolled by `roll`; radians."""
    zero, one = np.zeros_like(yaw), np.ones_like(yaw)

    def matrix(*rows: Array) -> Array:
        return np.stack(np.broadcast_arrays(*rows), axis=-1).reshape(*np.shape(rows[0]), 3, 3)

    turned = matrix(np.cos(yaw), zero, np.sin(yaw), zero, one, zero, -np.sin(yaw), zero, np.cos(yaw))
    down = matrix(one, zero, zero, zero, -np.cos(pitch), np.sin(pitch), zero, -np.sin(pitch), -np.cos(pitch))
    rolled = matrix(np.cos(roll), -np.sin(roll), zero, np.sin(roll), np.cos(roll), zero, zero, zero, one)
    return rolled @ down @ turned
