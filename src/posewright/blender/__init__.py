"""Blender in a process of its own: found, started, given a job, never imported. What runs inside of it lies in `inside`."""

from posewright.blender.find import Blender, find_blender
from posewright.blender.run import run_blender

__all__ = ["Blender", "find_blender", "run_blender"]
