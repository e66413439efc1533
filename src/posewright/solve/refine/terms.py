"""The terms of the refinement's energy: each adds its residuals, linearised, to the normal equations."""

from __future__ import annotations

import numpy as np

from posewright.geometry import Array, normalize
from posewright.lift.place import geman_mcclure_weight
from posewright.skeletons.bone_tree import BoneTree
from posewright.solve.refine.normal import NormalEquations
from posewright.solve.refine.problem import Ground, Observed, RefineOptions, State, huber_weight

NEAR_M = 0.2
"""Nothing is nearer to the camera than this."""
JITTER_STEP_S = 1.0 / 60.0
"""Time for which `RefineOptions.jitter_m` is told."""


def position_jacobian(tree: BoneTree, lengths: Array, tangents: Array) -> Array:
    """Derivative of the points with respect to a frame's unknowns, (T, P, 3, 3 + 2 B)."""
    frames, bones = tangents.shape[:2]
    points = len(tree.points)
    jacobian = np.zeros((frames, points, 3, 3 + 2 * bones))
    jacobian[..., :3] = np.eye(3)
    turns = (tree.chain * lengths)[None, :, None, :, None] * tangents.transpose(0, 2, 1, 3)[:, None]
    jacobian[..., 3:] = turns.reshape(frames, points, 3, 2 * bones)
    return jacobian


def reprojection_residual(positions: Array, rays: Array, options: RefineOptions) -> tuple[Array, Array]:
    """Misses (T, P, 2) in standard deviations and their derivative by position (T, P, 2, 3).

    A miss is measured at the person's depth, in metres, so that it weighs the same near and far.
    """
    depth = np.maximum(positions[..., 2], NEAR_M)
    scale = np.maximum(positions[:, :1, 2], NEAR_M) / options.reprojection_m
    residual = scale[..., None] * (positions[..., :2] / depth[..., None] - rays)
    derivative = np.zeros((*positions.shape[:-1], 2, 3))
    derivative[..., 0, 0] = derivative[..., 1, 1] = scale / depth
    derivative[..., 0, 2], derivative[..., 1, 2] = (-scale * positions[..., axis] / depth**2 for axis in (0, 1))
    return residual, derivative


def add_reprojection(equations: NormalEquations, positions: Array, jacobian: Array, observed: Observed, options: RefineOptions) -> None:
    """The points' images lie on their keypoints, and move as these do.

    A keypoint's error is made of two parts: one that stays for a while, as where a network puts a hip, and one that changes
    from frame to frame. Taken as a Markov process (Gelb 1974, sec. 4.5) its neighbours' difference is a residual of its own.
    """
    residual, derivative = reprojection_residual(positions, observed.rays, options)
    doubt = geman_mcclure_weight(np.linalg.norm(residual, axis=-1), options.wrong)
    rows = derivative @ jacobian  # (T, P, 2, n)
    weight, pull = observed.trust**2 * doubt, (observed.trust**2 * doubt)[..., None] * residual
    if np.isfinite(options.jitter_m) and len(residual) > 1:
        steady, change = _change_weight(residual, doubt, observed, options), np.diff(residual, axis=0)
        drag = steady[..., None] * change
        for frames, sign in ((slice(None, -1), -1.0), (slice(1, None), 1.0)):
            weight[frames] += steady
            pull[frames] += sign * drag
        equations.add_neighbours(_flat(rows[:-1] * -steady[..., None, None]), _flat(rows[1:]))
    transposed = _flat(rows).transpose(0, 2, 1)
    equations.diagonal[:] += transposed @ _flat(rows * weight[..., None, None])
    equations.gradient += (transposed @ pull.reshape(len(pull), -1, 1))[..., 0]


def _change_weight(residual: Array, doubt: Array, observed: Observed, options: RefineOptions) -> Array:
    """Weight of how much each miss (T, P, 2), in standard deviations of `reprojection_m`, changes to the next frame, (T - 1, P)."""
    jitter_m = options.jitter_m * np.sqrt(np.diff(observed.times) / JITTER_STEP_S)
    scale = options.reprojection_m / np.maximum(jitter_m, 0.5 * options.jitter_m)[:, None]
    jump = geman_mcclure_weight(scale * np.linalg.norm(np.diff(residual, axis=0), axis=-1), options.wrong)
    both = [np.minimum(each[1:], each[:-1]) for each in (np.minimum(observed.trust, 1.0), doubt)]
    return scale**2 * both[0] ** 2 * both[1] * jump


