"""A clip of keypoints through the network of `network.py`: every frame in the middle of its own window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError
from posewright.geometry import Array, normalize
from posewright.lift.clip import interpolated
from posewright.lift.wright.network import OFFSETS_S, TREE, Network, features, load_network, mirrored_directions, mirrored_rays
from posewright.skeletons.bone_tree import tree_for
from posewright.types import Camera, Keypoints

SEEN = 0.05
"""Confidence from which a keypoint counts as seen."""
CHUNK = 512
"""Frames in one run, to bound the memory."""
OWN_ERROR = 0.05
"""Squared error of a direction that `certainty` does not know of."""
OTHER_ERROR = 0.15
"""Squared error of BlazePose's directions."""
_PELVIS = TREE.index("pelvis")


@dataclass(frozen=True)
class LiftedDirections:
    """Where bones point, in the camera's axes (OpenCV)."""

    bones: tuple[str, ...]
    """Names as in `BoneTree`; B of them."""
    directions: NDArray[np.float64]
    """Unit vectors, (T, B, 3)."""
    certainty: NDArray[np.float64]
    """How far to trust each, 0 to 1: 1 - certainty^2 is about half the expected squared error across it, (T, B)."""
    up: NDArray[np.float64]
    """Unit vectors against gravity, (T, 3)."""
    up_certainty: NDArray[np.float64]
    """The same for them, (T,)."""
    timestamps: NDArray[np.float64]
    """Seconds, those of the keypoints. Shape (T,)."""

    @property
    def weight(self) -> NDArray[np.float64]:
        """How much each direction weighs against one of another lifter that weighs 1, (T, B): the ratio of the squared errors to be expected."""
        return OTHER_ERROR / (OWN_ERROR + 1.0 - self.certainty**2)


def can_lift(keypoints: Keypoints) -> bool:
    """True when the keypoints have arms, legs and a trunk, and show both hips in some frame."""
    tree = tree_for(keypoints.joint_set)
    return tree is not None and bool((tree.gather(keypoints.xy, keypoints.confidence)[1][:, tree.index("pelvis")] > 0).any())


def lift_directions(keypoints: Keypoints, camera: Camera, network: Network | None = None) -> LiftedDirections:
    """Bone directions and the vertical of every frame, from 2D alone; the mean of the clip's and its mirror image's.

    Args:
        keypoints: pixels; any joint set with arms, legs and a trunk. What it lacks is taken as unseen.
        camera: intrinsics; its pose is not used.
        network: the package's own when None.

    Raises:
        UsageError: the joint set lacks a limb, or no frame shows both hips.
    """
    tree = tree_for(keypoints.joint_set)
    if tree is None:
        raise UsageError(f"the lifter 'wright' needs arms, legs and a trunk: {keypoints.joint_set.name} lacks some of them")
    network = network or load_network()
    plane, trust = tree.gather(camera.rays(keypoints.xy), keypoints.confidence)
    columns = [TREE.index(point) for point in tree.points]
    sight, seen = np.zeros((len(plane), len(TREE.points), 2)), np.zeros((len(plane), len(TREE.points)), dtype=np.bool_)
    sight[:, columns], seen[:, columns] = plane, trust > SEEN
    hips = trust[:, tree.index("pelvis")] > 0  # where the virtual camera looks, however unsure
    if not hips.any():
        raise UsageError("there is nothing to lift: no frame shows both hips")
    known = seen.copy()
    known[:, _PELVIS] = hips
    sight = interpolated(sight, known, keypoints.timestamps)
    parts = [_run(network, *_windows(sight, seen, keypoints.timestamps, start)) for start in range(0, len(sight), CHUNK)]
    raw = np.concatenate(parts).astype(np.float64)
    certainty = np.clip(np.linalg.norm(raw, axis=-1), 0.0, 1.0)
    given = normalize(raw)
    return LiftedDirections(TREE.bones, given[:, :-1], certainty[:, :-1], given[:, -1], certainty[:, -1], keypoints.timestamps)


def _windows(sight: Array, seen: Array, times: Array, start: int) -> tuple[Array, Array]:
    """Windows around `CHUNK` frames: lines of sight (N, W, P, 2), linear in time and held at the ends, and whether seen (N, W, P)."""
    at = np.clip(times[start : start + CHUNK, None] + OFFSETS_S, times[0], times[-1])
    low = np.clip(np.searchsorted(times, at, side="right") - 1, 0, max(len(times) - 2, 0))
    high = np.minimum(low + 1, len(times) - 1)
    share = ((at - times[low]) / np.maximum(times[high] - times[low], 1e-9)).astype(np.float32)[..., None, None]
    sight = sight.astype(np.float32)
    return sight[low] * (1.0 - share) + sight[high] * share, np.where(share[..., 0] < 0.5, seen[low], seen[high]).astype(np.float32)


def _run(network: Network, sight: Array, seen: Array) -> Array:
    """Directions and up (N, B + 1, 3) in the camera's axes, shorter than 1 the less certain they are."""
    inputs, turn = features(sight, seen)
    mirror_inputs, mirror_turn = features(*mirrored_rays(sight, seen))
    plain, mirror = network(inputs) @ turn, network(mirror_inputs) @ mirror_turn
    bones = plain[:, :-1] + mirrored_directions(mirror[:, :-1])
    up = plain[:, -1:] + mirror[:, -1:] * np.array([-1.0, 1.0, 1.0], dtype=np.float32)
    return 0.5 * np.concatenate([bones, up], axis=1)
