"""Offscreen rendering of skinned characters in a plain room (extra `render`: moderngl on EGL)."""

from posewright.study.render.figure import Figure
from posewright.study.render.renderer import Renderer
from posewright.study.render.room import FLOORS, Room

__all__ = ["FLOORS", "Figure", "Renderer", "Room"]
