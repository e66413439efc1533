"""Armatures without place, turn and size of their own: these go into bones and meshes, and so does another unit or axis.

For FBX that is centimetres and Y up in the data. Blender's exporter by itself puts both on the topmost objects (scale 100,
a quarter turn about X), where they upset other programs: animation of the root in Unreal, transforms of the prefab in Unity.
"""

from __future__ import annotations

from typing import Any

import bpy
from mathutils import Matrix

from .scene import curves

Y_UP = Matrix(((1, 0, 0, 0), (0, 0, 1, 0), (0, -1, 0, 0), (0, 0, 0, 1)))
"""Blender's axes to FBX's, the turn that the exporter makes: z to y, y to -z."""
EVEN = 1e-4


def settle(scene: Any, armatures: list[Any], size: float = 1.0, turn: Matrix | None = None) -> None:
    """Make everything `size` times as large; the data of `armatures` and their meshes then stand turned by `turn`, their objects turned back by it."""
    turn = turn or Matrix()
    bpy.context.view_layer.update()
    worlds = {thing: _moved(thing.matrix_world, size) for thing in scene.objects}
    for armature in armatures:
        _settle(armature, worlds, size, turn)
    for thing in [thing for thing in scene.objects if thing.parent is None and thing not in armatures]:
        thing.matrix_basis = _moved(thing.matrix_basis, size)
        _grow(thing, size)
    while bare := [thing for thing in scene.objects if thing.type == "EMPTY" and thing.parent is None and not thing.children]:
        for thing in bare:
            bpy.data.objects.remove(thing)
    bpy.context.view_layer.update()


def rigid_to_skin(scene: Any, armature: Any) -> None:
    """Bind meshes that hang on a bone to it by a skin instead: Unreal wants one, and so do importers that find bones by their skin."""
    hung = [thing for thing in scene.objects if thing.type == "MESH" and thing.parent == armature and thing.parent_type == "BONE" and not thing.children]
    hung = [thing for thing in hung if not any(modifier.type == "ARMATURE" for modifier in thing.modifiers)]
    for thing in hung:
        bone = armature.data.bones[thing.parent_bone]
        place = bone.matrix_local @ Matrix.Translation((0.0, bone.length, 0.0)) @ thing.matrix_parent_inverse @ thing.matrix_basis  # children of bones hang on their tips
        mesh = _own_mesh(thing)
        mesh.transform(place, shape_keys=True)
        if place.determinant() < 0:
            mesh.flip_normals()
        thing.parent_type, thing.parent_bone = "OBJECT", ""
        thing.matrix_parent_inverse = Matrix()
        thing.matrix_basis = Matrix()
        thing.vertex_groups.clear()
        thing.vertex_groups.new(name=bone.name).add(range(len(mesh.vertices)), 1.0, "REPLACE")
        thing.modifiers.new("Armature", "ARMATURE").object = armature


def _settle(armature: Any, worlds: dict[Any, Matrix], size: float, turn: Matrix) -> None:
    world = worlds[armature]
    scale = world.to_scale()
    if world.to_3x3().determinant() > 0 and max(scale) - min(scale) < EVEN * max(scale):
        whole, rest = turn @ world @ Matrix.Scale(size, 4), turn.inverted()
    else:  # no bone can take this up: it stays on the object
        whole, rest = Matrix.Scale(size, 4), world
    grown = whole.to_3x3().determinant() ** (1 / 3)
    armature.parent = None
    armature.data.transform(whole)
    armature.matrix_basis = rest
    _scale_paths(armature, grown)
    for child in list(armature.children):
        if child.parent_type == "BONE":
            child.matrix_parent_inverse = _moved(child.matrix_parent_inverse, grown)
            child.matrix_basis = _moved(child.matrix_basis, grown)
            _grow(child, grown)
            continue
        place = rest.inverted() @ worlds[child]
        child.matrix_parent_inverse = Matrix()
        if child.type == "MESH" and not child.children and place.determinant() > 0:
            _own_mesh(child).transform(place @ Matrix.Scale(size, 4), shape_keys=True)
            child.matrix_basis = Matrix()
        else:
            child.matrix_basis = place
            _grow(child, size)


def _moved(matrix: Matrix, size: float) -> Matrix:
    """The same turn and scale at `size` times the distance."""
    result = matrix.copy()
    result.translation *= size
    return result


def _grow(thing: Any, size: float) -> None:
    """Enlarge an object's data, and everything that hangs on it."""
    if thing.type == "MESH":
        _own_mesh(thing).transform(Matrix.Scale(size, 4), shape_keys=True)
    elif thing.type == "ARMATURE":
        thing.data.transform(Matrix.Scale(size, 4))
        _scale_paths(thing, size)
    for child in thing.children:
        child.matrix_parent_inverse = _moved(child.matrix_parent_inverse, size)
        child.matrix_basis = _moved(child.matrix_basis, size)
        _grow(child, size)


def _own_mesh(thing: Any) -> Any:
    if thing.data.users > 1:
        thing.data = thing.data.copy()
    return thing.data


def _scale_paths(armature: Any, size: float) -> None:
    """Bones' ways, which are in the armature's unit."""
    for bone in armature.pose.bones:
        bone.location *= size
    animation = armature.animation_data
    if animation is None or animation.action is None:
        return
    for curve in curves(animation.action, getattr(animation, "action_slot", None)):
        if curve.data_path.startswith("pose.bones") and curve.data_path.endswith(".location"):
            for key in curve.keyframe_points:
                key.co.y *= size
            curve.update()
