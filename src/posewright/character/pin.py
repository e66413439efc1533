"""Planted feet on a body of other proportions: put where the source's are, to scale, by two-bone inverse kinematics.

After Kovar, Schreiner and Gleicher 2002 (Footskate Cleanup for Motion Capture Editing), as `solve.plant` does on the humanoid.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from posewright.character.stance import Body
from posewright.character.tpose import SIDES
from posewright.errors import require
from posewright.geometry import Array, quat_between, quat_conjugate, quat_continuous, quat_from_rotvec, quat_multiply, quat_rotate, quat_to_rotvec
from posewright.solve.footprints import eased, runs, segments
from posewright.solve.ik import reach
from posewright.types import Motion

ON, OFF, LEAST_S, GAP_S = 0.6, 0.5, 0.06, 0.06
"""A contact begins above the first and ends below the second; shorter ones are dropped, shorter gaps closed."""
EASE_S, SPEED = 0.2, 0.5
"""Beside a contact its correction dies away over this time, or slower so as not to move faster than so many metres a second."""
TURN_SPEED, TILT_RAD = 3.0, np.radians(40.0)
"""The same for the turn that levels a sole, radians a second; one that leans farther lies on something else than the floor."""
STRAIGHT = 0.995
"""Share of its length to which a leg is stretched at most."""
SLIDE_SHARE = 0.06
"""A planted foot that strays farther than this share of the legs' length slides on purpose."""
UP = np.array([0.0, 1.0, 0.0])
KNEE = np.array([1.0, 0.0, 0.0])
"""Axis about which a knee bends in the T-pose."""


def pin_feet(source: Motion, motion: Motion, actor: Body, hero: Body) -> Motion:
    """The motion with planted feet where the source's stand, to the scale of the legs, on the hero's own floor.

    Args:
        source: on the actor, with contacts.
        motion: the same on the hero.
        actor: body of the source.
        hero: body of the motion.
    """
    contacts = source.contacts
    require(contacts is not None, "feet cannot be pinned without contacts")
    assert contacts is not None
    if not all(body.joint.get(side + part) is not None for body in (actor, hero) for side in SIDES for part in ("UpperLeg", "LowerLeg", "Foot")):
        return motion
    planted = segments(np.nan_to_num(contacts), motion.fps, ON, OFF, LEAST_S, GAP_S)
    scale = hero.leg_height / actor.leg_height
    theirs, ours = source.skeleton.forward(source.rotations, source.root_translation)[0], motion.skeleton.forward(motion.rotations, motion.root_translation)
    corrections, feet = {}, {}
    for side, columns in zip(SIDES, (slice(0, 2), slice(2, 4)), strict=True):
        feet[side] = _flattened(side, np.asarray(planted[:, columns].all(1)), ours[1], hero, motion.fps)
        corrections[side] = _correction(side, planted[:, columns], theirs, _with_foot(side, ours, feet[side], hero), actor, hero, scale, motion.fps)
    drop = _drop(corrections, ours[0], hero)
    rotations = motion.rotations.copy()
    for side, correction in corrections.items():
        _step(rotations, side, ours[0] - drop[:, None, None] * UP, ours[1], correction + drop[:, None] * UP, feet[side], hero)
    return replace(motion, rotations=quat_continuous(rotations), root_translation=motion.root_translation - drop[:, None] * UP)


def _flattened(side: str, flat: NDArray[np.bool_], worlds: Array, hero: Body, fps: float) -> NDArray[np.float64]:
    """World rotation of a foot (T, 4), its sole level where heel and ball are both planted, eased out beside it."""
    foot = hero.joint[f"{side}Foot"]
    sole = quat_rotate(quat_multiply(worlds[:, foot], quat_conjugate(hero.t_pose[foot])), UP)
    tilt = quat_to_rotvec(quat_between(sole, UP))
    flat = flat & (np.linalg.norm(tilt, axis=-1) < TILT_RAD)
    return quat_multiply(quat_from_rotvec(eased(np.where(flat[:, None], tilt, 0.0), flat, fps, EASE_S, TURN_SPEED)), worlds[:, foot])


def _with_foot(side: str, ours: tuple[Array, Array], foot: Array, hero: Body) -> NDArray[np.float64]:
    """Positions (T, J, 3) with the toes where they are when the foot has another rotation (T, 4)."""
    positions, worlds = ours
    if f"{side}Toes" not in hero.joint:
        return positions
    ankle, toes = hero.joint[f"{side}Foot"], hero.joint[f"{side}Toes"]
    moved = positions.copy()
    turn = quat_multiply(foot, quat_conjugate(worlds[:, ankle]))
    moved[:, toes] = positions[:, ankle] + quat_rotate(turn, positions[:, toes] - positions[:, ankle])
    return moved


