"""A character from a file: bones, which bone is which, skin and colours, and the file itself to be written back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from posewright.character.blender import BLENDER_SUFFIXES, read_through_blender
from posewright.character.gltf import Gltf, read_gltf
from posewright.character.mapping import BoneMap, Rig, from_vrm, map_bones
from posewright.character.mesh import read_materials, read_mesh
from posewright.errors import CharacterError
from posewright.geometry import IDENTITY, Array, normalize, quat_conjugate, quat_from_matrix, quat_multiply, quat_rotate
from posewright.skeletons import Skeleton
from posewright.types import Character, GltfDocument


@dataclass(frozen=True)
class Reading:
    """A character and what was found on the way to it."""

    character: Character
    bone_map: BoneMap
    notes: tuple[str, ...]


def read_character(path: str | os.PathLike[str], bone_map: Mapping[str, str] | None = None) -> Character:
    """Read a rigged character from a .glb, .gltf or .vrm (0.x, 1.0) file, or through Blender from an .fbx or .blend.

    The pose in which the file's nodes stand is taken as rest pose, and the meshes are brought into it. Which bone is which
    is taken from the VRM humanoid if the file has one, otherwise from names, otherwise from the skeleton's shape.

    Args:
        path: the file.
        bone_map: humanoid bone to the file's bone, over all that was found (`read_bone_map`); `""` for none.

    Raises:
        CharacterError: the file cannot be read, holds no skeleton or several people, or no humanoid.
    """
    return examine(path, bone_map).character


def examine(path: str | os.PathLike[str], bone_map: Mapping[str, str] | None = None, strict: bool = True, meshes: bool = True) -> Reading:
    """Read a character and tell how it was understood; not `strict`, bones that are needed may be missing.

    Without `meshes` only its skeleton is read, that of the first person where there are several.

    Raises:
        CharacterError: as `read_character`.
    """
    file = Path(path)
    gltf = read_through_blender(file, motion=not meshes) if file.suffix.lower() in BLENDER_SUFFIXES else read_gltf(file)
    try:
        return _examine(gltf, dict(bone_map or {}), strict, meshes)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CharacterError(f"{path} is damaged: its parts do not fit together ({error!r}). Export it again.") from error


def _examine(gltf: Gltf, given: Mapping[str, str], strict: bool, meshes: bool) -> Reading:
    worlds = gltf.world_matrices()
    if len(worlds) and not np.isfinite(worlds).all():
        raise ValueError("a node's place is no number")
    named = from_vrm(gltf.document)
    joints = _joint_nodes(gltf, named, given, worlds, alone=meshes)
    nodes = _ordered_joints(gltf, joints | set(named.values()))
    parents = _parents(gltf, nodes)
    names = _unique_names(gltf, nodes)
    rig = Rig(names, parents, worlds[nodes, :3, 3] @ _standing(worlds[nodes, :3, 3]).T)
    place = {node: i for i, node in enumerate(nodes)}
    found = map_bones(rig, str(gltf.path), {bone: names[place[node]] for bone, node in named.items()}, given, strict)
    joint = {bone: names.index(name) for bone, name in found.bones.items()}
    nodes, parents, names, notes = _hung_together(nodes, parents, names, joint)
    joint = {bone: names.index(name) for bone, name in found.bones.items()}
    turn = _facing(worlds[nodes, :3, 3], joint)
    skeleton = _skeleton(worlds[nodes], names, parents, turn)
    vrm0 = "VRM" in gltf.document.get("extensions", {}) and "VRMC_vrm" not in gltf.document.get("extensions", {})
    document = GltfDocument(gltf.document, gltf.binary, tuple(nodes), quat_conjugate(turn) if vrm0 else IDENTITY.copy())
    character = Character(gltf.path.stem, skeleton, (), read_materials(gltf), found.bones, *_licence(gltf), document=document)
    character = _with_meshes(gltf, character, turn) if meshes else character
    return Reading(character, found, (*found.notes, *notes, *_remarks(gltf, turn, vrm0, worlds[nodes])))


def _joint_nodes(gltf: Gltf, named: Mapping[str, int], given: Mapping[str, str], worlds: Array, alone: bool) -> set[int]:
    """The joints of the character's skins; without skins, the nodes that carry meshes rigidly. Unless it must be `alone`, the first of several.

    Raises:
        CharacterError: nothing that could move, or two people.
    """
    skins = gltf.items("skins")
    parents = gltf.parents()
    groups: list[set[int]] = []
    for skin in skins:
        own = set(skin["joints"])
        tops = {_top(parents, node) for node in own}
        alike = [group for group in groups if group & own or (tops & {_top(parents, node) for node in group} and not _rival(gltf, group, own, worlds))]
        groups = [group for group in groups if group not in alike] + [own.union(*alike)]
    if not groups:
        carriers = {parents[i] for i, node in enumerate(gltf.items("nodes")) if "mesh" in node and parents[i] >= 0}
        if not carriers and not named:
            raise CharacterError(f"{gltf.path} has no skin, and no mesh hangs on its bones: a character needs a mesh bound to a skeleton.")
        return carriers | set(named.values())
    if len(groups) == 1 or (named and set(named.values()) & groups[0]):
        return next((group for group in groups if group & set(named.values())), groups[0])
    human = [group for group in groups if _is_humanoid(gltf, group, worlds) or set(_names(gltf, group)) & set(given.values())]
    if len(human) > 1 and alone:
        roots = ", ".join(gltf.items("nodes")[_top(parents, min(group))].get("name", "?") for group in human)
        raise CharacterError(f"{gltf.path} holds {len(human)} skeletons of people ({roots}). Export one character a file.")
    return human[0] if human else max(groups, key=len)


def _top(parents: list[int], node: int) -> int:
    while parents[node] >= 0:
        node = parents[node]
    return node


def _names(gltf: Gltf, nodes: set[int]) -> list[str]:
    return [str(gltf.items("nodes")[node].get("name", "")) for node in nodes]


def _is_humanoid(gltf: Gltf, joints: set[int], worlds: Array) -> bool:
    nodes = _ordered_joints(gltf, joints)
    rig = Rig(_unique_names(gltf, nodes), _parents(gltf, nodes), worlds[nodes, :3, 3])
    try:
        map_bones(rig, str(gltf.path))
    except CharacterError:
        return False
    return True


def _rival(gltf: Gltf, first: set[int], second: set[int], worlds: Array) -> bool:
    """Whether two sets of joints under one root are a body each."""
    return _is_humanoid(gltf, first, worlds) and _is_humanoid(gltf, second, worlds)


def _ordered_joints(gltf: Gltf, wanted: set[int]) -> list[int]:
    """Nodes of the least tree that holds all `wanted` nodes, parents first."""
    parents = gltf.parents()
    chains = []
    for node in sorted(wanted):
        chain = [node]
        while parents[chain[0]] >= 0:
            chain.insert(0, parents[chain[0]])
        chains.append(chain)
    if not chains:
        raise CharacterError(f"{gltf.path} has no bones.")
    shared = 0
    while all(len(chain) > shared + 1 and chain[shared + 1] == chains[0][shared + 1] for chain in chains):
        shared += 1
    if any(chain[0] != chains[0][0] for chain in chains):
        raise CharacterError(f"{gltf.path}: the bones form several trees without a common root. Put them under one.")
    # The deepest node that all chains pass, and everything below it on the way to a wanted node.
    return list(dict.fromkeys(node for chain in chains for node in chain[shared:]))


def _parents(gltf: Gltf, nodes: list[int]) -> tuple[int, ...]:
    place, above = {node: i for i, node in enumerate(nodes)}, gltf.parents()
    return tuple(place.get(above[node], -1) for node in nodes)


def _unique_names(gltf: Gltf, nodes: list[int]) -> tuple[str, ...]:
    """Names of the nodes; one that stood before gets its node's number behind it."""
    names: list[str] = []
    for node in nodes:
        name = str(gltf.items("nodes")[node].get("name", f"node_{node}"))
        names.append(name if name not in names else f"{name}_{node}")
    return tuple(names)


