"""Animations as other programs write them: keys where they like, steps, splines, several bodies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from posewright.errors import InputError
from posewright.formats import on_character, read_motion
from posewright.formats.gltf_motion import read_gltf_motion
from posewright.geometry import quat_angle, quat_slerp
from posewright.skeletons import reference_skeleton
from tests.character.files import RigFile
from tests.character.rigs import bare_character

TURN = Rotation.from_euler("z", 80, degrees=True).as_quat()
REST = np.array([0.0, 0.0, 0.0, 1.0])


def animated(rig: RigFile, *tracks: tuple[str, str, list[float], np.ndarray, str]) -> RigFile:
    animation: dict = {"name": "wave", "channels": [], "samplers": []}
    for bone, path, times, values, kind in tracks:
        shape = "VEC4" if path == "rotation" else "VEC3"
        sampler = {"input": rig.accessor(np.array(times, np.float32), "SCALAR"), "output": rig.accessor(values.astype(np.float32), shape), "interpolation": kind}
        node = next(i for i, entry in enumerate(rig.document["nodes"]) if entry["name"] == bone)
        animation["channels"].append({"sampler": len(animation["samplers"]), "target": {"node": node, "path": path}})
        animation["samplers"].append(sampler)
    rig.document["animations"] = [animation]
    return rig


def test_keys_at_any_times(tmp_path: Path) -> None:
    """One track by the frame, one with two keys of its own, one that begins late: all on the even frames of the densest."""
    dense = np.linspace(0.0, 1.0, 25)
    nods = np.stack([quat_slerp(REST, TURN, t) for t in dense])
    rig = animated(
        RigFile(),
        ("head", "rotation", dense.tolist(), nods, "LINEAR"),
        ("leftUpperArm", "rotation", [0.0, 1.0], np.stack([REST, TURN]), "LINEAR"),
        ("hips", "translation", [0.5, 0.75], np.array([[0.0, 1.0, 0.0], [1.0, 1.0, 0.0]]), "LINEAR"),
    )
    motion = read_gltf_motion(rig.write(tmp_path / "a.glb"))
    assert (len(motion), motion.fps, motion.name) == (25, pytest.approx(24.0), "wave")
    for bone in ("head", "leftUpperArm"):
        np.testing.assert_allclose(quat_angle(motion.rotations[:, motion.skeleton.index(bone)], nods), 0.0, atol=1e-3)
    np.testing.assert_allclose(motion.root_translation[[0, 12, 15, 18, 24], 0], [0.0, 0.0, 0.5, 1.0, 1.0], atol=1e-5)


def test_steps_and_splines(tmp_path: Path) -> None:
    step = animated(
        RigFile(), ("head", "rotation", [0.0, 0.5, 1.0], np.stack([REST, TURN, REST]), "STEP"), ("hips", "translation", np.linspace(0, 1, 11).tolist(), np.ones((11, 3)), "LINEAR")
    )
    motion = read_gltf_motion(step.write(tmp_path / "a.glb"))
    angles = np.degrees(quat_angle(motion.rotations[:, motion.skeleton.index("head")], REST))
    np.testing.assert_allclose(angles, [0, 0, 0, 0, 0, 80, 80, 80, 80, 80, 0], atol=1e-4)
    # In-tangent, value, out-tangent: y = t^2 from (0, slope 0) to (1, slope 2).
    zero, one, two = np.zeros(3), np.array([0.0, 1.0, 0.0]), np.array([0.0, 2.0, 0.0])
    spline = animated(
        RigFile(),
        ("hips", "translation", [0.0, 1.0], np.stack([zero, zero, zero, two, one, zero]), "CUBICSPLINE"),
        ("head", "rotation", np.linspace(0, 1, 11).tolist(), np.tile(REST, (11, 1)), "LINEAR"),
    )
    motion = read_gltf_motion(spline.write(tmp_path / "b.glb"))
    np.testing.assert_allclose(motion.root_translation[:, 1], np.linspace(0, 1, 11) ** 2, atol=1e-5)


def test_a_motion_file_drives_another_body(tmp_path: Path) -> None:
    rig = animated(RigFile(), ("leftUpperArm", "rotation", [0.0, 1.0], np.stack([REST, TURN]), "LINEAR"))
    for node in rig.document["nodes"][: rig.count]:
        node["name"] = f"rig:{node['name'].replace('left', 'l_').replace('right', 'r_')}"
    motion = read_motion(rig.write(tmp_path / "a.glb"))
    result = on_character(motion, bare_character(reference_skeleton()))
    arm = [result.skeleton.index(f"rig:left{bone}") for bone in ("UpperArm", "LowerArm")]
    way = np.diff(result.joint_positions()[-1, arm], axis=0)[0]
    assert motion.fps == 30.0  # two keys a second apart are poses
    np.testing.assert_allclose(way / np.linalg.norm(way), [np.cos(np.radians(80)), np.sin(np.radians(80)), 0.0], atol=1e-3)


def test_damaged_animations(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no skin with an animation"):
        read_gltf_motion(RigFile().write(tmp_path / "a.glb"))
    endless = animated(RigFile(), ("head", "rotation", [0.0, 0.01, 1e9], np.stack([REST, TURN, REST]), "LINEAR"))
    with pytest.raises(InputError, match="It is damaged"):
        read_gltf_motion(endless.write(tmp_path / "b.glb"))
    morph = animated(RigFile(), ("head", "rotation", [0.0, 1.0], np.stack([REST, TURN]), "LINEAR"))
    morph.document["animations"][0]["channels"][0]["target"]["path"] = "weights"
    with pytest.raises(InputError, match="no skin with an animation"):
        read_gltf_motion(morph.write(tmp_path / "c.glb"))


def test_vrm_animations(tmp_path: Path) -> None:
    """A VRMA has no mesh; its extension says which node is which bone."""
    rig = animated(RigFile(skinned=False), ("leftUpperArm", "rotation", [0.0, 1.0], np.stack([REST, TURN]), "LINEAR"))
    bones = {node["name"]: {"node": i} for i, node in enumerate(rig.document["nodes"])}
    for i, node in enumerate(rig.document["nodes"]):
        node["name"] = f"node{i}"
    rig.document |= {"extensionsUsed": ["VRMC_vrm_animation"], "extensions": {"VRMC_vrm_animation": {"specVersion": "1.0", "humanoid": {"humanBones": bones}}}}
    rig.write(tmp_path / "a.glb").rename(tmp_path / "a.vrma")
    motion = read_motion(tmp_path / "a.vrma")
    assert len(motion) == 31
    result = on_character(motion, bare_character(reference_skeleton()))
    arm = [result.skeleton.index(f"rig:left{bone}") for bone in ("UpperArm", "LowerArm")]
    way = np.diff(result.joint_positions()[-1, arm], axis=0)[0]
    np.testing.assert_allclose(way / np.linalg.norm(way), [np.cos(np.radians(80)), np.sin(np.radians(80)), 0.0], atol=1e-3)
