"""`solve`: one person's 3D positions to a Motion on the canonical humanoid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posewright.errors import InputError, UsageError
from posewright.geometry import Array
from posewright.lift.wright import LiftedBody
from posewright.skeletons import Skeleton
from posewright.solve.filters import bridge_gaps, even_times, nominal_fps, smooth_rotations, smooth_to
from posewright.solve.ground import estimate_contacts, floor_height, sole_positions
from posewright.solve.proportions import fit_skeleton, stature
from posewright.solve.root import camera_path
from posewright.solve.rotations import solve_rotations
from posewright.solve.targets import LANDMARKS, REQUIRED, SIDES, Targets, find_targets, landmark_columns
from posewright.solve.twist import turns_at, twisted
from posewright.types import Camera, Keypoints, Motion, Poses3D

# Joints that place the body in space: landmark, bone at whose head it lies, share.
_PLACING = {"shoulder": ("UpperArm", 1.0), "hip": ("UpperLeg", 1.0), "elbow": ("LowerArm", 0.5), "knee": ("LowerLeg", 1.0), "wrist": ("Hand", 0.3), "ankle": ("Foot", 1.0)}


@dataclass(frozen=True)
class SolveOptions:
    """What the solver does beyond turning positions into rotations."""

    smoothing_s: float = 0.045
    """Half-width of the smoothing of positions, seconds; 0 for none. The default costs a punch or kick 3 % of its peak speed."""
    rotation_smoothing_s: float = 0.015
    """The same for rotations."""
    depth_smoothing_s: float = 0.4
    """The same for the distance from the camera, which one picture tells least surely."""
    noise_m: float = 0.015
    """Standard deviation of the positions, metres: hips and shoulders are met about so closely."""
    symmetric: bool = True
    """Left and right bones are of one length."""
    ground: bool = True
    """The lowest soles are brought to y = 0. World-frame poses with a path keep theirs."""
    centre: bool = True
    """The root starts at x = z = 0. World-frame poses with a path keep theirs."""


def solve(
    poses: Poses3D,
    keypoints: Keypoints | None,
    camera: Camera,
    *,
    height_m: float | None = None,
    fps: float | None = None,
    body: LiftedBody | None = None,
    options: SolveOptions = SolveOptions(),
) -> Motion:
    """One person's positions to local rotations on the humanoid with this person's proportions, and a path in the world.

    Args:
        poses: 3D positions with at least shoulders, elbows, wrists, hips, knees and ankles, in camera or world axes.
        keypoints: the same person in 2D, which place root-relative poses in space; without them such poses stay in place.
        camera: turns camera axes into the world's, and reads the keypoints.
        height_m: the person's stature, which scales all; without it the lengths are taken as they are.
        fps: even frame rate of the result; by default the poses' own.
        body: what `wright` tells of the same clip; limbs are then turned about themselves as it says where the joints hardly show it.
        options: smoothing and placing.

    Raises:
        UsageError: the joint set lacks what the solver needs, or a number is out of range.
        InputError: no frame holds a usable pose.
    """
    if height_m is not None and not 0.2 < height_m < 5.0:
        raise UsageError(f"a height of {height_m} m is not a person's. Give metres, between 0.2 and 5.")
    if fps is not None and not (np.isfinite(fps) and fps > 0):
        raise UsageError(f"{fps} frames a second: give a positive number")
    fps = nominal_fps(poses.timestamps) if fps is None else fps
    R_world_frame = camera.T_world_camera[:3, :3] if poses.frame == "camera" else np.eye(3)
    raw = find_targets(poses, R_world_frame)
    if not all(raw.has(name) for name in REQUIRED):
        raise InputError(f"no frame shows {', '.join(name for name in REQUIRED if not raw.has(name))}: nothing to solve")

    skeleton = fit_skeleton(raw, options.symmetric)
    if height_m is not None:
        factor = height_m / stature(skeleton)
        raw, skeleton = raw.scaled(factor), skeleton.scaled(factor)
    times = even_times(poses.timestamps, fps)
    targets = _even(raw, poses.timestamps, times, options.smoothing_s)
    rotations, hips = solve_rotations(targets, skeleton, fps, options.noise_m)
    if body is not None:
        rotations = twisted(skeleton, rotations, turns_at(skeleton, body, times, fps))
    rotations = smooth_rotations(rotations, options.rotation_smoothing_s * fps)

    keeps_path = poses.frame == "world" and not poses.root_relative
    if not keeps_path:
        hips = _place(skeleton, rotations, hips, poses, keypoints, camera, times, fps, options)
    return _finish(skeleton, rotations, hips, targets, fps, options, keeps_path)


def _even(raw: Targets, timestamps: Array, times: Array, sigma_s: float) -> Targets:
    """Landmarks without gaps at even times."""
    seen = np.flatnonzero((raw.weight > 0).any(0))
    xyz = np.full((len(times), *raw.xyz.shape[1:]), np.nan)
    weight = np.zeros(xyz.shape[:2])
    bridged, trust = bridge_gaps(raw.xyz[:, seen], raw.weight[:, seen], timestamps)
    xyz[:, seen], weight[:, seen] = smooth_to(times, bridged, trust, timestamps, sigma_s)
    return Targets(xyz, weight)


def _place(
    skeleton: Skeleton, rotations: Array, hips: Array, poses: Poses3D, keypoints: Keypoints | None, camera: Camera, times: Array, fps: float, options: SolveOptions
) -> Array:
    """World path (N, 3) of the hips bone of poses in the camera frame or without a path."""
    if not poses.root_relative:
        return hips + camera.T_world_camera[:3, 3]
    if keypoints is None:
        return hips
    columns = dict(zip(LANDMARKS, landmark_columns(keypoints.joint_set), strict=True))
    names = [(f"{side}_{name}", f"{side}{bone}", share) for side in SIDES for name, (bone, share) in _PLACING.items()]
    seen = [column for name, _, _ in names if (column := columns[name]) is not None]  # all are: they are required
    bridged, trust = bridge_gaps(keypoints.xy[:, seen].astype(np.float64), keypoints.confidence[:, seen].astype(np.float64), keypoints.timestamps)
    pixels, trust = smooth_to(times, bridged, trust, keypoints.timestamps, options.smoothing_s)
    positions, _ = skeleton.forward(rotations, np.zeros((len(rotations), 3)))
    points = positions[:, [skeleton.index(bone) for _, bone, _ in names]] @ camera.T_camera_world[:3, :3].T
    weight = trust * np.array([share for _, _, share in names])
    return camera.to_world(camera_path(points, camera.rays(pixels), weight, options.depth_smoothing_s * fps, 0.0))


def _finish(skeleton: Skeleton, rotations: Array, hips: Array, targets: Targets, fps: float, options: SolveOptions, keeps_path: bool) -> Motion:
    """Stand the body on the floor, mark contacts, and wrap it all up."""
    positions, worlds = skeleton.forward(rotations, hips)
    soles = sole_positions(skeleton, positions, worlds)
    shift = np.zeros(3)
    if options.ground and not keeps_path:
        shift[1] = -floor_height(soles)
    if options.centre and not keeps_path:
        shift[[0, 2]] = -hips[0, [0, 2]]
    confidence = np.stack([targets.trust(name) for name in REQUIRED], axis=1).mean(1)
    return Motion(skeleton, rotations, hips + shift, fps, estimate_contacts(soles + shift, fps), confidence.astype(np.float32))
