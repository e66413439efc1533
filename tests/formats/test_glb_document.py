"""A user's own file with a motion in it: the motion is there, and nothing else has changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from posewright.character import read_character, retarget
from posewright.character.gltf import Gltf, read_gltf
from posewright.formats import read_motion
from posewright.formats.export import Export
from posewright.formats.glb import write_glb
from posewright.geometry import normalize, quat_rotate
from posewright.skeletons import reference_skeleton
from posewright.types import Character, Motion
from tests.character.files import TEXTURE, RigFile
from tests.character.rigs import posed, rolled
from tests.strategies import random_motion

LIMBS = [(side + a, side + b) for side in ("left", "right") for a, b in (("UpperArm", "LowerArm"), ("LowerArm", "Hand"), ("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot"))]


def plain_worlds(gltf: Gltf, time: float) -> np.ndarray:
    """World matrices of all nodes at a time of the first animation, by the letter of the specification (linear keys, no slerp needed at keys)."""
    nodes = [dict(node) for node in gltf.items("nodes")]
    animation = gltf.document["animations"][0]
    for channel in animation["channels"]:
        sampler = animation["samplers"][channel["sampler"]]
        times, values = gltf.array(sampler["input"]), gltf.array(sampler["output"])
        assert "matrix" not in nodes[channel["target"]["node"]]
        nodes[channel["target"]["node"]][channel["target"]["path"]] = values[int(np.abs(times - time).argmin())].tolist()
    return Gltf(gltf.path, gltf.document | {"nodes": nodes}, gltf.binary).world_matrices()


def written(tmp_path: Path, character: Character, *motions: Motion, name: str = "out.glb") -> Gltf:
    write_glb(tmp_path / name, Export(motions, character=character))
    return read_gltf(tmp_path / name)


def places(character: Character, gltf: Gltf, motion: Motion, frame: int) -> tuple[np.ndarray, np.ndarray]:
    """Joint positions in the file and in the motion."""
    assert character.document is not None
    found = plain_worlds(gltf, frame / motion.fps)[list(character.document.joint_nodes), :3, 3]
    return found, quat_rotate(character.document.file_from_world, motion.joint_positions()[frame])


def test_everything_else_survives(tmp_path: Path) -> None:
    rig = RigFile()
    before = read_gltf(rig.write(tmp_path / "in.glb"))
    character = read_character(tmp_path / "in.glb")
    after = written(tmp_path, character, retarget(random_motion(1, skeleton=reference_skeleton()), character))
    for key, value in before.document.items():
        if key in ("accessors", "bufferViews"):
            assert after.document[key][: len(value)] == value
        elif key != "buffers":
            assert after.document[key] == value, key
    assert bytes(after.binary[: len(before.binary)]) == bytes(before.binary)
    view = after.document["bufferViews"][after.document["images"][0]["bufferView"]]
    assert bytes(after.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]) == TEXTURE
    assert [animation["name"] for animation in after.document["animations"]] == ["motion"]


def test_animations_of_the_file_are_kept_behind_ours(tmp_path: Path) -> None:
    rig = RigFile()
    times, values = rig.accessor(np.float32([0.0, 1.0]), "SCALAR"), rig.accessor(np.float32([[0, 0, 0, 1]] * 2), "VEC4")
    idle = {"name": "motion", "channels": [{"sampler": 0, "target": {"node": 3, "path": "rotation"}}], "samplers": [{"input": times, "output": values}]}
    rig.document["animations"] = [idle]
    character = read_character(rig.write(tmp_path / "in.glb"))
    after = written(tmp_path, character, retarget(random_motion(1, skeleton=reference_skeleton()), character))
    assert after.document["animations"][1] == idle
    assert after.document["animations"][0]["name"] == "motion_2"


def test_a_second_scene_and_moving_morph_targets_survive(tmp_path: Path) -> None:
    """A stage of its own beside the first scene, and a smile that the file's own animation brings about."""
    rig = RigFile()
    nodes = rig.document["nodes"]
    nodes.append({"name": "stage", "extensions": {"EXT_unknown": {"light": 1}}, "translation": [0.0, -1.0, 0.0]})
    body = next(i for i, node in enumerate(nodes) if node["name"] == "body")
    rig.document["scenes"].append({"name": "backstage", "nodes": [len(nodes) - 1], "extras": {"of": "the user"}})
    times, smile = rig.accessor(np.float32([0.0, 0.5, 1.0]), "SCALAR"), rig.accessor(np.float32([0.0, 1.0, 0.0]), "SCALAR")
    rig.document["animations"] = [
        {"name": "smiling", "channels": [{"sampler": 0, "target": {"node": body, "path": "weights"}}], "samplers": [{"input": times, "output": smile}], "extras": {"loop": True}}
    ]
    before = read_gltf(rig.write(tmp_path / "in.glb"))
    character = read_character(tmp_path / "in.glb")
    motions = [retarget(random_motion(seed, skeleton=reference_skeleton()), character) for seed in (1, 2)]
    one, two = written(tmp_path, character, motions[0]), written(tmp_path, character, *motions, name="two.glb")
    for after in (one, two):
        assert after.document["animations"][1:] == before.document["animations"]
        assert after.document["scenes"][1] == before.document["scenes"][1]
        assert after.document["scene"] == 0
        assert after.document["meshes"] == before.document["meshes"]
        assert after.document["nodes"][body]["mesh"] == before.document["nodes"][body]["mesh"]
        assert after.document["nodes"][len(nodes) - 1] == nodes[-1]
        np.testing.assert_array_equal(after.array(smile), [0.0, 1.0, 0.0])
        assert bytes(after.binary[: len(before.binary)]) == bytes(before.binary)
    assert one.document["scenes"] == before.document["scenes"]


