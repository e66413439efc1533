"""Characters: reading them, finding their bones, carrying a motion onto their rig, posing their skin."""

from posewright.character.bone_map import read_bone_map, write_bone_map
from posewright.character.contacts import with_contacts
from posewright.character.default import default_character
from posewright.character.inspect import Inspection, inspect
from posewright.character.mapping import BoneMap, map_bones
from posewright.character.read import read_character
from posewright.character.retarget import retarget
from posewright.character.skinning import skin

__all__ = [
    "BoneMap",
    "Inspection",
    "default_character",
    "inspect",
    "map_bones",
    "read_bone_map",
    "read_character",
    "retarget",
    "skin",
    "with_contacts",
    "write_bone_map",
]
