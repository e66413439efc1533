"""Hypothesis strategies that several tests share."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from posewright.geometry import quat_from_rotvec
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.types import Motion


def quaternions(shape: tuple[int, ...] = (), max_angle: float = np.pi) -> st.SearchStrategy[np.ndarray]:
    """Unit quaternions (*shape, 4) from rotation vectors inside a cube of half side `max_angle` / sqrt(3)."""
    bound = max_angle / np.sqrt(3)
    return hnp.arrays(np.float64, (*shape, 3), elements=st.floats(-bound, bound, allow_nan=False)).map(quat_from_rotvec)


def vectors(shape: tuple[int, ...] = (), bound: float = 10.0) -> st.SearchStrategy[np.ndarray]:
    """Vectors (*shape, 3)."""
    return hnp.arrays(np.float64, (*shape, 3), elements=st.floats(-bound, bound, allow_nan=False, width=32))


def random_motion(seed: int = 0, frames: int = 20, fps: float = 30.0, skeleton: Skeleton | None = None, angle: float = 0.6) -> Motion:
    """A smooth random motion: each joint swings about its rest pose by about `angle` radians."""
    rng = np.random.default_rng(seed)
    skeleton = skeleton or reference_skeleton()
    phase = np.linspace(0, 2 * np.pi, frames)[:, None, None] + rng.uniform(0, 2 * np.pi, (1, len(skeleton), 3))
    rotvec = angle * rng.uniform(-1, 1, (1, len(skeleton), 3)) * np.sin(phase)
    path = skeleton.rest_offsets[0] + 0.3 * np.sin(np.linspace(0, 3, frames)[:, None] + rng.uniform(0, 6, 3))
    return Motion(skeleton, quat_from_rotvec(rotvec), path, fps)
