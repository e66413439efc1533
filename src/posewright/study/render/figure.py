"""`Figure`: a character in one pose; and its meshes on the device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError, require
from posewright.geometry import quat_conjugate, quat_multiply, quat_to_matrix
from posewright.study.render.shaders import MAX_BONES
from posewright.types import Character, SkinnedMesh

CASTER_CELL_M = 0.02
"""Detail of what casts shadows, metres: soft shadows show no more, and drawing it costs a fifth."""


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
        require(
            self.positions.shape == (joints, 3) and self.rotations.shape == (joints, 4),
            f"a pose of {self.character.name} needs ({joints}, 3) positions and ({joints}, 4) rotations",
        )


class Body:
    """A character's meshes on the device: one draw call a material."""

    def __init__(self, context: Any, character: Character, figure_program: Any, shadow_program: Any) -> None:
        joints = len(character.skeleton)
        if joints > MAX_BONES:
            raise UsageError(f"{character.name} has {joints} joints; the renderer takes {MAX_BONES} at most")
        self.character = character  # kept alive, as the renderer finds bodies by identity
        self._rest_positions, rest_rotations = character.skeleton.rest_pose()
        self._from_rest = quat_conjugate(rest_rotations)
        self._reach = joint_reach(character)
        self._bones = context.buffer(reserve=MAX_BONES * 48)
        self._shadow_arrays: list[Any] = []
        self._figure_arrays: list[tuple[int, Any]] = []
        for mesh in character.meshes:
            vertices = np.empty(len(mesh.positions), dtype=[("positions", "3f4"), ("normals", "3f4"), ("joints", "4u2"), ("weights", "4f4")])
            for name in vertices.dtype.names or ():
                vertices[name] = getattr(mesh, name)
            buffer = context.buffer(vertices)
            casting = context.buffer(coarse_triangles(mesh, CASTER_CELL_M))
            self._shadow_arrays.append(context.vertex_array(shadow_program, [(buffer, "3f 12x 4u2 4f", "position", "joints", "weights")], casting))
            layout = [(buffer, "3f 3f 4u2 4f", "position", "normal", "joints", "weights")]
            for material in np.unique(mesh.triangle_materials):
                own = context.buffer(mesh.triangles[mesh.triangle_materials == material].astype("u4"))
                self._figure_arrays.append((int(material), context.vertex_array(figure_program, layout, own)))

    def bones(self, figure: Figure) -> bytes:
        """The transforms from bind pose to posed world, three rows a joint, as the shaders take them."""
        turn = quat_to_matrix(quat_multiply(figure.rotations, self._from_rest))
        shift = figure.positions - np.einsum("jab,jb->ja", turn, self._rest_positions)
        return np.concatenate([turn, shift[..., None]], axis=-1).astype("f4").tobytes()

    def bounds(self, figure: Figure) -> NDArray[np.float64]:
        """World points (N, 3) whose convex hull holds the posed skin: the corners of a box round what each joint can move."""
        moved = self._reach >= 0.0
        corners = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
        return (figure.positions[moved, None] + self._reach[moved, None, None] * corners).reshape(-1, 3)

    def cast(self, bones: bytes) -> None:
        """Draw into the shadow map."""
        self._bind(bones)
        for array in self._shadow_arrays:
            array.render()

    def draw(self, bones: bytes, program: Any) -> None:
        """Draw with each material's colour."""
        self._bind(bones)
        for index, array in self._figure_arrays:
            material = self.character.materials[index]
            set_uniforms(program, {"base_colour": material.base_colour[:3], "roughness": material.roughness})
            array.render()

    def _bind(self, bones: bytes) -> None:
        self._bones.write(bones)
        self._bones.bind_to_uniform_block(0)


def joint_reach(character: Character) -> NDArray[np.float64]:
    """Distance of each joint to the farthest vertex that it moves, (J,), metres; -1 for joints that move nothing.

    A blended vertex lies between the places to which its joints move it, so it never leaves the hull of these spheres.
    """
    rest = character.skeleton.rest_pose()[0]
    reach = np.full(len(rest), -1.0)
    for mesh in character.meshes:
        vertex, slot = np.nonzero(mesh.weights > 0)
        joint = mesh.joints[vertex, slot]
        np.maximum.at(reach, joint, np.linalg.norm(mesh.positions[vertex] - rest[joint], axis=1))
    return reach


def coarse_triangles(mesh: SkinnedMesh, cell: float) -> NDArray[np.uint32]:
    """Triangles (F', 3) over the mesh's own vertices when all those of one joint and one cube of side `cell` (metres) are one.

    Vertex clustering (Rossignac and Borrel 1993).
    """
    joint = np.take_along_axis(mesh.joints, mesh.weights.argmax(1)[:, None], axis=1)
    cluster = np.column_stack([np.floor(mesh.positions / cell), joint])
    _, first, member = np.unique(cluster, axis=0, return_index=True, return_inverse=True)
    merged = first[member.reshape(-1)][mesh.triangles]
    a, b, c = merged.T
    return merged[(a != b) & (b != c) & (c != a)].astype(np.uint32)


def set_uniforms(program: Any, values: Mapping[str, Any]) -> None:
    """Set those of the values that the program has a use for."""
    for name, value in values.items():
        if name in program:
            if isinstance(value, (bool, int)):
                program[name].value = int(value)
            else:
                program[name].write(np.ascontiguousarray(value, dtype="f4"))
