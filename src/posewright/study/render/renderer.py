"""`Renderer`: skinned characters in a room, drawn offscreen through an exact pinhole camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError, require
from posewright.geometry import normalize, quat_conjugate, quat_multiply, quat_to_matrix
from posewright.skeletons import Skeleton
from posewright.study.render import shaders
from posewright.study.render.context import open_context
from posewright.study.render.room import FLOORS, ROOM_FRAGMENT, Room
from posewright.types import Camera, Character

NEAR_M, FAR_M = 0.1, 60.0
SHADOW_MAP_SIDE = 768
SHADOW_MARGIN_M = 0.35
"""How far a body may reach beyond its joints, for the shadow map and the patch of floor that takes the shadow."""
BLOB_RADII = {"hips": 0.17, "leftFoot": 0.075, "rightFoot": 0.075, "leftToes": 0.055, "rightToes": 0.055}
"""Spheres round these bones keep the sky's light from the floor, metres."""


@dataclass(frozen=True)
class Figure:
    """A character in one pose."""

    character: Character
    positions: NDArray[np.float64]
    """World positions of the joints of `character.skeleton`, (J, 3), metres."""
    rotations: NDArray[np.float64]
    """World rotations of the same joints, (J, 4)."""

    def __post_init__(self) -> None:
        joints = len(self.character.skeleton)
        require(self.positions.shape == (joints, 3) and self.rotations.shape == (joints, 4), f"a pose of {self.character.name} needs ({joints}, 3) positions and ({joints}, 4) rotations")


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
        samples = min(samples, context.max_samples)
        self._canvas = context.framebuffer([context.renderbuffer(size, 4, samples=samples)], context.depth_renderbuffer(size, samples=samples))
        self._resolved = context.simple_framebuffer(size, 4)
        self._empty = context.texture(size, 4)
        self._empty_key: bytes = b""
        self._shadow_depth = context.depth_texture((SHADOW_MAP_SIDE, SHADOW_MAP_SIDE))
        self._shadow_depth.compare_func = "<="
        self._shadow_depth.repeat_x = self._shadow_depth.repeat_y = False
        self._shadow_map = context.framebuffer(depth_attachment=self._shadow_depth)
        self._figure = context.program(shaders.FIGURE_VERTEX, shaders.FIGURE_FRAGMENT)
        self._shadow = context.program(shaders.SHADOW_VERTEX, shaders.SHADOW_FRAGMENT)
        self._floor = context.program(shaders.FLOOR_VERTEX, shaders.FLOOR_FRAGMENT)
        self._room = context.program(shaders.PICTURE_VERTEX, ROOM_FRAGMENT)
        self._picture = context.program(shaders.PICTURE_VERTEX, shaders.PICTURE_FRAGMENT)
        self._patch = context.buffer(reserve=32)
        self._floor_array = context.vertex_array(self._floor, [(self._patch, "2f", "corner")])
        whole = context.buffer(np.array([-1, -1, 3, -1, -1, 3], dtype="f4"))
        self._room_array = context.vertex_array(self._room, [(whole, "2f", "corner")])
        self._picture_array = context.vertex_array(self._picture, [(whole, "2f", "corner")])
        self._bodies: dict[int, _Body] = {}

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Free the context and all it holds."""
        self._context.release()

    @property
    def device(self) -> str:
        """What draws, in the driver's words."""
        return str(self._context.info["GL_RENDERER"])

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
        bodies = [self._body(figure.character) for figure in figures]
        for body, figure in zip(bodies, figures, strict=True):
            body.pose(figure)
        uniforms = _light(room) | {"eye": camera.T_world_camera[:3, 3], "clip_world": _clip_matrix(camera).T}
        self._paint_room(camera, room)
        if bodies:
            self._cast_shadows(bodies, figures, room, uniforms)
        context = self._context
        self._canvas.use()
        context.disable(context.BLEND | context.DEPTH_TEST | context.CULL_FACE)
        self._canvas.clear(depth=1.0)
        self._empty.use(0)
        self._picture_array.render()
        if bodies:
            self._shadow_depth.use(0)
            context.enable(context.DEPTH_TEST | context.BLEND)
            context.blend_func = context.DST_COLOR, context.ZERO
            self._floor_array.render(context.TRIANGLE_STRIP)
            context.disable(context.BLEND)
            context.enable(context.CULL_FACE)
            context.front_face = "cw"  # the image is drawn upside down
            _set(self._figure, uniforms)
            for body in bodies:
                body.draw(self._figure)
        context.copy_framebuffer(self._resolved, self._canvas)
        pixels = np.frombuffer(self._resolved.read(components=4), dtype=np.uint8)
        return np.ascontiguousarray(pixels.reshape(self.size[1], self.size[0], 4)[..., :3])

    def _body(self, character: Character) -> _Body:
        if id(character) not in self._bodies:
            self._bodies[id(character)] = _Body(self._context, character, self._figure, self._shadow)
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
        _set(
            self._room,
            _light(room)
            | {"T_world_pixel": rays.T, "eye": camera.T_world_camera[:3, 3], "low": room.low, "high": room.high, "frame_size": self.size}
            | {"floor_colour": room.floor_colour, "wall_colour": room.wall_colour, "floor_kind": FLOORS.index(room.floor), "has_picture": room.image is not None},
        )
        self._room_array.render()
        picture.release()
        target.release()
        self._empty_key = key

    def _cast_shadows(self, bodies: Sequence[_Body], figures: Sequence[Figure], room: Room, uniforms: dict[str, Any]) -> None:
        """Fill the shadow map and lay the patch of floor that takes the shadows."""
        context = self._context
        joints = np.concatenate([figure.positions for figure in figures])
        shadow_world, width = _shadow_matrix(joints, room.sun_direction)
        uniforms |= {"shadow_world": shadow_world.T, "softness": room.softness_m / width}
        self._shadow_map.use()
        self._shadow_map.clear(depth=1.0)
        context.enable(context.DEPTH_TEST)
        context.disable(context.BLEND | context.CULL_FACE)
        _set(self._shadow, uniforms)
        for body in bodies:
            body.cast()
        self._patch.write(_floor_patch(joints, room.sun_direction).astype("f4"))
        blobs = np.concatenate([_blobs(figure) for figure in figures])[: shaders.MAX_BLOBS]
        padded = np.zeros((shaders.MAX_BLOBS, 4))
        padded[: len(blobs)] = blobs
        _set(self._floor, uniforms | {"blobs": padded, "blob_count": len(blobs)})


