"""Files that people really have, and files that are broken: each is read, or refused with what to do."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from posewright.character import read_character
from posewright.character.read import examine
from posewright.errors import CharacterError
from posewright.geometry import quat_angle
from posewright.skeletons import reference_skeleton
from tests.character.files import RigFile
from tests.character.rigs import rolled


def text_file(path: Path, rig: RigFile) -> Path:
    """The same as .gltf with its buffer beside it."""
    path.with_suffix(".bin").write_bytes(rig.binary)
    path.write_text(json.dumps(rig.document | {"buffers": [{"byteLength": len(rig.binary), "uri": path.with_suffix(".bin").name}]}))
    return path


def test_no_skin(tmp_path: Path) -> None:
    rig = RigFile()
    del rig.document["skins"], rig.node("body")["skin"]
    with pytest.raises(CharacterError, match="no skin, and no mesh hangs on its bones"):
        read_character(rig.write(tmp_path / "a.glb"))


def test_rigid_parts_without_a_skin(tmp_path: Path) -> None:
    rig = RigFile()
    del rig.document["skins"]
    rig.document["nodes"] = rig.document["nodes"][: rig.count]
    for i in range(rig.count):
        rig.document["nodes"].append({"name": f"part{i}", "mesh": 0})
        rig.document["nodes"][i]["children"] = [*rig.document["nodes"][i].get("children", []), rig.count + i]
    rig.document["scenes"][0]["nodes"] = [0]
    character = read_character(rig.write(tmp_path / "a.glb"))
    assert len(character.meshes) == rig.count
    cubes, at = RigFile(), character.skeleton.rest_pose()[0]
    own = read_character(cubes.write(tmp_path / "b.glb")).meshes[0].positions
    for mesh, name in zip(character.meshes, (node["name"] for node in rig.document["nodes"]), strict=False):
        joint = character.skeleton.index(name)
        assert (mesh.joints[:, 0] == joint).all()
        np.testing.assert_allclose(mesh.positions, own + at[joint], atol=1e-6)


def two_bodies(second_names: bool) -> RigFile:
    rig = RigFile()
    count, shift = rig.count, len(rig.document["nodes"])
    for node in rig.document["nodes"][:count]:
        copy = node | {"name": node["name"] if second_names else f"rope{node['name'][:2]}{len(rig.document['nodes'])}"}
        if not second_names:
            copy["translation"] = [0.0, 0.1, 0.0]
        if "children" in node:
            copy["children"] = [child + shift for child in node["children"]]
        rig.document["nodes"].append(copy)
    rig.document["nodes"][shift]["translation"] = [1.0, 0.955, 0.0]
    rig.document["skins"].append(rig.document["skins"][0] | {"joints": [joint + shift for joint in range(count)]})
    rig.document["nodes"].append({"name": "other body", "mesh": 0, "skin": 1})
    rig.document["nodes"].append({"name": "Scene", "children": [0, shift]})
    rig.document["scenes"][0]["nodes"] = [len(rig.document["nodes"]) - 1, count, count + 1, len(rig.document["nodes"]) - 2]
    return rig


def test_two_people_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CharacterError, match=r"holds 2 skeletons of people.*one character a file"):
        read_character(two_bodies(True).write(tmp_path / "a.glb"))


def test_a_second_skeleton_that_is_no_person_goes_along(tmp_path: Path) -> None:
    """Hair or cloth on bones of its own, under one root with the body."""
    character = read_character(two_bodies(False).write(tmp_path / "a.glb"))
    assert character.humanoid["leftHand"] == "leftHand"
    assert len(character.meshes) == 2
    assert not any(joint.startswith("rope") for joint in character.humanoid.values())


def test_several_meshes_on_one_skeleton(tmp_path: Path) -> None:
    rig = RigFile()
    upper = list(range(rig.count - 10))
    rig.document["skins"].append({"joints": upper, "inverseBindMatrices": rig.document["skins"][0]["inverseBindMatrices"]})
    part = rig.document["meshes"][0] | {"name": "coat"}
    part["primitives"] = [part["primitives"][0] | {"attributes": part["primitives"][0]["attributes"] | {"JOINTS_0": rig.accessor(np.zeros((8 * rig.count, 4), np.uint8), "VEC4")}}]
    rig.document["meshes"].append(part)
    rig.document["nodes"].append({"name": "coat", "mesh": 1, "skin": 1})
    character = read_character(rig.write(tmp_path / "a.glb"))
    assert [mesh.name for mesh in character.meshes] == ["body", "coat"]


def test_cyclic_parents(tmp_path: Path) -> None:
    rig = RigFile()
    rig.node("leftHand")["children"] = [0]
    with pytest.raises(CharacterError, match="is its own ancestor"):
        read_character(rig.write(tmp_path / "a.glb"))


def test_quaternions_that_are_not_unit(tmp_path: Path) -> None:
    skeleton = rolled(reference_skeleton(fingers=True), 3)
    rig = RigFile(skeleton)
    for i, node in enumerate(rig.document["nodes"][: rig.count]):
        node["rotation"] = (np.array(node["rotation"]) * (1.0 + 0.3 * (i % 3))).tolist()
    character = read_character(rig.write(tmp_path / "a.glb"))
    np.testing.assert_allclose(character.skeleton.rest_pose()[0], skeleton.rest_pose()[0], atol=1e-6)
    np.testing.assert_allclose(quat_angle(character.skeleton.rest_rotations, skeleton.rest_rotations), 0.0, atol=1e-6)


def test_negative_scale(tmp_path: Path) -> None:
    rig = RigFile()
    rig.document["nodes"].append({"name": "Armature", "scale": [1.0, 1.0, -1.0], "children": [0]})
    rig.document["scenes"][0]["nodes"][0] = len(rig.document["nodes"]) - 1
    reading = examine(rig.write(tmp_path / "a.glb"))
    # Mirrored front to back: its toes point to -Z, so what is called left is on the right.
    assert any("negative scale" in note for note in reading.notes)
    place = reading.character.skeleton.rest_pose()[0]
    joint = {bone: place[reading.character.skeleton.index(name)] for bone, name in reading.character.humanoid.items()}
    assert joint["leftHand"][0] > 0.5
    assert joint["leftToes"][2] > joint["leftFoot"][2] + 0.1
    assert joint["head"][1] > 1.3


def test_duplicate_names(tmp_path: Path) -> None:
    rig = RigFile()
    rig.node("leftIndexDistal")["name"] = "leftIndexProximal"
    rig.node("jaw" if any(n["name"] == "jaw" for n in rig.document["nodes"]) else "rightLittleDistal")["name"] = "head"
    character = read_character(rig.write(tmp_path / "a.glb"))
    assert len(set(character.skeleton.joints)) == len(character.skeleton)
    place = character.skeleton.rest_pose()[0][character.skeleton.index(character.humanoid["head"])]
    np.testing.assert_allclose(place[0], 0.0, atol=1e-6)


def test_japanese_names(tmp_path: Path) -> None:
    words = {"hips": "センター", "spine": "上半身", "chest": "上半身2", "neck": "首", "head": "頭"}
    for side, kanji in (("left", "左"), ("right", "右")):
        parts = {
            "Shoulder": "肩",
            "UpperArm": "腕",
            "LowerArm": "ひじ",
            "Hand": "手首",
            "UpperLeg": "足",
            "LowerLeg": "ひざ",
            "Foot": "足首",
            "Toes": "つま先",
            "IndexProximal": "人指１",
        }
        words |= {side + part: kanji + word for part, word in parts.items()}
    rig = RigFile()
    for node in rig.document["nodes"][: rig.count]:
        node["name"] = words.get(node["name"], f"補助{node['name'][-6:]}{node['name'][:3]}")
    character = read_character(rig.write(tmp_path / "a.glb"))
    assert {bone: character.humanoid[bone] for bone in words} == words


@pytest.mark.parametrize(("extension", "name"), [("KHR_draco_mesh_compression", "Draco"), ("EXT_meshopt_compression", "meshopt")])
def test_compressed_files_name_the_tool(tmp_path: Path, extension: str, name: str) -> None:
    rig = RigFile()
    rig.document |= {"extensionsUsed": [extension], "extensionsRequired": [extension]}
    with pytest.raises(CharacterError, match=rf"compressed with {name}.*gltf-transform"):
        read_character(rig.write(tmp_path / "a.glb"))


def test_truncated_everywhere(tmp_path: Path) -> None:
    """Cut at any place, a file is refused and nothing else happens."""
    whole = RigFile().write(tmp_path / "a.glb").read_bytes()
    for length in (0, 3, 11, 19, 25, 400, len(whole) // 2, len(whole) - 1):
        (tmp_path / "b.glb").write_bytes(whole[:length])
        with pytest.raises(CharacterError):
            read_character(tmp_path / "b.glb")


@pytest.mark.parametrize("where", ["buffer", "view", "accessor", "sparse", "header", "chunk"])
def test_two_gigabytes_claimed_in_a_small_file(tmp_path: Path, where: str) -> None:
    rig, huge = RigFile(), 2**31
    position = rig.document["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    path = tmp_path / "a.glb"
    if where == "view":
        rig.document["bufferViews"][rig.document["accessors"][position]["bufferView"]]["byteOffset"] = huge
    elif where == "accessor":
        rig.document["accessors"][position]["count"] = huge
    elif where == "sparse":
        del rig.document["accessors"][position]["bufferView"]
        rig.document["accessors"][position] |= {"count": huge, "sparse": {"count": 1, "indices": {"bufferView": 0, "componentType": 5121}, "values": {"bufferView": 0}}}
    rig.write(path)
    data = bytearray(path.read_bytes())
    if where == "buffer":
        text = json.dumps(rig.document | {"buffers": [{"byteLength": huge}]}).encode()
        text += b" " * (-len(text) % 4)
        data = bytearray(struct.pack("<4s5I", b"glTF", 2, 28 + len(text), len(text), 0x4E4F534A, 0)[:20] + text + struct.pack("<2I", 0, 0x004E4942))
    elif where == "header":
        struct.pack_into("<I", data, 8, huge)
    elif where == "chunk":
        struct.pack_into("<I", data, 12, huge)
    path.write_bytes(data)
    with pytest.raises(CharacterError):
        read_character(path)


def test_text_files_with_buffers_and_pictures_beside_them(tmp_path: Path) -> None:
    rig = RigFile()
    whole = read_character(rig.write(tmp_path / "whole.glb"))
    rig.document["images"] = [{"uri": "my%20cloth.png"}]
    (tmp_path / "my cloth.png").write_bytes(b"\x89PNG and more")
    character = read_character(text_file(tmp_path / "hero.gltf", rig))
    np.testing.assert_array_equal(character.meshes[0].positions, whole.meshes[0].positions)
    document = character.document
    assert document is not None
    view = document.json["bufferViews"][document.json["images"][0]["bufferView"]]
    assert bytes(document.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]) == b"\x89PNG and more"
    assert document.json["images"][0]["mimeType"] == "image/png"
    (tmp_path / "my cloth.png").unlink()
    with pytest.raises(CharacterError, match=r"needs .*my cloth\.png.*Copy it there"):
        read_character(tmp_path / "hero.gltf")
    rig.document["images"] = [{"uri": "../../secret.png"}]
    with pytest.raises(CharacterError, match="outside its folder"):
        read_character(text_file(tmp_path / "hero.gltf", rig))


def test_sparse_accessors(tmp_path: Path) -> None:
    rig = RigFile()
    position = rig.document["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    rows, values = rig.view(np.uint16([0, 5]).tobytes()), rig.view(np.float32([[1, 2, 3], [4, 5, 6]]).tobytes())
    rig.document["accessors"][position]["sparse"] = {"count": 2, "indices": {"bufferView": rows, "componentType": 5123}, "values": {"bufferView": values}}
    mesh = read_character(rig.write(tmp_path / "a.glb")).meshes[0]
    np.testing.assert_allclose(mesh.positions[[0, 5]], [[1, 2, 3], [4, 5, 6]], atol=1e-5)
