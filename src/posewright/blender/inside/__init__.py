"""What runs inside of Blender's own Python: the standard library and `bpy`, nothing of Posewright."""