class _Body:
    """A character's meshes on the device: one draw call a material."""

    def __init__(self, context: Any, character: Character, figure_program: Any, shadow_program: Any) -> None:
        joints = len(character.skeleton)
        if joints > shaders.MAX_BONES:
            raise UsageError(f"{character.name} has {joints} joints; the renderer takes {shaders.MAX_BONES} at most")
        self.character = character  # kept alive, as the renderer finds bodies by identity
        rest_positions, rest_rotations = character.skeleton.rest_pose()
        self.rest_positions, self.inverse_rest = rest_positions, quat_conjugate(rest_rotations)
        self.bones = context.buffer(reserve=shaders.MAX_BONES * 48)
        self.shadow_arrays: list[Any] = []
        self.figure_arrays: list[tuple[int, Any]] = []
        for mesh in character.meshes:
            vertices = np.empty(len(mesh.positions), dtype=[("position", "3f4"), ("normal", "3f4"), ("joints", "4u2"), ("weights", "4f4")])
            for name in vertices.dtype.names or ():
                vertices[name] = getattr(mesh, "positions" if name == "position" else "normals" if name == "normal" else name)
            buffer = context.buffer(vertices)
            order = np.argsort(mesh.triangle_materials, kind="stable")
            indices = context.buffer(mesh.triangles[order].astype("u4"))
            self.shadow_arrays.append(context.vertex_array(shadow_program, [(buffer, "3f 12x 4u2 4f", "position", "joints", "weights")], indices))
            layout = [(buffer, "3f 3f 4u2 4f", "position", "normal", "joints", "weights")]
            for material in np.unique(mesh.triangle_materials):
                own = context.buffer(mesh.triangles[mesh.triangle_materials == material].astype("u4"))
                self.figure_arrays.append((int(material), context.vertex_array(figure_program, layout, own)))

    def pose(self, figure: Figure) -> None:
        """Upload the transforms from bind pose to posed world, three rows a joint."""
        turn = quat_to_matrix(quat_multiply(figure.rotations, self.inverse_rest))
        shift = figure.positions - np.einsum("jab,jb->ja", turn, self.rest_positions)
        self.bones.write(np.concatenate([turn, shift[..., None]], axis=-1).astype("f4"))

    def cast(self) -> None:
        self.bones.bind_to_uniform_block(0)
        for array in self.shadow_arrays:
            array.render()

    def draw(self, program: Any) -> None:
        self.bones.bind_to_uniform_block(0)
        for index, array in self.figure_arrays:
            material = self.character.materials[index]
            _set(program, {"base_colour": material.base_colour[:3], "roughness": material.roughness})
            array.render()


