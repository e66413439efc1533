"""What a character's file holds and how it is understood: the tree of its bones, the map, the rest pose, what is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from posewright.character.mapping import NEEDED_BONES, BoneMap
from posewright.character.read import Reading, examine
from posewright.character.share import twist_joints
from posewright.character.stance import Body
from posewright.character.tpose import SIDES
from posewright.geometry import Array, normalize
from posewright.skeletons import HUMANOID_PARENTS, REQUIRED_BONES
from posewright.types import Character

WORTH_HAVING = ("chest", "neck", "head", *(side + bone for side in SIDES for bone in ("Shoulder", "Hand", "Foot", "Toes")))
LEVEL_DEG, HANGING_DEG, BENT_DEG = 15.0, 70.0, 15.0
"""Arms within the first of level are a T-pose, beyond the second they hang; a joint bent by the third counts as bent."""


@dataclass(frozen=True)
class Inspection:
    """What was found in a character's file."""

    character: Character
    bone_map: BoneMap
    rest_pose: str
    """In words: `T-pose`, `A-pose, arms 45 degrees down`, ..."""
    missing: tuple[str, ...]
    """Bones without which it cannot be driven; empty for a character that can."""
    wanting: tuple[str, ...]
    """Bones worth having that it lacks, and what VRM demands."""
    twist_bones: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it, for people."""
        character, skeleton = self.character, self.character.skeleton
        vertices = sum(len(mesh.positions) for mesh in character.meshes)
        triangles = sum(len(mesh.triangles) for mesh in character.meshes)
        lines = [
            f"{character.name}: {len(skeleton)} bones, {_counted(len(character.meshes), 'mesh', 'meshes')}, {vertices} vertices, {triangles} triangles",
            f"map: {len(self.bone_map.bones)} of {len(HUMANOID_PARENTS)} humanoid bones from {self.bone_map.source}, score {self.bone_map.score:.2f}",
            f"rest pose: {self.rest_pose}",
        ]
        if not self.missing:
            lines.append(f"legs {Body.of(character).leg_height:.2f} m from hip joint to floor")
        if character.licence:
            lines.append(f"licence: {character.licence}")
        if self.missing:
            lines.append(f"MISSING, it cannot be driven without: {', '.join(self.missing)}")
        if self.wanting:
            lines.append(f"not there: {', '.join(self.wanting)}")
        if self.twist_bones:
            lines.append(f"twist bones: {', '.join(self.twist_bones)}")
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join([*lines, "", *self._tree()])

    def _tree(self) -> list[str]:
        """The bones, each indented below its parent, with its humanoid bone and how that was found."""
        skeleton = self.character.skeleton
        bone_of = {joint: bone for bone, joint in self.bone_map.bones.items()}
        rows = []
        todo = [(0, 0)]
        while todo:
            i, depth = todo.pop(0)
            bone = bone_of.get(skeleton.joints[i])
            rows.append("  " * depth + skeleton.joints[i] + (f"  = {bone} ({self.bone_map.how[bone]})" if bone else ""))
            todo = [(child, depth + 1) for child in skeleton.children(i)] + todo
        return rows


def inspect(path: str | os.PathLike[str], bone_map: Mapping[str, str] | None = None) -> Inspection:
    """Look into a character's file. Bones that are needed may be missing; the map says so then.

    Raises:
        CharacterError: the file cannot be read, or holds no bones.
    """
    return inspected(examine(path, bone_map, strict=False))


def inspected(reading: Reading) -> Inspection:
    """What a reading tells; bones that are needed may be missing in it."""
    character, found = reading.character, reading.bone_map
    missing = tuple(bone for bone in NEEDED_BONES if bone not in found.bones)
    wanting = tuple(bone for bone in HUMANOID_PARENTS if bone in {*WORTH_HAVING, *REQUIRED_BONES} - set(NEEDED_BONES) and bone not in found.bones)
    twists = () if missing else tuple(character.skeleton.joints[i] for i in twist_joints(Body.of(character)))
    return Inspection(character, found, "unknown" if missing else describe_rest(character), missing, wanting, twists, reading.notes)


def describe_rest(character: Character) -> str:
    """The rest pose in words."""
    positions = character.skeleton.rest_pose()[0]
    place = {bone: positions[character.skeleton.index(joint)] for bone, joint in character.humanoid.items()}
    down = [np.degrees(np.arcsin(-_way(place, f"{side}UpperArm", f"{side}LowerArm")[1])) for side in SIDES]
    mean = float(np.mean(down))
    if abs(down[0] - down[1]) > LEVEL_DEG:
        words = [f"a pose: left arm {down[0]:.0f}, right arm {down[1]:.0f} degrees below level"]
    elif abs(mean) <= LEVEL_DEG:
        words = ["T-pose"]
    else:
        words = [f"arms raised by {-mean:.0f} degrees" if mean < 0 else "arms hanging" if mean > HANGING_DEG else f"A-pose, arms {mean:.0f} degrees down"]
    for name, upper, lower, end in (("elbows", "UpperArm", "LowerArm", "Hand"), ("knees", "UpperLeg", "LowerLeg", "Foot")):
        bends = [_bend(place, side + upper, side + lower, side + end) for side in SIDES if side + end in place]
        if bends and max(bends) > BENT_DEG:
            words.append(f"{name} bent by {max(bends):.0f} degrees")
    return ", ".join(words)


def _way(place: Mapping[str, Array], a: str, b: str) -> Array:
    return normalize(place[b] - place[a])


def _bend(place: Mapping[str, Array], a: str, b: str, c: str) -> float:
    return float(np.degrees(np.arccos(np.clip(_way(place, a, b) @ _way(place, b, c), -1.0, 1.0))))


def _counted(count: int, one: str, many: str) -> str:
    return f"{count or 'no'} {one if count == 1 else many}"
