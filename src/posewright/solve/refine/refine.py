"""Whole-clip refinement: one least-squares problem over the clip for the path, the bones' directions and their lengths.

It starts from the lifted pose and weighs, frame by frame, where the keypoints were seen, where the lifter says the
bones point, how fast a body turns, and, once the floor is known, what stands on it. Gauss-Newton with banded
Cholesky, in overlapping windows, so that time grows with the clip's length and memory does not.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from posewright.geometry import Array, normalize
from posewright.lift.place import fit_translation
from posewright.lift.wright import LiftedDirections, graded
from posewright.skeletons.bone_tree import BoneTree
from posewright.solve.filters import bridge_gaps, smooth_to
from posewright.solve.refine.lengths import QUANTILE, length_system, prior_lengths, updated_lengths
from posewright.solve.refine.limits import add_limits
from posewright.solve.refine.lively import STILL_STEPS, with_liveliness
from posewright.solve.refine.normal import NormalEquations
from posewright.solve.refine.problem import Ground, Observed, RefineOptions, State, tangent_planes
from posewright.solve.refine.terms import NEAR_M, add_ground, add_lift, add_reprojection, add_smoothness, position_jacobian
from posewright.types import Camera, Keypoints, Poses3D

WINDOW = 480
"""Frames solved at once."""
OVERLAP = 60
"""Frames that neighbouring windows share; the solution passes from one to the other within them."""
OFFSET_SMOOTHING_S = 0.05
"""Smoothing of what hangs on the tree: face and fingers."""
SURE_SHARE = 0.2
"""Share of the keypoints that are taken to be in plain sight, whatever the estimator's confidence says."""
UNSURE, SURE = 0.5, 0.9
"""Confidence below which a keypoint of an arm counts like any other, and from which it counts more."""
SETTLED = 2e-3
"""Steps below this, in metres and radians, end the iterations."""


def observe(tree: BoneTree, keypoints: Keypoints, poses: Poses3D, camera: Camera) -> Observed:
    """What the tree's points and bones look like in the keypoints and the lifted poses, which are in the camera's axes.

    Confidence in the keypoints is brought to one scale for all estimators (`graded`): that of some never comes near 1.
    """
    plane, confidence = tree.gather(camera.rays(keypoints.xy), keypoints.confidence)
    lifted, lift_trust = tree.gather(poses.xyz, poses.confidence)
    seen = lift_trust > 0
    vectors = tree.vectors(lifted)
    both = np.minimum(lift_trust[:, tree.ends[:, 0]], lift_trust[:, tree.ends[:, 1]])
    sizes = np.where(both > 0, np.linalg.norm(vectors, axis=-1), np.nan)
    known = np.isfinite(sizes).any(0)
    lengths = np.where(known, np.nanquantile(np.where(known, sizes, 0.0), QUANTILE, axis=0), tree.reference)
    bridged, bridged_trust = bridge_gaps(np.where(seen[..., None], lifted, np.nan), lift_trust, poses.timestamps)
    bridged = np.where(np.isfinite(bridged), bridged, 0.0)
    directions = tree.vectors(bridged)
    short = np.linalg.norm(directions, axis=-1) < 1e-6
    directions[short] = [0.0, 1.0, 0.0]  # never seen: hangs down the picture, and is not trusted
    bone_trust = np.where(short, 0.0, np.minimum(bridged_trust[:, tree.ends[:, 0]], bridged_trust[:, tree.ends[:, 1]]))
    return Observed(plane, graded(confidence, SURE_SHARE), normalize(directions), bone_trust, lengths, poses.timestamps, np.ones(bone_trust.shape))


def fused(tree: BoneTree, observed: Observed, opinion: LiftedDirections) -> Observed:
    """The lifted directions and those of another lifter as one, each by how far it is trusted; where they differ the trust falls."""
    columns = [opinion.bones.index(bone) for bone in tree.bones]
    weight = opinion.weight[:, columns]
    total = observed.bone_trust + weight
    together = observed.bone_trust[..., None] * observed.directions + weight[..., None] * opinion.directions[:, columns]
    agreement = np.linalg.norm(together, axis=-1) / np.maximum(total, 1e-9)
    directions = np.where((agreement * total > 1e-6)[..., None], normalize(together), observed.directions)
    return replace(observed, directions=directions, bone_trust=np.minimum(total, 1.0) * np.minimum(agreement, 1.0))