def with_scale(rig: RigFile, seed: int, uneven: bool) -> RigFile:
    """Scales on an armature above the bones and on bones of trunk and limbs."""
    rng = np.random.default_rng(seed)

    def scale() -> list[float]:
        return rng.uniform(0.7, 1.4, 3).tolist() if uneven else [float(rng.uniform(0.7, 1.4))] * 3

    for name in ("chest", "leftUpperArm", "rightUpperLeg", "head"):
        rig.node(name)["scale"] = scale()
    lying = Rotation.from_euler("x", -90, degrees=True).as_quat().tolist()
    armature: dict[str, Any] = {"name": "Armature", "scale": [0.01 * s for s in scale()], "rotation": lying, "children": [0]}
    hips = rig.node("hips")
    turn = Rotation.from_euler("x", 90, degrees=True)
    hips["translation"] = (100.0 * turn.apply(hips["translation"])).tolist()
    hips["rotation"] = (turn * Rotation.from_quat(hips["rotation"])).as_quat().tolist()
    hips["scale"] = [100.0] * 3
    rig.document["nodes"].append(armature)
    rig.document["scenes"][0]["nodes"][0] = len(rig.document["nodes"]) - 1
    rig.bind()
    return rig


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000))
def test_joints_are_where_we_say_under_even_scales(tmp_path: Path, seed: int) -> None:
    rig = with_scale(RigFile(rolled(posed(reference_skeleton(fingers=True), seed, 0.5), seed)), seed, uneven=False)
    character = read_character(rig.write(tmp_path / "in.glb"))
    motion = retarget(random_motion(seed, frames=4, angle=1.0), character)
    gltf = written(tmp_path, character, motion)
    for frame in range(4):
        found, said = places(character, gltf, motion, frame)
        assert np.linalg.norm(found - said, axis=-1).max() < 1e-4


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000))
def test_limbs_point_where_we_say_under_uneven_scales(tmp_path: Path, seed: int) -> None:
    """Below an uneven scale lengths change with the pose; directions of the limbs are met to less than a degree all the same."""
    rig = with_scale(RigFile(rolled(posed(reference_skeleton(fingers=True), seed, 0.4), seed)), seed, uneven=True)
    character = read_character(rig.write(tmp_path / "in.glb"))
    source = random_motion(seed, frames=4, angle=1.0)
    motion = retarget(source, character)
    gltf = written(tmp_path, character, motion)
    theirs = source.joint_positions()
    for frame in range(4):
        found, _ = places(character, gltf, motion, frame)
        for a, b in LIMBS:
            here = found[character.skeleton.index(b)] - found[character.skeleton.index(a)]
            there = theirs[frame, source.skeleton.index(b)] - theirs[frame, source.skeleton.index(a)]
            assert np.degrees(np.arccos(np.clip(normalize(here) @ normalize(there), -1, 1))) < 1.0, (a, frame)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_mirrored_bones(tmp_path: Path, axis: int) -> None:
    rig = RigFile(rolled(reference_skeleton(fingers=True), 4))
    scale = [1.0, 1.0, 1.0]
    scale[axis] = -1.0
    rig.node("leftLowerArm")["scale"] = scale
    rig.bind()
    character = read_character(rig.write(tmp_path / "in.glb"))
    motion = retarget(random_motion(2, frames=4, angle=1.0), character)
    gltf = written(tmp_path, character, motion)
    found, said = places(character, gltf, motion, 3)
    np.testing.assert_allclose(found, said, atol=1e-5)