def _standing(points: Array) -> NDArray[np.float64]:
    """Rotation matrix (3, 3) that puts a skeleton upright which was exported lying down (Z up): its longest way is its height, unless it is no longer than its span of arms."""
    extent = np.ptp(points, axis=0)
    if extent[2] > 2.0 * extent[1] and extent[2] > 0.8 * extent[0]:
        return np.asarray(Rotation.from_euler("x", -90, degrees=True).as_matrix())
    return np.eye(3)


def _hung_together(nodes: list[int], parents: tuple[int, ...], names: tuple[str, ...], joint: Mapping[str, int]) -> tuple[list[int], tuple[int, ...], tuple[str, ...], list[str]]:
    """Feet that hang elsewhere (rigs for inverse kinematics) hung on their shins, parents still before children."""
    above, notes = list(parents), []
    for side in ("left", "right"):
        foot, shin = joint.get(f"{side}Foot"), joint.get(f"{side}LowerLeg")
        if foot is None or shin is None:
            continue
        chain = foot
        while chain >= 0 and chain != shin:
            chain = above[chain]
        if chain < 0:
            above[foot] = shin
            notes.append(f"{names[foot]} hangs on {names[parents[foot]] if parents[foot] >= 0 else 'nothing'}: it gets a path of its own in the animation")
    if not notes:
        return nodes, parents, names, notes
    order: list[int] = []
    todo = [i for i, parent in enumerate(above) if parent < 0]
    while todo:
        order.append(todo.pop(0))
        todo = [i for i, parent in enumerate(above) if parent == order[-1]] + todo
    new = {old: i for i, old in enumerate(order)}
    return [nodes[i] for i in order], tuple(new.get(above[i], -1) for i in order), tuple(names[i] for i in order), notes


