"""USD: a skinned, textured character with its animation as UsdSkel, through usd-core.

Schemas: https://openusd.org/release/api/_usd_skel__schemas.html and https://openusd.org/release/spec_usdpreviewsurface.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from posewright.errors import OutputError, require
from posewright.files import atomic_path
from posewright.formats.export import GENERATOR, Export
from posewright.formats.optional import need
from posewright.formats.usd_materials import Textures, add_materials
from posewright.formats.usd_names import joint_paths, unique_identifiers
from posewright.geometry import Array, quat_continuous, quat_to_matrix
from posewright.skeletons import Skeleton
from posewright.types import Character, Motion, SkinnedMesh

MATERIALS, SKELETON, ANIMATION = "Materials", "Skeleton", "Animation"
"""Names of our own in the stage."""


def check_usd() -> None:
    """Raise unless usd-core is installed.

    Raises:
        OutputError: it is not.
    """
    _pxr()


def _pxr() -> Any:
    return need("pxr", "usd-core", "usd", "a .usda or .usdc file")


def write_usd(path: Path, export: Export) -> None:
    """Write one SkelRoot a person below /World: skeleton, skinned meshes, SkelAnimation, materials; metres, +Y up, a time code a frame.

    Textures lie in the folder `NAME_textures` beside the file. Names that USD does not allow in paths (blanks, colons,
    letters outside of ASCII) are replaced there and stand as they were in the skeleton's `jointNames` and in display names.

    Raises:
        OutputError: the file cannot be written, or usd-core is not installed.
    """
    _pxr()
    from pxr import Usd, UsdGeom

    character = export.character
    require(character is not None, "a USD file needs a character")
    assert character is not None
    fps = export.motions[0].fps
    textures = Textures(path, character)
    with textures.written(), atomic_path(path) as part:
        stage = Usd.Stage.CreateNew(str(part))
        stage.SetDefaultPrim(UsdGeom.Xform.Define(stage, "/World").GetPrim())
        UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
        UsdGeom.SetStageMetersPerUnit(stage, 1.0)
        stage.SetTimeCodesPerSecond(fps)
        stage.SetFramesPerSecond(fps)
        stage.SetStartTimeCode(0)
        stage.SetEndTimeCode(max(motion.duration for motion in export.motions) * fps)
        stage.GetRootLayer().customLayerData = {"creator": GENERATOR} | ({"licence": character.licence} if character.licence else {})
        materials = add_materials(stage, f"/World/{MATERIALS}", character, textures)
        for number, motion in enumerate(export.motions, start=1):
            _add_person(stage, place_of(character, number), character, motion, fps, materials)
        if not stage.GetRootLayer().Save():
            raise OutputError(f"cannot write {path}: usd-core could not save it")
        del stage


def place_of(character: Character, number: int) -> str:
    """Path of a person, counted from 1, in the stage."""
    name = unique_identifiers([MATERIALS, character.name], "Character")[1]
    return f"/World/{name}" + (f"_{number}" if number > 1 else "")


def _add_person(stage: Any, place: str, character: Character, motion: Motion, fps: float, materials: list[Any]) -> None:
    """A body with its skeleton, meshes and animation, and where it is in each frame."""
    from pxr import UsdSkel

    root = UsdSkel.Root.Define(stage, place)
    root.GetPrim().SetDisplayName(character.name)
    _add_skeleton(root, character.skeleton)
    _add_animation(root, motion, fps)
    names = unique_identifiers([SKELETON, ANIMATION, *(mesh.name for mesh in character.meshes)], "Mesh")[2:]
    for name, mesh in zip(names, character.meshes, strict=True):
        if len(mesh.triangles):
            _add_mesh(root, name, mesh, character, materials)
    _add_extent(root, character, motion, fps)


def _add_skeleton(root: Any, skeleton: Skeleton) -> None:
    """The skeleton in its bind pose, and what is bound to it and to the animation that moves it."""
    from pxr import UsdSkel, Vt

    stage, place = root.GetPrim().GetStage(), root.GetPath()
    prim = UsdSkel.Skeleton.Define(stage, place.AppendChild(SKELETON))
    prim.CreateJointsAttr(Vt.TokenArray(joint_paths(skeleton)))
    prim.CreateJointNamesAttr(Vt.TokenArray(list(skeleton.joints)))
    positions, worlds = skeleton.rest_pose()
    prim.CreateBindTransformsAttr(_matrices(positions, worlds))
    prim.CreateRestTransformsAttr(_matrices(skeleton.rest_offsets, skeleton.rest_rotations))
    binding = UsdSkel.BindingAPI.Apply(prim.GetPrim())
    binding.CreateAnimationSourceRel().SetTargets([place.AppendChild(ANIMATION)])
    UsdSkel.BindingAPI.Apply(root.GetPrim()).CreateSkeletonRel().SetTargets([prim.GetPath()])


def _matrices(positions: Array, rotations: Array) -> Any:
    """Transforms (J, 4, 4) as USD has them: row vectors, so the place stands in the last row."""
    from pxr import Vt

    matrices = np.tile(np.eye(4), (len(positions), 1, 1))
    matrices[:, :3, :3] = np.swapaxes(quat_to_matrix(rotations), -1, -2)
    matrices[:, 3, :3] = positions
    return Vt.Matrix4dArray.FromNumpy(matrices)


def _add_animation(root: Any, motion: Motion, fps: float) -> None:
    """Local translation, rotation and scale of every joint; a sample a frame, at the time code of its second."""
    from pxr import Gf, UsdSkel, Vt

    skeleton = motion.skeleton
    animation = UsdSkel.Animation.Define(root.GetPrim().GetStage(), root.GetPath().AppendChild(ANIMATION))
    animation.GetPrim().SetDisplayName(motion.name)
    animation.CreateJointsAttr(Vt.TokenArray(joint_paths(skeleton)))
    animation.CreateScalesAttr(Vt.Vec3hArray(len(skeleton), Gf.Vec3h(1, 1, 1)))
    translations, rotations = animation.CreateTranslationsAttr(), animation.CreateRotationsAttr()
    places = skeleton.rest_offsets.astype(np.float32)
    turns = quat_continuous(motion.rotations).astype(np.float32)
    for frame, second in enumerate(motion.timestamps):
        places[0] = motion.root_translation[frame]
        translations.Set(Vt.Vec3fArray.FromNumpy(places), second * fps)
        rotations.Set(Vt.QuatfArray([Gf.Quatf(w, x, y, z) for x, y, z, w in turns[frame].tolist()]), second * fps)


def _add_mesh(root: Any, name: str, mesh: SkinnedMesh, character: Character, materials: list[Any]) -> None:
    """A mesh in the bind pose, bound to the skeleton; faces of each material in a subset."""
    from pxr import Gf, Sdf, UsdGeom, UsdShade, UsdSkel, Vt

    prim = UsdGeom.Mesh.Define(root.GetPrim().GetStage(), root.GetPath().AppendChild(name))
    prim.GetPrim().SetDisplayName(mesh.name)
    prim.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(mesh.positions, dtype=np.float32)))
    prim.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(mesh.triangles), 3, dtype=np.int32)))
    prim.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(np.ascontiguousarray(mesh.triangles.ravel(), dtype=np.int32)))
    prim.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    prim.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(mesh.normals, dtype=np.float32)))
    prim.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    prim.CreateExtentAttr([Gf.Vec3f(*mesh.positions.min(0).tolist()), Gf.Vec3f(*mesh.positions.max(0).tolist())])
    prim.CreateDoubleSidedAttr(True)
    if mesh.uv is not None:
        uv = np.stack([mesh.uv[:, 0], 1.0 - mesh.uv[:, 1]], axis=1).astype(np.float32)  # glTF's v runs down, USD's up
        UsdGeom.PrimvarsAPI(prim).CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.vertex).Set(Vt.Vec2fArray.FromNumpy(uv))
    binding = UsdSkel.BindingAPI.Apply(prim.GetPrim())
    binding.CreateSkeletonRel().SetTargets([root.GetPath().AppendChild(SKELETON)])
    binding.CreateJointIndicesPrimvar(False, 4).Set(Vt.IntArray.FromNumpy(np.ascontiguousarray(mesh.joints.ravel(), dtype=np.int32)))
    binding.CreateJointWeightsPrimvar(False, 4).Set(Vt.FloatArray.FromNumpy(np.ascontiguousarray(mesh.weights.ravel(), dtype=np.float32)))
    binding.CreateGeomBindTransformAttr(Gf.Matrix4d(1.0))
    used = np.unique(mesh.triangle_materials)
    UsdShade.MaterialBindingAPI.Apply(prim.GetPrim()).Bind(materials[int(used[0])])
    for material in used if len(used) > 1 else ():
        faces = Vt.IntArray.FromNumpy(np.flatnonzero(mesh.triangle_materials == material).astype(np.int32))
        subset = UsdShade.MaterialBindingAPI(prim.GetPrim()).CreateMaterialBindSubset(materials[int(material)].GetPrim().GetName(), faces, UsdGeom.Tokens.face)
        UsdShade.MaterialBindingAPI.Apply(subset.GetPrim()).Bind(materials[int(material)])


def _add_extent(root: Any, character: Character, motion: Motion, fps: float) -> None:
    """Where the body is in each frame, so that viewers frame it and cull it rightly: the box of its joints, and as much around them as at rest."""
    from pxr import Gf, UsdGeom

    joints = character.skeleton.rest_pose()[0]
    points = [mesh.positions for mesh in character.meshes if len(mesh.positions)]
    margin = max((float(np.maximum(joints.min(0) - p.min(0), p.max(0) - joints.max(0)).max()) for p in points), default=0.0)
    margin = max(margin, 0.0)
    positions = motion.joint_positions()
    extent = UsdGeom.Boundable(root).CreateExtentAttr()
    for second, low, high in zip(motion.timestamps, positions.min(1) - margin, positions.max(1) + margin, strict=True):
        extent.Set([Gf.Vec3f(*low.tolist()), Gf.Vec3f(*high.tolist())], second * fps)