def with_arms(tree: BoneTree, observed: Observed, options: RefineOptions) -> Observed:
    """Elbows and wrists that are surely seen followed more closely, and the lifted directions of their bones less."""
    trust, bone_trust = observed.trust.copy(), observed.bone_trust.copy()
    sure = np.clip((trust - UNSURE) / (SURE - UNSURE), 0.0, 1.0)
    for p, point in enumerate(tree.points):
        if point.endswith(("_elbow", "_wrist")):
            trust[:, p] *= 1.0 + (options.arms - 1.0) * sure[:, p]
    for b, bone in enumerate(tree.bones):
        if bone.endswith(("_upper_arm", "_forearm")):
            bone_trust[:, b] *= 1.0 + (options.arms_lift - 1.0) * sure[:, tree.ends[b]].min(1)
    return replace(observed, trust=trust, bone_trust=bone_trust)


def initial_state(tree: BoneTree, observed: Observed) -> State:
    """The lifted directions on an average body's bones, placed where they meet the rays best."""
    lengths = prior_lengths(tree, observed.lifted_lengths)
    relative = tree.positions(np.zeros((len(observed.times), 3)), observed.directions, lengths)
    root = fit_translation(relative, np.where(observed.trust[..., None] > 0, observed.rays, np.nan), observed.trust)
    found = np.isfinite(root).all(-1)
    if not found.any():
        return State(np.tile([0.0, 0.0, 3.0], (len(root), 1)), observed.directions, lengths)
    root = np.stack([np.interp(observed.times, observed.times[found], root[found, axis]) for axis in range(3)], axis=-1)
    return State(root, observed.directions, lengths)


def windows(frames: int) -> list[slice]:
    """Overlapping windows that cover the clip."""
    starts = list(range(0, max(frames - OVERLAP, 1), WINDOW - OVERLAP))
    return [slice(start, min(start + WINDOW, frames)) for start in starts]


def minimise(tree: BoneTree, state: State, observed: Observed, options: RefineOptions, ground: Ground | None = None, fit_lengths: bool = True, still: int = STILL_STEPS) -> State:
    """Gauss-Newton until it settles; the lengths are updated in turn with the rest, over the whole clip.

    After `still` steps bones accelerate as they are found to (`lively`).
    """
    parts = windows(len(state.root))
    states = [state.sliced(part.start, part.stop) for part in parts]
    seen = [observed.sliced(part) for part in parts]
    grounds = [None if ground is None else replace(ground, planted=ground.planted[part]) for part in parts]
    prior = prior_lengths(tree, observed.lifted_lengths)
    for count in range(options.iterations):
        now = seen if count < still else [with_liveliness(what, part.directions, options) for what, part in zip(seen, states, strict=True)]
        tangents = [tangent_planes(part.directions) for part in states]
        steps = [np.clip(_solve(tree, *each, options), -0.5, 0.5) for each in zip(states, tangents, now, grounds, strict=True)]
        states = [_moved(*each) for each in zip(states, steps, tangents, strict=True)]
        moved = max(float(np.abs(step).max()) for step in steps)
        if fit_lengths and np.isfinite(options.length):
            systems = [length_system(tree, part, what, options) for part, what in zip(states, seen, strict=True)]
            matrix, gradient = sum(m for m, _ in systems), sum(g for _, g in systems)
            lengths = updated_lengths(tree, states[0].lengths, prior, np.asarray(matrix), np.asarray(gradient), len(state.root), options)
            moved = max(moved, float(np.abs(lengths - states[0].lengths).max()))
            states = [replace(part, lengths=lengths) for part in states]
        if moved < SETTLED and count >= still:
            break
    return _joined(states, parts, len(state.root))


