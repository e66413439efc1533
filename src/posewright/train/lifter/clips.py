"""Training clips for the published lifters: Human3.6M's 17 joints, normalised as their authors do, frame by frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.errors import require
from posewright.geometry import Array
from posewright.lift.motionbert import crop_scale
from posewright.lift.wright.window import Window
from posewright.skeletons import BLAZEPOSE33, H36M17, conversion
from posewright.study.mocap import FPS
from posewright.train.data.bodies import Bodies
from posewright.train.data.noise import load_noise
from posewright.train.data.sequences import Sequences
from posewright.train.lifter.pairs import PairMaker

_TO_H36M = conversion(BLAZEPOSE33, H36M17).matrix.astype(np.float32)
_NARROWEST, _WIDEST = np.radians([40.0, 75.0])


@dataclass(frozen=True)
class Clips:
    """A batch."""

    inputs: NDArray[np.float32]
    """(n, F, 17, C)."""
    targets: NDArray[np.float32]
    """(n, F, 17, 3), or (n, 1, 17, 3) for the frame in the middle; relative to the pelvis."""
    scale: NDArray[np.float32]
    """Metres to one unit of the targets, (n,)."""


Normalise = Callable[[np.random.Generator, Array, Array, Array], Clips]
"""Takes rays (n, F, 17, 2), confidence (n, F, 17) and true joints (n, F, 17, 3) in camera axes."""


@dataclass(frozen=True)
class ClipMaker:
    """Makes batches of clips from the same scenes as `PairMaker`."""

    motion: Sequences
    bodies: Bodies
    frames: int
    count: int
    normalise: Normalise
    noise: bool = True
    variety: bool = True

    def __call__(self, rng: np.random.Generator) -> Clips:
        """A batch by these random numbers."""
        middle = self.frames // 2
        window = Window("clip", (np.arange(self.frames) - middle) / FPS, middle)
        scene = PairMaker(self.motion, self.bodies, window, self.count, variety=self.variety).scene(rng)
        rays, confidence = scene.rays(), np.ones(scene.points.shape[:3], dtype=np.float32)
        if self.noise:
            seen = load_noise().sample(rng, scene.points, scene.bodies.stature)
            rays, confidence = seen.rays, seen.confidence
        return self.normalise(rng, _TO_H36M @ rays, confidence @ np.abs(_TO_H36M / np.abs(_TO_H36M).sum(1, keepdims=True)).T, _TO_H36M @ scene.points)


def on_screen(rng: np.random.Generator, rays: Array, confidence: Array, joints: Array) -> Clips:
    """As VideoPose3D: coordinates in half widths of the picture of a camera of 40 to 75 degrees; metres in the middle frame."""
    focal = (1.0 / np.tan(rng.uniform(_NARROWEST, _WIDEST, len(rays)) / 2.0)).astype(np.float32)
    middle = joints[:, joints.shape[1] // 2, None]
    return Clips((rays * focal[:, None, None, None]).astype(np.float32), middle - middle[:, :, :1], np.ones(len(rays), dtype=np.float32))


def in_crop(rng: np.random.Generator, rays: Array, confidence: Array, joints: Array) -> Clips:
    """As MotionBERT: the square round a clip's keypoints is -1..1, with confidence; the truth is what the picture shows, and depth in the same unit at the pelvis."""
    clips = np.concatenate([rays, confidence[..., None]], axis=-1).astype(np.float32)
    inputs = np.stack([crop_scale(clip) for clip in clips])
    seen = np.where(confidence[..., None] > 0, rays, np.nan)
    side = np.nanmax(np.nanmax(seen, axis=(1, 2)) - np.nanmin(seen, axis=(1, 2)), axis=-1)
    unit = (2.0 / np.maximum(side, 1e-3)).astype(np.float32)
    depth = joints[..., 2:]
    root = np.maximum(depth[:, :, :1], 0.3)
    place = np.concatenate([joints[..., :2] / np.maximum(depth, 0.14), (depth - root) / root], axis=-1)
    targets = (place - place[:, :, :1]) * unit[:, None, None, None]
    return Clips(inputs, targets.astype(np.float32), root.mean((1, 2, 3)) / unit)


def frames_of(frames: int) -> int:
    """How often a receptive field of so many frames divides by three.

    Raises:
        ValueError: it is no power of three.
    """
    layers = round(np.log(frames) / np.log(3))
    require(3**layers == frames and layers >= 2, f"{frames} frames: VideoPose3D takes a power of three from 9 on")
    return layers