def test_nodes_with_matrices(tmp_path: Path) -> None:
    rig = RigFile(rolled(reference_skeleton(fingers=True), 4))
    matrices = Gltf(Path("x"), rig.document, b"").local_matrices()
    for i in range(rig.count):
        node = rig.document["nodes"][i]
        rig.document["nodes"][i] = {"name": node["name"], "matrix": matrices[i].T.ravel().tolist(), **({"children": node["children"]} if "children" in node else {})}
    character = read_character(rig.write(tmp_path / "in.glb"))
    motion = retarget(random_motion(2, frames=4, angle=1.0), character)
    found, said = places(character, written(tmp_path, character, motion), motion, 2)
    np.testing.assert_allclose(found, said, atol=1e-5)


def vrm0(rig: RigFile) -> RigFile:
    """The rig as VRM 0.x has it: facing -Z, with its own humanoid map."""
    for node in rig.document["nodes"][: rig.count]:
        x, y, z = node["translation"]
        node["translation"] = [-x, y, -z]
    bones = [{"bone": node["name"], "node": i, "useDefaultValues": True} for i, node in enumerate(rig.document["nodes"][: rig.count]) if "Thumb" not in node["name"]]
    for i, node in enumerate(rig.document["nodes"][: rig.count]):
        node["name"] = f"bone{i}"
    rig.bind()
    rig.document |= {"extensions": {"VRM": {"specVersion": "0.0", "humanoid": {"humanBones": bones}, "meta": {"licenseName": "CC0"}}}, "extensionsUsed": ["VRM", "EXT_unknown"]}
    return rig


def test_vrm_0_faces_us_inside_and_keeps_its_way_in_the_file(tmp_path: Path) -> None:
    character = read_character(vrm0(RigFile()).write(tmp_path / "in.vrm"))
    rest = character.skeleton.rest_pose()[0]
    at = {bone: rest[character.skeleton.index(joint)] for bone, joint in character.humanoid.items()}
    assert at["leftHand"][0] > 0.5
    assert at["leftToes"][2] > 0.1
    assert character.licence == "CC0"
    motion = retarget(random_motion(2, frames=4, angle=0.3), character)
    gltf = written(tmp_path, character, motion, name="out.vrm")
    found, said = places(character, gltf, motion, 2)
    np.testing.assert_allclose(found, said, atol=1e-5)
    np.testing.assert_allclose(said, motion.joint_positions()[2] * [-1, 1, -1], atol=1e-9)


