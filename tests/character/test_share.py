from __future__ import annotations

import numpy as np
import pytest

from posewright.character.retarget import retarget
from posewright.character.share import _along, _spread, twist_joints
from posewright.character.stance import Body
from posewright.geometry import quat_angle, quat_conjugate, quat_from_rotvec, quat_multiply, quat_slerp
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.solve.extremities import twist_angle
from posewright.types import Character, Motion
from tests.character.rigs import bare_character, rolled, without
from tests.strategies import random_motion

X = np.array([1.0, 0.0, 0.0])


def split_spine(skeleton: Skeleton, before: str, count: int, name: str) -> Skeleton:
    """More bones between a joint and its parent, at even distances."""
    names, parents, offsets = list(skeleton.joints), list(skeleton.parents), [*skeleton.rest_offsets]
    for k in range(count):
        at = names.index(before)
        names.insert(at, f"{name}{k}")
        parents = [p + (p >= at) for p in parents]
        parents.insert(at, parents[at])
        parents[at + 1] = at
        step = skeleton.rest_offsets[skeleton.index(before)] / (count + 1)
        offsets.insert(at, step)
        offsets[at + 1] = step
    return Skeleton(tuple(names), tuple(parents), np.array(offsets), np.tile([0.0, 0.0, 0.0, 1.0], (len(names), 1)))


def world_turns(motion: Motion, body: Body) -> np.ndarray:
    return quat_multiply(motion.world_rotations(), quat_conjugate(body.t_pose))


def test_a_longer_spine_shares_the_bend() -> None:
    """Six spine bones for three: each turns part of the way between its neighbours, the last as the chest does."""
    source = random_motion(3, frames=4, angle=1.0)
    skeleton = split_spine(split_spine(source.skeleton, "chest", 2, "between"), "upperChest", 1, "above")
    character = bare_character(rolled(skeleton, 4))
    turns = world_turns(retarget(source, character), Body.of(character))
    chain = [i for i in range(len(skeleton)) if skeleton.joints[i] in ("spine", "between0", "between1", "chest", "above0", "upperChest")]
    theirs = source.world_rotations()
    course = [theirs[:, source.skeleton.index(joint)] for joint in ("hips", "spine", "chest", "upperChest")]
    for k, joint in enumerate(chain, start=1):
        at = 3.0 * k / 6.0
        wanted = course[int(at)] if at == int(at) else quat_slerp(course[int(at)], course[int(at) + 1], at - int(at))
        np.testing.assert_allclose(quat_angle(turns[:, joint], wanted), 0.0, atol=1e-6)


@pytest.mark.parametrize("less", [("upperChest",), ("chest", "upperChest")])
def test_a_shorter_spine_still_carries_the_shoulders(less: tuple[str, ...]) -> None:
    source = random_motion(3, frames=4, angle=1.0)
    character = bare_character(rolled(without(source.skeleton, *less), 4))
    turns = world_turns(retarget(source, character), Body.of(character))
    top = character.skeleton.index(character.humanoid["chest" if "chest" not in less else "spine"])
    np.testing.assert_allclose(quat_angle(turns[:, top], source.world_rotations()[:, source.skeleton.index("upperChest")]), 0.0, atol=1e-6)


def test_a_second_neck_bone_turns_half_way_to_the_head() -> None:
    source = random_motion(5, frames=4, angle=0.8)
    skeleton = split_spine(source.skeleton, "head", 1, "neck2_")
    character = bare_character(rolled(skeleton, 1))
    turns = world_turns(retarget(source, character), Body.of(character))
    theirs = source.world_rotations()
    course = [theirs[:, source.skeleton.index(joint)] for joint in ("upperChest", "neck", "head")]
    for joint, at in (("neck", 2 / 3), ("neck2_0", 4 / 3)):
        wanted = quat_slerp(course[int(at)], course[int(at) + 1], at - int(at))
        np.testing.assert_allclose(quat_angle(turns[:, skeleton.index(joint)], wanted), 0.0, atol=1e-6)


