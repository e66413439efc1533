"""`Renderer`: skinned characters in a room, drawn offscreen through an exact pinhole camera."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError
from posewright.study.render import shaders
from posewright.study.render.context import open_context
from posewright.study.render.figure import Body, Figure, set_uniforms
from posewright.study.render.room import FLOORS, ROOM_FRAGMENT, Room
from posewright.study.render.view import clip_matrix, floor_patch, shadow_matrix, touched
from posewright.types import Camera, Character

SHADOW_MAP_SIDE = 512
BLOB_RADII = {"hips": 0.17, "leftFoot": 0.10, "rightFoot": 0.10, "leftToes": 0.06, "rightToes": 0.06}
"""Spheres round these bones keep the sky's light from the floor, metres."""


class Renderer:
    """Draws figures in a room. Use it in a `with` block, or call `release()`.

    A camera's empty room is painted once and kept until the camera or the room changes, so a fixed camera costs a
    frame little more than its figures.
    """

    def __init__(self, size: tuple[int, int], samples: int = 4) -> None:
        """Open a context for frames of (width, height) pixels with `samples` samples a pixel.

        Raises:
            RenderError: no OpenGL here, or moderngl is not installed.
        """
        self.size = size
        self._context = context = open_context()
        self.device = str(context.info["GL_RENDERER"])
        """What draws, in the driver's words."""
        samples = min(samples, context.max_samples)
        self._canvas = context.framebuffer([context.renderbuffer(size, 4, samples=samples)], context.depth_renderbuffer(size, samples=samples))
        self._resolved = context.simple_framebuffer(size, 4)
        self._empty = context.texture(size, 4)
        self._empty_key: bytes = b""
        self._empty_pixels = np.empty((size[1], size[0], 3), dtype=np.uint8)
        self._shadow_depth = context.depth_texture((SHADOW_MAP_SIDE, SHADOW_MAP_SIDE))
        self._shadow_depth.compare_func = "<="
        self._shadow_depth.repeat_x = self._shadow_depth.repeat_y = False
        self._shadow_map = context.framebuffer(depth_attachment=self._shadow_depth)
        self._figure = context.program(shaders.FIGURE_VERTEX, shaders.FIGURE_FRAGMENT)
        self._shadow = context.program(shaders.SHADOW_VERTEX, shaders.SHADOW_FRAGMENT)
        self._floor = context.program(shaders.FLOOR_VERTEX, shaders.FLOOR_FRAGMENT)
        self._room = context.program(shaders.PICTURE_VERTEX, ROOM_FRAGMENT)
        self._picture = context.program(shaders.PICTURE_VERTEX, shaders.PICTURE_FRAGMENT)
        square = context.buffer(np.array([-1, -1, 1, -1, -1, 1, 1, 1], dtype="f4"))
        self._floor_array = context.vertex_array(self._floor, [(square, "2f", "corner")])
        whole = context.buffer(np.array([-1, -1, 3, -1, -1, 3], dtype="f4"))
        self._room_array = context.vertex_array(self._room, [(whole, "2f", "corner")])
        self._picture_array = context.vertex_array(self._picture, [(whole, "2f", "corner")])
        self._bodies: dict[int, Body] = {}

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Free the context and all it holds."""
        self._context.release()

    def render(self, figures: Sequence[Figure], camera: Camera, room: Room) -> NDArray[np.uint8]:
        """Draw one frame: uint8 RGB of shape (H, W, 3).

        A world point appears where `camera.project` puts it; pixel i covers i to i + 1.

        Raises:
            UsageError: the camera has another image size or lens distortion, or a rig has too many joints.
        """
        if camera.image_size != self.size:
            raise UsageError(f"the camera takes pictures of {camera.image_size}, the renderer was opened for {self.size}")
        if any(camera.distortion):
            raise UsageError("the renderer draws without lens distortion; give a camera that has none")
        with self._context:  # current again, should another renderer have been at work
            self._paint_room(camera, room)
            frame = self._empty_pixels.copy()
            if figures:
                (left, top, width, height), pixels = self._draw(figures, camera, room)
                frame[top : top + height, left : left + width] = pixels
        return frame

    def _draw(self, figures: Sequence[Figure], camera: Camera, room: Room) -> tuple[tuple[int, int, int, int], NDArray[np.uint8]]:
        """Draw the figures and their shadows into the part of the picture that they can touch; that part and its RGB."""
        bodies = [self._body(figure.character) for figure in figures]
        bones = [body.bones(figure) for body, figure in zip(bodies, figures, strict=True)]
        hull = np.concatenate([body.bounds(figure) for body, figure in zip(bodies, figures, strict=True)])
        x0, z0, x1, z1 = patch = floor_patch(hull, room.sun_direction)
        part = touched(np.concatenate([hull, [[x, 0.0, z] for x in (x0, x1) for z in (z0, z1)]]), camera)
        if not part[2] or not part[3]:
            return part, np.empty((part[3], part[2], 3), dtype=np.uint8)
        uniforms = _light(room) | {"eye": camera.T_world_camera[:3, 3], "clip_world": clip_matrix(camera).T, "patch_rectangle": patch} | _blobs(figures)
        uniforms |= self._cast_shadows(bodies, bones, hull, room)
        context = self._context
        self._canvas.scissor = part
        self._canvas.use()
        context.disable(context.BLEND | context.DEPTH_TEST | context.CULL_FACE)
        self._canvas.clear(depth=1.0)
        self._empty.use(0)
        self._picture_array.render()
        self._shadow_depth.use(0)
        context.enable(context.DEPTH_TEST | context.BLEND)
        context.blend_func = context.DST_COLOR, context.ZERO
        set_uniforms(self._floor, uniforms)
        self._floor_array.render(context.TRIANGLE_STRIP)
        context.disable(context.BLEND)
        context.enable(context.CULL_FACE)
        context.front_face = "cw"  # the image is drawn upside down
        set_uniforms(self._figure, uniforms)
        for body, pose in zip(bodies, bones, strict=True):
            body.draw(pose, self._figure)
        context.copy_framebuffer(self._resolved, self._canvas)  # within the scissor, which stays in force
        pixels = np.frombuffer(self._resolved.read(viewport=part, components=4), dtype=np.uint8).reshape(part[3], part[2], 4)
        return part, np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB))

    def _body(self, character: Character) -> Body:
        if id(character) not in self._bodies:
            self._bodies[id(character)] = Body(self._context, character, self._figure, self._shadow)
        return self._bodies[id(character)]

    def _paint_room(self, camera: Camera, room: Room) -> None:
        key = camera.matrix.tobytes() + camera.T_world_camera.tobytes() + repr(room).encode() + (b"" if room.image is None else room.image.tobytes())
        if key == self._empty_key:
            return
        context = self._context
        target = context.framebuffer([self._empty])
        target.use()
        context.disable(context.BLEND | context.DEPTH_TEST | context.CULL_FACE)
        picture = context.texture((1, 1), 3, b"\0\0\0", alignment=1) if room.image is None else context.texture(room.image.shape[1::-1], 3, room.image.tobytes(), alignment=1)
        picture.use(0)
        rays = camera.T_world_camera[:3, :3] @ np.linalg.inv(camera.matrix)
        set_uniforms(
            self._room,
            _light(room)
            | {"T_world_pixel": rays.T, "eye": camera.T_world_camera[:3, 3], "low": room.low, "high": room.high, "frame_size": self.size}
            | {"floor_colour": room.floor_colour, "wall_colour": room.wall_colour, "floor_kind": FLOORS.index(room.floor), "has_picture": room.image is not None},
        )
        self._room_array.render()
        picture.release()
        self._empty_pixels = np.frombuffer(target.read(components=3, alignment=1), dtype=np.uint8).reshape(self.size[1], self.size[0], 3)
        target.release()
        self._empty_key = key

    def _cast_shadows(self, bodies: Sequence[Body], bones: Sequence[bytes], hull: NDArray[np.float64], room: Room) -> dict[str, Any]:
        """Fill the shadow map; what the other shaders need to read it."""
        context = self._context
        shadow_world, width = shadow_matrix(hull, room.sun_direction)
        uniforms = {"shadow_world": shadow_world.T, "softness": room.softness_m / width}
        self._shadow_map.use()
        self._shadow_map.clear(depth=1.0)
        context.enable(context.DEPTH_TEST | context.CULL_FACE)
        context.disable(context.BLEND)
        context.front_face = "cw"  # only what faces away from the sun casts: half the work, and no speckle on what faces it
        set_uniforms(self._shadow, uniforms)
        for body, pose in zip(bodies, bones, strict=True):
            body.cast(pose)
        return uniforms


def _blobs(figures: Sequence[Figure]) -> dict[str, Any]:
    """Spheres under which the floor is darker, as the floor's shader takes them."""
    spheres = [
        (*figure.positions[figure.character.skeleton.index(figure.character.humanoid[bone])], radius)
        for figure in figures
        for bone, radius in BLOB_RADII.items()
        if bone in figure.character.humanoid
    ][: shaders.MAX_BLOBS]
    padded = np.zeros((shaders.MAX_BLOBS, 4))
    padded[: len(spheres)] = np.reshape(spheres, (-1, 4))
    return {"blobs": padded, "blob_count": len(spheres)}


def _light(room: Room) -> dict[str, Any]:
    """The room's light, as all shaders take it."""
    return {name: getattr(room, name) for name in ("sun_direction", "sun_colour", "sky_colour", "bounce_colour")}
