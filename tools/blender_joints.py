"""Where Blender sees the joints of an animated file, frame by frame. Run by check_exports.py inside of a Python that has `bpy`.

python tools/blender_joints.py FILE.glb|FILE.bvh|FILE.fbx|FILE.blend FPS FRAMES OUT.npz [new]

`new` reads an FBX with the importer that came with Blender 4.5, in place of the older one.
"""

from __future__ import annotations

import sys

import bpy
import numpy as np

FIRST = {".bvh": 1, ".glb": 0, ".fbx": 0, ".blend": 1}
"""The scene's frame at which the motion begins."""


def main(file: str, fps: float, frames: int, out: str, importer: str = "") -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 60, 1.0
    suffix = "." + file.rpartition(".")[2]
    if suffix == ".bvh":
        bpy.ops.import_anim.bvh(filepath=file, global_scale=0.01, frame_start=1, use_fps_scale=True, axis_forward="-Z", axis_up="Y")
    elif suffix == ".fbx" and importer == "new":
        bpy.ops.wm.fbx_import(filepath=file, anim_offset=0.0)
    elif suffix == ".fbx":
        bpy.ops.import_scene.fbx(filepath=file, anim_offset=0.0)
    elif suffix == ".blend":
        bpy.ops.wm.open_mainfile(filepath=file)
    else:
        bpy.ops.import_scene.gltf(filepath=file)
    scene = bpy.context.scene
    rate = scene.render.fps / scene.render.fps_base
    armatures = sorted((thing for thing in scene.objects if thing.type == "ARMATURE"), key=lambda thing: thing.name)
    bones = [(armature, bone) for armature in armatures for bone in armature.pose.bones]
    positions = np.empty((frames, len(bones), 3))
    for frame in range(frames):
        whole, part = divmod(FIRST[suffix] + frame * rate / fps, 1.0)
        scene.frame_set(int(whole), subframe=part)
        for i, (armature, bone) in enumerate(bones):
            x, y, z = armature.matrix_world @ bone.head
            positions[frame, i] = x, z, -y  # Blender's z points up, its y away from a character's face
    length = max((action.frame_range[1] - action.frame_range[0] for action in bpy.data.actions), default=0.0) / rate
    facts = {"seconds": length, "rate": rate, "actions": len(bpy.data.actions), "armatures": len(armatures), "meshes": sum(thing.type == "MESH" for thing in scene.objects)}
    names, owners = np.array([bone.name for _, bone in bones]), np.array([armature.name for armature, _ in bones])
    np.savez(out, positions=positions, names=names, owners=owners, scales=np.array([tuple(armature.matrix_world.to_scale()) for armature in armatures]), **facts)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