def with_twists(skeleton: Skeleton) -> Character:
    """Twist bones beside the left forearm and upper arm, at a third and two thirds of their lengths, and one that only sounds like it."""
    names, parents, offsets = list(skeleton.joints), list(skeleton.parents), [*skeleton.rest_offsets]
    for bone, child, prefix in (("leftUpperArm", "leftLowerArm", "upperarm"), ("leftLowerArm", "leftHand", "lowerarm")):
        for k in (1, 2):
            names.append(f"{prefix}_twist_0{k}_l")
            parents.append(skeleton.index(bone))
            offsets.append(skeleton.rest_offsets[skeleton.index(child)] * k / 3.0)
    names.append("twisted_ribbon_l")
    parents.append(skeleton.index("leftLowerArm"))
    offsets.append(np.array([0.1, 0.4, 0.0]))
    body = Skeleton(tuple(names), tuple(parents), np.array(offsets), np.tile([0.0, 0.0, 0.0, 1.0], (len(names), 1)))
    return bare_character(rolled(body, 8))


def test_twist_bones_take_their_part() -> None:
    source = Motion(reference_skeleton(), np.tile([0.0, 0.0, 0.0, 1.0], (1, 22, 1)), np.zeros((1, 3)), 30.0)
    rotations = source.rotations.copy()
    rotations[:, source.skeleton.index("leftHand")] = quat_from_rotvec(np.radians(60.0) * X)
    rotations[:, source.skeleton.index("leftUpperArm")] = quat_from_rotvec(np.radians(-45.0) * X)
    motion = Motion(source.skeleton, rotations, source.root_translation, 30.0)
    character = with_twists(source.skeleton)
    body = Body.of(character)
    assert {character.skeleton.joints[i] for i in twist_joints(body)} == {f"{part}_twist_0{k}_l" for part in ("upperarm", "lowerarm") for k in (1, 2)}
    turns = world_turns(retarget(motion, character), body)

    def roll(joint: str, against: str) -> float:
        relative = quat_multiply(quat_conjugate(turns[:, character.skeleton.index(against)]), turns[:, character.skeleton.index(joint)])
        return float(np.degrees(twist_angle(relative, X))[0])

    for k in (1, 2):
        # Along the forearm the hand's 60 degrees grow; along the upper arm its own 45, nearest the shoulder least.
        assert roll(f"lowerarm_twist_0{k}_l", character.humanoid["leftLowerArm"]) == pytest.approx(60.0 * k / 3, abs=1e-4)
        assert roll(f"upperarm_twist_0{k}_l", character.humanoid["leftShoulder"]) == pytest.approx(-45.0 * k / 3, abs=1e-4)
    assert roll("twisted_ribbon_l", character.humanoid["leftLowerArm"]) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(("own", "others"), [(1, 2), (1, 4), (2, 3), (2, 5), (3, 3)])
def test_what_was_shared_out_to_more_joints_comes_back(own: int, others: int) -> None:
    rng = np.random.default_rng(own + 10 * others)
    course = [quat_from_rotvec(rng.normal(0.0, 0.25, (7, 3))) for _ in range(own + 2)]
    more = [course[0], *_spread(course, others), course[-1]]
    for wanted, found in zip(course[1:-1], _spread(more, own), strict=True):
        np.testing.assert_allclose(quat_angle(wanted, found), 0.0, atol=1e-4)


def test_fewer_joints_fit_as_well_as_they_can() -> None:
    """Better than what merely lies at their place on the course."""
    rng = np.random.default_rng(2)
    course = [quat_from_rotvec(rng.normal(0.0, 0.3, (50, 3))) for _ in range(5)]

    def missed(few: list[np.ndarray]) -> float:
        back = [_along([course[0], *few, course[-1]], k / 4) for k in (1, 2, 3)]
        return float(np.mean([quat_angle(a, b) ** 2 for a, b in zip(back, course[1:-1], strict=True)]))

    assert missed(_spread(course, 1)) < missed([_along(course, 0.5)])
