from __future__ import annotations

import numpy as np
import pytest

from posewright.character.mapping import NEEDED_BONES, Rig, from_vrm, map_bones
from posewright.errors import CharacterError
from posewright.skeletons import Skeleton, reference_skeleton
from tests.character.rigs import below_root, rested
from tests.character.test_tpose import RESTS


def rig_of(skeleton: Skeleton, names: tuple[str, ...] | None = None, turn: float = 0.0) -> Rig:
    positions = skeleton.rest_pose()[0]
    c, s = np.cos(turn), np.sin(turn)
    return Rig(names or skeleton.joints, skeleton.parents, positions @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T)


def nameless(skeleton: Skeleton) -> tuple[str, ...]:
    return tuple(f"骨{i}" for i in range(len(skeleton)))


@pytest.mark.parametrize("rest", ["T", "A", "arms down", "straddled"])
@pytest.mark.parametrize("fingers", [False, True])
@pytest.mark.parametrize("turn", [0.0, np.pi / 2, np.pi])
def test_bones_without_names_are_found_by_shape(rest: str, fingers: bool, turn: float) -> None:
    skeleton = rested(reference_skeleton(fingers=True), RESTS[rest])
    if not fingers:
        keep = reference_skeleton()
        full = skeleton.rest_pose()[0]
        index = [skeleton.index(joint) for joint in keep.joints]
        offsets = [full[i] - (full[index[p]] if p >= 0 else 0) for i, p in zip(index, keep.parents, strict=True)]
        skeleton = Skeleton(keep.joints, keep.parents, np.array(offsets), keep.rest_rotations)
    names = nameless(skeleton)
    found = map_bones(rig_of(skeleton, names, turn), "x.glb")
    wrong = {bone: skeleton.joints[names.index(joint)] for bone, joint in found.bones.items() if skeleton.joints[names.index(joint)] != bone}
    assert not {bone for bone in wrong if bone in NEEDED_BONES or bone.endswith(("Hand", "Foot"))}, wrong
    assert found.source == "the skeleton's shape"
    assert found.score < 0.8


def test_needed_bones_that_names_do_not_give_come_from_the_shape() -> None:
    skeleton = reference_skeleton(fingers=True)
    names = tuple("thing" if joint == "leftLowerLeg" else joint for joint in skeleton.joints)
    found = map_bones(rig_of(skeleton, names), "x.glb")
    assert found.bones["leftLowerLeg"] == "thing"
    assert (found.how["leftLowerLeg"], found.how["rightLowerLeg"]) == ("shape", "names")
    assert found.score < map_bones(rig_of(skeleton), "x.glb").score


def test_a_cat_is_refused_with_the_reason() -> None:
    """A trunk that lies, four legs of two bones and a paw each, a tail, a head: names that fit no table."""
    joints, parents, places = ["pelvis"], [-1], [(0.0, 0.3, -0.3)]

    def grow(parent: int, name: str, *points: tuple[float, float, float]) -> int:
        for k, point in enumerate(points):
            joints.append(f"{name}{k}")
            parents.append(parent)
            places.append(point)
            parent = len(joints) - 1
        return parent

    chest = grow(0, "back", (0.0, 0.32, -0.1), (0.0, 0.32, 0.1), (0.0, 0.3, 0.25))
    for x in (0.06, -0.06):
        grow(0, f"hind{x}", (x, 0.28, -0.3), (x, 0.15, -0.25), (x, 0.05, -0.33), (x, 0.0, -0.28))
        grow(chest, f"fore{x}", (x, 0.26, 0.25), (x, 0.14, 0.22), (x, 0.04, 0.25), (x, 0.0, 0.29))
    grow(chest, "skull", (0.0, 0.38, 0.35), (0.0, 0.42, 0.42))
    grow(0, "tail", (0.0, 0.35, -0.4), (0.0, 0.4, -0.55), (0.0, 0.45, -0.7))
    with pytest.raises(CharacterError, match=r"cat\.glb has no bone for .*four-legged animal.*Bones found: pelvis, back0.*--write-map"):
        map_bones(Rig(tuple(joints), tuple(parents), np.array(places)), "cat.glb")


