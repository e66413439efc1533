"""Training pairs for `wright`: what it sees of a window, and what it should tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array, quat_to_matrix
from posewright.lift.wright.outputs import MIRRORED, OUTPUTS, PARTS, relative_proportions, six_of
from posewright.lift.wright.window import TREE, Window, features, mirrored_inputs
from posewright.study.mocap import FPS
from posewright.train.data.bodies import Bodies
from posewright.train.data.cameras import random_cameras
from posewright.train.data.sequences import Sequences
from posewright.train.data.stream import Scene
from posewright.train.lifter.variety import paces, vary

SIZE_M = 1.70
"""Stature to which velocities are brought."""
_SOURCES = TREE.sources.astype(np.float32)
_LACKING = [
    [TREE.index(f"{side}_{p}") for side in ("left", "right") for p in names]
    for names in (("knuckles",), ("heel",), ("heel", "toe"), ("knuckles", "heel", "toe"), ("ankle", "heel", "toe"), ("wrist", "knuckles"), ("knee", "ankle", "heel", "toe"))
]
_LACKING += [[TREE.index("ears")]]
_LACKING += [[TREE.index(f"{side}_{p}") for p in names] for side in ("left", "right") for names in (("elbow", "wrist", "knuckles"), ("knee", "ankle", "heel", "toe"))]


@dataclass(frozen=True)
class Pairs:
    """A batch."""

    inputs: NDArray[np.float32]
    """(n, F)."""
    targets: NDArray[np.float32]
    """(n, OUTPUTS); contacts as probabilities. NaN where the truth is not known."""


def joined(parts: list[Pairs]) -> Pairs:
    """Batches one after the other."""
    return Pairs(np.concatenate([part.inputs for part in parts]), np.concatenate([part.targets for part in parts]))


class Noise(Protocol):
    """What a detector makes of scenes."""

    def __call__(self, rng: np.random.Generator, scene: Scene, times_s: Array) -> tuple[Array, Array]:
        """Rays (n, W, P, 2) and confidence (n, W, P) of the points of `TREE`; the frames' times are (W,), seconds."""

    def others(self, rng: np.random.Generator, scene: Scene, now: int) -> Array:
        """Bone directions (n, B, 3) in camera axes by the detector's own lifter, for one frame."""


Make = Callable[[np.random.Generator], Pairs]


@dataclass(frozen=True)
class Mixed:
    """Batches of several makers as one."""

    makers: tuple[Make, ...]

    def __call__(self, rng: np.random.Generator) -> Pairs:
        """A batch by these random numbers."""
        return joined([make(rng) for make in self.makers])


@dataclass(frozen=True)
class PairMaker:
    """Makes batches of motion capture on bodies before cameras."""

    motion: Sequences
    bodies: Bodies
    window: Window
    count: int
    noise: Noise | None = None
    """Exact keypoints when None."""
    variety: bool = True
    """Change motion, bodies and cameras at random; else they are as recorded, baked and still."""
    lifted: float = 0.5
    """Share of the windows that get directions of another lifter."""
    chances: NDArray[np.float64] | None = None
    """Cumulated probability of each frame, (N,); even when None."""

    def __call__(self, rng: np.random.Generator) -> Pairs:
        """A batch by these random numbers."""
        scene = self.scene(rng)
        rays, confidence = self.noise(rng, scene, self.window.offsets_s) if self.noise else exactly(scene)
        if self.variety:
            rays = rays * np.exp(rng.normal(0.0, 0.08, (self.count, 1, 1, 1))).astype(np.float32)  # the angle of view is guessed
            confidence = lacking(confidence, rng)
        others = self.noise.others(rng, scene, self.window.now) if self.noise and self.lifted else np.zeros((self.count, len(TREE.bones), 3))
        others = others * (rng.random((self.count, 1, 1)) < self.lifted)
        return aligned(rays, confidence, self.window.now, others.astype(np.float32), truth_of(scene, self.window))

    def scene(self, rng: np.random.Generator) -> Scene:
        """Motion on bodies before cameras."""
        if self.chances is None:
            index = rng.integers(0, len(self.motion), self.count)
        else:
            index = np.searchsorted(self.chances, rng.random(self.count) * self.chances[-1])
        pace = paces(rng, self.count) if self.variety else np.ones(self.count)
        window = self.motion.window(index, pace[:, None] * (self.window.offsets_s * FPS))
        people = self.bodies.varied(rng, self.count) if self.variety else self.bodies.taken(rng.integers(0, len(self.bodies), self.count))
        if self.variety:
            window = vary(window, self.window.offsets_s, rng)
        posed = people.pose(window.rotations, window.pelvis * people.leg_lengths[:, None, None])
        cameras = random_cameras(rng, posed.points[:, :, 11:], moving=self.variety)
        return Scene(window, people, cameras, cameras.local(posed.points), cameras.local(posed.joints), posed.turns)


