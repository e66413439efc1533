"""Where Blender sees the joints of an animated file, frame by frame. Run by check_exports.py inside of a Python that has `bpy`.

python tools/blender_joints.py FILE.glb|FILE.bvh FPS FRAMES OUT.npz
"""

from __future__ import annotations

import sys

import bpy
import numpy as np


def main(file: str, fps: float, frames: int, out: str) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    first = 1 if file.endswith(".bvh") else 0  # the scene frame at which each importer begins
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 60, 1.0
    if file.endswith(".bvh"):
        bpy.ops.import_anim.bvh(filepath=file, global_scale=0.01, frame_start=1, use_fps_scale=True, axis_forward="-Z", axis_up="Y")
    else:
        bpy.ops.import_scene.gltf(filepath=file)
    armatures = sorted((thing for thing in scene.objects if thing.type == "ARMATURE"), key=lambda thing: thing.name)
    bones = [(armature, bone) for armature in armatures for bone in armature.pose.bones]
    positions = np.empty((frames, len(bones), 3))
    for frame in range(frames):
        whole, part = divmod(first + frame * 60.0 / fps, 1.0)
        scene.frame_set(int(whole), subframe=part)
        for i, (armature, bone) in enumerate(bones):
            x, y, z = armature.matrix_world @ bone.head
            positions[frame, i] = x, z, -y  # Blender's z points up, its y away from a character's face
    length = max((action.frame_range[1] - action.frame_range[0] for action in bpy.data.actions), default=0.0) / 60.0
    np.savez(out, positions=positions, names=np.array([bone.name for _, bone in bones]), seconds=length, actions=len(bpy.data.actions), armatures=len(armatures))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
