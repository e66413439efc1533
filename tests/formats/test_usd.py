"""USD read back by Pixar's own library: joints and skin where we say, names, materials, several people."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posewright.character import skin
from posewright.errors import OutputError
from posewright.formats import on_character, write
from posewright.formats.usd_names import identifier, joint_paths, unique_identifiers
from posewright.skeletons import Skeleton
from posewright.types import Character, GltfDocument, Material, Motion
from tests.formats.samples import box_character, random_motion

JAPANESE = {"hips": "腰", "spine": "背骨", "leftUpperArm": "左腕 upper", "rightUpperArm": "左腕_upper", "leftHand": "1:手"}


def pxr() -> Any:
    return pytest.importorskip("pxr", reason="usd-core is not installed")


def joint_positions(path: Path, frames: int, place: str = "/World/Boxes") -> tuple[list[str], np.ndarray]:
    """The skeleton's joints' names, and their places in the world as UsdSkel computes them, (T, J, 3)."""
    pxr()
    from pxr import Usd, UsdGeom, UsdSkel

    stage = Usd.Stage.Open(str(path))
    skeleton = UsdSkel.Skeleton(stage.GetPrimAtPath(f"{place}/Skeleton"))
    cache = UsdSkel.Cache()
    cache.Populate(UsdSkel.Root(stage.GetPrimAtPath(place)), Usd.PrimDefaultPredicate)
    query = cache.GetSkelQuery(skeleton)
    places = UsdGeom.XformCache()
    rows = []
    for frame in range(frames):
        places.SetTime(frame)
        transforms = np.array(query.ComputeJointWorldTransforms(places))
        rows.append(transforms[:, 3, :3])
    return list(skeleton.GetJointNamesAttr().Get()), np.array(rows)


@pytest.mark.parametrize("suffix", [".usda", ".usdc"])
def test_joints_stand_where_we_say(tmp_path: Path, motion: Motion, character: Character, suffix: str) -> None:
    pxr()
    path = tmp_path / f"a{suffix}"
    write(path, motion, character=character)
    names, found = joint_positions(path, len(motion))
    assert tuple(names) == motion.skeleton.joints
    assert np.abs(found - motion.joint_positions()).max() < 1e-4
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_stage_says_units_axis_and_speed(tmp_path: Path, motion: Motion, character: Character) -> None:
    pxr()
    from pxr import Usd, UsdGeom

    write(tmp_path / "a.usda", motion, character=character, fps=24)
    stage = Usd.Stage.Open(str(tmp_path / "a.usda"))
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1.0
    assert stage.GetTimeCodesPerSecond() == stage.GetFramesPerSecond() == 24.0
    assert stage.GetEndTimeCode() / 24.0 == pytest.approx(motion.duration, abs=1 / 24)
    assert stage.GetDefaultPrim().GetPath() == "/World"


def test_skin_moves_as_ours(tmp_path: Path, motion: Motion, character: Character) -> None:
    pxr()
    from pxr import Gf, Usd, UsdSkel, Vt

    write(tmp_path / "a.usdc", motion, character=character)
    stage = Usd.Stage.Open(str(tmp_path / "a.usdc"))
    root = UsdSkel.Root(stage.GetPrimAtPath("/World/Boxes"))
    cache = UsdSkel.Cache()
    cache.Populate(root, Usd.PrimDefaultPredicate)
    mesh = stage.GetPrimAtPath("/World/Boxes/Boxes")
    query, skeleton = cache.GetSkinningQuery(mesh), cache.GetSkelQuery(UsdSkel.Skeleton(stage.GetPrimAtPath("/World/Boxes/Skeleton")))
    ours = skin(character, motion)[0]
    for frame in (0, 20, 39):
        points = Vt.Vec3fArray(mesh.GetAttribute("points").Get())
        assert query.ComputeSkinnedPoints(skeleton.ComputeSkinningTransforms(frame), points, frame)
        assert np.abs(np.array(points) - ours[frame]).max() < 1e-4
    assert Gf.IsClose(query.GetGeomBindTransform(), Gf.Matrix4d(1), 1e-9)


def test_two_people_stand_side_by_side(tmp_path: Path, motion: Motion, character: Character) -> None:
    other = random_motion(motion.skeleton, frames=25, seed=1)
    pxr()
    files = write(tmp_path / "a.usda", (motion, other), character=character)
    assert len(files) == 1
    assert np.abs(joint_positions(files[0], 25, "/World/Boxes_2")[1] - other.joint_positions()).max() < 1e-4
    assert np.abs(joint_positions(files[0], 40)[1] - motion.joint_positions()).max() < 1e-4


def test_names_in_japanese(tmp_path: Path, motion: Motion) -> None:
    pxr()
    hero = replace(box_character(motion.skeleton.renamed(JAPANESE)), name="初音 ミク")
    moved = replace(motion, skeleton=hero.skeleton, name="歩く")
    write(tmp_path / "ダンス.usda", moved, character=hero)
    names, found = joint_positions(tmp_path / "ダンス.usda", len(moved), "/World/Character")
    assert tuple(names) == hero.skeleton.joints
    assert np.abs(found - moved.joint_positions()).max() < 1e-4


def test_names_that_are_ours(tmp_path: Path, motion: Motion, character: Character) -> None:
    """A character called Materials whose meshes are called Skeleton and Animation."""
    pxr()
    from pxr import Usd

    meshes = tuple(replace(character.meshes[0], name=name) for name in ("Skeleton", "Animation"))
    write(tmp_path / "a.usda", motion, character=replace(character, name="Materials", meshes=meshes))
    stage = Usd.Stage.Open(str(tmp_path / "a.usda"))
    body = stage.GetPrimAtPath("/World/Materials_2")
    assert [(child.GetName(), child.GetTypeName()) for child in body.GetChildren()] == [
        ("Skeleton", "Skeleton"),
        ("Animation", "SkelAnimation"),
        ("Skeleton_2", "Mesh"),
        ("Animation_2", "Mesh"),
    ]


def test_one_frame(tmp_path: Path, motion: Motion, character: Character) -> None:
    pxr()
    write(tmp_path / "a.usda", motion.sliced(3, 4), character=character)
    assert np.abs(joint_positions(tmp_path / "a.usda", 1)[1] - motion.sliced(3, 4).joint_positions()).max() < 1e-4


def painted(character: Character) -> Character:
    """The character with a picture of one pixel on its first material."""
    line = zlib.compress(b"\0\xff\0\0")
    picture = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", struct.pack(">2I5B", 1, 1, 8, 2, 0, 0, 0)), (b"IDAT", line), (b"IEND", b""))
    )
    document = GltfDocument({"images": [{"name": "赤", "mimeType": "image/png", "bufferView": 0}], "bufferViews": [{"byteLength": len(picture)}]}, picture, ())
    mesh = replace(character.meshes[0], uv=np.tile(np.array([[0.25, 0.1]], dtype=np.float32), (len(character.meshes[0].positions), 1)))
    first = replace(character.materials[0], texture=0)
    return replace(character, meshes=(mesh,), materials=(first, *character.materials[1:]), document=document)


def test_materials_and_textures(tmp_path: Path, motion: Motion, character: Character) -> None:
    pxr()
    from pxr import Usd, UsdShade

    hero = painted(character)
    write(tmp_path / "a.usda", motion, character=hero)
    assert (tmp_path / "a_textures" / "image.png").read_bytes() == bytes(hero.document.binary)  # type: ignore[union-attr]
    stage = Usd.Stage.Open(str(tmp_path / "a.usda"))
    mesh = stage.GetPrimAtPath("/World/Boxes/Boxes")
    assert np.allclose(mesh.GetAttribute("primvars:st").Get()[0], (0.25, 0.9))
    red, glass = (UsdShade.Material(stage.GetPrimAtPath(f"/World/Materials/{name}")) for name in ("Red", "Glass"))
    surface = red.ComputeSurfaceSource()[0]
    texture = surface.GetInput("diffuseColor").GetConnectedSource()[0].GetPrim()
    assert Path(texture.GetAttribute("inputs:file").Get().resolvedPath).samefile(tmp_path / "a_textures" / "image.png")
    assert glass.ComputeSurfaceSource()[0].GetInput("opacity").Get() == pytest.approx(0.5)
    subsets = UsdShade.MaterialBindingAPI(mesh).GetMaterialBindSubsets()
    bound = [UsdShade.MaterialBindingAPI(subset.GetPrim()).ComputeBoundMaterial()[0].GetPrim().GetName() for subset in subsets]
    assert bound == ["Red", "Glass"]
    assert sum(len(subset.GetIndicesAttr().Get()) for subset in subsets) == len(hero.meshes[0].triangles)


def test_failure_leaves_no_textures(tmp_path: Path, motion: Motion, character: Character, monkeypatch: pytest.MonkeyPatch) -> None:
    pxr()
    monkeypatch.setattr("posewright.formats.usd._add_animation", lambda *_: (_ for _ in ()).throw(RuntimeError("broken")))
    with pytest.raises(RuntimeError, match="broken"):
        write(tmp_path / "a.usda", motion, character=painted(character))
    assert not list(tmp_path.iterdir())


def test_without_usd_core_the_error_says_what_to_install(tmp_path: Path, motion: Motion, character: Character, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pxr", None)
    with pytest.raises(OutputError, match=r"usd-core.*posewright\[usd\]"):
        write(tmp_path / "a.usda", motion, character=character)


def test_identifiers() -> None:
    assert identifier("mixamorig:Hips", "joint") == "mixamorig_Hips"
    assert identifier("1 hand", "joint") == "_1_hand"
    assert identifier("手", "joint") == "joint"
    assert unique_identifiers(["手", "足", "a b", "a_b"], "joint") == ["joint", "joint_2", "a_b", "a_b_2"]
    skeleton = Skeleton(("a", "b", "c"), (-1, 0, 1), np.zeros((3, 3)), np.tile([0.0, 0, 0, 1], (3, 1)))
    assert joint_paths(skeleton) == ["a", "a/b", "a/b/c"]


def test_plain_materials_only(tmp_path: Path, motion: Motion, character: Character) -> None:
    pxr()
    hero = replace(character, materials=(Material("赤"), Material("青")))
    write(tmp_path / "a.usda", on_character(motion, hero), character=hero)
    assert 'def Material "Material_2"' in (tmp_path / "a.usda").read_text(encoding="utf-8")
