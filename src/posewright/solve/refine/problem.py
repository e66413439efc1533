"""What the refinement is given and what it changes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array, normalize
from posewright.skeletons.bone_tree import BoneTree


@dataclass(frozen=True)
class RefineOptions:
    """How far each source of knowledge is trusted. Standard deviations; a term is off when its own is infinite."""

    reprojection_m: float = 0.03
    """Distance at the person's depth by which a keypoint misses its joint."""
    jitter_m: float = 0.012
    """Of that, what changes within a 60th of a second; over longer steps, with the root of the time. The rest stays for a while and says nothing about speed."""
    lift: float = 0.35
    """Error of a lifted bone direction across the line of sight, radians."""
    lift_depth: float = 0.15
    """Error of a lifted bone direction along the line of sight, radians."""
    arms: float = 1.6
    """How many times as exactly elbows and wrists are taken to be seen: what no lifter has learned, a punch, the picture shows."""
    arms_lift: float = 0.5
    """How much the lifted directions of upper arms and forearms count against those of the other bones."""
    turn_acceleration: float = 14.0
    """Angular acceleration of a bone that hardly moves, rad/s^2."""
    liveliness: float = 3.5
    """Angular acceleration of a bone that moves, in multiples of what it was found to do around the moment (`lively`). 0: all accelerate alike."""
    liveliest: float = 350.0
    """What that can come to at most, rad/s^2."""
    lag: float = 3.0
    """How much less the lift of the liveliest bone counts: its weight is divided by one more than this."""
    root_acceleration: float = 7.0
    """Acceleration of the pelvis, m/s^2."""
    cutoff_hz: float = 6.5
    """What is faster is taken out of the refined motion, except from blows (`steady`)."""
    burst: float = 2.0
    """Accelerations beyond this many standard deviations count linearly, not squared (pseudo-Huber): a blow is not smoothed away."""
    limit: float = 0.05
    """How far joints go past their range (`limits`), about radians."""
    length: float = 0.07
    """Spread of a bone's share of the body between people, relative. Infinite: lengths stay as lifted."""
    wrong: float = 3.0
    """A keypoint this many standard deviations off counts a quarter, and hardly at all far beyond (Geman and McClure 1985): it is wrong, not inexact."""
    robust: float = 1.5
    """Other residuals beyond this many standard deviations count linearly, not squared (Huber 1964)."""
    contact_m_s: float = 0.1
    """Speed of a point that is planted, m/s."""
    floor_m: float = 0.02
    """Depth by which a point is below the floor, or a planted one off it."""
    iterations: int = 6
    """Gauss-Newton steps at most."""


ALIKE: dict[str, float] = {"liveliness": 0.0, "turn_acceleration": 28.0}
"""Options under which all bones accelerate alike, by as much as suits moving and resting ones best."""


@dataclass(frozen=True)
class Observed:
    """What was seen of one person, in the camera frame."""

    rays: NDArray[np.float64]
    """x / z and y / z of each point's line of sight. Shape (T, P, 2)."""
    trust: NDArray[np.float64]
    """Weight of each ray, 0 to 1, more for arms (`RefineOptions.arms`). Shape (T, P)."""
    directions: NDArray[np.float64]
    """Unit bone directions as lifted, camera axes. Shape (T, B, 3)."""
    bone_trust: NDArray[np.float64]
    """Weight of each, 0 to 1. Shape (T, B)."""
    lifted_lengths: NDArray[np.float64]
    """Bone lengths as lifted: a high quantile over the clip, metres. Shape (B,)."""
    times: NDArray[np.float64]
    """Seconds. Shape (T,)."""
    freedom: NDArray[np.float64]
    """How many times `RefineOptions.turn_acceleration` each bone may accelerate (`lively`). Shape (T, B)."""

    def sliced(self, part: slice) -> Observed:
        """Some of the frames."""
        return replace(self, **{name: getattr(self, name)[part] for name in ("rays", "trust", "directions", "bone_trust", "times", "freedom")})


@dataclass(frozen=True)
class Ground:
    """What is known of the floor, in the camera frame."""

    up: NDArray[np.float64]
    """Unit vector against gravity, (3,)."""
    level: float | None
    """Height of the floor: up . p = level for its points, metres; None while it is not known."""
    points: NDArray[np.int64]
    """Which points may touch it, (C,)."""
    clearance: NDArray[np.float64]
    """Height of each of these over the floor when it touches, metres, (C,)."""
    planted: NDArray[np.float64]
    """How surely each is planted, 0 to 1. Shape (T, C)."""


@dataclass(frozen=True)
class State:
    """The body through the clip, in the camera frame."""

    root: NDArray[np.float64]
    """The pelvis, metres. Shape (T, 3)."""
    directions: NDArray[np.float64]
    """Unit bone directions. Shape (T, B, 3)."""
    lengths: NDArray[np.float64]
    """Metres. Shape (B,)."""

    def positions(self, tree: BoneTree) -> Array:
        """Points, (T, P, 3)."""
        return tree.positions(self.root, self.directions, self.lengths)

    def stepped(self, step: Array, tangents: Array) -> State:
        """Moved by (T, 3 + 2 B): the root's shift, then each bone's turn in its tangent plane (T, B, 3, 2)."""
        turns = step[:, 3:].reshape(*self.directions.shape[:2], 2)
        turned = normalize(self.directions + np.einsum("tbkm,tbm->tbk", tangents, turns))
        return replace(self, root=self.root + step[:, :3], directions=turned)

    def sliced(self, start: int, stop: int) -> State:
        """Frames `start` to `stop`."""
        return replace(self, root=self.root[start:stop], directions=self.directions[start:stop])


def tangent_planes(directions: Array) -> Array:
    """Two unit vectors normal to each direction and to each other: (..., 3) to (..., 3, 2)."""
    helper = np.where(np.abs(directions[..., :1]) < 0.8, np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    first = normalize(np.cross(directions, helper))
    return np.stack([first, np.cross(directions, first)], axis=-1)


def huber_weight(size: Array, bound: float) -> Array:
    """Weight that makes a squared residual of `size` standard deviations count linearly beyond `bound` (Huber 1964)."""
    return np.where(size <= bound, 1.0, bound / np.maximum(size, 1e-12))
