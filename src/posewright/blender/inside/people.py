"""One body from its GLB: its armature, its action with keys on whole frames, and its things under their own names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
from mathutils import Quaternion

from .scene import Problem, call, curves, near_frame, take_action

KINDS = ("objects", "meshes", "armatures", "materials", "images", "actions")
TINY = 1e-12


@dataclass
class Person:
    """What was taken in for one person."""

    armature: Any
    things: dict[str, dict[str, Any]]
    """By kind: original name to what bears it. Blender knows each by another name until `give_names`."""
    motion: str
    name: str
    """For the armature."""

    def give_names(self, suffix: str) -> None:
        """The original names, the armature's and the action's those of the person, with `suffix` on all.

        A mesh called as a bone or the armature gets `_mesh` behind its name: most programs find nodes by name.
        """
        taken = {self.name, *self.armature.data.bones.keys()}
        for kind in KINDS:
            for name, thing in self.things[kind].items():
                if thing != self.armature:
                    thing.name = f"{name}_mesh{suffix}" if kind == "objects" and name in taken else name + suffix
        self.armature.name = self.armature.data.name = self.name + suffix
        for action in self.things["actions"].values():
            action.name = self.motion + suffix

    def share_materials(self, other: Person) -> None:
        """Use another's materials of the same names in place of one's own."""
        for name, material in self.things["materials"].items():
            if name in other.things["materials"]:
                material.user_remap(other.things["materials"][name])
                bpy.data.materials.remove(material)
        for name, image in self.things["images"].items():
            if name in other.things["images"]:
                image.user_remap(other.things["images"][name])
                bpy.data.images.remove(image)


def take_in(person: dict[str, Any], first_frame: int, bones_as_in_file: bool) -> Person:
    """Import one GLB.

    Args:
        person: `glb`, `armature`, `motion`, `bones`, and `turn` (w, x, y, z), which brings it to face Blender's -Y.
        first_frame: that of the clip's beginning.
        bones_as_in_file: see `writing.write`.

    Raises:
        Problem: it cannot be read or has no armature.
    """
    before = {kind: {thing.name for thing in getattr(bpy.data, kind)} for kind in KINDS}
    collections = {collection.name for collection in bpy.data.collections}
    call(
        bpy.ops.import_scene.gltf,
        filepath=person["glb"],
        import_shading="NORMALS",
        bone_heuristic="BLENDER" if bones_as_in_file else "TEMPERANCE",
        guess_original_bind_pose=False,
        disable_bone_shape=True,
        import_scene_extras=False,
        import_scene_as_collection=False,
        import_select_created_objects=False,
    )
    _flatten_collections(collections)
    new = {kind: [thing for thing in getattr(bpy.data, kind) if thing.name not in before[kind]] for kind in KINDS}
    _drop_bone_shapes(new["objects"])
    new["objects"] = [thing for thing in bpy.data.objects if thing.name not in before["objects"]]
    new["meshes"] = [thing for thing in bpy.data.meshes if thing.name not in before["meshes"]]
    armatures = [thing for thing in new["objects"] if thing.type == "ARMATURE"]
    if not armatures:
        raise Problem("Blender found no armature in the character.")
    bones = {*person["bones"]}
    armature = max(armatures, key=lambda thing: len(bones & {*thing.data.bones.keys()}))
    if bones_as_in_file:
        for thing in armatures:
            _mend_lengths(thing)
    for block in (*new["objects"], *(thing.data.shape_keys for thing in new["objects"] if thing.type == "MESH")):
        if block is not None:
            take_action(block.animation_data)
    for action in new["actions"]:
        _set_keys(action, first_frame)
    _turn(new["objects"], Quaternion(person["turn"]))
    things: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        things[kind] = {thing.name: thing for thing in new[kind]}
        for number, thing in enumerate(new[kind]):
            thing.name = f"\x7f{kind}.{number}"  # out of the way of what is imported next
    return Person(armature, things, person["motion"], person["armature"])


def _flatten_collections(before: set[str]) -> None:
    """All objects in the scene itself."""
    scene = bpy.context.scene
    for collection in [collection for collection in bpy.data.collections if collection.name not in before]:
        for thing in list(collection.objects):
            if thing.name not in scene.collection.objects:
                scene.collection.objects.link(thing)
        bpy.data.collections.remove(collection)


def _drop_bone_shapes(things: list[Any]) -> None:
    """Remove the spheres that older importers draw bones as."""
    shapes = set()
    for armature in (thing for thing in things if thing.type == "ARMATURE"):
        for bone in armature.pose.bones:
            shapes.add(bone.custom_shape)
            bone.custom_shape = None
    for shape in shapes - {None}:
        mesh = shape.data
        bpy.data.objects.remove(shape)
        if mesh is not None and not mesh.users:
            bpy.data.meshes.remove(mesh)


def _mend_lengths(armature: Any) -> None:
    """Give bones the length by which the importer has set back what hangs on them.

    With the axes of the file, newer ones divide the bones' lengths, each the distance to the nearest child, by the armature's scale.
    """
    size = max(armature.scale)
    shares = [bone.length / (min((child.head_local - bone.head_local).length for child in bone.children) + TINY) for bone in armature.data.bones if bone.children]
    if abs(size - 1.0) < 1e-6 or sum(abs(share * size - 1.0) < 0.01 for share in shares) <= len(shares) / 2:
        return
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    for bone in armature.data.edit_bones:
        bone.length *= size
    bpy.ops.object.mode_set(mode="OBJECT")


def _set_keys(action: Any, first_frame: int) -> None:
    """Keys on whole frames from `first_frame`, straight lines between them."""
    for curve in curves(action):
        for key in curve.keyframe_points:
            key.co.x = near_frame(key.co.x) + first_frame
            key.interpolation = "LINEAR"
        curve.update()


def _turn(things: list[Any], turn: Quaternion) -> None:
    """Turn everything about the origin."""
    if abs(turn.w) > 1.0 - 1e-9:
        return
    matrix = turn.to_matrix().to_4x4()
    for thing in (thing for thing in things if thing.parent is None):
        thing.matrix_basis = matrix @ thing.matrix_basis
