"""`Character`: a rigged, skinned body to be animated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from posewright.errors import require
from posewright.skeletons.skeleton import Skeleton
from posewright.types.document import GltfDocument


@dataclass(frozen=True)
class Material:
    """A plain physically based material."""

    name: str
    base_colour: tuple[float, float, float, float] = (0.8, 0.8, 0.8, 1.0)
    """Linear RGBA, 0 to 1."""
    roughness: float = 0.8
    metallic: float = 0.0
    texture: int | None = None
    """Image of the character's document that colours it, times the base colour; None for none."""


@dataclass(frozen=True)
class SkinnedMesh:
    """A triangle mesh bound to a skeleton's joints, in the skeleton's rest (bind) pose, world space, metres."""

    name: str
    positions: NDArray[np.float32]
    """Shape (V, 3)."""
    normals: NDArray[np.float32]
    """Unit vectors. Shape (V, 3)."""
    triangles: NDArray[np.uint32]
    """Vertex indices, counter-clockwise seen from outside. Shape (F, 3)."""
    triangle_materials: NDArray[np.uint8]
    """Index into `Character.materials` of each triangle. Shape (F,)."""
    joints: NDArray[np.uint16]
    """Joint indices of the character's skeleton that move each vertex. Shape (V, 4)."""
    weights: NDArray[np.float32]
    """Their shares, each row summing to 1. Shape (V, 4)."""
    uv: NDArray[np.float32] | None = None
    """Place of each vertex in its material's texture, 0 to 1 from the upper left. Shape (V, 2)."""

    def __post_init__(self) -> None:
        count = len(self.positions)
        require(self.positions.shape == (count, 3) and self.normals.shape == (count, 3), "positions and normals must be (V, 3)")
        require(self.joints.shape == (count, 4) and self.weights.shape == (count, 4), "joints and weights must be (V, 4)")
        require(self.uv is None or self.uv.shape == (count, 2), "texture coordinates must be (V, 2)")
        require(self.triangles.ndim == 2 and self.triangles.shape[1] == 3, "triangles must be (F, 3)")
        require(self.triangle_materials.shape == (len(self.triangles),), "one material index a triangle")
        require(len(self.triangles) == 0 or int(self.triangles.max()) < count, "a triangle names a vertex that does not exist")
        require(bool(np.allclose(self.weights.sum(1), 1.0, atol=1e-3)), "skin weights must sum to 1")


@dataclass(frozen=True)
class Character:
    """A body and the map from the humanoid's bones to its own."""

    name: str
    skeleton: Skeleton
    """All joints of the rig; the rest pose is the bind pose."""
    meshes: tuple[SkinnedMesh, ...]
    materials: tuple[Material, ...]
    humanoid: Mapping[str, str]
    """Humanoid bone to joint of `skeleton`."""
    licence: str = ""
    extras: Mapping[str, object] = field(default_factory=dict)
    document: GltfDocument | None = field(default=None, repr=False, compare=False)
    """The file that it was read from, to be written back with the motion in it, in place of `meshes`; None for a character that was made or changed."""

    def __post_init__(self) -> None:
        for bone, joint in self.humanoid.items():
            require(joint in self.skeleton, f"humanoid bone {bone} is mapped to '{joint}', which the rig lacks")
        for mesh in self.meshes:
            require(len(mesh.joints) == 0 or int(mesh.joints.max()) < len(self.skeleton), f"mesh {mesh.name} names a joint that does not exist")
            require(len(mesh.triangle_materials) == 0 or int(mesh.triangle_materials.max()) < len(self.materials), f"mesh {mesh.name} names a material that does not exist")
