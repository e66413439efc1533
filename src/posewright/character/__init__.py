"""Characters: reading them, carrying a motion onto their rig, posing their skin."""

from posewright.character.default import default_character
from posewright.character.read import read_character
from posewright.character.retarget import retarget
from posewright.character.skinning import skin

__all__ = ["default_character", "read_character", "retarget", "skin"]
