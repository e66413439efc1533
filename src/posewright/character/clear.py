"""Hands kept out of the body: on a stouter trunk than the source's, arms are opened just so far that hands lie on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from posewright.character.stance import Body
from posewright.character.tpose import SIDES
from posewright.character.trunk import Slab, trunk_slabs
from posewright.geometry import Array, quat_conjugate, quat_continuous, quat_multiply, quat_rotate
from posewright.solve.ik import reach
from posewright.types import Character, Motion

THICKNESS = 0.09
"""Half the thickness of a hand with its clearance, as a share of the forearm's length."""
ELBOW = np.array([0.0, 1.0, 0.0])
"""Axis about which an elbow bends in the T-pose."""
PASSES = 4
"""What leads out of one slab may lead into the next, and out of it again."""
EASE_S = 0.05
"""Spread in time of a hand's way out and back."""
REACH_FINGERS = ("MiddleProximal", "IndexProximal", "RingProximal")


def clear_hands(motion: Motion, character: Character, body: Body) -> Motion:
    """The motion with each hand moved straight out of the trunk where it lies in it, by the arm's two bones; hands keep their rotation.

    Args:
        motion: on the character's own skeleton.
        character: whose mesh tells the girth; without one nothing changes.
        body: of the same character.
    """
    slabs = trunk_slabs(character, body)
    sides = [side for side in SIDES if all(side + part in body.joint for part in ("UpperArm", "LowerArm", "Hand"))]
    if not slabs or not sides:
        return motion
    positions, worlds = motion.skeleton.forward(motion.rotations, motion.root_translation)
    pushes = {side: _push(side, positions, worlds, body, slabs, motion.fps) for side in sides}
    if not any(push.any() for push in pushes.values()):
        return motion
    rotations = motion.rotations.copy()
    for side, push in pushes.items():
        moved = np.linalg.norm(push, axis=-1) > 1e-6
        if moved.any():
            _open(rotations, moved, side, positions, worlds, push, body)
    return replace(motion, rotations=quat_continuous(rotations))


def _push(side: str, positions: Array, worlds: Array, body: Body, slabs: tuple[Slab, ...], fps: float) -> NDArray[np.float64]:
    """How far the wrist must move in the world (T, 3) so that neither it nor the knuckles lie in the trunk."""
    hand, forearm = body.joint[f"{side}Hand"], body.joint[f"{side}LowerArm"]
    margin = THICKNESS * float(np.linalg.norm(body.rest_positions[hand] - body.rest_positions[forearm]))
    knuckles = next((body.joint[side + part] for part in REACH_FINGERS if side + part in body.joint), hand)
    turned = [quat_multiply(worlds[:, slab.joint], quat_conjugate(body.t_pose[slab.joint])) for slab in slabs]
    shift = np.zeros((len(positions), 3))
    for _ in range(PASSES):
        best = np.zeros_like(shift)
        for slab, turn in zip(slabs, turned, strict=True):
            for joint in {hand, knuckles}:
                local = quat_rotate(quat_conjugate(turn), positions[:, joint] + shift - positions[:, slab.joint])
                push = quat_rotate(turn, slab.push(local, margin))
                longer = np.linalg.norm(push, axis=-1) > np.linalg.norm(best, axis=-1)
                best[longer] = push[longer]
        shift += best
    return _steadied(shift, fps)


def _steadied(shift: Array, fps: float) -> NDArray[np.float64]:
    """Shifts (T, 3) that begin a little early and end a little late rather than at once."""
    if not shift.any():
        return shift
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(shift, EASE_S * fps, axis=0, mode="nearest"))


def _open(rotations: Array, moved: NDArray[np.bool_], side: str, positions: Array, worlds: Array, push: Array, body: Body) -> None:
    """Write the local rotations of an arm whose wrist moves by `push` (T, 3) in the frames `moved` (T,)."""
    upper, lower, hand = (body.joint[side + part] for part in ("UpperArm", "LowerArm", "Hand"))
    at, turn = positions[moved], worlds[moved]
    offsets = (
        quat_rotate(quat_conjugate(turn[0, upper]), at[0, lower] - at[0, upper]),
        quat_rotate(quat_conjugate(turn[0, lower]), at[0, hand] - at[0, lower]),
    )
    hinge = quat_rotate(quat_conjugate(body.t_pose[upper]), ELBOW)
    new_upper, new_lower = reach(at[:, upper], turn[:, upper], turn[:, lower], offsets, hinge, at[:, hand] + push[moved])
    old = {upper: turn[:, upper], lower: turn[:, lower]}
    new = {upper: new_upper, lower: new_lower, hand: turn[:, hand]}
    for joint, world in new.items():
        parent = body.skeleton.parents[joint]
        above = turn[:, parent]
        for bone in (upper, lower):  # joints between two bones went along with the first
            if bone != joint and (parent == bone or _hangs_on(body, bone, parent)):
                above = quat_multiply(new[bone], quat_multiply(quat_conjugate(old[bone]), above))
        rotations[moved, joint] = quat_multiply(quat_conjugate(above), world)


def _hangs_on(body: Body, bone: int, joint: int) -> bool:
    while joint >= 0 and joint not in body.bone:
        joint = body.skeleton.parents[joint]
    return joint == bone and joint >= 0
