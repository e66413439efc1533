"""Training windows without end: motion, varied, on random people, before random cameras, as the detector would see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.train.data.augment import varied
from posewright.train.data.bodies import Bodies
from posewright.train.data.cameras import Cameras, random_cameras, rays
from posewright.train.data.sequences import Sequences, Window


@dataclass(frozen=True)
class Scene:
    """n windows of W frames: all that there is to know. Metres, camera axes as OpenCV's."""

    window: Window
    """Local rotations (the hips' against the world), path and contacts (NaN where unknown)."""
    bodies: Bodies
    """One a window."""
    cameras: Cameras
    points: NDArray[np.float32]
    """BlazePose's points in camera axes, (n, W, 33, 3)."""
    joints: NDArray[np.float32]
    """The humanoid's joints in camera axes, (n, W, 22, 3)."""
    turns: NDArray[np.float32]
    """World rotations of the humanoid's bones, (n, W, 22, 4)."""

    def rays(self) -> NDArray[np.float32]:
        """Exact 2D: x / z and y / z of each point, (n, W, 33, 2)."""
        return rays(self.points)

    def size(self) -> NDArray[np.float32]:
        """Stature over the distance of the mid-point of the hips: the body's size in units of rays, (n, W)."""
        return np.asarray(self.bodies.stature[:, None] / np.maximum(self.joints[:, :, 0, 2], 0.3), dtype=np.float32)


def scenes(sequences: Sequences, bodies: Bodies, rng: np.random.Generator, count: int, offsets: NDArray[np.float64], vary: bool = True) -> Scene:
    """`count` windows drawn at random.

    Args:
        sequences: the motion.
        bodies: the people.
        rng: all that is random.
        count: how many windows.
        offsets: times of a window's frames against its own, in thirtieths of a second, (W,).
        vary: play at another pace, mix limbs, loosen, mirror, and mix bodies; else motion as recorded and bodies as baked.
    """
    index = rng.integers(0, len(sequences), count)
    pace = np.exp(rng.uniform(np.log(0.7), np.log(1.45), count)) if vary else np.ones(count)
    window = sequences.window(index, pace[:, None] * offsets)
    if vary:
        window = varied(window, rng)
    people = bodies.varied(rng, count) if vary else bodies.taken(rng.integers(0, len(bodies), count))
    posed = people.pose(window.rotations, window.pelvis * people.leg_lengths[:, None, None])
    cameras = random_cameras(rng, posed.points[:, :, 11:], moving=vary)
    return Scene(window, people, cameras, cameras.local(posed.points), cameras.local(posed.joints), posed.turns)
