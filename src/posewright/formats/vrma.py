"""VRMA: a humanoid's movement without a body, as glTF 2.0 with VRMC_vrm_animation, to be put on any VRM character.

Specification: https://github.com/vrm-c/vrm-specification/tree/master/specification/VRMC_vrm_animation-1.0
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posewright.files import atomic_path
from posewright.formats.export import GENERATOR, Export
from posewright.formats.gltf_content import Content, plain
from posewright.formats.humanoid_motion import humanoid_motion
from posewright.geometry import quat_continuous
from posewright.types import Motion

EXTENSION, SPEC_VERSION = "VRMC_vrm_animation", "1.0"
NOT_ANIMATED = ("leftEye", "rightEye")
"""Bones that the specification leaves to its look-at target."""


def write_vrma(path: Path, export: Export) -> None:
    """Write the first motion: nodes in the T-pose, facing +Z, with rotations of each bone and the path of the hips.

    The hips' height at rest stands in the file, and players scale the path by it: a motion that is on the character
    who is to play it comes out as it is.

    Raises:
        OutputError: the file cannot be written.
        UsageError: the motion lacks bones that VRM demands.
    """
    motion = humanoid_motion(export.motions[0], export.character)
    content = Content()
    nodes = _add_bones(content, motion)
    animation: dict[str, Any] = {"name": motion.name, "channels": [], "samplers": []}
    content.track(animation, nodes["hips"], "translation", motion.root_translation, motion.timestamps)
    rotations = quat_continuous(motion.rotations)
    for bone, node in nodes.items():
        content.track(animation, node, "rotation", rotations[:, motion.skeleton.index(bone)], motion.timestamps)
    content.add("animations", animation)
    human_bones = {bone: {"node": node} for bone, node in nodes.items()}
    extensions = {EXTENSION: {"specVersion": SPEC_VERSION, "humanoid": {"humanBones": human_bones}}}
    with atomic_path(path) as part:
        part.write_bytes(content.glb({"version": "2.0", "generator": GENERATOR}, {"fps": motion.fps}, extensions))


def _add_bones(content: Content, motion: Motion) -> dict[str, int]:
    """A node for each bone but the eyes; bone to node."""
    skeleton = motion.skeleton
    nodes: dict[str, int] = {}
    for joint, bone in enumerate(skeleton.joints):
        if bone in NOT_ANIMATED:
            continue
        nodes[bone] = content.add("nodes", {"name": bone, "translation": plain(skeleton.rest_offsets[joint])})
        if joint:
            above = skeleton.joints[skeleton.parents[joint]]
            content.json["nodes"][nodes[above]].setdefault("children", []).append(nodes[bone])
        else:
            content.roots.append(nodes[bone])
    return nodes
