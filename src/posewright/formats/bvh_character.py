"""A BVH file's skeleton as a character: bones without a body, to be driven and written as .bvh again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from posewright.character.mapping import Rig, map_bones
from posewright.character.read import Reading
from posewright.errors import CharacterError, InputError
from posewright.formats.bvh import read_bvh
from posewright.formats.rest import stands
from posewright.skeletons import REQUIRED_BONES, Skeleton
from posewright.types import Character


def examine_bvh(file: Path, bone_map: Mapping[str, str] | None = None, strict: bool = True) -> Reading:
    """Read the skeleton in a .bvh: the pose that all rotations zero give, in metres with +Y up. Its motion is left aside.

    Raises:
        CharacterError: the file cannot be read, holds no humanoid, or its zero pose is no pose of a body.
    """
    try:
        skeleton = read_bvh(file).skeleton
    except InputError as error:
        raise CharacterError(str(error)) from error
    found = map_bones(Rig(skeleton.joints, skeleton.parents, skeleton.rest_pose()[0]), str(file), given=bone_map, strict=strict)
    character = Character(file.stem, skeleton, (), (), found.bones)
    if found.bones.keys() >= REQUIRED_BONES and not stands(_named(character)):
        raise CharacterError(f"{file}: with all rotations zero its bones stand in no pose of a body. Give a .bvh whose zero pose is one (T, A, arms down).")
    return Reading(character, found, found.notes)


def _named(character: Character) -> Skeleton:
    """The character's skeleton under the humanoid's names."""
    taken = {joint: f"{joint}_" for joint in character.skeleton.joints if joint in character.humanoid}
    return character.skeleton.renamed(taken | {joint: bone for bone, joint in character.humanoid.items()})