def _correction(side: str, planted: NDArray[np.bool_], theirs: Array, ours: Array, actor: Body, hero: Body, scale: float, fps: float) -> NDArray[np.float64]:
    """How far the ankle must move (T, 3): known where heel or ball is planted, eased out beside it."""
    heel, ball = planted.T
    shifts = np.zeros((len(theirs), 2, 3))
    for column, part in enumerate(("Foot", "Toes")):
        part = part if side + part in actor.joint and side + part in hero.joint else "Foot"
        a, b = actor.joint[side + part], hero.joint[side + part]
        wanted = scale * (theirs[:, a] - [0.0, actor.rest_positions[a, 1] - actor.floor, 0.0])
        wanted[:, 1] += hero.rest_positions[b, 1] - hero.floor
        shifts[:, column] = _held_still(wanted, planted[:, column], SLIDE_SHARE * hero.leg_height) - ours[:, b]
    # The ball is what stays while a foot rolls; a heel that comes down before it, or stays after it, stands where the ball's place puts it.
    ankle = ours[:, hero.joint[f"{side}Foot"]]
    for start, stop in runs(heel):
        if (flat := ball[start:stop]).any():
            place = (ankle + shifts[:, 1])[start:stop][flat].mean(0)
            shifts[start:stop, 0, ::2] = (place - ankle[start:stop])[:, ::2]
    shift, held = np.where(ball[:, None], shifts[:, 1], shifts[:, 0]), heel | ball
    return eased(np.where(held[:, None], shift, 0.0), held, fps, EASE_S, SPEED * scale)


def _held_still(path: Array, planted: NDArray[np.bool_], slack: float) -> NDArray[np.float64]:
    """A path (T, 3) that in each planted stretch keeps to its mean place on the floor, but for what it strays farther than `slack`."""
    still = path.copy()
    for start, stop in runs(planted):
        off = path[start:stop, [0, 2]] - path[start:stop, [0, 2]].mean(0)
        far = np.linalg.norm(off, axis=-1, keepdims=True)
        still[start:stop, [0, 2]] -= off * np.minimum(1.0, slack / np.maximum(far, 1e-9))
    return still


def _drop(corrections: dict[str, Array], positions: Array, hero: Body) -> NDArray[np.float64]:
    """How far the whole body sinks (T,) so that no pinned foot is out of its leg's reach."""
    need = np.zeros(len(positions))
    for side, correction in corrections.items():
        hip, ankle = positions[:, hero.joint[f"{side}UpperLeg"]], positions[:, hero.joint[f"{side}Foot"]]
        length = STRAIGHT * _leg_length(hero, side)
        longest = np.maximum(length, np.linalg.norm(ankle - hip, axis=-1))
        way = hip - (ankle + correction)
        level = np.sum(way[:, [0, 2]] ** 2, axis=-1)
        need = np.maximum(need, np.where(np.abs(correction).max(-1) > 1e-9, way[:, 1] - np.sqrt(np.maximum(longest**2 - level, 0.0)), 0.0))
    return need


def _leg_length(hero: Body, side: str) -> float:
    places = [hero.rest_positions[hero.joint[side + part]] for part in ("UpperLeg", "LowerLeg", "Foot")]
    return float(np.linalg.norm(places[1] - places[0]) + np.linalg.norm(places[2] - places[1]))


def _step(rotations: Array, side: str, positions: Array, worlds: Array, correction: Array, turned_foot: Array, hero: Body) -> None:
    """Bend one leg so that its ankle moves by `correction` (T, 3), and give its foot a world rotation (T, 4)."""
    thigh, shin, foot = (hero.joint[side + part] for part in ("UpperLeg", "LowerLeg", "Foot"))
    back = quat_conjugate(worlds[:, [thigh, shin]])
    # In-between joints keep their places, so the leg is taken as the two straight ways between hip, knee and ankle.
    offsets = (quat_rotate(back[0, 0], positions[0, shin] - positions[0, thigh]), quat_rotate(back[0, 1], positions[0, foot] - positions[0, shin]))
    hinge = quat_rotate(quat_conjugate(hero.t_pose[thigh]), KNEE)
    moved = [worlds[:, thigh].copy(), worlds[:, shin].copy()]
    changed = np.linalg.norm(correction, axis=-1) > 1e-9
    moved[0][changed], moved[1][changed] = reach(
        positions[changed, thigh], worlds[changed, thigh], worlds[changed, shin], offsets, hinge, positions[changed, foot] + correction[changed]
    )
    for joint, new in ((thigh, moved[0]), (shin, moved[1]), (foot, turned_foot)):
        parent = hero.skeleton.parents[joint]
        above = worlds[:, parent]
        for mapped, turned in ((thigh, moved[0]), (shin, moved[1])):
            if parent == mapped:
                above = turned
            elif mapped != joint and _carries(hero, mapped, parent):  # a joint in between went along with its bone
                above = quat_multiply(turned, quat_multiply(quat_conjugate(worlds[:, mapped]), above))
        rotations[:, joint] = quat_multiply(quat_conjugate(above), new)


def _carries(hero: Body, bone: int, joint: int) -> bool:
    """Whether `joint` is an unmapped one that hangs on `bone`."""
    while joint >= 0 and joint not in hero.bone:
        joint = hero.skeleton.parents[joint]
    return joint == bone and joint >= 0
