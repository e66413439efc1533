"""Animated bodies, each in a GLB of its own, to one .fbx or .blend."""

from __future__ import annotations

import os
from typing import Any

import bpy

from .materials import plain_materials
from .people import Person, take_in
from .scene import Problem, call, empty_scene
from .settle import Y_UP, rigid_to_skin, settle

CM = 100.0

EXTENSIONS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "TARGA": ".tga", "BMP": ".bmp"}


def write(job: dict[str, Any]) -> dict[str, Any]:
    """Write the `people` of a job to `out` (.fbx or .blend) at `fps` frames a second.

    Each of `people` names a `glb`, whose keys stand on the frames of `nominal_fps`, its number of `frames`, the `armature`'s name,
    the names for its `motion` and, in `bones`, of its joints' nodes. With `bones_as_in_file` bones keep the axes of the file's
    nodes, else the tip of each points to its child, its axes turned by right angles.

    Raises:
        Problem: Blender cannot read the GLB or write the file.
    """
    scene = empty_scene()
    first = int(job["first_frame"])
    scene.render.fps, scene.render.fps_base = round(job["nominal_fps"]), 1.0
    people = [take_in(person, first, bool(job["bones_as_in_file"])) for person in job["people"]]
    _name_apart(people)
    fps = float(job["fps"])
    scene.render.fps = max(round(fps), 1)
    scene.render.fps_base = scene.render.fps / fps
    scene.name = job["people"][0]["motion"]
    scene.frame_start, scene.frame_end = first, first + max(int(person["frames"]) for person in job["people"]) - 1
    scene.frame_set(first)
    out = str(job["out"])
    _write_blend(out, scene, people) if out.endswith(".blend") else _write_fbx(out, scene, people)
    if not os.path.isfile(out):
        raise Problem("Blender wrote nothing.")
    return {"armatures": [person.armature.name for person in people], "bones": [len(person.armature.data.bones) for person in people]}


def _name_apart(people: list[Person]) -> None:
    """Every name as in its file; those of further people with their number behind it, their materials and images the first's."""
    for number, person in enumerate(people, start=1):
        person.give_names(f"_{number}" if number > 1 else "")
        if number > 1:
            person.share_materials(people[0])


def _write_blend(out: str, scene: Any, people: list[Person]) -> None:
    """Bones in front of the body, the first armature chosen, colours shown."""
    for person in people:
        person.armature.show_in_front = True
        person.armature.data.pose_position = "POSE"
    settle(scene, [person.armature for person in people])
    _choose(people[0].armature)
    scene.unit_settings.system, scene.unit_settings.scale_length = "METRIC", 1.0
    for screen in bpy.data.screens:
        for space in (area.spaces.active for area in screen.areas if area.type == "VIEW_3D"):
            space.shading.type = "MATERIAL"
            space.region_3d.view_location = (0.0, 0.0, 0.9)
            space.region_3d.view_distance = 6.0
    bpy.ops.outliner.orphans_purge(do_recursive=True)
    bpy.ops.file.pack_all()
    call(bpy.ops.wm.save_as_mainfile, filepath=out, compress=True, check_existing=False)


def _write_fbx(out: str, scene: Any, people: list[Person]) -> None:
    """Centimetres and Y up in the data itself, so that no node is scaled or turned; one take of all people, named as the scene."""
    for number, person in enumerate(people, start=1):
        person.armature.name = "Armature" if number == 1 else f"Armature_{number}"  # Unreal takes a node of just this name for no bone
        person.armature.data.name = person.armature.name
        if number > 1:
            for bone in person.armature.data.bones:
                bone.name += f"_{number}"
        rigid_to_skin(scene, person.armature)
    _drop_markers(scene)
    settle(scene, [person.armature for person in people], CM, Y_UP)
    scene.unit_settings.system, scene.unit_settings.scale_length = "METRIC", 1.0 / CM
    plain_materials()
    for image in bpy.data.images:
        if image.packed_file:
            image.filepath = "//" + image.name.replace("/", "_").replace("\\", "_") + EXTENSIONS.get(image.file_format, "")
    _choose(people[0].armature)
    call(
        bpy.ops.export_scene.fbx,
        filepath=out,
        check_existing=False,
        object_types={"ARMATURE", "MESH", "EMPTY"},
        axis_forward="-Z",
        axis_up="Y",
        global_scale=1.0,
        apply_unit_scale=True,
        apply_scale_options="FBX_SCALE_NONE",
        bake_space_transform=False,
        add_leaf_bones=False,
        primary_bone_axis="Y",
        secondary_bone_axis="X",
        use_armature_deform_only=False,
        armature_nodetype="NULL",
        mesh_smooth_type="FACE",
        use_mesh_modifiers=False,
        bake_anim=True,
        bake_anim_use_all_bones=True,
        bake_anim_use_nla_strips=False,
        bake_anim_use_all_actions=False,
        bake_anim_force_startend_keying=True,
        bake_anim_step=1.0,
        bake_anim_simplify_factor=0.0,
        path_mode="COPY",
        embed_textures=True,
    )


def _drop_markers(scene: Any) -> None:
    """Remove empties that hold nothing, but those that hang on a bone to hold something: each would become a node with keys.

    `_end` is what exporters call the marker at the end of a last bone.
    """
    for thing in [thing for thing in scene.objects if thing.type == "EMPTY" and not thing.children]:
        if thing.parent_type != "BONE" or thing.name.endswith("_end"):
            bpy.data.objects.remove(thing)


def _choose(armature: Any) -> None:
    for thing in bpy.context.scene.objects:
        thing.select_set(thing == armature)
    bpy.context.view_layer.objects.active = armature