def _facing(points: Array, joint: Mapping[str, int]) -> NDArray[np.float64]:
    """Rotation (4,) by a multiple of right angles that puts the body upright and facing +Z: files are in other axes, VRM 0.x faces -Z."""
    pairs = [(joint.get(f"left{part}"), joint.get(f"right{part}")) for part in ("UpperLeg", "UpperArm")]
    if any(a is None or b is None for a, b in pairs):
        return IDENTITY.copy()
    (a, b), (c, d) = ((points[left], points[right]) for left, right in pairs)
    across, up = normalize(normalize(a - b) + normalize(c - d)), normalize((c + d) - (a + b))
    square = Rotation.create_group("O").as_matrix()
    score = square[:, 0] @ across + square[:, 1] @ up
    upright = np.eye(3)[0] @ across + np.eye(3)[1] @ up
    best = square[int(score.argmax())]
    return IDENTITY.copy() if upright > score.max() - 0.2 else quat_from_matrix(best)


def _skeleton(matrices: Array, names: tuple[str, ...], parents: tuple[int, ...], turn: Array) -> Skeleton:
    """Bones in their rest pose, turned upright; scale is taken up in the offsets, mirroring in the rotations."""
    axes = np.array([bone_axes(matrix[:3, :3]) for matrix in matrices])
    positions, rotations = quat_rotate(turn, matrices[:, :3, 3]), quat_multiply(turn, quat_from_matrix(axes))
    offsets, local = positions.copy(), rotations.copy()
    for i, parent in enumerate(parents):
        if parent >= 0:
            back = quat_conjugate(rotations[parent])
            offsets[i] = quat_rotate(back, positions[i] - positions[parent])
            local[i] = quat_multiply(back, rotations[i])
    return Skeleton(names, parents, offsets, local)


def bone_axes(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation in a matrix of rotation, scale, mirroring and shear, (3, 3): the nearest one, of the matrix or its mirror image."""
    sizes = np.linalg.norm(matrix, axis=0)
    if not sizes.min() > 1e-12:
        raise ValueError("a bone is scaled to nothing")
    u, _, vt = np.linalg.svd(matrix * np.sign(np.linalg.det(matrix)))
    return np.asarray(u @ vt)


def _with_meshes(gltf: Gltf, character: Character, turn: Array) -> Character:
    """The character with all meshes that its bones move, turned as its skeleton."""
    assert character.document is not None
    place = {node: i for i, node in enumerate(character.document.joint_nodes)}
    parents, skins, meshes = gltf.parents(), gltf.items("skins"), []
    for i, node in enumerate(gltf.items("nodes")):
        if "mesh" not in node:
            continue
        skin = skins[node["skin"]] if "skin" in node else None
        carrier = i
        while carrier >= 0 and carrier not in place:
            carrier = parents[carrier]
        if (skin is None and carrier < 0) or (skin is not None and not set(skin["joints"]) <= place.keys()):
            continue
        mesh = read_mesh(gltf, i, skin, place, place.get(carrier, 0), len(character.materials))
        if (turn != IDENTITY).any():
            mesh = replace(mesh, positions=quat_rotate(turn, mesh.positions).astype(np.float32), normals=quat_rotate(turn, mesh.normals).astype(np.float32))
        meshes.append(mesh)
    return replace(character, meshes=tuple(meshes))


def _licence(gltf: Gltf) -> tuple[str, dict[str, Any]]:
    """What the file says of its licence, and its remarks."""
    asset = gltf.document.get("asset", {})
    extras = asset.get("extras", {})
    extras = extras if isinstance(extras, dict) else {}
    extensions = gltf.document.get("extensions", {})
    vrm = extensions.get("VRMC_vrm", {}).get("meta", {}).get("licenseUrl") or extensions.get("VRM", {}).get("meta", {}).get("licenseName")
    return str(vrm or extras.get("licence", asset.get("copyright", ""))), dict(extras)


def _remarks(gltf: Gltf, turn: Array, vrm0: bool, matrices: Array) -> list[str]:
    """What is unusual about the file."""
    remarks = []
    if (turn != IDENTITY).any() and not vrm0:
        remarks.append("the file's character does not stand upright facing +Z: it was turned")
    sizes = np.linalg.norm(matrices[:, :3, :3], axis=1)
    if (sizes.max(1) > 1.01 * sizes.min(1)).any():
        remarks.append("some bones are scaled unevenly: limbs change their length as they turn")
    if (np.linalg.det(matrices[:, :3, :3]) < 0).any():
        remarks.append("some bones are mirrored (negative scale)")
    height = float(np.ptp(matrices[:, 1, 3]))
    if height > 20.0:
        remarks.append(f"the skeleton is {height:.0f} m tall: perhaps made in centimetres")
    if gltf.items("animations"):
        remarks.append(f"the file holds {len(gltf.items('animations'))} animations: they are kept")
    return remarks
