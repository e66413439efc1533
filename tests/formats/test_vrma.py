"""VRM animation: what the specification demands of the file, and the movement there and back."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posewright.errors import UsageError
from posewright.formats import read_motion, write
from posewright.formats.humanoid_motion import humanoid_motion
from posewright.geometry import IDENTITY, quat_angle, quat_from_rotvec, quat_multiply
from posewright.skeletons import HUMANOID_PARENTS, REQUIRED_BONES, Skeleton, reference_skeleton
from posewright.types import Character, Motion
from tests.formats.samples import box_character, random_motion


def document(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    return json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])


def test_there_and_back(tmp_path: Path, motion: Motion) -> None:
    write(tmp_path / "a.vrma", motion)
    back = read_motion(tmp_path / "a.vrma")
    assert (back.fps, len(back), {*back.skeleton.joints}) == (motion.fps, len(motion), {*motion.skeleton.joints})
    order = [back.skeleton.index(joint) for joint in motion.skeleton.joints]
    assert np.abs(back.joint_positions()[:, order] - motion.joint_positions()).max() < 1e-5
    assert quat_angle(back.world_rotations()[:, order], motion.world_rotations()).max() < 1e-3


def test_file_is_as_the_specification_says(tmp_path: Path, motion: Motion) -> None:
    """VRMC_vrm_animation 1.0: required bones mapped; rest rotations none and T-pose; only the hips move; no scales; no eyes."""
    eyes = Skeleton(
        (*motion.skeleton.joints, "leftEye"),
        (*motion.skeleton.parents, motion.skeleton.index("head")),
        np.vstack([motion.skeleton.rest_offsets, [[0.03, 0.1, 0.08]]]),
        np.vstack([motion.skeleton.rest_rotations, IDENTITY]),
    )
    still = np.tile(IDENTITY, (len(motion), 1, 1))
    write(tmp_path / "a.vrma", replace(motion, skeleton=eyes, rotations=np.concatenate([motion.rotations, still], axis=1)))
    content = document(tmp_path / "a.vrma")
    extension = content["extensions"]["VRMC_vrm_animation"]
    bones = {bone: entry["node"] for bone, entry in extension["humanoid"]["humanBones"].items()}
    assert (extension["specVersion"], content["extensionsUsed"]) == ("1.0", ["VRMC_vrm_animation"])
    assert REQUIRED_BONES <= bones.keys() <= HUMANOID_PARENTS.keys() - {"leftEye", "rightEye"}
    assert all("rotation" not in node and "scale" not in node for node in content["nodes"])
    targets = [channel["target"] for channel in content["animations"][0]["channels"]]
    assert [target["node"] for target in targets if target["path"] == "translation"] == [bones["hips"]]
    assert {target["path"] for target in targets} == {"translation", "rotation"}
    assert "meshes" not in content
    assert content["nodes"][bones["hips"]]["translation"][1] == pytest.approx(motion.skeleton.rest_pose()[0][0, 1])


def test_on_a_characters_rig(tmp_path: Path) -> None:
    """A rig with its own names, an A-pose and rolled bones: the file holds its movement away from the T-pose."""
    body = reference_skeleton()
    a_pose = body.rest_rotations.copy()
    a_pose[body.index("leftUpperArm")] = quat_from_rotvec(np.array([0.0, 0.0, -0.6]))
    a_pose[body.index("rightUpperArm")] = quat_from_rotvec(np.array([0.0, 0.0, 0.6]))
    rig = replace(body, rest_rotations=a_pose).renamed({joint: f"骨_{joint}" for joint in body.joints})
    hero = replace(box_character(rig), humanoid={joint: f"骨_{joint}" for joint in body.joints})
    motion = random_motion(rig)
    write(tmp_path / "a.vrma", motion, character=hero)
    back = read_motion(tmp_path / "a.vrma")
    order = [back.skeleton.index(joint) for joint in body.joints]
    assert np.abs(back.joint_positions()[:, order] - motion.joint_positions()).max() < 1e-5
    arm = back.skeleton.rest_pose()[0]
    assert arm[back.skeleton.index("leftHand"), 1] == pytest.approx(arm[back.skeleton.index("leftUpperArm"), 1], abs=1e-6)


def test_a_rig_nearly_in_a_t_pose_rests_in_it() -> None:
    """As players of VRM take it: turned by nothing, the arm stays where the rig has it, 10 degrees down."""
    body = reference_skeleton()
    bent = body.rest_rotations.copy()
    bent[body.index("leftLowerArm")] = quat_from_rotvec(np.array([0.0, 0.0, np.radians(-10.0)]))
    rig = replace(body, rest_rotations=bent)
    rest = Motion(rig, bent[None], rig.rest_offsets[:1], 30.0)
    on_rig = humanoid_motion(rest, box_character(rig))
    assert quat_angle(on_rig.rotations, IDENTITY).max() < 1e-7
    assert np.allclose(on_rig.joint_positions(), rest.joint_positions()[:, [rig.index(bone) for bone in on_rig.skeleton.joints]])
    turned = humanoid_motion(rest)
    assert np.degrees(quat_angle(turned.rotations[0, turned.skeleton.index("leftLowerArm")], IDENTITY)) == pytest.approx(10.0, abs=0.1)


def test_bones_between_are_taken_up() -> None:
    """A twist bone in the forearm: the hand turns as before."""
    body = reference_skeleton()
    at = body.index("leftHand")
    joints = (*body.joints[:at], "leftForearmTwist", *body.joints[at:])
    parents = [*body.parents[:at], body.index("leftLowerArm"), *(p + (p >= at) for p in body.parents[at:])]
    parents[at + 1] = at
    offsets = np.insert(body.rest_offsets, at, 0.5 * body.rest_offsets[at], axis=0)
    offsets[at + 1] *= 0.5
    twisted = Skeleton(joints, tuple(parents), offsets, np.tile(IDENTITY, (len(joints), 1)))
    rotations = np.tile(IDENTITY, (1, len(joints), 1))
    turn = quat_from_rotvec(np.array([0.7, 0.0, 0.0]))
    rotations[0, at] = rotations[0, at + 1] = turn
    bare = humanoid_motion(Motion(twisted, rotations, np.zeros((1, 3)), 30.0))
    assert "leftForearmTwist" not in bare.skeleton
    assert quat_angle(bare.rotations[0, bare.skeleton.index("leftHand")], quat_multiply(turn, turn)) < 1e-7


def test_one_frame_and_one_file_a_person(tmp_path: Path, motion: Motion) -> None:
    files = write(tmp_path / "a.vrma", (motion.sliced(0, 1), motion))
    assert [len(read_motion(file)) for file in files] == [1, len(motion)]


def test_unknown_bones_are_refused(tmp_path: Path, motion: Motion) -> None:
    chain = Skeleton(tuple(f"bone{i}" for i in range(5)), (-1, 0, 1, 2, 3), np.tile([0.0, 0.1, 0.0], (5, 1)), np.tile(IDENTITY, (5, 1)))
    strange = replace(motion, skeleton=chain, rotations=motion.rotations[:, :5])
    with pytest.raises(UsageError, match=r"has no hips, spine.* by no name that is known; VRM demands them"):
        write(tmp_path / "a.vrma", strange)
    assert not list(tmp_path.iterdir())


def test_bones_with_strange_names_are_told_by_their_shape(tmp_path: Path, motion: Motion) -> None:
    strange = replace(motion, skeleton=motion.skeleton.renamed({joint: f"bone{i}" for i, joint in enumerate(motion.skeleton.joints)}))
    write(tmp_path / "a.vrma", strange)
    back = read_motion(tmp_path / "a.vrma")
    for bone in ("leftLowerArm", "rightFoot", "head"):
        apart = back.joint_positions()[:, back.skeleton.index(bone)] - motion.joint_positions()[:, motion.skeleton.index(bone)]
        assert np.abs(apart).max() < 1e-5, bone


def test_names_that_clash_with_the_map(motion: Motion) -> None:
    """A rig whose bone 'head' is not the humanoid's head."""
    rig = motion.skeleton.renamed({"head": "skull", "jaw": "x"}).renamed({"neck": "head"})
    humanoid = {joint: joint for joint in motion.skeleton.joints} | {"head": "skull", "neck": "head"}
    hero: Character = replace(box_character(rig), humanoid=humanoid)
    bare = humanoid_motion(replace(motion, skeleton=rig), hero)
    order = [bare.skeleton.index(joint) for joint in motion.skeleton.joints]
    assert np.abs(bare.joint_positions()[:, order] - motion.joint_positions()).max() < 1e-9