def exactly(scene: Scene) -> tuple[Array, Array]:
    """The tree's points where they are, all seen."""
    points = _SOURCES @ scene.points
    return points[..., :2] / np.maximum(points[..., 2:], 0.14), np.ones(points.shape[:3], dtype=np.float32)


def gathered(rays: Array, confidence: Array) -> tuple[Array, Array]:
    """The tree's points of what is seen of BlazePose's 33: rays (n, W, 33, 2) and confidence (n, W, 33)."""
    return _SOURCES @ rays, np.stack([confidence[..., np.flatnonzero(row)].min(-1) for row in TREE.sources], axis=-1)


def lacking(confidence: Array, rng: np.random.Generator) -> Array:
    """Confidence (n, W, P) of detectors that lack some points, miss some for a frame, or tell no confidence."""
    count = len(confidence)
    confidence = confidence * (rng.random(confidence.shape, dtype=np.float32) > 0.01)
    for group in _LACKING:
        rows = np.flatnonzero(rng.random(count) < 0.025)
        confidence[rows[:, None], :, np.array(group)] = 0.0
    sure = rng.random(count) < 0.2
    confidence[sure] = confidence[sure] > 0
    return confidence


def truth_of(scene: Scene, window: Window) -> NDArray[np.float32]:
    """Targets (n, OUTPUTS) in the camera's own axes."""
    count, now = len(scene.points), window.now
    vectors = TREE.vectors(_SOURCES @ scene.points[:, now])
    lengths = np.linalg.norm(vectors, axis=-1)
    directions = vectors / np.maximum(lengths, 1e-6)[..., None]
    camera = scene.cameras.turn
    rotations = quat_to_matrix(scene.window.rotations[:, now]).astype(np.float32)
    rotations[:, 0] = camera[:, now] @ quat_to_matrix(scene.turns[:, now, 0]).astype(np.float32)
    targets = np.zeros((count, OUTPUTS), dtype=np.float32)
    targets[:, PARTS["directions"]] = directions.reshape(count, -1)
    targets[:, PARTS["up"]] = scene.cameras.up[:, now]
    targets[:, PARTS["rotations"]] = six_of(rotations).reshape(count, -1)
    targets[:, PARTS["proportions"]] = relative_proportions(lengths)
    targets[:, PARTS["velocity"]] = _velocity(scene, window)
    targets[:, PARTS["contacts"]] = scene.window.contacts[:, now]
    return targets


def _velocity(scene: Scene, window: Window) -> Array:
    """Of the hips in the camera's axes, (n, 3), over the neighbouring frames; NaN where the camera moves."""
    before, after = max(window.now - 2, 0), min(window.now + 2, len(window.offsets_s) - 1)
    moved = (scene.joints[:, after, 0] - scene.joints[:, before, 0]) / (window.offsets_s[after] - window.offsets_s[before])
    moved *= (SIZE_M / scene.bodies.stature)[:, None]
    moves = np.ptp(scene.cameras.eye, axis=1).max(-1) + np.ptp(scene.cameras.turn, axis=1).max((-1, -2)) > 1e-5
    return np.where(moves[:, None], np.nan, moved)


def aligned(rays: Array, confidence: Array, now: int, others: Array, targets: NDArray[np.float32]) -> Pairs:
    """Inputs, and targets (n, OUTPUTS) turned from the camera's axes into the virtual camera's."""
    inputs, look = features(rays.astype(np.float32), confidence, now, others)
    count, turned = len(inputs), targets.copy()
    back = look.swapaxes(-1, -2)
    for name in ("directions", "up", "velocity"):
        turned[:, PARTS[name]] = (targets[:, PARTS[name]].reshape(count, -1, 3) @ back).reshape(count, -1)
    root = slice(PARTS["rotations"].start, PARTS["rotations"].start + 6)
    turned[:, root] = (targets[:, root].reshape(count, 2, 3) @ back).reshape(count, 6)
    return Pairs(inputs, turned)


def mirrored(pairs: Pairs, window: Window, rows: NDArray[np.bool_] | slice = slice(None)) -> Pairs:
    """Windows as in a mirror: all, or only some."""
    columns, signs = mirrored_inputs(window)
    order, flip = MIRRORED
    inputs, targets = pairs.inputs.copy(), pairs.targets.copy()
    inputs[rows] = inputs[rows][:, columns] * signs
    targets[rows] = targets[rows][:, order] * flip
    return Pairs(inputs, targets)
