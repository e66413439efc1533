"""Run in Blender's Python by `check_formats.py`: where the bones of an imported USD file are in every frame.

    python blender_usd_joints.py FILE FRAMES OUT.npz

Writes `names` (J,) and `positions` (T, J, 3), metres, turned from Blender's axes (+Z up) into ours.
"""

from __future__ import annotations

import sys

import bpy
import numpy as np


def main() -> None:
    file, frames, out = sys.argv[-3:]
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.usd_import(filepath=file)
    armature = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    positions = []
    for frame in range(int(frames)):
        bpy.context.scene.frame_set(frame)
        heads = [(armature.matrix_world @ bone.matrix).translation for bone in armature.pose.bones]
        positions.append([(head.x, head.z, -head.y) for head in heads])
    np.savez(out, names=np.array([bone.name for bone in armature.pose.bones]), positions=np.array(positions))


if __name__ == "__main__":
    main()
