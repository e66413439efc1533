"""A detector's errors as measured, on the points that the lifter sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posewright.geometry import Array, normalize, quat_between, quat_rotate
from posewright.lift.wright.window import TREE
from posewright.skeletons import BLAZEPOSE33
from posewright.train.data.noise import load_noise
from posewright.train.data.stream import Scene
from posewright.train.lifter.pairs import exactly, gathered

_MIDDLE = BLAZEPOSE33.indices("left_shoulder", "right_shoulder", "left_hip", "right_hip")


def own_directions(world: Array, sight: Array) -> Array:
    """Bone directions (n, B, 3) of BlazePose's own 3D (n, 33, 3), turned into the camera's axes as `lift.blazepose` does.

    `sight` (n, 33, 2): lines of sight of its points. 0 where either is NaN.
    """
    ahead = np.concatenate([sight[:, _MIDDLE].mean(1), np.ones((len(sight), 1))], axis=-1)
    known = np.isfinite(ahead).all(-1) & np.isfinite(world).all((1, 2))
    turn = quat_between(np.array([0.0, 0.0, 1.0]), normalize(np.where(known[:, None], ahead, [0.0, 0.0, 1.0])))
    directions = normalize(TREE.vectors(TREE.sources @ quat_rotate(turn[:, None], np.where(known[:, None, None], world, 0.0))))
    return np.asarray(np.where(known[:, None, None], directions, 0.0))


@dataclass(frozen=True)
class MeasuredNoise:
    """BlazePose's errors, see `posewright.train.data.noise`."""

    milder: float = 0.0
    """Share of the windows whose errors are a random part of the measured ones: other detectors, and other pictures, are better."""
    things: float = 0.1
    """Share in which something stands before a part of the person."""
    cut: float = 0.12
    """Share in which the picture's edge cuts off a part."""

    def __call__(self, rng: np.random.Generator, scene: Scene, times_s: Array) -> tuple[Array, Array]:
        """Rays (n, W, P, 2) and confidence (n, W, P)."""
        seen = load_noise().sample(rng, scene.points, scene.bodies.stature, self.things, self.cut, times_s=times_s)
        rays, confidence = gathered(seen.rays, seen.confidence)
        if self.milder:
            share = np.where(rng.random(len(rays)) < self.milder, rng.random(len(rays)), 1.0).astype(np.float32)[:, None, None, None]
            true = exactly(scene)[0]
            rays = true + share * (rays - true)
        return rays, confidence

    def others(self, rng: np.random.Generator, scene: Scene, now: int) -> Array:
        """Bone directions (n, B, 3) in camera axes as BlazePose's own 3D gives them for one frame."""
        points = scene.points[:, now : now + 1]
        world = load_noise().sample(rng, points, scene.bodies.stature, world=True).world
        assert world is not None
        return own_directions(world[:, 0].astype(np.float64), points[:, 0, :, :2].astype(np.float64) / points[:, 0, :, 2:])
