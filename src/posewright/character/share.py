"""Rotation shared out: along spines and necks of more or fewer bones, and along limbs with twist bones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.character.stance import Body
from posewright.character.tpose import SIDES, reference_direction
from posewright.geometry import quat_conjugate, quat_from_rotvec, quat_multiply, quat_slerp, quat_to_rotvec
from posewright.skeletons import Skeleton
from posewright.skeletons.bone_names import plain_name

ON_THE_LIMB = 0.35
"""A twist joint lies within this share of the limb's length from its axis."""
FITTING_PASSES = 4
TWIST_WORDS = ("twist", "roll", "捩", "捻")
_LIMBS = {"UpperArm": ("LowerArm", ""), "LowerArm": ("Hand", "Hand"), "UpperLeg": ("LowerLeg", ""), "LowerLeg": ("Foot", "Foot")}
"""Bone: the bone at its end, and the one whose roll its twist joints take on; nothing for its own."""


def shared_deltas(turned: Mapping[str, NDArray[np.float64]], actor: Body, hero: Body) -> dict[int, NDArray[np.float64]]:
    """Turns (T, 4) of the hero's spine and neck joints where the two bodies have not the same ones.

    Each chain is a course from the joint below it to the one above; the k-th of n joints stands at k / n of a spine
    (whose last joint carries the arms) and at k / (n + 1) of a neck (the head following), and takes what the actor's
    course has there (`_spread`).

    Args:
        turned: of every joint of the actor, by its name, those between bones included.
        actor: body of the source.
        hero: body that is to move.
    """
    shared: dict[int, NDArray[np.float64]] = {}
    spines = _spine(actor), _spine(hero)
    if all(spines):
        course = [turned["hips"], *(turned[actor.skeleton.joints[i]] for i in spines[0])]
        if [actor.bone.get(i) for i in spines[0]] != [hero.bone.get(i) for i in spines[1]]:
            shared |= dict(zip(spines[1], [*_spread(course, len(spines[1]) - 1), course[-1]], strict=True))
    necks = _neck(actor, spines[0]), _neck(hero, spines[1])
    if necks[1] and "head" in actor.joint and [actor.bone.get(i) for i in necks[0] or []] != [hero.bone.get(i) for i in necks[1]]:
        base = turned[actor.skeleton.joints[spines[0][-1]]] if spines[0] else turned["hips"]
        course = [base, *(turned[actor.skeleton.joints[i]] for i in necks[0] or []), turned["head"]]
        shared |= dict(zip(necks[1], _spread(course, len(necks[1])), strict=True))
    return shared


def _spread(course: list[NDArray[np.float64]], count: int) -> list[NDArray[np.float64]]:
    """`count` rotations (T, 4) at even distances between the ends of a course of rotations, which are at even distances too.

    By slerp where they are more than the course's own; where they are fewer, those from which slerp gives the course's
    own again, as nearly as so few can (least squares). So a motion shared out to more joints comes back as it was.
    """
    found = [_along(course, k / (count + 1)) for k in range(1, count + 1)]
    inner = len(course) - 2
    if not 0 < count < inner:
        return found
    at = np.arange(1, inner + 1) / (inner + 1)
    weights = np.maximum(1.0 - np.abs(at[:, None] * (count + 1) - np.arange(1, count + 1)), 0.0)  # (inner, count), of linear interpolation
    for _ in range(FITTING_PASSES):
        missed = [quat_to_rotvec(quat_multiply(quat_conjugate(_along([course[0], *found, course[-1]], share)), own)) for share, own in zip(at, course[1:-1], strict=True)]
        steps = np.tensordot(np.linalg.pinv(weights), np.array(missed), 1)  # (count, T, 3)
        found = [quat_multiply(rotation, quat_from_rotvec(step)) for rotation, step in zip(found, steps, strict=True)]
    return found


def _along(course: list[NDArray[np.float64]], share: float) -> NDArray[np.float64]:
    """The rotation at `share` (0 to 1) of a course of rotations (T, 4) at even distances."""
    at = share * (len(course) - 1)
    below = min(int(at + 1e-9), len(course) - 1)
    if at - below < 1e-9:
        return course[below]
    return quat_slerp(course[below], course[below + 1], at - below)


def _path(skeleton: Skeleton, start: int, end: int) -> list[int] | None:
    """Joints below `start` on the way to `end`, that one included; None where it is not below."""
    path = [end]
    while path[0] != start:
        if skeleton.parents[path[0]] < 0:
            return None
        path.insert(0, skeleton.parents[path[0]])
    return path[1:]


def _spine(body: Body) -> list[int]:
    """Joints from above the hips to the one that carries both arms; empty where there is no such chain."""
    arms = [body.joint.get(f"{side}UpperArm") for side in SIDES]
    if "hips" not in body.joint or arms[0] is None or arms[1] is None:
        return []
    ways = [_path(body.skeleton, body.joint["hips"], arm) for arm in arms if arm is not None]
    if ways[0] is None or ways[1] is None:
        return []
    return [a for a, b in zip(*ways, strict=False) if a == b and a is not None]


def _neck(body: Body, spine: list[int]) -> list[int] | None:
    """Joints between the spine's last and the head."""
    if not spine or "head" not in body.joint:
        return None
    way = _path(body.skeleton, spine[-1], body.joint["head"])
    return None if way is None else way[:-1]


@dataclass(frozen=True)
class Chain:
    """Where a twist joint sits."""

    bone: int
    """The limb's bone that it sits on."""
    carrier: int
    """That bone's parent."""
    end: int
    """Whose roll it shares: the bone beyond, or the bone itself."""
    axis: NDArray[np.float64]
    """Along the limb in the T-pose, unit vector (3,)."""
    share: float
    """How far along the limb it sits, 0 to 1."""


def twist_joints(body: Body) -> dict[int, Chain]:
    """The joints that share a limb's roll: on its way to the next bone, or beside it and named so."""
    found = {}
    for side in SIDES:
        for part, (next_part, roll_of) in _LIMBS.items():
            bone, child = body.joint.get(side + part), body.joint.get(side + next_part)
            if bone is None or child is None:
                continue
            way = set(_path(body.skeleton, bone, child) or []) - {child}
            for i in _unmapped_below(body, bone):
                named = any(word in plain_name(body.skeleton.joints[i])[1] for word in TWIST_WORDS)
                share = _share(body, i, bone, child)
                if share is None or not (named or (i in way and roll_of)) or (i in way and not roll_of):
                    continue
                end = body.joint.get(side + roll_of, bone) if roll_of else bone
                found[i] = Chain(bone, max(body.skeleton.parents[bone], 0), end, reference_direction(side + part), share)
    return found


def _unmapped_below(body: Body, bone: int) -> list[int]:
    """Joints without a humanoid bone whose parent is `bone`."""
    return [i for i in body.skeleton.children(bone) if i not in body.bone]


def _share(body: Body, joint: int, bone: int, child: int) -> float | None:
    """How far along the way from `bone` to `child` a joint lies; None where it lies beside."""
    along = body.rest_positions[child] - body.rest_positions[bone]
    own = body.rest_positions[joint] - body.rest_positions[bone]
    length = float(along @ along)
    share = float(own @ along) / max(length, 1e-12)
    beside = float(np.linalg.norm(own - share * along))
    return float(np.clip(share, 0.0, 1.0)) if -0.1 <= share <= 1.1 and beside < ON_THE_LIMB * np.sqrt(length) else None
