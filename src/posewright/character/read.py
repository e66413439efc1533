"""A character from a file: bones, skin, colours and which bone is which."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.character.gltf import Gltf, read_gltf
from posewright.errors import CharacterError
from posewright.geometry import normalize, quat_conjugate, quat_from_matrix, quat_multiply, quat_rotate
from posewright.skeletons import HUMANOID_PARENTS, REQUIRED_BONES, Skeleton
from posewright.types import Character, Material, SkinnedMesh


def read_character(path: str | os.PathLike[str]) -> Character:
    """Read a rigged character from a .glb or .vrm file: one skin, its triangle meshes and base colours.

    The pose in which the file's nodes stand is taken as rest pose, and the mesh is brought into it. Which bone is which
    is taken from the VRM 1.0 humanoid if the file names one, otherwise from bones that have the humanoid's names.

    Raises:
        CharacterError: the file cannot be read, has no skin or several, or lacks a bone that a humanoid needs.
    """
    gltf = read_gltf(Path(path))
    try:
        return _character(gltf)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise CharacterError(f"{path} is damaged: its parts do not fit together ({error!r}). Export it again.") from error


def _character(gltf: Gltf) -> Character:
    skins, path = gltf.items("skins"), gltf.path
    if len(skins) != 1:
        raise CharacterError(f"{path} has {len(skins) or 'no'} skin{'s' if len(skins) > 1 else ''}: a character needs one mesh bound to one skeleton.")
    named = _named_bones(gltf)
    nodes = _ordered_joints(gltf, {*skins[0]["joints"], *named.values()})
    skeleton = _skeleton(gltf, nodes)
    place = {node: i for i, node in enumerate(nodes)}
    humanoid = {bone: skeleton.joints[place[node]] for bone, node in named.items()}
    missing = sorted(REQUIRED_BONES - humanoid.keys())
    if missing:
        raise CharacterError(f"{path} has no bone for {', '.join(missing)}. Bones found: {', '.join(skeleton.joints)}. Name them as VRM 1.0 does, or export it as VRM.")
    materials = tuple(_material(entry) for entry in gltf.items("materials")) or (Material("default"),)
    meshes = tuple(_mesh(gltf, node, skins[0], place, len(materials)) for node in gltf.items("nodes") if node.get("skin") == 0 and "mesh" in node)
    asset = gltf.document.get("asset", {})
    extras = asset.get("extras", {})
    return Character(path.stem, skeleton, meshes, materials, humanoid, str(extras.get("licence", asset.get("copyright", ""))), dict(extras))


def _named_bones(gltf: Gltf) -> dict[str, int]:
    """Humanoid bone to node, https://github.com/vrm-c/vrm-specification/blob/master/specification/VRMC_vrm-1.0/humanoid.md"""
    vrm = gltf.document.get("extensions", {}).get("VRMC_vrm", {}).get("humanoid", {}).get("humanBones", {})
    if vrm:
        return {bone: int(entry["node"]) for bone, entry in vrm.items() if bone in HUMANOID_PARENTS}
    return {node["name"]: i for i, node in enumerate(gltf.items("nodes")) if node.get("name") in HUMANOID_PARENTS}


def _ordered_joints(gltf: Gltf, wanted: set[int]) -> list[int]:
    """Nodes of the least tree that holds all `wanted` nodes, parents first."""
    parents = gltf.parents()
    chains = []
    for node in sorted(wanted):
        chain = [node]
        while parents[chain[0]] >= 0 and len(chain) <= len(parents):
            chain.insert(0, parents[chain[0]])
        chains.append(chain)
    shared = 0
    while all(len(chain) > shared + 1 and chain[shared + 1] == chains[0][shared + 1] for chain in chains):
        shared += 1
    if any(chain[0] != chains[0][0] for chain in chains):
        raise CharacterError(f"{gltf.path}: the bones form several trees without a common root. Put them under one.")
    # The deepest node that all chains pass, and everything below it on the way to a wanted node.
    return list(dict.fromkeys(node for chain in chains for node in chain[shared:]))


def _skeleton(gltf: Gltf, nodes: list[int]) -> Skeleton:
    """Bones in their rest pose; scale is taken up in the offsets."""
    world = gltf.world_matrices()[nodes]
    sizes = np.linalg.norm(world[:, :3, :3], axis=1, keepdims=True)
    if not sizes.min() > 1e-9:
        raise ValueError("a bone is scaled to nothing")
    axes = world[:, :3, :3] / sizes
    positions, rotations = world[:, :3, 3], quat_from_matrix(axes)
    place = {node: i for i, node in enumerate(nodes)}
    above = gltf.parents()
    parents = [place.get(above[node], -1) for node in nodes]
    offsets, local = positions.copy(), rotations.copy()
    for i, parent in enumerate(parents):
        if parent >= 0:
            back = quat_conjugate(rotations[parent])
            offsets[i] = quat_rotate(back, positions[i] - positions[parent])
            local[i] = quat_multiply(back, rotations[i])
    names = [gltf.items("nodes")[node].get("name", f"node_{node}") for node in nodes]
    unique = [name if names.count(name) == 1 else f"{name}_{node}" for name, node in zip(names, nodes, strict=True)]
    return Skeleton(tuple(unique), tuple(parents), offsets, local)


