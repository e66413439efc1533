"""Characters of every kind that can be driven: bodies, which `character` reads, and bare skeletons, which a .bvh holds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from posewright.errors import UsageError
from posewright.types import Character

if TYPE_CHECKING:
    from posewright.character.read import Reading


def is_skeleton(character: Character) -> bool:
    """Whether a character is bones alone, as a .bvh holds them."""
    return character.document is None and not character.meshes


def examine_rig(path: str | os.PathLike[str], bone_map: Mapping[str, str] | None = None, strict: bool = True) -> Reading:
    """Read any character, a bare skeleton in a .bvh included, and tell how it was understood (`character.read.examine`).

    Raises:
        CharacterError: the file cannot be read, or holds no humanoid.
    """
    if Path(path).suffix.lower() == ".bvh":
        from posewright.formats.bvh_character import examine_bvh

        return examine_bvh(Path(path), bone_map, strict)
    from posewright.character.read import examine

    return examine(path, bone_map, strict)


def read_rig(path: str | os.PathLike[str], bone_map: Mapping[str, str] | None = None) -> Character:
    """The character in a file, as `character.read_character` reads it, or a bare skeleton from a .bvh.

    Raises:
        CharacterError: as `examine_rig`.
    """
    return examine_rig(path, bone_map).character


def check_body(path: Path, character: Character) -> None:
    """Sure that a format which holds a body gets one.

    Raises:
        UsageError: the character is a bare skeleton.
    """
    if is_skeleton(character):
        raise UsageError(f"cannot write {path}: {character.name} is a skeleton without a mesh, which {path.suffix} needs. Write .bvh, or give a character with a body.")
