"""A file of Blender's or an FBX to binary glTF: the people's armatures with their meshes, or the motion of one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import bpy

from .scene import Problem, call, curves, empty_scene, near_frame, said, take_action

FBX_MAGIC = b"Kaydara FBX Binary"


def read(job: dict[str, Any]) -> dict[str, Any]:
    """Convert `path` to the GLB `out`: with `motion` a skeleton and what moves it, without it the bodies at rest.

    The motion's keys stand on frames of `nominal_fps`, a whole number; the answer has the true `fps`.

    Raises:
        Problem: the file cannot be read, or has no armature, or nothing moves.
    """
    empty_scene()
    path = str(job["path"])
    _open_blend(path) if path.lower().endswith(".blend") else _import_fbx(path)
    scene = bpy.context.scene
    armatures = [thing for thing in scene.objects if thing.type == "ARMATURE" and thing.data.bones]
    if not armatures:
        held = ", ".join(sorted({thing.type.lower() for thing in scene.objects})) or "nothing"
        raise Problem(f"it holds no armature, a skeleton of bones, only: {held}.")
    if job["motion"]:
        armatures = [_moving(armatures)]
    wanted = _with_bodies(armatures)
    if not job["motion"] and not any(thing.type == "MESH" for thing in wanted):
        raise Problem("no mesh is bound to its armature: a character needs one.")
    for thing in list(bpy.data.objects):
        if thing not in wanted:
            bpy.data.objects.remove(thing)
    _show(scene, wanted)
    if job["motion"]:
        _mesh_for_skin(scene, armatures[0])
        _drop_other_actions(armatures[0])
        _on_whole_frames(armatures[0].animation_data.action)
    else:
        for armature in armatures:
            armature.data.pose_position = "REST"
    render = scene.render
    fps = render.fps / render.fps_base
    render.fps, render.fps_base = job["nominal_fps"], 1.0  # the exporter multiplies by the base where it should divide
    _export(str(job["out"]), _take(armatures[0]) if job["motion"] else None)
    return {"fps": fps, "armatures": [armature.name for armature in armatures]}


def _open_blend(path: str) -> None:
    try:
        bpy.ops.wm.open_mainfile(filepath=path, load_ui=False, use_scripts=False)
    except RuntimeError as error:
        raise Problem(said(error)) from error


def _import_fbx(path: str) -> None:
    """By Blender's newer importer (4.5 and later), which reads text too and animated objects right; before, by the older one."""
    if "fbx_import" in dir(bpy.ops.wm):
        call(bpy.ops.wm.fbx_import, filepath=path, use_custom_props=False, anim_offset=0.0)
        return
    with open(path, "rb") as file:
        if file.read(len(FBX_MAGIC)) != FBX_MAGIC:
            raise Problem(f"it is no binary FBX, and Blender {bpy.app.version_string} reads no other (4.5 does). Export it as binary FBX.")
    call(bpy.ops.import_scene.fbx, filepath=path, use_custom_props=False, anim_offset=0.0)


def _moving(armatures: list[Any]) -> Any:
    """The armature with an action; if there are several that with most bones, or the first of these by name."""
    for armature in armatures:
        take_action(armature.animation_data)
    moving = [armature for armature in armatures if armature.animation_data and armature.animation_data.action]
    if not moving:
        raise Problem("its armature has no animation.")
    return max(sorted(moving, key=lambda armature: str(armature.name)), key=lambda armature: len(armature.data.bones))


def _drop_other_actions(armature: Any) -> None:
    """Leave only what the armature plays: exporters before 3.6 write all actions that there are."""
    for action in list(bpy.data.actions):
        if action != armature.animation_data.action:
            bpy.data.actions.remove(action)


def _on_whole_frames(action: Any) -> None:
    """Move keys to the frames that they nearly stand on: the exporter leaves out a last frame that is not quite there."""
    for curve in curves(action):
        for key in curve.keyframe_points:
            key.co.x = near_frame(key.co.x)
        curve.update()


def _with_bodies(armatures: list[Any]) -> set[Any]:
    """Armatures, the meshes that they move, and all that hangs on either or holds it; shapes that only show how a bone is drawn left out."""
    shapes = {bone.custom_shape for armature in armatures for bone in armature.pose.bones}
    meshes = [thing for thing in bpy.context.scene.objects if thing.type == "MESH" and _armature_of(thing) in armatures]
    wanted = {*armatures, *meshes}
    for thing in (*armatures, *meshes):
        wanted |= {*thing.children_recursive}
    for thing in list(wanted):
        while thing is not None:
            wanted.add(thing)
            thing = thing.parent
    return {thing for thing in wanted if thing not in shapes and (thing in armatures or thing in meshes or not thing.hide_render)}


def _armature_of(mesh: Any) -> Any:
    return next((modifier.object for modifier in mesh.modifiers if modifier.type == "ARMATURE" and modifier.object), None)


def _show(scene: Any, things: Iterable[Any]) -> None:
    """Put objects where the exporter sees them, whatever collections and eyes they were hidden by."""
    for thing in things:
        if thing.name not in scene.collection.objects:
            scene.collection.objects.link(thing)
        thing.hide_viewport = False
        thing.hide_set(False)


def _mesh_for_skin(scene: Any, armature: Any) -> None:
    """One small triangle on the first bone, so that the bones are written as joints of a skin: a file of motion alone has none."""
    mesh = bpy.data.meshes.new("joints")
    mesh.from_pydata([(0, 0, 0), (0.01, 0, 0), (0, 0.01, 0)], [], [(0, 1, 2)])
    thing = bpy.data.objects.new("joints", mesh)
    scene.collection.objects.link(thing)
    thing.parent = armature
    thing.vertex_groups.new(name=armature.data.bones[0].name).add([0, 1, 2], 1.0, "REPLACE")
    thing.modifiers.new("Armature", "ARMATURE").object = armature
    for other in [other for other in scene.objects if other.type == "MESH" and other is not thing]:
        bpy.data.objects.remove(other)


def _take(armature: Any) -> str:
    """The name of what an armature does: of FBX's `Armature|mixamo.com|Layer0` what names neither the object nor a layer."""
    name = str(armature.animation_data.action.name)
    parts = [part for part in name.split("|") if part != armature.name and "layer" not in part.lower()]
    return parts[-1] if parts else name


def _export(out: str, motion: str | None) -> None:
    """Write the scene as a GLB, with the `motion` of that name or without any."""
    morphs = any(thing.data.shape_keys for thing in bpy.context.scene.objects if thing.type == "MESH")
    call(
        bpy.ops.export_scene.gltf,
        filepath=out,
        export_format="GLB",
        use_active_scene=True,
        export_apply=not morphs,
        export_materials="NONE" if motion is not None else "EXPORT",
        export_animations=motion is not None,
        export_nla_strips_merged_animation_name=motion or "",
        export_animation_mode="ACTIVE_ACTIONS",
        export_nla_strips=False,
        export_force_sampling=True,
        export_optimize_animation_size=False,
        export_morph=motion is None,
        export_morph_animation=False,
        export_def_bones=False,
        export_rest_position_armature=True,
        export_all_influences=False,
        export_yup=True,
    )
    if not os.path.isfile(out):
        raise Problem("Blender wrote nothing.")