def _clip_matrix(camera: Camera) -> NDArray[np.float64]:
    """World to clip space; +y in clip space is down the image, so that rows come back top first."""
    (width, height), (fx, fy), (cx, cy) = camera.image_size, camera.focal, camera.centre
    depth = (FAR_M + NEAR_M) / (FAR_M - NEAR_M)
    projection = np.array(
        [
            [2 * fx / width, 0.0, 2 * cx / width - 1.0, 0.0],
            [0.0, 2 * fy / height, 2 * cy / height - 1.0, 0.0],
            [0.0, 0.0, depth, -(1.0 + depth) * NEAR_M],
            [0.0, 0.0, 1.0, 0.0],
        ]
    )
    return projection @ camera.T_camera_world


def _shadow_matrix(joints: NDArray[np.float64], sun: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """World to the shadow map's unit cube (an orthographic view from the sun round the joints), and its width in metres."""
    right = normalize(np.cross([0.0, 1.0, 0.0] if abs(sun[1]) < 0.99 else [0.0, 0.0, 1.0], sun))
    axes = np.stack([right, np.cross(sun, right), -sun])
    seen = joints @ axes.T
    low, high = seen.min(0) - SHADOW_MARGIN_M, seen.max(0) + SHADOW_MARGIN_M
    side = float(max(high[:2] - low[:2]))
    scale = np.array([side, side, (high - low)[2] + 4.0])
    matrix = np.eye(4)
    matrix[:3, :3] = axes / scale[:, None]
    matrix[:3, 3] = -np.array([*(low + high)[:2] / 2 - side / 2, low[2]]) / scale
    return matrix, side


def _floor_patch(joints: NDArray[np.float64], sun: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners (x, z) of a rectangle of floor under the joints and their shadows, as a triangle strip (4, 2)."""
    shadow = joints[:, [0, 2]] - joints[:, 1:2] * sun[[0, 2]] / sun[1]
    ground = np.concatenate([joints[:, [0, 2]], shadow])
    margin = 2 * SHADOW_MARGIN_M
    (x0, z0), (x1, z1) = ground.min(0) - margin, ground.max(0) + margin
    return np.array([[x0, z0], [x1, z0], [x0, z1], [x1, z1]])


def _blobs(figure: Figure) -> NDArray[np.float64]:
    bones = [(figure.character.humanoid[bone], radius) for bone, radius in BLOB_RADII.items() if bone in figure.character.humanoid]
    return np.array([[*figure.positions[figure.character.skeleton.index(joint)], radius] for joint, radius in bones]).reshape(-1, 4)


def _light(room: Room) -> dict[str, Any]:
    return {name: getattr(room, name) for name in ("sun_direction", "sun_colour", "sky_colour", "bounce_colour")}


def _set(program: Any, values: dict[str, Any]) -> None:
    """Set those of the values that the program has a use for."""
    for name, value in values.items():
        if name in program:
            if isinstance(value, (bool, int)):
                program[name].value = int(value)
            else:
                program[name].write(np.ascontiguousarray(value, dtype="f4"))
