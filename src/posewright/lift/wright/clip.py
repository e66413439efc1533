"""A clip of keypoints through `wright`: every frame in its own window."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError
from posewright.geometry import Array, normalize
from posewright.lift.clip import interpolated
from posewright.lift.wright.model import Model, Models, load_models
from posewright.lift.wright.outputs import matrix_of, split
from posewright.lift.wright.window import TREE, Window, features
from posewright.skeletons.bone_tree import BoneTree, tree_for
from posewright.types import Camera, Keypoints, Poses3D

SEEN = 0.05
"""Confidence from which a keypoint counts as seen."""
LOST_S = 0.4
"""Seconds for which a keypoint may be lost and still be taken to pass straight from where it was to where it is found again,"""
BRIDGED = 0.5
"""at this share of the confidence that it has there."""
CHUNK = 512
"""Frames in one run, to bound the memory."""
OWN_ERROR = 0.05
"""Squared error of a direction that `certainty` does not know of."""
OTHER_ERROR = 0.3
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


@dataclass(frozen=True)
class LiftedBody(LiftedDirections):
    """All that the network tells of a clip."""

    rotations: NDArray[np.float64]
    """Local rotations of the body bones of the humanoid (`outputs.BODY_BONES`), matrices (T, J, 3, 3); the root's leads to the camera's axes."""
    lengths: NDArray[np.float64]
    """Of the bones on a body 1.70 m tall, metres, (B,): the mean over the clip."""
    velocity: NDArray[np.float64]
    """Of the pelvis, metres a second on such a body, camera axes, (T, 3)."""
    contacts: NDArray[np.float64]
    """Probability that each of `CONTACT_POINTS` rests on the floor, (T, 4)."""


def can_lift(keypoints: Keypoints) -> bool:
    """True when the keypoints have arms, legs and a trunk, and show both hips in some frame."""
    tree = tree_for(keypoints.joint_set)
    return tree is not None and bool((tree.gather(keypoints.xy, keypoints.confidence)[1][:, tree.index("pelvis")] > 0).any())


def lift_directions(keypoints: Keypoints, camera: Camera, network: Model | Models | None = None, lifted: Poses3D | None = None) -> LiftedBody:
    """Bone directions, the vertical and more of every frame; the mean of the clip's and its mirror image's.

    Args:
        keypoints: pixels; any joint set with arms, legs and a trunk. What it lacks is taken as unseen.
        camera: intrinsics; its pose is not used.
        network: the package's own when None (`load_models`).
        lifted: what another lifter makes of the same frames, in camera axes, if the network shall weigh that too.

    Raises:
        UsageError: the joint set lacks a limb, no frame shows both hips, or `lifted` has other frames or axes.
    """
    model = network or load_models()
    sight, confidence = lines_of_sight(keypoints, camera)
    if model.window.offsets_s[-1] > 0:  # not for live use: the other end of a gap is not known yet
        confidence = bridged(confidence, keypoints.timestamps)
    others = directions_of(lifted, keypoints.timestamps) if lifted is not None else None
    parts = [_run(model, sight, confidence, keypoints.timestamps, slice(start, start + CHUNK), others) for start in range(0, len(sight), CHUNK)]
    directions, up, rotations, proportions, velocity, contacts = (np.concatenate(part).astype(np.float64) for part in zip(*parts, strict=True))
    certainty, up_certainty = (np.clip(np.linalg.norm(raw, axis=-1), 0.0, 1.0) for raw in (directions, up))
    lengths = TREE.reference * np.exp(TREE.groups @ proportions.mean(0))
    odds = 1.0 / (1.0 + np.exp(-contacts))
    return LiftedBody(TREE.bones, normalize(directions), certainty, normalize(up), up_certainty, keypoints.timestamps, matrix_of(rotations), lengths, velocity, odds)


def lines_of_sight(keypoints: Keypoints, camera: Camera) -> tuple[Array, Array]:
    """The points of `TREE` on the plane at distance 1, (T, P, 2), bridged in time, and the confidence of those that are seen, `graded`, (T, P).

    Raises:
        UsageError: the joint set lacks a limb, or no frame shows both hips.
    """
    tree = tree_for(keypoints.joint_set)
    if tree is None:
        raise UsageError(f"the lifter 'wright' needs arms, legs and a trunk: {keypoints.joint_set.name} lacks some of them")
    plane, trust = tree.gather(camera.rays(keypoints.xy), keypoints.confidence)
    columns = [TREE.index(point) for point in tree.points]
    sight, confidence = np.zeros((len(plane), len(TREE.points), 2)), np.zeros((len(plane), len(TREE.points)))
    sight[:, columns], confidence[:, columns] = plane, graded(trust)
    hips = trust[:, tree.index("pelvis")] > 0  # where the virtual camera looks, however unsure
    if not hips.any():
        raise UsageError("there is nothing to lift: no frame shows both hips")
    known = confidence > 0
    known[:, _PELVIS] = hips
    return interpolated(sight, known, keypoints.timestamps), confidence


def graded(trust: Array, sure: float = 0.5) -> Array:
    """Confidence (T, P) on one scale for all estimators, on which a point in plain sight has 1; what is hardly seen has 0.

    Estimators differ in how sure they are of what they see well: OpenPose's middle confidence on a clean clip is 0.66. So a share of what is seen is taken to be seen well.

    Args:
        trust: confidence as the estimator gives it.
        sure: that share.
    """
    seen = trust > SEEN
    scale = min(1.0, float(np.quantile(trust[seen], 1.0 - sure))) if seen.any() else 1.0
    return np.where(seen, np.clip(trust / scale, 0.0, 1.0), 0.0)


def bridged(confidence: Array, times: Array) -> Array:
    """Confidence (T, P) in which points that are lost for a moment count a little: the network has learned to do without limbs, not without everything."""
    out = confidence.copy()
    for p in range(confidence.shape[1]):
        seen = np.flatnonzero(confidence[:, p] > 0)
        for start, end in pairwise(seen):
            if end - start > 1 and times[end] - times[start] <= LOST_S:
                out[start + 1 : end, p] = BRIDGED * min(confidence[start, p], confidence[end, p])
    return out


def directions_of(poses: Poses3D, timestamps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vectors along the bones of poses in camera axes, (T, B, 3); 0 where a bone is not known.

    Raises:
        UsageError: the poses are of other frames, or in the world's axes.
    """
    if poses.frame != "camera" or len(poses) != len(timestamps):
        raise UsageError("the directions of another lifter must be in the camera's axes and of the same frames as the keypoints")
    tree: BoneTree | None = tree_for(poses.joint_set)
    out = np.zeros((len(poses), len(TREE.bones), 3))
    if tree is not None:
        points, trust = tree.gather(poses.xyz.astype(np.float64), poses.confidence)
        known = np.asarray((trust[:, tree.ends] > 0).all(-1))
        out[:, [TREE.bones.index(bone) for bone in tree.bones]] = np.where(known[..., None], normalize(tree.vectors(points)), 0.0)
    return out


