"""Poses of motion capture for the lifting GAN: 3D bodies, and what random cameras see of them.

Only the projections are shown to the GAN; the 3D is for measuring it, and for the baselines that are trained with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError
from posewright.geometry import Array, quat_conjugate, quat_multiply, quat_rotate
from posewright.lift.gan import BODY, complete_body
from posewright.types import Motion

NECK_TO_EARS = (0.0, 0.22, 0.03)
"""From the middle of the shoulders to that of the ears at rest, metres, for legs of `LEG_M`; +Y up, +Z ahead. The rigs' head joints differ, so a face is put on each."""
NECK_TO_NOSE = (0.0, 0.19, 0.13)
"""The same to the tip of the nose."""
LEG_M = 0.83
"""Thigh and shin of an average adult, metres."""
ELEVATION_DEG = (-30.0, 45.0)
"""Where cameras stand: above (looking down) is positive."""
DISTANCE_M = (2.5, 8.0)
ROLL_DEG = 3.0
_BONES = {
    f"{side}_{joint}": f"{side}{bone}"
    for side in ("left", "right")
    for joint, bone in {"shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand", "hip": "UpperLeg", "knee": "LowerLeg", "ankle": "Foot"}.items()
}


@dataclass(frozen=True)
class Bodies:
    """Bodies in space, from several clips."""

    xyz: NDArray[np.float32]
    """Joints of `BODY`, metres, +Y up, relative to the pelvis. Shape (N, J, 3)."""
    clip: NDArray[np.int64]
    """Number of the clip that each comes from; its frames follow one another at 30 a second. Shape (N,)."""

    def __len__(self) -> int:
        return len(self.xyz)


@dataclass(frozen=True)
class Views:
    """What cameras that look straight at the pelvis see of bodies."""

    xy: NDArray[np.float32]
    """Lines of sight relative to the pelvis', x right, y down, at depth 1. Shape (N, J, 2)."""
    xyz: NDArray[np.float32]
    """The truth in the camera's axes (OpenCV), metres, relative to the pelvis. Shape (N, J, 3)."""
    elevation: NDArray[np.float32]
    """Radians, positive where the camera looks down. Shape (N,)."""


def read_bodies(paths: list[Path]) -> Bodies:
    """The bodies of mocap .npz files.

    Raises:
        InputError: a file is of another layout, holds no sequence, or NaN.
    """
    from posewright.study.mocap import read_mocap  # slow to import

    poses: list[Array] = []
    for path in paths:
        for recording in read_mocap(path):
            body = body_of(recording.motion)
            if not np.isfinite(body).all():
                raise InputError(f"{path}, {recording.name}: the motion holds NaN")
            poses.append(body)
    if not poses:
        raise InputError(f"{', '.join(str(path) for path in paths) or 'the folder'}: no recorded motion there")
    clip = np.repeat(np.arange(len(poses)), [len(body) for body in poses])
    return Bodies(np.concatenate(poses).astype(np.float32), clip)


def body_of(motion: Motion) -> Array:
    """Joints of `BODY` (T, J, 3), relative to the pelvis, of a motion on a skeleton that bears the humanoid's names and rests in a T-pose."""
    skeleton = motion.skeleton
    positions, worlds = skeleton.forward(motion.rotations, motion.root_translation)
    rest, rest_worlds = skeleton.rest_pose()
    points = {joint: positions[:, skeleton.index(bone)] for joint, bone in _BONES.items()}
    head = skeleton.index("head")
    turn = quat_multiply(worlds[:, head], quat_conjugate(rest_worlds[head]))
    leg = float(np.linalg.norm(skeleton.rest_offsets[[skeleton.index("leftLowerLeg"), skeleton.index("leftFoot")]], axis=-1).sum())
    neck_to_head = rest[head] - 0.5 * (rest[skeleton.index("leftUpperArm")] + rest[skeleton.index("rightUpperArm")])
    for joint, offset in {"ears": NECK_TO_EARS, "nose": NECK_TO_NOSE}.items():
        points[joint] = positions[:, head] + quat_rotate(turn, np.array(offset) * (leg / LEG_M) - neck_to_head)
    neck = 0.5 * (points["left_shoulder"] + points["right_shoulder"])
    points["head_top"] = 1.6 * points["ears"] - 0.6 * neck  # as `skeletons.convert.RECIPES` makes it of ears
    body = np.stack([points.get(joint, neck) for joint in BODY.joints], axis=1)
    return complete_body(body)


def camera_axes(elevation: Array, yaw: Array, roll: Array) -> NDArray[np.float64]:
    """Rotations (N, 3, 3) from the world (+Y up) to the axes of cameras (OpenCV) that look at it from `elevation`, turned about the vertical by `yaw`; radians, (N,)."""
    one, nil = np.ones_like(yaw), np.zeros_like(yaw)
    turn = _matrix([[np.cos(yaw), nil, np.sin(yaw)], [nil, one, nil], [-np.sin(yaw), nil, np.cos(yaw)]])
    level = np.diag([1.0, -1.0, -1.0])
    tilt = _matrix([[one, nil, nil], [nil, np.cos(elevation), -np.sin(elevation)], [nil, np.sin(elevation), np.cos(elevation)]])
    lean = _matrix([[np.cos(roll), -np.sin(roll), nil], [np.sin(roll), np.cos(roll), nil], [nil, nil, one]])
    return np.asarray(lean @ tilt @ level @ turn)


def random_views(xyz: NDArray[np.floating], rng: np.random.Generator, elevation_deg: tuple[float, float] = ELEVATION_DEG, mirror: bool = True) -> Views:
    """Bodies (N, ..., J, 3) seen by random cameras, each row by its own; half of the rows in a mirror."""
    count = len(xyz)
    elevation = np.radians(rng.uniform(*elevation_deg, count))
    axes = camera_axes(elevation, rng.uniform(-np.pi, np.pi, count), np.radians(rng.normal(0.0, ROLL_DEG, count)))
    row = (count, *[1] * (np.ndim(xyz) - 1))
    distance = rng.uniform(*DISTANCE_M, count).reshape(row)
    local = np.asarray(xyz) @ axes.swapaxes(-1, -2).astype(np.float32).reshape(*row[:-2], 3, 3)
    if mirror:
        local = np.where((rng.random(count) < 0.5).reshape(row), mirrored(local), local)
    plane = local[..., :2] / np.maximum(local[..., 2:] + distance, 0.3)
    return Views(plane.astype(np.float32), local.astype(np.float32), elevation.astype(np.float32))


def mirrored(values: Array) -> Array:
    """Positions (..., J, D) as in a mirror: x negated, left and right exchanged."""
    turned = values[..., BODY.mirror(), :].copy()
    turned[..., 0] *= -1
    return turned


def _matrix(rows: list[list[Array]]) -> Array:
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
