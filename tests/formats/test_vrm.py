"""Characters written as VRM: their own file, or made one."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from posewright.character import default_character, read_character
from posewright.errors import UsageError
from posewright.formats import on_character, read_motion, write
from posewright.geometry import quat_from_rotvec
from posewright.skeletons import REQUIRED_BONES, reference_skeleton
from posewright.types import Character, Motion
from tests.character.files import RigFile
from tests.formats.samples import box_character, random_motion


def extension(path: Path) -> dict:
    data = path.read_bytes()
    document = json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])
    assert document["extensionsUsed"].count("VRMC_vrm") == 1
    names = [node.get("name") for node in document["nodes"]]
    vrm = document["extensions"]["VRMC_vrm"]
    return vrm | {"bones": {bone: names[entry["node"]] for bone, entry in vrm["humanoid"]["humanBones"].items()}}


@pytest.mark.parametrize("made", [True, False])
def test_a_humanoid_in_a_t_pose_becomes_a_vrm(tmp_path: Path, motion: Motion, made: bool) -> None:
    hero = box_character(motion.skeleton) if made else default_character()
    moved = on_character(motion, hero)
    write(tmp_path / "a.vrm", moved, character=hero)
    vrm = extension(tmp_path / "a.vrm")
    assert (vrm["specVersion"], vrm["meta"]["name"], vrm["meta"]["licenseUrl"]) == ("1.0", hero.name, "https://vrm.dev/licenses/1.0/")
    assert vrm["bones"].keys() >= REQUIRED_BONES
    assert vrm["bones"] == dict(hero.humanoid)
    assert dict(read_character(tmp_path / "a.vrm").humanoid) == dict(hero.humanoid)
    back = read_motion(tmp_path / "a.vrm")
    order = [back.skeleton.index(joint) for joint in moved.skeleton.joints]
    assert np.abs(back.joint_positions()[:, order] - moved.joint_positions()).max() < 1e-4


def test_other_rest_poses_are_refused(tmp_path: Path) -> None:
    body = reference_skeleton()
    lowered = body.rest_rotations.copy()
    lowered[body.index("leftUpperArm")] = quat_from_rotvec(np.array([0.0, 0.0, -0.8]))
    hero = box_character(replace(body, rest_rotations=lowered))
    with pytest.raises(UsageError, match=r"a\.vrm: Boxes was not read from a \.vrm and does not rest in a T-pose.*46 degrees off\. Write a \.glb"):
        write(tmp_path / "a.vrm", random_motion(hero.skeleton), character=hero)
    assert not list(tmp_path.iterdir())


def test_bones_that_vrm_demands(tmp_path: Path, character: Character, motion: Motion) -> None:
    handless = replace(character, humanoid={bone: joint for bone, joint in character.humanoid.items() if bone != "leftHand"})
    with pytest.raises(UsageError, match="has no leftHand, which VRM demands"):
        write(tmp_path / "a.vrm", motion, character=handless)


def test_a_file_that_lies_down_is_refused(tmp_path: Path, motion: Motion) -> None:
    """Nodes in a Z-up scene: the skeleton was stood up when it was read, the file was not."""
    rig = RigFile()
    rig.document["nodes"].append({"name": "lying", "rotation": [0.7071068, 0.0, 0.0, 0.7071068], "children": rig.document["scenes"][0]["nodes"]})
    rig.document["scenes"][0]["nodes"] = [len(rig.document["nodes"]) - 1]
    hero = read_character(rig.write(tmp_path / "hero.glb"))
    with pytest.raises(UsageError, match="does not stand upright facing"):
        write(tmp_path / "a.vrm", on_character(motion, hero), character=hero)
