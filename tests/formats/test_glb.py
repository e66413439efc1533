from __future__ import annotations

import dataclasses
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from posewright.errors import InputError, OutputError
from posewright.formats.export import Export
from posewright.formats.glb import read_glb, write_glb
from posewright.geometry import quat_from_rotvec
from posewright.skeletons import BODY_PARENTS, Skeleton, reference_skeleton
from posewright.types import Capture, Character, Motion
from tests.formats.samples import box_character, random_motion
from tests.strategies import quaternions, vectors


@pytest.fixture
def file(tmp_path: Path, motion: Motion, character: Character) -> Path:
    write_glb(tmp_path / "x.glb", Export((motion,), character=character))
    return tmp_path / "x.glb"


def plain_read(file: Path) -> tuple[dict[str, Any], list[np.ndarray]]:
    """The document and all accessors, by the letter of the specification and nothing of the writer's."""
    data = file.read_bytes()
    assert struct.unpack("<4sII", data[:12]) == (b"glTF", 2, len(data))
    length = struct.unpack("<I4s", data[12:20])[0]
    document = json.loads(data[20 : 20 + length])
    binary = data[28 + length :]
    arrays = []
    for accessor in document["accessors"]:
        view = document["bufferViews"][accessor["bufferView"]]
        assert view["byteOffset"] % 4 == 0
        width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[accessor["type"]]
        code = {5121: "u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}[accessor["componentType"]]
        array = np.frombuffer(binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]], code).reshape(-1, width)
        assert len(array) == accessor["count"]
        arrays.append(array)
    return document, arrays


def plain_world(document: dict[str, Any], arrays: list[np.ndarray], node: int, frame: int | None) -> np.ndarray:
    """World matrix of a node at a frame, at rest where it is None."""
    place = {key: np.array(document["nodes"][node].get(key, default)) for key, default in (("translation", [0, 0, 0]), ("rotation", [0, 0, 0, 1]))}
    animation = document["animations"][0]
    for channel in animation["channels"]:
        if channel["target"]["node"] == node and frame is not None:
            values = arrays[animation["samplers"][channel["sampler"]]["output"]]
            place[channel["target"]["path"]] = values[min(frame, len(values) - 1)]
    local = np.eye(4)
    local[:3, :3], local[:3, 3] = Rotation.from_quat(place["rotation"]).as_matrix(), place["translation"]
    above = [i for i, other in enumerate(document["nodes"]) if node in other.get("children", [])]
    return plain_world(document, arrays, above[0], frame) @ local if above else local


def test_one_skin_one_animation_as_long_as_the_clip(file: Path, motion: Motion) -> None:
    document, arrays = plain_read(file)
    assert (len(document["skins"]), len(document["animations"]), len(document["meshes"])) == (1, 1, 1)
    assert document["asset"]["generator"].startswith("Posewright")
    assert document["asset"]["extras"]["licence"] == "CC0-1.0"
    times = [sampler["input"] for sampler in document["animations"][0]["samplers"]]
    assert arrays[times[0]][-1, 0] == pytest.approx(motion.duration, abs=1e-6)
    assert len(set(times)) == 1  # shared
    assert document["accessors"][times[0]]["max"] == arrays[times[0]][-1].tolist()


def test_nodes_carry_the_joints_where_they_stood(file: Path, motion: Motion) -> None:
    document, arrays = plain_read(file)
    joints = document["skins"][0]["joints"]
    assert tuple(document["nodes"][joint]["name"] for joint in joints) == motion.skeleton.joints
    truth = motion.joint_positions()
    for frame in (0, 7, len(motion) - 1):
        found = np.array([plain_world(document, arrays, joint, frame)[:3, 3] for joint in joints])
        assert np.linalg.norm(found - truth[frame], axis=-1).max() < 1e-5


def test_bind_pose_leaves_the_mesh_as_it_is(tmp_path: Path) -> None:
    """Inverse bind matrices undo the nodes' rest pose, also on a rig with turned joints."""
    level = reference_skeleton()
    skeleton = Skeleton(level.joints, level.parents, level.rest_offsets, quat_from_rotvec(np.random.default_rng(5).normal(size=(len(level), 3))))
    write_glb(tmp_path / "x.glb", Export((random_motion(skeleton),), character=box_character(skeleton)))
    document, arrays = plain_read(tmp_path / "x.glb")
    skin = document["skins"][0]
    inverse = arrays[skin["inverseBindMatrices"]].reshape(-1, 4, 4).swapaxes(-1, -2)
    for joint, matrix in zip(skin["joints"], inverse, strict=True):
        np.testing.assert_allclose(plain_world(document, arrays, joint, None) @ matrix, np.eye(4), atol=1e-6)


