"""The meshes of a glTF file as triangles on a skeleton: skinned ones brought into the rest pose, rigid parts bound to the bone that they hang on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.character.gltf import Gltf
from posewright.errors import CharacterError
from posewright.geometry import normalize
from posewright.types import Material, SkinnedMesh

TRIANGLES, STRIP, FAN = 4, 5, 6


def read_materials(gltf: Gltf) -> tuple[Material, ...]:
    """Base colours and surfaces; one plain material where the file has none."""
    return tuple(_material(gltf, entry) for entry in gltf.items("materials")) or (Material("default"),)


def read_mesh(gltf: Gltf, node: int, skin: Mapping[str, Any] | None, place: Mapping[int, int], carrier: int, material_count: int) -> SkinnedMesh:
    """All triangles of one node's mesh, in the rest pose; primitives that share their vertices are joined.

    Args:
        gltf: the file.
        node: the node with the mesh.
        skin: what binds it to joints; None for a rigid part.
        place: node to joint of the skeleton.
        carrier: the joint that carries a rigid part.
        material_count: materials there are.
    """
    entry = gltf.items("nodes")[node]
    mesh = gltf.items("meshes")[entry["mesh"]]
    blocks: dict[tuple[tuple[str, int], ...], int] = {}
    parts: list[tuple[NDArray[Any], ...]] = []
    triangles, materials, texture = [], [], []
    count = 0
    for primitive in mesh["primitives"]:
        if primitive.get("mode", TRIANGLES) not in (TRIANGLES, STRIP, FAN):
            raise CharacterError(f"{gltf.path}: mesh '{mesh.get('name', '')}' holds other shapes than plain triangles. Triangulate it.")
        key = tuple(sorted(primitive["attributes"].items()))
        if key not in blocks:
            blocks[key] = count
            texture.append(_texture_coordinates(gltf, primitive["attributes"]))
            parts.append(_skinned(gltf, primitive["attributes"], skin, place) if skin is not None else _rigid(gltf, primitive["attributes"], node, carrier))
            count += len(parts[-1][0])
        own = len(parts[list(blocks).index(key)][0])
        corners = gltf.array(primitive["indices"]).astype(np.int64) if "indices" in primitive else np.arange(own)
        faces = _faces(corners, primitive.get("mode", TRIANGLES))
        if len(faces) and int(faces.max()) >= own:
            raise CharacterError(f"{gltf.path} is damaged: mesh '{mesh.get('name', '')}' names a vertex that does not exist. Export it again.")
        triangles.append(faces.astype(np.uint32) + np.uint32(blocks[key]))
        materials.append(np.full(len(faces), min(primitive.get("material", 0), material_count - 1, 255), dtype=np.uint8))
    positions, joints, weights, normals = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    surface = np.concatenate(triangles)
    bare = np.linalg.norm(normals, axis=1) < 0.5
    if bare.any():
        normals[bare] = _smooth_normals(positions, surface)[bare]
    name = str(mesh.get("name", entry.get("name", "mesh")))
    return SkinnedMesh(
        name, positions.astype(np.float32), normals.astype(np.float32), surface, np.concatenate(materials), joints, weights.astype(np.float32), np.concatenate(texture)
    )


def _material(gltf: Gltf, entry: dict[str, Any]) -> Material:
    texture = entry.get("pbrMetallicRoughness", {}).get("baseColorTexture", {}).get("index")
    textures = gltf.items("textures")
    image = textures[texture].get("source") if texture is not None and 0 <= texture < len(textures) else None
    surface = entry.get("pbrMetallicRoughness", {})
    red, green, blue, alpha = (float(value) for value in surface.get("baseColorFactor", (1.0, 1.0, 1.0, 1.0)))
    roughness, metallic = float(surface.get("roughnessFactor", 1.0)), float(surface.get("metallicFactor", 1.0))
    return Material(str(entry.get("name", "material")), (red, green, blue, alpha), roughness, metallic, image)


def _faces(corners: NDArray[Any], mode: int) -> NDArray[np.int64]:
    """Vertex indices (F, 3) of a list, strip or fan of triangles. glTF 2.0, 3.7.2.1."""
    corners = corners.ravel()
    if mode == TRIANGLES:
        return corners[: len(corners) // 3 * 3].reshape(-1, 3)
    i = np.arange(max(len(corners) - 2, 0))
    if mode == FAN:
        return corners[np.stack([i + 1, i + 2, np.zeros_like(i)], axis=-1)]
    return corners[np.stack([i, i + 1 + i % 2, i + 2 - i % 2], axis=-1)]


def _rigid(gltf: Gltf, attributes: dict[str, int], node: int, carrier: int) -> tuple[NDArray[Any], ...]:
    """Positions, joints, weights and normals of a part that one bone carries as a whole."""
    matrix = gltf.world_matrices()[node]
    raw, normals = _points(gltf, attributes)
    joints = np.zeros((len(raw), 4), dtype=np.uint16)
    joints[:, 0] = carrier
    weights = np.tile([1.0, 0.0, 0.0, 0.0], (len(raw), 1))
    turned = normalize(normals @ np.linalg.inv(matrix[:3, :3])) if abs(np.linalg.det(matrix[:3, :3])) > 1e-12 else normals
    return raw @ matrix[:3, :3].T + matrix[:3, 3], joints, weights, turned


def _skinned(gltf: Gltf, attributes: dict[str, int], skin: Mapping[str, Any], place: Mapping[int, int]) -> tuple[NDArray[Any], ...]:
    """Positions, joints, weights and normals of one block of vertices; normals are zero where the file has none."""
    if "JOINTS_0" not in attributes or "WEIGHTS_0" not in attributes:
        raise CharacterError(f"{gltf.path}: a skinned mesh has vertices without weights. Bind all of it to the skeleton.")
    sets = [i for i in range(4) if f"JOINTS_{i}" in attributes]
    joints = np.concatenate([gltf.array(attributes[f"JOINTS_{i}"]).astype(np.int64) for i in sets], axis=1)
    weights = np.concatenate([gltf.array(attributes[f"WEIGHTS_{i}"]).astype(np.float32) for i in sets], axis=1)
    if int(joints.max(initial=0)) >= len(skin["joints"]):
        raise CharacterError(f"{gltf.path}: a vertex names a joint that the skin lacks.")
    if joints.shape[1] > 4:
        keep = np.argsort(-weights, axis=1, kind="stable")[:, :4]
        joints, weights = np.take_along_axis(joints, keep, 1), np.take_along_axis(weights, keep, 1)
    total = weights.sum(1, keepdims=True)
    weights = np.where(total > 1e-6, weights / np.maximum(total, 1e-6), np.array([1.0, 0.0, 0.0, 0.0], dtype=np.float32))

    inverse_bind = gltf.array(skin["inverseBindMatrices"]) if "inverseBindMatrices" in skin else np.eye(4)[None].repeat(len(skin["joints"]), 0)
    matrices = gltf.world_matrices()[skin["joints"]] @ inverse_bind[: len(skin["joints"])].astype(np.float64)
    raw, flat = _points(gltf, attributes)
    positions, normals = np.zeros_like(raw), np.zeros_like(raw)
    for column in range(4):
        own, share = matrices[joints[:, column]], weights[:, column, None]
        positions += share * (np.einsum("vij,vj->vi", own[:, :3, :3], raw) + own[:, :3, 3])
        normals += share * np.einsum("vij,vj->vi", own[:, :3, :3], flat)
    to_rig = np.array([place[joint] for joint in skin["joints"]], dtype=np.uint16)
    return positions, to_rig[joints], weights, normalize(normals)


def _texture_coordinates(gltf: Gltf, attributes: dict[str, int]) -> NDArray[np.float32]:
    """Texture coordinates (V, 2) of a block of vertices, zero where it has none."""
    count = int(gltf.items("accessors")[attributes["POSITION"]]["count"])
    return gltf.array(attributes["TEXCOORD_0"]).astype(np.float32) if "TEXCOORD_0" in attributes else np.zeros((count, 2), dtype=np.float32)


def _points(gltf: Gltf, attributes: dict[str, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions and normals as the file has them; normals are zero where it has none."""
    raw = gltf.array(attributes["POSITION"]).astype(np.float64)
    return raw, gltf.array(attributes["NORMAL"]).astype(np.float64) if "NORMAL" in attributes else np.zeros_like(raw)


def _smooth_normals(positions: NDArray[Any], triangles: NDArray[Any]) -> NDArray[np.float64]:
    """Area-weighted vertex normals, (V, 3)."""
    a, b, c = (positions[triangles[:, i]] for i in range(3))
    total = np.zeros_like(positions, dtype=np.float64)
    for i in range(3):
        np.add.at(total, triangles[:, i], np.cross(b - a, c - a))
    return normalize(total)
