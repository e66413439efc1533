"""Offscreen rendering of skinned characters in a plain room (extra `render`: moderngl on EGL)."""

from posewright.study.render.renderer import Figure, Renderer
from posewright.study.render.room import FLOORS, Room

__all__ = ["FLOORS", "Figure", "Renderer", "Room"]