def test_independent_reader_sees_mesh_and_tracks(file: Path, motion: Motion, character: Character) -> None:
    pygltflib = pytest.importorskip("pygltflib", reason="pygltflib reads the GLB back; it comes with the dev extra")
    gltf = pygltflib.GLTF2().load(str(file))
    blob = gltf.binary_blob()

    def array(index: int, width: int, code: str = "<f4") -> np.ndarray:
        view = gltf.bufferViews[gltf.accessors[index].bufferView]
        return np.frombuffer(blob[view.byteOffset : view.byteOffset + view.byteLength], code).reshape(-1, width)

    primitives = gltf.meshes[0].primitives
    corners = np.concatenate([array(p.attributes.POSITION, 3)[array(p.indices, 1, "<u2")[:, 0]] for p in primitives])
    mesh = character.meshes[0]
    order = np.argsort(mesh.triangle_materials, kind="stable")
    np.testing.assert_array_equal(corners, mesh.positions[mesh.triangles[order]].reshape(-1, 3))
    assert [gltf.materials[p.material].name for p in primitives] == ["Red", "Glass"]
    assert gltf.materials[1].alphaMode == "BLEND"
    animation = gltf.animations[0]
    tracks = {(gltf.nodes[c.target.node].name, c.target.path): array(animation.samplers[c.sampler].output, 3 if c.target.path == "translation" else 4) for c in animation.channels}
    np.testing.assert_allclose(tracks["hips", "translation"], motion.root_translation, atol=1e-6)
    hand = motion.rotations[:, motion.skeleton.index("leftHand")]
    np.testing.assert_allclose(np.abs((tracks["leftHand", "rotation"] * hand).sum(-1)), 1.0, atol=1e-6)


def test_still_joints_cost_nothing(tmp_path: Path, motion: Motion, character: Character) -> None:
    rotations = motion.rotations.copy()
    elbow, knee = motion.skeleton.index("leftLowerArm"), motion.skeleton.index("leftLowerLeg")
    rotations[:, elbow] = [0, 0, 0, 1]
    rotations[:, knee] = quat_from_rotvec(np.array([0.5, 0, 0]))
    still = dataclasses.replace(motion, rotations=rotations)
    write_glb(tmp_path / "x.glb", Export((still,), character=character))
    document, arrays = plain_read(tmp_path / "x.glb")
    animation = document["animations"][0]
    keys = {document["nodes"][c["target"]["node"]]["name"]: len(arrays[animation["samplers"][c["sampler"]]["output"]]) for c in animation["channels"]}
    assert "leftLowerArm" not in keys
    assert keys["leftLowerLeg"] == 2
    np.testing.assert_allclose(read_glb(tmp_path / "x.glb").joint_positions(), still.joint_positions(), atol=1e-5)


def test_quaternions_never_jump(tmp_path: Path) -> None:
    motion = random_motion(reference_skeleton())
    flipped = motion.rotations.copy()
    flipped[::2] *= -1
    write_glb(tmp_path / "x.glb", Export((dataclasses.replace(motion, rotations=flipped),), character=box_character(motion.skeleton)))
    document, arrays = plain_read(tmp_path / "x.glb")
    for sampler in document["animations"][0]["samplers"]:
        values = arrays[sampler["output"]]
        if values.shape[1] == 4:
            assert (np.sum(values[1:] * values[:-1], axis=-1) > 0).all()


def test_several_people_share_meshes_and_animation(tmp_path: Path, capture: Capture, character: Character) -> None:
    motions = tuple(person.motion for person in capture.people)
    write_glb(tmp_path / "x.glb", Export(motions, character=character))
    document, arrays = plain_read(tmp_path / "x.glb")
    assert (len(document["skins"]), len(document["animations"]), len(document["meshes"])) == (2, 1, 1)
    names = [node["name"] for node in document["nodes"]]
    assert len(set(names)) == len(names)
    for skin, motion in zip(document["skins"], motions, strict=True):
        found = np.array([plain_world(document, arrays, joint, 20)[:3, 3] for joint in skin["joints"]])
        assert np.linalg.norm(found - motion.joint_positions()[20], axis=-1).max() < 1e-5