def test_a_lamp_post_is_refused() -> None:
    post = Rig(("base", "pole", "lamp"), (-1, 0, 1), np.array([[0, 0, 0], [0, 1.0, 0], [0, 3.0, 0]]))
    with pytest.raises(CharacterError, match="No two chains of bones reach the floor"):
        map_bones(post, "post.glb")


def test_the_users_word_counts_most() -> None:
    skeleton = below_root(reference_skeleton())
    rig = rig_of(skeleton)
    found = map_bones(rig, "x.glb", given={"leftLowerArm": "leftTwist", "rightToes": "", "neck": "head"})
    assert found.bones["leftLowerArm"] == "leftTwist"
    assert found.how["leftLowerArm"] == "given"
    assert "rightToes" not in found.bones
    assert found.bones["neck"] == "head"
    assert "head" not in found.bones  # one joint is one bone
    with pytest.raises(CharacterError, match="no humanoid bone"):
        map_bones(rig, "x.glb", given={"leftWing": "head"})
    with pytest.raises(CharacterError, match=r"x\.glb has no such bone.*It has: Root"):
        map_bones(rig, "x.glb", given={"head": "skull"})


def test_left_and_right_as_the_viewer_sees_them_are_exchanged() -> None:
    skeleton = reference_skeleton()
    other = {"left": "right", "right": "left"}
    names = tuple(next((other[s] + joint[len(s) :] for s in other if joint.startswith(s)), joint) for joint in skeleton.joints)
    found = map_bones(rig_of(skeleton, names), "x.glb")
    assert found.bones["leftFoot"] == "rightFoot"
    assert any("exchanged" in note for note in found.notes)
    assert map_bones(rig_of(skeleton, turn=np.pi), "x.glb").bones["leftFoot"] == "leftFoot"  # toes tell that it faces -Z


def test_legs_beside_the_hips_take_the_joint_that_carries_all() -> None:
    skeleton = reference_skeleton()
    names = ["Body", *skeleton.joints]
    parents = [-1, 0, *(p + 1 for p in skeleton.parents[1:])]
    for side in ("left", "right"):
        parents[names.index(f"{side}UpperLeg")] = 0
    positions = np.concatenate([[[0.0, 1.0, 0.0]], skeleton.rest_pose()[0]])
    found = map_bones(Rig(tuple(names), tuple(parents), positions), "x.glb")
    assert found.bones["hips"] == "Body"


def test_vrm_maps_of_both_versions() -> None:
    new = {"extensions": {"VRMC_vrm": {"humanoid": {"humanBones": {"hips": {"node": 3}, "leftThumbMetacarpal": {"node": 5}}}}}}
    assert from_vrm(new) == {"hips": 3, "leftThumbMetacarpal": 5}
    bones = [
        {"bone": "hips", "node": 3},
        {"bone": "leftThumbProximal", "node": 5},
        {"bone": "leftThumbIntermediate", "node": 6},
        {"bone": "leftThumbDistal", "node": 7},
        {"bone": "jaw", "node": -1},
    ]
    assert from_vrm({"extensions": {"VRM": {"humanoid": {"humanBones": bones}}}}) == {"hips": 3, "leftThumbMetacarpal": 5, "leftThumbProximal": 6, "leftThumbDistal": 7}
    assert from_vrm({}) == {}


def test_the_only_bone_of_a_trunk_is_its_spine() -> None:
    """Also where it is called chest, as in rigs whose other vertebrae have names in another language."""
    skeleton = reference_skeleton()
    names = tuple("上半身" if joint == "spine" else joint for joint in skeleton.joints)
    found = map_bones(rig_of(skeleton, names), "x.glb")
    assert found.bones["spine"] == "chest"
    assert found.how["spine"] == "names"
    assert found.how.keys() == found.bones.keys()