def _flat(rows: Array) -> Array:
    """(T, P, 2, n) as (T, 2 P, n)."""
    return rows.reshape(len(rows), -1, rows.shape[-1])


def add_lift(equations: NormalEquations, state: State, tangents: Array, observed: Observed, options: RefineOptions) -> None:
    """Bones point where the lifter says; along the line of sight it is trusted by a measure of its own."""
    sight = normalize(state.root)[:, None]
    miss = state.directions - observed.directions
    along = np.sum(miss * sight, axis=-1, keepdims=True) * sight
    scaled = (miss - along) / options.lift**2 + along / options.lift_depth**2
    size = np.sqrt(np.maximum(np.sum(miss * scaled, axis=-1), 0.0))
    weight = observed.bone_trust * huber_weight(size, options.robust)
    seen = np.einsum("tbkm,tk->tbm", tangents, sight[:, 0])
    blocks = np.einsum("tbkm,tbkn->tbmn", tangents, tangents) / options.lift**2
    blocks += (1 / options.lift_depth**2 - 1 / options.lift**2) * seen[..., :, None] * seen[..., None, :]
    pulls = np.einsum("tbkm,tbk->tbm", tangents, scaled)
    equations.small_blocks(3, tangents.shape[1], 2, 0)[:] += weight[..., None, None] * blocks
    equations.gradient[:, 3:] += (weight[..., None] * pulls).reshape(len(weight), -1)


def second_difference(times: Array) -> Array:
    """Coefficients (T - 2, 3) that give the second derivative at uneven times (T,)."""
    before, after = np.diff(times)[:-1], np.diff(times)[1:]
    both = before + after
    return np.stack([2 / (before * both), -2 / (before * after), 2 / (after * both)], axis=1)


def add_smoothness(equations: NormalEquations, state: State, tangents: Array, observed: Observed, options: RefineOptions) -> None:
    """Bones and pelvis accelerate like a body's, with room for the hard turns of a punch or a kick.

    The loss is convex (pseudo-Huber; Charbonnier et al. 1994): a jump that the lifted poses begin with is no stable solution.
    """
    times = observed.times
    coefficients = second_difference(times)
    count = len(coefficients)
    identity = np.broadcast_to(np.eye(3), (len(times), 1, 3, 3))
    strict = 1.0 / observed.freedom[1:-1] ** 2
    terms = (
        (0, state.root[:, None], identity, options.root_acceleration, np.ones(1)),
        (3, state.directions, tangents, options.turn_acceleration, strict),
    )
    for start, vectors, derivative, spread, share in terms:
        scaled = coefficients / spread
        residual = sum((scaled[:, i, None, None] * vectors[i : i + count] for i in range(3)), np.zeros((count, *vectors.shape[1:])))
        weight = share / np.sqrt(1.0 + share * np.sum(residual**2, axis=-1) / options.burst**2)
        equations.add_curvature(start, derivative, scaled, residual, weight)


def add_ground(equations: NormalEquations, positions: Array, jacobian: Array, ground: Ground, times: Array, options: RefineOptions) -> None:
    """A planted point stays where it is and on the floor; no point is below it."""
    steps = np.diff(times)
    for column, point in enumerate(ground.points):
        planted = ground.planted[:, column]
        both = np.minimum(planted[1:], planted[:-1])
        rate = np.stack([-1 / steps, 1 / steps], axis=1) / options.contact_m_s
        residual = np.diff(positions[:, point], axis=0) / steps[:, None] / options.contact_m_s
        equations.add_stencil(jacobian[:, point], rate, residual, both * huber_weight(np.linalg.norm(residual, axis=-1), options.robust))
        if ground.level is None:
            continue
        height = (positions[:, point] @ ground.up - ground.level - ground.clearance[column]) / options.floor_m
        weight = np.where(height < 0, 1.0, planted) * huber_weight(np.abs(height), options.robust)
        row = np.einsum("k,tkn->tn", ground.up, jacobian[:, point]) / options.floor_m
        equations.diagonal[:] += (weight[:, None] * row)[:, :, None] * row[:, None, :]
        equations.gradient += (weight * height)[:, None] * row