def _solve(tree: BoneTree, state: State, tangents: Array, observed: Observed, ground: Ground | None, options: RefineOptions) -> Array:
    """One Gauss-Newton step of a window."""
    equations = NormalEquations(len(state.root), 3 + 2 * tangents.shape[1])
    positions = state.positions(tree)
    jacobian = position_jacobian(tree, state.lengths, tangents)
    add_reprojection(equations, positions, jacobian, observed, options)
    add_lift(equations, state, tangents, observed, options)
    if np.isfinite(options.limit):
        add_limits(equations, tree, state, tangents, options)
    if len(observed.times) > 2:
        add_smoothness(equations, state, tangents, observed, options)
    if ground is not None and len(observed.times) > 1:
        add_ground(equations, positions, jacobian, ground, observed.times, options)
    return equations.solve(damping=1e-3)


def _moved(state: State, step: Array, tangents: Array) -> State:
    moved = state.stepped(step, tangents)
    root = moved.root.copy()
    root[:, 2] = np.maximum(root[:, 2], NEAR_M)
    return replace(moved, root=root)


def _joined(states: list[State], parts: list[slice], frames: int) -> State:
    """One state from overlapping ones: within an overlap it passes evenly from one to the next."""
    root = np.zeros((frames, 3))
    directions = np.zeros((frames, *states[0].directions.shape[1:]))
    share = np.ones((len(parts), frames))
    for i, (early, late) in enumerate(pairwise(parts)):
        ramp = np.linspace(0.0, 1.0, early.stop - late.start + 2)[1:-1]
        share[i, late.start : early.stop] *= 1.0 - ramp
        share[i + 1, late.start : early.stop] *= ramp
    for i, (state, part) in enumerate(zip(states, parts, strict=True)):
        root[part] += share[i, part, None] * state.root
        directions[part] += share[i, part, None, None] * state.directions
    return State(root, normalize(directions), states[0].lengths)


def refined_poses(tree: BoneTree, state: State, poses: Poses3D) -> Poses3D:
    """The refined joints in the camera's frame, absolute; joints outside the tree keep their smoothed place beside the point they hang on.

    Confidence is the lifter's.
    """
    lifted, lift_trust = tree.gather(poses.xyz, poses.confidence)
    points = state.positions(tree)
    anchors = [_anchor(tree, joint, column) for column, joint in enumerate(poses.joint_set.joints)]
    offset, trust = poses.xyz.astype(np.float64) - lifted[:, anchors], np.minimum(poses.confidence, lift_trust[:, anchors])
    bridged, weight = bridge_gaps(np.where(trust[..., None] > 0, offset, np.nan), trust, poses.timestamps)
    offset, _ = smooth_to(poses.timestamps, bridged, weight, poses.timestamps, OFFSET_SMOOTHING_S)
    own = np.array([tree.sources[point, column] == 1.0 for column, point in enumerate(anchors)])
    xyz = points[:, anchors] + np.where(own[:, None], 0.0, offset)
    confidence = np.where(np.isfinite(xyz).all(-1), poses.confidence, 0.0)
    return Poses3D(xyz.astype(np.float32), confidence.astype(np.float32), poses.joint_set, poses.timestamps, "camera", root_relative=False)


_HEAD = ("nose", "eye", "ear", "mouth", "head")
_HAND = ("thumb", "index", "pinky")


def _anchor(tree: BoneTree, joint: str, column: int) -> int:
    """The point that carries a joint: its own, else the head, the hand or the pelvis."""
    own = np.flatnonzero(tree.sources[:, column] == 1.0)
    if len(own):
        return int(own[0])
    side = "left" if joint.startswith("left") else "right"
    choices = ["pelvis"]
    if any(part in joint for part in _HAND) and "foot" not in joint:
        choices = [f"{side}_knuckles", f"{side}_wrist"]
    elif any(part in joint for part in _HEAD):
        choices = ["ears", "neck"]
    elif "toe" in joint:
        choices = [f"{side}_toe", f"{side}_ankle"]
    elif joint in ("neck", "upper_neck"):
        choices = ["neck"]
    return next(tree.index(name) for name in choices if name in tree.points)
