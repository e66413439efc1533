from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from posewright.character.default import MANNEQUIN
from posewright.character.gltf import read_gltf
from posewright.errors import CharacterError
from tests.character.rigs import mannequin_file, write_file


def test_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    whole = MANNEQUIN.read_bytes()
    (tmp_path / "cut.glb").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.glb").write_text("this is no character, though it is long enough")
    (tmp_path / "empty.glb").write_bytes(b"")
    (tmp_path / "old.glb").write_bytes(whole[:4] + b"\1\0\0\0" + whole[8:])
    (tmp_path / "bad.glb").write_bytes(whole[:20] + b"}" + whole[21:])
    for name, words in {"cut": "cut short", "text": "not a binary glTF", "empty": "not a binary glTF", "old": "version 1", "bad": "damaged", "none": "No such file"}.items():
        with pytest.raises(CharacterError, match=words):
            read_gltf(tmp_path / f"{name}.glb")


def test_reads_strided_and_normalised_values(tmp_path: Path) -> None:
    rows = np.zeros(5, dtype=[("a", "<f4", 3), ("b", "u1", 4)])
    rows["a"], rows["b"] = np.arange(15).reshape(5, 3), np.arange(20).reshape(5, 4)
    view = {"buffer": 0, "byteLength": rows.nbytes, "byteStride": 16}
    accessors = [
        {"bufferView": 0, "componentType": 5126, "type": "VEC3", "count": 5},
        {"bufferView": 0, "byteOffset": 12, "componentType": 5121, "type": "VEC4", "count": 5, "normalized": True},
        {"bufferView": 0, "componentType": 5126, "type": "VEC3", "count": 6},
    ]
    document = {"asset": {"version": "2.0"}, "buffers": [{"byteLength": rows.nbytes}], "bufferViews": [view], "accessors": accessors}
    gltf = read_gltf(write_file(tmp_path / "a.glb", document, rows.tobytes()))
    np.testing.assert_array_equal(gltf.array(0), rows["a"])
    np.testing.assert_allclose(gltf.array(1), rows["b"] / 255.0, rtol=1e-6)
    with pytest.raises(CharacterError, match="accessor 2"):
        gltf.array(2)


def test_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    document, binary = mannequin_file()
    document["buffers"][0]["uri"] = "elsewhere.bin"
    with pytest.raises(CharacterError, match=r"elsewhere\.bin, which cannot be read"):
        read_gltf(write_file(tmp_path / "a.glb", document, binary))
    document, binary = mannequin_file()
    del document["accessors"][0]["bufferView"]
    with pytest.raises(CharacterError, match="compressed"):
        read_gltf(write_file(tmp_path / "b.glb", document, binary)).array(0)


def test_world_matrices_follow_the_tree(tmp_path: Path) -> None:
    turn = Rotation.from_euler("xyz", [0.3, -0.8, 1.1])
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = 2.0 * Rotation.from_euler("y", 0.5).as_matrix(), [1.0, 2.0, 3.0]
    nodes = [
        {"translation": [0.0, 0.0, 1.0]},
        {"matrix": matrix.T.ravel().tolist(), "children": [2]},
        {"rotation": turn.as_quat().tolist(), "scale": [1.0, 2.0, 3.0], "children": [0]},
    ]
    worlds = read_gltf(write_file(tmp_path / "a.glb", {"asset": {"version": "2.0"}, "nodes": nodes}, b"")).world_matrices()
    middle = np.eye(4)
    middle[:3, :3] = turn.as_matrix() @ np.diag([1.0, 2.0, 3.0])
    np.testing.assert_allclose(worlds[2], matrix @ middle, atol=1e-12)
    np.testing.assert_allclose(worlds[0][:3, 3], (matrix @ middle @ [0.0, 0.0, 1.0, 1.0])[:3], atol=1e-12)
