"""The character that everybody has: a mannequin on the VRM humanoid, baked by `tools/bake_mannequin.py`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from posewright.character.read import read_character
from posewright.types import Character

MANNEQUIN = Path(__file__).parent / "data" / "mannequin.glb"


@cache
def default_character() -> Character:
    """The mannequin: 1.70 m tall, T-pose, identity rest rotations, all body and finger bones of the VRM humanoid."""
    return read_character(MANNEQUIN)