def test_weights_are_cleaned(tmp_path: Path, motion: Motion, character: Character) -> None:
    """No joint twice at a vertex, none with weight zero, sum 1: the validator's rules."""
    mesh = character.meshes[0]
    joints, weights = mesh.joints.copy(), mesh.weights.copy()
    joints[:, 1] = joints[:, 0]
    joints[:, 2:] = 9
    messy = dataclasses.replace(character, meshes=(dataclasses.replace(mesh, joints=joints, weights=weights * np.float32(1.0005)),))
    write_glb(tmp_path / "x.glb", Export((motion,), character=messy))
    document, arrays = plain_read(tmp_path / "x.glb")
    for primitive in document["meshes"][0]["primitives"]:
        found_joints, found = (arrays[primitive["attributes"][name]] for name in ("JOINTS_0", "WEIGHTS_0"))
        assert found_joints.dtype == np.uint8
        np.testing.assert_array_equal(found, np.tile([1, 0, 0, 0], (len(found), 1)))
        assert (found_joints[:, 1:] == 0).all()


def test_big_meshes_get_wide_indices(tmp_path: Path, motion: Motion, character: Character) -> None:
    mesh = character.meshes[0]
    copies = 65535 // len(mesh.positions) + 1
    big = dataclasses.replace(
        mesh,
        **{name: np.tile(getattr(mesh, name), (copies, 1)) for name in ("positions", "normals", "joints", "weights")},
        triangles=np.concatenate([mesh.triangles + i * len(mesh.positions) for i in range(copies)]).astype(np.uint32),
        triangle_materials=np.zeros(copies * len(mesh.triangles), dtype=np.uint8),
    )
    write_glb(tmp_path / "x.glb", Export((motion,), character=dataclasses.replace(character, meshes=(big,))))
    document, arrays = plain_read(tmp_path / "x.glb")
    indices = arrays[document["meshes"][0]["primitives"][0]["indices"]]
    assert indices.dtype == np.uint32
    np.testing.assert_array_equal(indices[:, 0], big.triangles.ravel())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frames=st.integers(1, 4), data=st.data(), fps=st.floats(5, 240))
def test_round_trip(tmp_path: Path, frames: int, data: st.DataObject, fps: float) -> None:
    rotations, path = data.draw(quaternions((frames, len(BODY_PARENTS)))), data.draw(vectors((frames,)))
    motion = Motion(reference_skeleton(), rotations, path, fps)
    write_glb(tmp_path / "x.glb", Export((motion,), character=box_character(motion.skeleton)))
    back = read_glb(tmp_path / "x.glb")
    assert back.skeleton.joints == motion.skeleton.joints
    assert back.skeleton.parents == motion.skeleton.parents
    assert back.fps == fps
    np.testing.assert_allclose(back.joint_positions(), motion.joint_positions(), atol=1e-5)


def test_motion_of_another_skeleton_is_refused(tmp_path: Path, character: Character) -> None:
    with pytest.raises(ValueError, match="not on the skeleton of Boxes"):
        write_glb(tmp_path / "x.glb", Export((random_motion(reference_skeleton()),), character=character))


def test_bad_files(tmp_path: Path, file: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        read_glb(tmp_path / "none.glb")
    for content, message in ((b"", "not a binary glTF"), (b"a text file named .glb, long enough", "not a binary glTF"), (file.read_bytes()[:-100], "cut short")):
        (tmp_path / "bad.glb").write_bytes(content)
        with pytest.raises(InputError, match=message):
            read_glb(tmp_path / "bad.glb")
    document, _ = plain_read(file)
    del document["animations"]
    text = json.dumps(document).encode()
    (tmp_path / "bad.glb").write_bytes(struct.pack("<4sII", b"glTF", 2, 28 + len(text)) + struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<II", 0, 0))
    with pytest.raises(InputError, match="no skin with an animation"):
        read_glb(tmp_path / "bad.glb")


def test_unwritable_folder(tmp_path: Path, motion: Motion, character: Character) -> None:
    (tmp_path / "folder.glb").mkdir()
    for file in (tmp_path / "none" / "x.glb", tmp_path / "folder.glb"):
        with pytest.raises(OutputError, match="cannot write"):
            write_glb(file, Export((motion,), character=character))
    assert [file.name for file in tmp_path.iterdir()] == ["folder.glb"]
