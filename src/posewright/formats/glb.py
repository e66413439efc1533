"""GLB: a skinned character with its animation, as binary glTF 2.0.

Specification: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import require
from posewright.files import atomic_path
from posewright.formats.export import GENERATOR, Export
from posewright.formats.glb_document import write_document
from posewright.formats.gltf_content import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, Content, plain
from posewright.formats.gltf_motion import read_gltf_motion
from posewright.geometry import quat_angle, quat_continuous, quat_to_matrix
from posewright.skeletons import Skeleton
from posewright.types import Character, Material, Motion, SkinnedMesh

FIRST_JOINT_NODE = 1
"""Of the first body, of a character that was made."""
STILL_RAD = 1e-6
"""A joint that turns less than this through the clip is still."""


def write_glb(path: Path, export: Export, extensions: dict[str, Any] | None = None) -> None:
    """Write the character once for each motion (same meshes, a skin each), and one animation that moves them all.

    A character that was read from a file is written as that file, the motion added (`glb_document`). Of one that was made,
    the nodes rest in the bind pose, from `FIRST_JOINT_NODE` on, and the file gets `extensions`. Joints that stay there have
    no track, those that stay elsewhere have two keys.

    Raises:
        OutputError: the file cannot be written.
    """
    character = export.character
    if character is None:
        raise ValueError("a GLB needs a character")
    for motion in export.motions:
        require(motion.skeleton.joints == character.skeleton.joints, f"{motion.name} is not on the skeleton of {character.name}")
    if character.document is not None:
        write_document(path, character, export.motions)
        return
    content = Content()
    meshes = [content.add("meshes", _mesh(content, mesh, len(character.skeleton))) for mesh in character.meshes if len(mesh.triangles)]
    for material in character.materials:
        content.add("materials", _material(material))
    inverse_bind = content.accessor(_inverse_bind_matrices(character.skeleton), "MAT4") if meshes else None
    animation: dict[str, Any] = {"name": export.motions[0].name, "channels": [], "samplers": []}
    for number, motion in enumerate(export.motions, start=1):
        suffix = f"_{number}" if number > 1 else ""
        first_joint = _add_body(content, character, meshes, inverse_bind, suffix)
        _add_tracks(content, animation, motion, character.skeleton, first_joint)
    content.add("animations", animation)
    with atomic_path(path) as part:
        part.write_bytes(content.glb(_asset(character), {"fps": export.motions[0].fps}, extensions))


def _asset(character: Character) -> dict[str, Any]:
    asset: dict[str, Any] = {"version": "2.0", "generator": GENERATOR, "extras": dict(character.extras) | {"character": character.name}}
    if character.licence:
        asset["copyright"] = character.licence
        asset["extras"]["licence"] = character.licence
    return asset


def _add_body(content: Content, character: Character, meshes: list[int], inverse_bind: int | None, suffix: str) -> int:
    """Nodes of one body and its skin; the index of its first joint's node. Skinned nodes must be roots for their place not to depend on others."""
    skeleton = character.skeleton
    holder = content.add("nodes", {"name": character.name + suffix})
    first = holder + 1
    content.json["nodes"][holder]["children"] = [first]
    for joint, name in enumerate(skeleton.joints):
        node: dict[str, Any] = {"name": name + suffix, "translation": plain(skeleton.rest_offsets[joint]), "rotation": plain(skeleton.rest_rotations[joint])}
        if children := skeleton.children(joint):
            node["children"] = [first + child for child in children]
        content.add("nodes", node)
    content.roots.append(holder)
    if meshes:
        skin = content.add("skins", {"name": character.name + suffix, "joints": list(range(first, first + len(skeleton))), "skeleton": first, "inverseBindMatrices": inverse_bind})
        for mesh in meshes:
            content.roots.append(content.add("nodes", {"name": content.json["meshes"][mesh]["name"] + "_mesh" + suffix, "mesh": mesh, "skin": skin}))
    return first


