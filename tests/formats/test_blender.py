"""What Blender writes from our motions, read back by Blender and, where it is installed, by assimp."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from posewright.character import read_character
from posewright.character.blender import read_through_blender
from posewright.errors import OutputError, UsageError
from posewright.formats import blender
from posewright.formats.blender import write_blend, write_fbx
from posewright.formats.export import Export
from posewright.formats.gltf_motion import read_gltf_motion
from posewright.skeletons import reference_skeleton
from posewright.types import Character, GltfDocument, Motion
from tests.blender_here import needs_blender
from tests.formats.samples import box_character, random_motion

LIMIT_M = 0.001


@pytest.fixture(scope="module")
def small() -> tuple[Character, Motion, Motion]:
    """A body without fingers and two motions at film's true rate."""
    skeleton = reference_skeleton(fingers=False)
    return box_character(skeleton), random_motion(skeleton, frames=12, fps=24000 / 1001), random_motion(skeleton, frames=8, fps=24000 / 1001, seed=1)


@pytest.fixture(scope="module")
def fbx(small: tuple[Character, Motion, Motion], tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs_blender()
    character, first, second = small
    path = tmp_path_factory.mktemp("fbx") / "two people 人.fbx"
    write_fbx(path, Export((first, second), character=character))
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    return path


def assimp_joints() -> ModuleType:
    spec = importlib.util.spec_from_file_location("assimp_joints", Path(__file__).parents[2] / "tools" / "assimp_joints.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_fbx_in_assimp(fbx: Path, small: tuple[Character, Motion, Motion]) -> None:
    if shutil.which("assimp") is None:
        pytest.skip("assimp is not installed: what it makes of our FBX is not tested")
    _, first, second = small
    scene = assimp_joints().read_fbx(fbx, first.fps, [0, 3, 7])
    assert scene.takes == ("swing",)
    assert scene.fps == pytest.approx(first.fps, rel=1e-5)
    for motion, suffix in ((first, ""), (second, "_2")):
        ours = motion.joint_positions()[[0, 3, 7]]
        for joint, name in enumerate(motion.skeleton.joints):
            np.testing.assert_allclose(scene.places[name + suffix], ours[:, joint], atol=LIMIT_M)
    for name, matrix in scene.tops.items():
        np.testing.assert_allclose(matrix, np.eye(4), atol=1e-6, err_msg=f"{name} is scaled, turned or away from the origin")
    assert {"Armature", "Armature_2"} <= scene.tops.keys()


def test_fbx_in_blender(fbx: Path, small: tuple[Character, Motion, Motion]) -> None:
    first = small[1]
    back = read_gltf_motion(fbx)
    assert (len(back), back.name) == (len(first), "swing")
    assert back.fps == pytest.approx(first.fps, rel=1e-6)
    ours = first.joint_positions()
    for joint, name in enumerate(first.skeleton.joints):
        np.testing.assert_allclose(back.joint_positions()[:, back.skeleton.index(name)], ours[:, joint], atol=LIMIT_M)


def test_blend(small: tuple[Character, Motion, Motion], tmp_path: Path) -> None:
    needs_blender()
    character, first, _ = small
    path = tmp_path / "one.blend"
    write_blend(path, Export((first,), character=character))
    body = read_through_blender(path)
    assert {material["name"] for material in body.items("materials")} == {"Glass", "Red"}
    assert not body.items("animations")
    assert {node["name"] for node in body.items("nodes")} >= {*character.skeleton.joints}


def test_the_job(small: tuple[Character, Motion, Motion], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys on whole frames at the nominal rate, the true rate beside; the second person at its own pace."""
    character, first, second = small
    jobs = []

    def run(job: dict, doing: str, failure: type, timeout_s: float) -> dict:
        glb = Path(job["people"][1]["glb"])
        jobs.append(job | {"fps of 2": read_gltf_motion(glb).fps, "timeout": timeout_s})
        Path(job["out"]).write_bytes(b"written")
        return {}

    monkeypatch.setattr(blender, "run_blender", run)
    write_fbx(tmp_path / "x.fbx", Export((first, replace(second, fps=2 * first.fps)), character=character))
    (job,) = jobs
    assert (tmp_path / "x.fbx").read_bytes() == b"written"
    assert job["fps"] == first.fps
    assert job["nominal_fps"] == 30
    assert job["fps of 2"] == pytest.approx(60)
    assert [person["frames"] for person in job["people"]] == [12, 4]
    write_fbx(tmp_path / "y.fbx", Export((random_motion(first.skeleton, frames=400),) * 2, character=character))
    assert jobs[1]["timeout"] > job["timeout"] + 100


def test_vrm_0_is_turned_to_the_front(small: tuple[Character, Motion, Motion], tmp_path: Path) -> None:
    character, first, _ = small
    blender.write_glb(tmp_path / "x.glb", Export((first,), character=character))
    read = read_character(tmp_path / "x.glb")
    assert read.document is not None
    half_turn = GltfDocument(read.document.json, read.document.binary, read.document.joint_nodes, np.array([0.0, 1.0, 0.0, 0.0]))
    person = blender._person(tmp_path / "y.glb", blender._bare(replace(read, document=half_turn)), first, first.fps)
    assert np.abs(person["turn"]) == pytest.approx([0, 0, 0, 1])  # w, x, y, z: about Blender's z


def test_failure_leaves_the_older_file(small: tuple[Character, Motion, Motion], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    character, first, _ = small
    path = tmp_path / "x.blend"
    path.write_bytes(b"older")

    def run(*arguments: object) -> dict:
        raise OutputError("Blender crashed")

    monkeypatch.setattr(blender, "run_blender", run)
    with pytest.raises(OutputError, match="crashed"):
        write_blend(path, Export((first,), character=character))
    assert path.read_bytes() == b"older"
    assert [file.name for file in tmp_path.iterdir()] == ["x.blend"]


def test_no_blender_is_said(small: tuple[Character, Motion, Motion], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSEWRIGHT_BLENDER", str(tmp_path / "none"))
    character, first, _ = small
    with pytest.raises(UsageError, match="POSEWRIGHT_BLENDER"):
        write_fbx(tmp_path / "x.fbx", Export((first,), character=character))
    assert not list(tmp_path.iterdir())