def windows(window: Window, sight: Array, confidence: Array, times: Array, frames: slice) -> tuple[Array, Array]:
    """Windows around some frames: lines of sight (N, W, P, 2), linear in time and held at the ends, and confidence (N, W, P)."""
    at = np.clip(times[frames, None] + window.offsets_s, times[0], times[-1])
    low = np.clip(np.searchsorted(times, at, side="right") - 1, 0, max(len(times) - 2, 0))
    high = np.minimum(low + 1, len(times) - 1)
    share = ((at - times[low]) / np.maximum(times[high] - times[low], 1e-9)).astype(np.float32)[..., None]
    sight, confidence = sight.astype(np.float32), confidence.astype(np.float32)
    between = sight[low]
    between += share[..., None] * (sight[high] - between)
    return between, np.where(share < 0.5, confidence[low], confidence[high])


def _run(model: Model | Models, sight: Array, confidence: Array, times: Array, frames: slice, others: Array | None) -> tuple[Array, ...]:
    """The parts of the output for some frames, in the camera's axes."""
    seen = windows(model.window, sight, confidence, times, frames)
    inputs, turn = features(*seen, model.window.now, None if others is None else others[frames].astype(np.float32))
    given = split(model.symmetric(inputs))
    rotations = given.rotations.copy()
    root = rotations[:, 0].reshape(-1, 2, 3) @ turn
    rotations[:, 0] = root.reshape(-1, 6)
    up, velocity = ((vectors[:, None] @ turn)[:, 0] for vectors in (given.up, given.velocity))
    return given.directions @ turn, up, rotations, given.proportions, velocity, given.contacts
