"""What a real detector gave for rendered people, as training pairs: clips that `tools/measure_detector.py` makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError
from posewright.geometry import Array, normalize, quat_to_matrix
from posewright.lift.clip import interpolated
from posewright.lift.wright.clip import SEEN
from posewright.lift.wright.outputs import OUTPUTS, PARTS, relative_proportions, six_of
from posewright.lift.wright.window import TREE, Window
from posewright.study.mocap import FPS
from posewright.train.data.clips import Clip
from posewright.train.lifter.noise import own_directions
from posewright.train.lifter.pairs import SIZE_M, Pairs, aligned, lacking, mirrored


@dataclass(frozen=True)
class Detected:
    """Frames of many clips at 30 a second: what the detector saw, what its own lifter made of it, and the truth in camera axes."""

    rays: NDArray[np.float32]
    """Of the tree's points, (N, P, 2), without gaps."""
    confidence: NDArray[np.float32]
    """(N, P), 0 where unseen."""
    others: NDArray[np.float32]
    """Bone directions by the detector's own 3D, (N, B, 3); 0 where there are none."""
    targets: NDArray[np.float32]
    """(N, OUTPUTS), directions in the camera's axes."""
    truth: NDArray[np.float32]
    """Where the points truly are, as rays, (N, P, 2)."""
    first: NDArray[np.int64]
    """First frame of each frame's clip, (N,)."""
    last: NDArray[np.int64]
    """Last frame of it, (N,)."""

    def __len__(self) -> int:
        return len(self.rays)


def detected(clips: Sequence[Clip]) -> Detected:
    """All frames of some clips.

    Raises:
        InputError: there is none, or nobody is seen in any.
    """
    parts = [part for clip in clips if (part := _frames(clip)) is not None]
    if not parts:
        raise InputError("there are no clips of a detector's output on rendered people")
    lengths = np.array([len(part[0]) for part in parts])
    first = np.repeat(np.cumsum(lengths) - lengths, lengths)
    rays, confidence, others, targets, truth = (np.concatenate(arrays).astype(np.float32) for arrays in zip(*parts, strict=True))
    return Detected(rays, confidence, others, targets, truth, first, first + np.repeat(lengths, lengths) - 1)


def _frames(clip: Clip) -> tuple[Array, ...] | None:
    """Rays, confidence, other directions, targets and true rays of one clip; None where nobody was found."""
    plane = clip.rays.astype(np.float64)
    sight, trust = TREE.gather(plane, np.where(np.isfinite(plane).all(-1), clip.confidence, 0.0))
    hips = trust[:, 0] > 0
    if not hips.any():
        return None
    confidence = np.where(trust > SEEN, np.minimum(trust, 1.0), 0.0)
    known = confidence > 0
    known[:, 0] = hips
    return interpolated(sight, known, np.arange(len(plane)) / FPS), confidence, own_directions(clip.world.astype(np.float64), plane), _targets(clip), _true_rays(clip)


def _true_rays(clip: Clip) -> Array:
    points = TREE.sources @ clip.points.astype(np.float64)
    return np.asarray(points[..., :2] / np.maximum(points[..., 2:], 0.14))


def _targets(clip: Clip) -> Array:
    frames = len(clip.points)
    vectors = TREE.vectors(TREE.sources @ clip.points.astype(np.float64))
    rotations = quat_to_matrix(clip.rotations.astype(np.float64))
    rotations[:, 0] = clip.turn @ rotations[:, 0]
    targets = np.zeros((frames, OUTPUTS))
    targets[:, PARTS["directions"]] = normalize(vectors).reshape(frames, -1)
    targets[:, PARTS["up"]] = clip.turn[:, 1]
    targets[:, PARTS["rotations"]] = six_of(rotations).reshape(frames, -1)
    targets[:, PARTS["proportions"]] = relative_proportions(np.linalg.norm(vectors, axis=-1))
    targets[:, PARTS["velocity"]] = np.gradient(clip.joints[:, 0].astype(np.float64), 1.0 / FPS, axis=0) * (SIZE_M / clip.stature)
    targets[:, PARTS["contacts"]] = clip.contacts
    return targets


@dataclass(frozen=True)
class RealMaker:
    """Makes batches of detected clips."""

    detected: Detected
    window: Window
    count: int
    variety: bool = True
    """Change pace, angle of view and which points there are at random, and mirror."""
    lifted: float = 0.5
    """Share of the windows that get the directions of the detector's own 3D."""

    def __call__(self, rng: np.random.Generator) -> Pairs:
        """A batch by these random numbers."""
        index = rng.integers(0, len(self.detected), self.count)
        pace = np.exp(rng.uniform(-0.25, 0.25, self.count)) if self.variety else np.ones(self.count)
        low, high, share = self._windows(index, pace)
        rays, true = (values[low] + share[..., None] * (values[high] - values[low]) for values in (self.detected.rays, self.detected.truth))
        confidence = np.where(share < 0.5, self.detected.confidence[low], self.detected.confidence[high])
        targets = self.detected.targets[index].copy()
        targets[:, PARTS["velocity"]] *= pace[:, None]
        if self.variety:
            rays += rng.uniform(-0.3, 1.0, (self.count, 1, 1, 1)).astype(np.float32) ** 3 * (true - rays)  # errors of other sizes
            rays *= np.exp(rng.normal(0.0, 0.08, (self.count, 1, 1, 1))).astype(np.float32)
            confidence = lacking(confidence, rng)
        others = self.detected.others[index] * (rng.random((self.count, 1, 1)) < self.lifted)
        pairs = aligned(rays, confidence, self.window.now, others.astype(np.float32), targets)
        return mirrored(pairs, self.window, rng.random(self.count) < 0.5) if self.variety else pairs

    def _windows(self, index: NDArray[np.int64], pace: Array) -> tuple[Array, Array, Array]:
        """The frames before and after each frame of windows around frames (n,), and how far it is from the one to the other, (n, W) and (n, W, 1)."""
        first, last = self.detected.first[index, None], self.detected.last[index, None]
        at = np.clip(index[:, None] + pace[:, None] * self.window.offsets_s * FPS, first, last)
        low = np.minimum(at.astype(np.int64), np.maximum(last - 1, first))
        high = np.minimum(low + 1, last)
        share = (at - low).astype(np.float32)[..., None]
        return low, high, share
