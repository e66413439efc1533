"""One clip refined from end to end: body, vertical, contacts, floor, and the camera's pose that follows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from posewright.geometry import IDENTITY, Array, normalize, quat_angle, quat_between, quat_rotate
from posewright.lift.wright import LiftedDirections
from posewright.skeletons.bone_tree import tree_for
from posewright.solve.proportions import fit_skeleton, stature
from posewright.solve.refine.lengths import body_size
from posewright.solve.refine.problem import Ground, RefineOptions
from posewright.solve.refine.refine import fused, initial_state, minimise, observe, refined_poses, with_arms
from posewright.solve.refine.steady import steadied
from posewright.solve.refine.support import Vertical, find_contacts, find_ground, find_vertical
from posewright.solve.targets import find_targets
from posewright.types import Camera, Keypoints, Poses3D

DEFAULT_STATURE_M = 1.70
"""Stature assumed when none is given: one camera cannot tell a small person near by from a tall one far off."""

MOST_TILTED_DEG = 25.0
"""Beyond this angle between the lifter's vertical and the true one, see `righted`."""


@dataclass(frozen=True)
class Refined:
    """What whole-clip refinement gives."""

    poses: Poses3D
    """World frame, absolute: +Y up, floor at y = 0, the hips' first position at x = z = 0."""
    camera: Camera
    """The same camera with its pose in that world."""
    vertical: Vertical | None
    """How the vertical was found; None when it was given."""
    ground: Ground
    """Contacts, on the poses' timestamps."""


def refine_clip(
    keypoints: Keypoints,
    poses: Poses3D,
    camera: Camera,
    options: RefineOptions,
    *,
    height_m: float | None = None,
    opinion: LiftedDirections | None = None,
    up: Array | None = None,
    world: Camera | None = None,
    use_ground: bool = True,
) -> Refined | None:
    """Refine one person's lifted poses against their keypoints over the whole clip.

    Args:
        keypoints: pixels; the same joint set and timestamps as `poses`.
        poses: camera axes.
        height_m: the person's stature, metres; `DEFAULT_STATURE_M` when None.
        opinion: directions and vertical that another lifter gives, on the same timestamps, to be weighed with the poses'.
        up: unit vector against gravity in the camera frame, (3,), where it is known; found from balance when None.
        world: the camera as another person of the clip has placed it; this one then stands in the same world, under the same vertical.
        use_ground: let planted feet stay and the floor carry.

    Returns:
        None when the joint set lacks what the refinement needs.
    """
    tree = tree_for(poses.joint_set)
    if tree is None:
        return None
    if world is not None:
        up = world.T_world_camera[1, :3]
    if up is not None and opinion is not None:
        poses, opinion = righted(poses, opinion, np.asarray(up))
    observed = observe(tree, keypoints, poses, camera)
    if opinion is not None:
        observed = fused(tree, observed, opinion)
    state = initial_state(tree, observed)
    observed = with_arms(tree, observed, options)
    state = minimise(tree, state, observed, options)
    size = body_size(tree, state.lengths)
    times = observed.times
    again = replace(options, iterations=1)
    vertical: Vertical | None = None
    for find in (find_contacts, find_ground, find_ground):
        points = state.positions(tree)
        if up is None:
            vertical = find_vertical(tree, points, times, size)
            if opinion is not None:
                vertical = vertical.averaged(mean_up(opinion))
        ground = find(tree, points, times, vertical.up if up is None and vertical else normalize(np.asarray(up)), size)
        if use_ground and len(times) > 1:
            state = minimise(tree, state, observed, again, ground, fit_lengths=False, still=0)
    state = steadied(state, times, options)
    absolute = refined_poses(tree, state, poses)
    level = find_ground(tree, state.positions(tree), times, ground.up, size).level or 0.0
    return Refined(*_placed(absolute, camera, ground.up, level, height_m or DEFAULT_STATURE_M, world), vertical, ground)


def righted(poses: Poses3D, opinion: LiftedDirections, up: Array) -> tuple[Poses3D, LiftedDirections]:
    """Lifted bodies, in camera axes, turned so that the vertical that the lifter sees is the true one.

    Lifters are drawn towards cameras held level: seen from above or below, the body that they give is tilted as their vertical is.
    Where the two are further apart than `MOST_TILTED_DEG` the lifter has lost the vertical, and nothing is turned.
    """
    turn = quat_between(mean_up(opinion), normalize(up))
    if float(quat_angle(turn, IDENTITY)) > np.radians(MOST_TILTED_DEG):
        return poses, opinion
    xyz = quat_rotate(turn, poses.xyz.astype(np.float64)).astype(np.float32)
    return replace(poses, xyz=xyz), replace(opinion, directions=quat_rotate(turn, opinion.directions), up=quat_rotate(turn, opinion.up))


def mean_up(opinion: LiftedDirections) -> Array:
    """The vertical that a lifter sees over the whole clip, a unit vector in the camera frame, (3,)."""
    return normalize(np.sum(opinion.up * opinion.up_certainty[:, None] ** 2, axis=0))


def _placed(poses: Poses3D, camera: Camera, up: Array, level: float, height_m: float, world: Camera | None) -> tuple[Poses3D, Camera]:
    """Poses and camera in a world with the floor at y = 0 and, unless there is a world already, the hips' first position above the origin."""
    forward = np.array([0.0, 0.0, 1.0])
    back = normalize(up * (up @ forward) - forward)  # the world's +Z comes towards the camera along the floor
    R_world_camera = np.stack([np.cross(up, back), up, back]) if world is None else world.T_world_camera[:3, :3]
    xyz = poses.xyz.astype(np.float64) @ R_world_camera.T
    hips = xyz[:, poses.joint_set.indices("left_hip", "right_hip")].mean(1)
    first = hips[np.isfinite(hips).all(-1)][0]
    shift = -np.array([first[0], level, first[2]])
    turned = replace(poses, xyz=xyz.astype(np.float32), frame="world")
    scale = height_m / stature(fit_skeleton(find_targets(turned, np.eye(3))))
    if world is not None:  # as far from the camera as this person's own size says, feet on the floor
        at = world.T_world_camera[:3, 3]
        return replace(turned, xyz=(scale * xyz + [at[0], -scale * level, at[2]]).astype(np.float32)), world
    T_world_camera = np.eye(4)
    T_world_camera[:3, :3] = R_world_camera
    T_world_camera[:3, 3] = scale * shift
    placed = replace(turned, xyz=(scale * (xyz + shift)).astype(np.float32))
    return placed, replace(camera, T_world_camera=T_world_camera)
