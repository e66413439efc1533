"""A bone map by hand: a small TOML file, `humanoid bone = "bone of the rig"`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from posewright.errors import CharacterError
from posewright.files import atomic_path
from posewright.skeletons import HUMANOID_PARENTS

_LINE = re.compile(r"""^\s*(?:"([^"]*)"|([A-Za-z0-9_-]+))\s*=\s*("(?:[^"\\]|\\.)*"|'[^']*')\s*(?:#.*)?$""")
_TABLE = re.compile(r"^\s*\[\s*([A-Za-z0-9_.-]+)\s*\]\s*(?:#.*)?$")
_HEAD = """\
# Which bone is which, for posewright's --bone-map. Left: bones of the VRM humanoid. Right: bones of {name}.
# A bone that the rig lacks is "" or left out. Needed: hips, spine, upper and lower arms and legs.
"""


def read_bone_map(path: str | os.PathLike[str]) -> dict[str, str]:
    """Humanoid bone to bone of the rig, as the file says; `""` where it says that there is none.

    Only tables of strings are read, which is all that a bone map needs and works on Pythons without a TOML reader.

    Raises:
        CharacterError: the file cannot be read, or a line is none of `bone = "name"`; names the line.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CharacterError(f"cannot read the bone map {path}: {getattr(error, 'strerror', None) or error}") from error
    bones: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#") or _TABLE.match(line):
            continue
        found = _LINE.match(line)
        if found is None:
            raise CharacterError(f'{path}, line {number}: expected  bone = "name of the rig\'s bone"  but found: {line.strip()}')
        bone, value = found.group(1) or found.group(2), found.group(3)
        if bone not in HUMANOID_PARENTS:
            raise CharacterError(f"{path}, line {number}: '{bone}' is no humanoid bone. There are: {', '.join(HUMANOID_PARENTS)}")
        if bone in bones:
            raise CharacterError(f"{path}, line {number}: {bone} stands twice")
        bones[bone] = value[1:-1] if value[0] == "'" else re.sub(r"\\(.)", r"\1", value[1:-1])
    return bones


def write_bone_map(path: str | os.PathLike[str], bones: Mapping[str, str], name: str, rig_bones: Sequence[str] = ()) -> None:
    """Write a map to be corrected by hand: every humanoid bone, empty where none was found, and the bones left over as a comment.

    Raises:
        OutputError: the file cannot be written.
    """
    rows = [_HEAD.format(name=name), "[bones]"]
    rows += [f'{bone} = "{_escaped(bones.get(bone, ""))}"' for bone in HUMANOID_PARENTS]
    left_over = [joint for joint in rig_bones if joint not in bones.values()]
    if left_over:
        rows += ["", "# Bones of the rig that are not mapped:", *(f"#   {joint!r}" for joint in left_over)]
    with atomic_path(path) as part:
        part.write_text("\n".join(rows) + "\n", encoding="utf-8")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