def _add_tracks(content: Content, animation: dict[str, Any], motion: Motion, skeleton: Skeleton, first_joint: int) -> None:
    def track(joint: int, channel: str, values: NDArray[np.float64]) -> None:
        """Keys at all frames, or for two values at the first and last."""
        content.track(animation, first_joint + joint, channel, values, motion.timestamps if len(values) == len(motion) else motion.timestamps[[0, -1]])

    track(0, "translation", motion.root_translation)
    rotations = quat_continuous(motion.rotations)
    for joint in range(len(skeleton)):
        values = rotations[:, joint]
        if quat_angle(values, values[0]).max() > STILL_RAD:
            track(joint, "rotation", values)
        elif quat_angle(values[0], skeleton.rest_rotations[joint]) > STILL_RAD:
            track(joint, "rotation", values[[0, -1]] if len(values) > 2 else values)


def _mesh(content: Content, mesh: SkinnedMesh, joint_count: int) -> dict[str, Any]:
    """A glTF mesh with a primitive for each material, each with the vertices that it uses."""
    joints, weights = _clean_weights(mesh.joints, mesh.weights)
    length = np.linalg.norm(mesh.normals, axis=1, keepdims=True)
    normals = np.where(length > 1e-6, mesh.normals / np.maximum(length, 1e-6), np.array([0.0, 1.0, 0.0]))
    attributes = {
        "POSITION": (mesh.positions.astype(np.float32), "VEC3"),
        "NORMAL": (normals.astype(np.float32), "VEC3"),
        "JOINTS_0": (joints.astype(np.uint8 if joint_count <= 256 else np.uint16), "VEC4"),
        "WEIGHTS_0": (weights, "VEC4"),
    }
    primitives = []
    for material in np.unique(mesh.triangle_materials):
        used, indices = np.unique(mesh.triangles[mesh.triangle_materials == material], return_inverse=True)
        # The greatest index of each type is kept by the specification as a primitive restart.
        index_type = np.uint16 if len(used) < 65535 else np.uint32
        primitives.append(
            {
                "attributes": {name: content.accessor(values[used], shape, ARRAY_BUFFER, bounds=name == "POSITION") for name, (values, shape) in attributes.items()},
                "indices": content.accessor(indices.ravel().astype(index_type), "SCALAR", ELEMENT_ARRAY_BUFFER),
                "material": int(material),
            }
        )
    return {"name": mesh.name, "primitives": primitives}


def _clean_weights(joints: NDArray[Any], weights: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Joints (V, 4) and weights (V, 4) as glTF wants them: no joint twice at a vertex, joint 0 where the weight is 0, sum 1."""
    joints, weights = joints.copy(), np.maximum(weights.astype(np.float64), 0.0)
    for a in range(4):
        for b in range(a + 1, 4):
            same = joints[:, a] == joints[:, b]
            weights[:, a] += np.where(same, weights[:, b], 0.0)
            weights[:, b] = np.where(same, 0.0, weights[:, b])
    weights /= weights.sum(axis=1, keepdims=True)
    weights[weights < 1e-6] = 0.0
    weights /= weights.sum(axis=1, keepdims=True)
    return np.where(weights > 0, joints, 0), weights.astype(np.float32)


def _material(material: Material) -> dict[str, Any]:
    surface = {"baseColorFactor": list(material.base_colour), "metallicFactor": material.metallic, "roughnessFactor": material.roughness}
    return {"name": material.name, "pbrMetallicRoughness": surface} | ({"alphaMode": "BLEND"} if material.base_colour[3] < 1.0 else {})


def _inverse_bind_matrices(skeleton: Skeleton) -> NDArray[np.float32]:
    """From the world to each joint at rest, (J, 4, 4), column by column as glTF stores matrices."""
    positions, worlds = skeleton.rest_pose()
    turn = np.swapaxes(quat_to_matrix(worlds), -1, -2)
    matrices = np.tile(np.eye(4), (len(skeleton), 1, 1))
    matrices[:, :3, :3] = turn
    matrices[:, :3, 3] = -np.einsum("jab,jb->ja", turn, positions)
    return np.swapaxes(matrices, -1, -2).astype(np.float32)


# Reading


def read_glb(path: Path) -> Motion:
    """The first animation of a file on its skeleton (`gltf_motion`).

    Raises:
        InputError: the file cannot be read, or has no skeleton with an animation.
    """
    return read_gltf_motion(path)