def test_feet_that_hang_elsewhere_get_a_path(tmp_path: Path) -> None:
    """As in rigs for inverse kinematics: the foot is no child of the shin in the file, and goes with it all the same."""
    rig = RigFile()
    names = [node["name"] for node in rig.document["nodes"]]
    place = Gltf(Path("x"), rig.document, b"").world_matrices()
    for side in ("left", "right"):
        foot = names.index(f"{side}Foot")
        rig.node(f"{side}LowerLeg")["children"].remove(foot)
        rig.node("hips")["children"].append(foot)
        rig.document["nodes"][foot]["translation"] = (place[foot] - place[0])[:3, 3].tolist()
    character = read_character(rig.write(tmp_path / "in.glb"))
    motion = retarget(random_motion(5, frames=4, angle=1.0), character)
    gltf = written(tmp_path, character, motion)
    for frame in range(4):
        found, said = places(character, gltf, motion, frame)
        np.testing.assert_allclose(found, said, atol=1e-5)
    shin = character.skeleton.index("leftLowerLeg")
    assert character.skeleton.parents[character.skeleton.index("leftFoot")] == shin


def test_several_people(tmp_path: Path) -> None:
    character = read_character(RigFile().write(tmp_path / "in.glb"))
    motions = [retarget(random_motion(seed, frames=6, angle=0.8), character) for seed in (1, 2, 3)]
    gltf = written(tmp_path, character, *motions)
    assert (len(gltf.items("skins")), len(gltf.items("meshes")), len(gltf.document["animations"])) == (3, 1, 1)
    names = [node["name"] for node in gltf.items("nodes")]
    assert len(set(names)) == len(names)
    worlds = plain_worlds(gltf, 3 / 30)
    for number, motion in enumerate(motions, start=1):
        suffix = "" if number == 1 else f"_{number}"
        found = np.array([worlds[names.index(joint + suffix), :3, 3] for joint in character.skeleton.joints])
        np.testing.assert_allclose(found, motion.joint_positions()[3], atol=1e-5)
    bodies = [node for node in gltf.items("nodes") if "mesh" in node]
    assert {node["skin"] for node in bodies} == {0, 1, 2}
    roots = gltf.document["scenes"][0]["nodes"]
    parents = gltf.parents()
    assert sorted(i for i, parent in enumerate(parents) if parent < 0) == sorted(roots)


def test_the_default_readers_read_it(tmp_path: Path) -> None:
    character = read_character(RigFile().write(tmp_path / "in.glb"))
    motion = retarget(random_motion(1, frames=6, fps=24.0), character)
    written(tmp_path, character, motion)
    back = read_motion(tmp_path / "out.glb")
    assert back.fps == 24.0
    np.testing.assert_allclose(back.joint_positions(), motion.joint_positions(), atol=1e-5)


def test_a_large_file_costs_little_memory(tmp_path: Path) -> None:
    """Forty megabytes of textures: read, animated and written within three times the file, the program itself not counted."""
    pytest.importorskip("resource", reason="memory is measured where the operating system counts it")
    rig = RigFile()
    rig.document["images"].append({"bufferView": rig.view(bytes(40_000_000)), "mimeType": "image/png"})
    size = rig.write(tmp_path / "in.glb").stat().st_size
    code = f"""
import resource
from pathlib import Path
import numpy as np
from posewright.character import read_character, retarget
from posewright.formats.glb import write_glb, Export
from posewright.skeletons import reference_skeleton
from posewright.types import Motion
body = reference_skeleton()
motion = Motion(body, np.tile(body.rest_rotations, (300, 1, 1)), np.tile(body.rest_offsets[0], (300, 1)), 30.0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
hero = read_character({str(tmp_path / "in.glb")!r})
write_glb(Path({str(tmp_path / "out.glb")!r}), Export((retarget(motion, hero),), character=hero))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    kilobytes = int(done.stdout)
    assert kilobytes * 1024 < 3 * size
    assert (tmp_path / "out.glb").stat().st_size > size
