from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posewright.character import default_character, read_character
from posewright.errors import CharacterError
from tests.character.rigs import mannequin_file, write_file


def same_bodies(tmp_path: Path, document: dict, binary: bytes, atol: float = 1e-6) -> None:
    """The changed file holds the mannequin as it was."""
    changed, original = read_character(write_file(tmp_path / "changed.glb", document, binary)), default_character()
    np.testing.assert_allclose(changed.meshes[0].positions, original.meshes[0].positions, atol=atol)
    np.testing.assert_allclose(changed.meshes[0].normals, original.meshes[0].normals, atol=1e-4)
    for bone in original.humanoid:
        place, here = (c.skeleton.rest_pose()[0][c.skeleton.index(c.humanoid[bone])] for c in (original, changed))
        np.testing.assert_allclose(here, place, atol=atol)


def test_reads_what_the_file_states() -> None:
    document, _ = mannequin_file()
    bounds = document["accessors"][document["meshes"][0]["primitives"][0]["attributes"]["POSITION"]]
    mesh = default_character().meshes[0]
    np.testing.assert_allclose(mesh.positions.min(0), bounds["min"], atol=1e-6)
    np.testing.assert_allclose(mesh.positions.max(0), bounds["max"], atol=1e-6)
    assert len(mesh.positions) == bounds["count"]
    counts = [document["accessors"][p["indices"]]["count"] // 3 for p in document["meshes"][0]["primitives"]]
    np.testing.assert_array_equal(np.bincount(mesh.triangle_materials), counts)
    stated = [material["pbrMetallicRoughness"]["baseColorFactor"] for material in document["materials"]]
    assert [list(material.base_colour) for material in default_character().materials] == stated


def test_takes_bones_from_the_vrm_extension(tmp_path: Path) -> None:
    document, binary = mannequin_file()
    bones = {node["name"]: {"node": i} for i, node in enumerate(document["nodes"]) if "mesh" not in node}
    document["extensions"] = {"VRMC_vrm": {"specVersion": "1.0", "humanoid": {"humanBones": bones}}}
    for i, node in enumerate(document["nodes"]):
        node["name"] = f"Bip{i:02d}"
    character = read_character(write_file(tmp_path / "renamed.vrm", document, binary))
    assert character.humanoid["leftHand"] == f"Bip{bones['leftHand']['node']:02d}"
    assert set(character.humanoid) == set(default_character().humanoid)
    assert character.name == "renamed"


def test_takes_up_scale_and_turn_of_an_armature(tmp_path: Path) -> None:
    """As exporters write centimetres, Z up: a node above the bones that scales by 0.01 and turns by -90 degrees."""
    document, binary = mannequin_file()
    half = np.sqrt(0.5)
    for node in document["nodes"]:
        node["translation"] = (100.0 * np.array(node.get("translation", [0.0, 0.0, 0.0]))).tolist()
    hips = document["nodes"][0]
    x, y, z = hips["translation"]
    hips |= {"translation": [x, -z, y], "rotation": [half, 0.0, 0.0, half]}
    document["nodes"].append({"name": "Armature", "scale": [0.01] * 3, "rotation": [-half, 0.0, 0.0, half], "children": [0]})
    document["scenes"][0]["nodes"] = [len(document["nodes"]) - 1, len(document["nodes"]) - 2]
    accessor = document["accessors"][document["skins"][0]["inverseBindMatrices"]]
    start = document["bufferViews"][accessor["bufferView"]]["byteOffset"]
    inverse = np.frombuffer(binary, "<f4", accessor["count"] * 16, start).reshape(-1, 4, 4) * np.float32([100.0, 100.0, 100.0, 1.0])
    same_bodies(tmp_path, document, binary[:start] + inverse.tobytes() + binary[start + inverse.nbytes :], atol=2e-5)


def test_order_of_joints_and_nodes_does_not_matter(tmp_path: Path) -> None:
    document, binary = mannequin_file()
    count = len(document["nodes"])
    place = np.random.default_rng(1).permutation(count)
    nodes: list[dict] = [{}] * count
    for i, node in enumerate(document["nodes"]):
        nodes[place[i]] = node | ({"children": [int(place[c]) for c in node["children"]]} if "children" in node else {})
    document["nodes"] = nodes
    document["skins"][0]["joints"] = [int(place[j]) for j in document["skins"][0]["joints"]]
    same_bodies(tmp_path, document, binary)


def test_makes_normals_where_there_are_none(tmp_path: Path) -> None:
    document, binary = mannequin_file()
    for primitive in document["meshes"][0]["primitives"]:
        del primitive["attributes"]["NORMAL"]
    mesh = read_character(write_file(tmp_path / "plain.glb", document, binary)).meshes[0]
    alike = (mesh.normals * default_character().meshes[0].normals).sum(1)
    assert np.quantile(alike, 0.01) > 0.999


def test_says_what_a_character_lacks(tmp_path: Path) -> None:
    document, binary = mannequin_file()
    skinless = document | {"skins": [], "nodes": [{key: value for key, value in node.items() if key != "skin"} for node in document["nodes"]]}
    with pytest.raises(CharacterError, match="no skin"):
        read_character(write_file(tmp_path / "a.glb", skinless, binary))
    thigh = next(node for node in document["nodes"] if node.get("name") == "leftUpperLeg")
    thigh["name"] = "wing"
    shin = next(node for node in document["nodes"] if node.get("name") == "leftLowerLeg")
    shin["name"] = "talon"
    short = document | {"nodes": [node | ({"translation": [0.0, 0.01, 0.0]} if node["name"] in ("wing", "talon", "leftFoot") else {}) for node in document["nodes"]]}
    with pytest.raises(CharacterError, match=r"no bone for leftUpperLeg, leftLowerLeg\. .*Bones found: hips, spine.*--bone-map"):
        read_character(write_file(tmp_path / "c.glb", short, binary))
    document, binary = mannequin_file()
    document["meshes"][0]["primitives"][0]["mode"] = 1
    with pytest.raises(CharacterError, match="Triangulate"):
        read_character(write_file(tmp_path / "d.glb", document, binary))
    document, binary = mannequin_file()
    for primitive in document["meshes"][0]["primitives"]:
        del primitive["attributes"]["WEIGHTS_0"]
    with pytest.raises(CharacterError, match="without weights"):
        read_character(write_file(tmp_path / "e.glb", document, binary))


def test_parts_that_do_not_fit_are_damage(tmp_path: Path) -> None:
    document, binary = mannequin_file()
    for part, key, value in (("nodes", "children", [999]), ("skins", "joints", [0, 999]), ("nodes", "scale", [0.0, 0.0, 0.0]), ("meshes", "primitives", [{}])):
        broken = document | {part: [document[part][0] | {key: value}, *document[part][1:]]}
        with pytest.raises(CharacterError, match="damaged"):
            read_character(write_file(tmp_path / "broken.glb", broken, binary))