def _material(entry: dict[str, Any]) -> Material:
    surface = entry.get("pbrMetallicRoughness", {})
    red, green, blue, alpha = (float(value) for value in surface.get("baseColorFactor", (1.0, 1.0, 1.0, 1.0)))
    return Material(entry.get("name", "material"), (red, green, blue, alpha), float(surface.get("roughnessFactor", 1.0)), float(surface.get("metallicFactor", 1.0)))


def _mesh(gltf: Gltf, node: dict[str, Any], skin: dict[str, Any], place: dict[int, int], material_count: int) -> SkinnedMesh:
    """All triangles of one skinned node, in the rest pose; primitives that share their vertices are joined."""
    mesh = gltf.items("meshes")[node["mesh"]]
    blocks: dict[tuple[tuple[str, int], ...], int] = {}
    parts: list[tuple[NDArray[Any], ...]] = []
    triangles, materials = [], []
    count = 0
    for primitive in mesh["primitives"]:
        if primitive.get("mode", 4) != 4:
            raise CharacterError(f"{gltf.path}: mesh '{mesh.get('name', '')}' holds other shapes than plain triangles. Triangulate it.")
        key = tuple(sorted(primitive["attributes"].items()))
        if key not in blocks:
            blocks[key] = count
            parts.append(_vertices(gltf, primitive["attributes"], skin, place))
            count += len(parts[-1][0])
        own = gltf.array(primitive["attributes"]["POSITION"])
        corners = gltf.array(primitive["indices"]) if "indices" in primitive else np.arange(len(own))
        triangles.append(corners.reshape(-1, 3).astype(np.uint32) + np.uint32(blocks[key]))
        materials.append(np.full(len(triangles[-1]), min(primitive.get("material", 0), material_count - 1), dtype=np.uint8))
    positions, joints, weights, normals = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    faces = np.concatenate(triangles)
    bare = np.linalg.norm(normals, axis=1) < 0.5
    normals[bare] = _smooth_normals(positions, faces)[bare]
    return SkinnedMesh(mesh.get("name", "mesh"), positions.astype(np.float32), normals.astype(np.float32), faces, np.concatenate(materials), joints, weights.astype(np.float32))


def _vertices(gltf: Gltf, attributes: dict[str, int], skin: dict[str, Any], place: dict[int, int]) -> tuple[NDArray[Any], ...]:
    """Positions, joints, weights and normals of one block of vertices; normals are zero where the file has none."""
    if "JOINTS_0" not in attributes or "WEIGHTS_0" not in attributes:
        raise CharacterError(f"{gltf.path}: a skinned mesh has vertices without weights. Bind all of it to the skeleton.")
    sets = [i for i in range(4) if f"JOINTS_{i}" in attributes]
    joints = np.concatenate([gltf.array(attributes[f"JOINTS_{i}"]).astype(np.int64) for i in sets], axis=1)
    weights = np.concatenate([gltf.array(attributes[f"WEIGHTS_{i}"]).astype(np.float64) for i in sets], axis=1)
    if int(joints.max(initial=0)) >= len(skin["joints"]):
        raise CharacterError(f"{gltf.path}: a vertex names a joint that the skin lacks.")
    keep = np.argsort(-weights, axis=1, kind="stable")[:, :4]
    joints, weights = np.take_along_axis(joints, keep, 1), np.take_along_axis(weights, keep, 1)
    weights /= np.maximum(weights.sum(1, keepdims=True), 1e-9)

    inverse_bind = gltf.array(skin["inverseBindMatrices"]) if "inverseBindMatrices" in skin else np.eye(4)[None].repeat(len(skin["joints"]), 0)
    matrices = gltf.world_matrices()[skin["joints"]] @ inverse_bind.astype(np.float64)
    blend = np.einsum("vk,vkij->vij", weights, matrices[joints])
    raw = gltf.array(attributes["POSITION"]).astype(np.float64)
    positions = np.einsum("vij,vj->vi", blend[:, :3, :3], raw) + blend[:, :3, 3]
    normals = gltf.array(attributes["NORMAL"]) if "NORMAL" in attributes else np.zeros_like(raw)
    to_rig = np.array([place[joint] for joint in skin["joints"]], dtype=np.uint16)
    return positions, to_rig[joints], weights, normalize(np.einsum("vij,vj->vi", blend[:, :3, :3], normals))


def _smooth_normals(positions: NDArray[Any], triangles: NDArray[Any]) -> NDArray[np.float64]:
    """Area-weighted vertex normals, (V, 3)."""
    a, b, c = (positions[triangles[:, i]] for i in range(3))
    total = np.zeros_like(positions, dtype=np.float64)
    for i in range(3):
        np.add.at(total, triangles[:, i], np.cross(b - a, c - a))
    return normalize(total)
