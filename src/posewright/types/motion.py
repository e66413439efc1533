"""`Motion`: what an animator gets, a skeleton's local rotations and root path at an even frame rate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from posewright.errors import require
from posewright.geometry import quat_normalize
from posewright.skeletons.skeleton import Skeleton

CONTACT_POINTS = ("leftFoot", "leftToes", "rightFoot", "rightToes")
"""Columns of `Motion.contacts`: heel and ball of each foot, named by the humanoid bone that carries them."""


@dataclass(frozen=True)
class Motion:
    """One body in motion. World: right-handed, +Y up, floor at y = 0, metres."""

    skeleton: Skeleton
    rotations: NDArray[np.float64]
    """Local rotation of each joint in its parent's frame (it replaces the rest rotation), (x, y, z, w). Shape (T, J, 4)."""
    root_translation: NDArray[np.float64]
    """World position of the root joint, metres. Shape (T, 3)."""
    fps: float
    """Frames a second, even."""
    contacts: NDArray[np.float32] | None = None
    """How surely each of `CONTACT_POINTS` rests on the floor, 0 to 1. Shape (T, 4)."""
    confidence: NDArray[np.float32] | None = None
    """How far to trust each frame, 0 to 1. Shape (T,)."""
    name: str = "motion"
    """Shown as the animation's name."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "rotations", np.asarray(self.rotations, dtype=np.float64))
        object.__setattr__(self, "root_translation", np.asarray(self.root_translation, dtype=np.float64))
        require(self.rotations.ndim == 3, f"rotations has shape {self.rotations.shape}, not (T, J, 4)")
        frames = len(self.rotations)
        require(frames > 0, "a motion needs at least one frame")
        require(self.rotations.shape == (frames, len(self.skeleton), 4), f"rotations has shape {self.rotations.shape}, not ({frames}, {len(self.skeleton)}, 4)")
        require(self.root_translation.shape == (frames, 3), f"root_translation has shape {self.root_translation.shape}, not ({frames}, 3)")
        require(np.isfinite(self.fps) and self.fps > 0, f"{self.fps} frames a second")
        require(bool(np.isfinite(self.rotations).all() and np.isfinite(self.root_translation).all()), "a motion holds NaN or infinity")
        norms = np.linalg.norm(self.rotations, axis=-1)
        require(bool((np.abs(norms - 1.0) < 1e-3).all()), "rotations must be unit quaternions")
        object.__setattr__(self, "rotations", quat_normalize(self.rotations))
        require(self.contacts is None or self.contacts.shape == (frames, len(CONTACT_POINTS)), f"contacts must have shape ({frames}, {len(CONTACT_POINTS)})")
        require(self.confidence is None or self.confidence.shape == (frames,), f"confidence must have shape ({frames},)")

    def __len__(self) -> int:
        return len(self.rotations)

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the last."""
        return (len(self) - 1) / self.fps

    @property
    def timestamps(self) -> NDArray[np.float64]:
        """Seconds from the start, (T,)."""
        return np.arange(len(self)) / self.fps

    def joint_positions(self) -> NDArray[np.float64]:
        """World positions of all joints, (T, J, 3), metres."""
        return self.skeleton.forward(self.rotations, self.root_translation)[0]

    def world_rotations(self) -> NDArray[np.float64]:
        """World rotations of all joints, (T, J, 4)."""
        return self.skeleton.forward(self.rotations, self.root_translation)[1]

    def sliced(self, start: int, stop: int) -> Motion:
        """Frames `start` to `stop`, the latter left out."""
        return replace(
            self,
            rotations=self.rotations[start:stop],
            root_translation=self.root_translation[start:stop],
            contacts=None if self.contacts is None else self.contacts[start:stop],
            confidence=None if self.confidence is None else self.confidence[start:stop],
        )
