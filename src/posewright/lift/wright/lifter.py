"""`wright` as a lifter of its own: any estimator's 2D keypoints to 3D joints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array
from posewright.lift.clip import with_guesses
from posewright.lift.wright.aligned import aligned
from posewright.lift.wright.clip import LiftedBody, lift_directions, lines_of_sight
from posewright.lift.wright.model import Model, Models, load_models
from posewright.lift.wright.outputs import BODY_BONES
from posewright.lift.wright.window import TREE
from posewright.skeletons import BLAZEPOSE33, HUMANOID_PARENTS
from posewright.track import Track
from posewright.types import Camera, Keypoints, Poses3D

_CARRIED: dict[str, tuple[str, str, tuple[float, float, float]]] = {
    "nose": ("ears", "head", (0.0, -0.02, 0.10)),
    **{
        name.format(side=side): (point.format(side=side), bone.format(side=side), (sign * x, y, z))
        for side, sign in (("left", 1.0), ("right", -1.0))
        for name, point, bone, (x, y, z) in (
            ("{side}_ear", "ears", "head", (0.07, 0.0, 0.0)),
            ("{side}_eye_inner", "ears", "head", (0.02, 0.02, 0.085)),
            ("{side}_eye", "ears", "head", (0.032, 0.02, 0.08)),
            ("{side}_eye_outer", "ears", "head", (0.045, 0.02, 0.07)),
            ("{side}_mouth", "ears", "head", (0.025, -0.06, 0.08)),
            ("{side}_index", "{side}_knuckles", "{side}Hand", (0.0, 0.0, 0.03)),
            ("{side}_pinky", "{side}_knuckles", "{side}Hand", (0.0, 0.0, -0.03)),
            ("{side}_thumb", "{side}_knuckles", "{side}Hand", (-0.04, -0.01, 0.045)),
        )
    },
}
"""Landmarks beside the tree's points: the point, the bone that carries the landmark, where it is from there in a T-pose (metres, body 1.70 m tall)."""
_TIPS = {f"{side}_foot_index": f"{side}_toe" for side in ("left", "right")}


class Wright:
    """Bone directions and proportions by `posewright.lift.wright.clip`, brought into line with the keypoints and put together to joints."""

    def __init__(self, network: Model | Models | None = None) -> None:
        """`network`: the mean of the package's own two when None."""
        self._network = network or load_models()

    def __call__(self, track: Track, camera: Camera) -> Poses3D:
        """Root-relative positions in the camera's axes, metres on a body 1.70 m tall, in the keypoints' own joint set.

        Raises:
            UsageError: the keypoints lack a limb, or no frame shows both hips.
        """
        keypoints = track.keypoints
        xyz = landmarks(self.body(keypoints, camera))
        known = np.asarray(np.isfinite(xyz).all(-1), dtype=np.float32)
        poses = Poses3D(xyz, known, BLAZEPOSE33, keypoints.timestamps, "camera", root_relative=True).to(keypoints.joint_set)
        return replace(poses, confidence=np.where(poses.confidence > 0, with_guesses(np.clip(keypoints.confidence, 0.0, 1.0)), 0.0).astype(np.float32))

    def body(self, keypoints: Keypoints, camera: Camera) -> LiftedBody:
        """Everything that the network tells, its directions brought into line with the keypoints.

        Raises:
            UsageError: as on calling.
        """
        body = lift_directions(keypoints, camera, self._network)
        return replace(body, directions=aligned(body.directions, body.certainty, body.lengths, *lines_of_sight(keypoints, camera)))


def landmarks(body: LiftedBody) -> NDArray[np.float32]:
    """BlazePose's landmarks against the hips, (T, 33, 3), metres in camera axes; face and thumbs lie where they do on an average body."""
    points = TREE.chain @ (body.directions * body.lengths[:, None])
    turns = world_rotations(body.rotations)
    xyz = np.full((len(points), len(BLAZEPOSE33), 3), np.nan, dtype=np.float32)
    for j, joint in enumerate(BLAZEPOSE33.joints):
        if joint in _CARRIED:
            point, bone, offset = _CARRIED[joint]
            xyz[:, j] = points[:, TREE.index(point)] + turns[:, BODY_BONES.index(bone)] @ np.array(offset)
        elif (point := _TIPS.get(joint, joint)) in TREE.points:
            xyz[:, j] = points[:, TREE.index(point)]
    return xyz


def world_rotations(local: Array) -> Array:
    """Rotations (T, J, 3, 3) of the body bones in the root's own frame of reference, from local ones."""
    turns = np.array(local)
    for j, bone in enumerate(BODY_BONES):
        if parent := HUMANOID_PARENTS[bone]:
            turns[:, j] = turns[:, BODY_BONES.index(parent)] @ local[:, j]
    return turns
