"""VRM: a user's own VRM with the motion in it, or any other humanoid in a T-pose made one.

Specification: https://github.com/vrm-c/vrm-specification/tree/master/specification/VRMC_vrm-1.0
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from posewright.character.gltf import Gltf
from posewright.errors import UsageError, require
from posewright.formats.export import Export
from posewright.formats.glb import FIRST_JOINT_NODE, write_glb
from posewright.formats.rest import T_POSE_DEG, degrees_off
from posewright.skeletons import HUMANOID_PARENTS, REQUIRED_BONES
from posewright.types import Character

EXTENSION = "VRMC_vrm"
LICENCE_URL = "https://vrm.dev/licenses/1.0/"
"""VRM's own licence, whose terms are the strictest unless a file grants more: we grant nothing in the author's name."""
STANDS_APART = 1e-3
"""Of the body's size: where a file's nodes stand otherwise than the skeleton, it lies down or faces another way."""


def write_vrm(path: Path, export: Export) -> None:
    """Write a character that was read from a .vrm as that file, any other as VRM 1.0 with its map of bones; the motion is added as an animation.

    Raises:
        OutputError: the file cannot be written.
        UsageError: a character that is no VRM lacks bones that VRM demands, or does not stand in a T-pose facing +Z.
    """
    character = export.character
    require(character is not None, "a VRM needs a character")
    assert character is not None
    check_vrm(path, character)
    if is_vrm(character):
        write_glb(path, export)
        return
    document = character.document
    nodes = document.joint_nodes if document else range(FIRST_JOINT_NODE, FIRST_JOINT_NODE + len(character.skeleton))
    extension = {EXTENSION: _extension(character, {joint: int(node) for joint, node in zip(character.skeleton.joints, nodes, strict=True)})}
    if document is None:
        write_glb(path, export, extension)
        return
    json: dict[str, Any] = dict(document.json)
    json["extensions"] = dict(json.get("extensions", {})) | extension
    json["extensionsUsed"] = [*json.get("extensionsUsed", []), EXTENSION]
    write_glb(path, replace(export, character=replace(character, document=replace(document, json=json))))


def is_vrm(character: Character) -> bool:
    """Whether the character came from a VRM file, 0.x or 1.0."""
    return character.document is not None and bool({"VRM", EXTENSION} & character.document.json.get("extensions", {}).keys())


def check_vrm(path: Path, character: Character) -> None:
    """Raise unless the character is a VRM or can be made one.

    Raises:
        UsageError: it cannot: it lacks bones that VRM demands, or does not stand in a T-pose facing +Z.
    """
    if is_vrm(character):
        return
    cannot, instead = f"cannot write {path}: {character.name} was not read from a .vrm and", "Write a .glb of it, or give a VRM character with --character"
    if missing := [bone for bone in HUMANOID_PARENTS if bone in REQUIRED_BONES and bone not in character.humanoid]:
        raise UsageError(f"{cannot} has no {', '.join(missing)}, which VRM demands. {instead}")
    skeleton = character.skeleton.renamed({joint: bone for bone, joint in character.humanoid.items()})
    places = skeleton.rest_pose()[0]
    if character.document is not None:
        gltf = Gltf(path, dict(character.document.json), character.document.binary)
        stands = gltf.world_matrices()[list(character.document.joint_nodes), :3, 3]
        if np.abs(stands - places).max() > STANDS_APART * np.ptp(places, axis=0).max():
            raise UsageError(f"{cannot} does not stand upright facing +Z in its file, as VRM demands. {instead}")
    if (off := float(degrees_off(skeleton).max())) > T_POSE_DEG:
        raise UsageError(f"{cannot} does not rest in a T-pose, as VRM demands: a limb is {off:.0f} degrees off. {instead}")


def _extension(character: Character, nodes: dict[str, int]) -> dict[str, Any]:
    """VRMC_vrm: what the file is, and which node is which bone."""
    meta: dict[str, Any] = {"name": character.name, "authors": [str(character.extras.get("author", "unknown"))], "licenseUrl": LICENCE_URL}
    if character.licence:
        meta["thirdPartyLicenses"] = character.licence
    bones = {bone: {"node": nodes[joint]} for bone, joint in character.humanoid.items() if bone in HUMANOID_PARENTS}
    return {"specVersion": "1.0", "meta": meta, "humanoid": {"humanBones": bones}}
