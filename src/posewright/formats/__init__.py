"""Files out and in: a motion, on a character or as a bare skeleton, and the arrays behind it.

A new format is one file and one row in `WRITERS`, `READERS` or both.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from posewright.errors import UsageError
from posewright.files import check_writable
from posewright.formats.export import Export
from posewright.formats.names import BONE_NAMES, with_humanoid_names
from posewright.skeletons import Skeleton
from posewright.types import Capture, Character, Motion

__all__ = ["BONE_NAMES", "READERS", "WRITERS", "Export", "Writer", "check_output", "on_character", "prepare", "read_motion", "write"]


@dataclass(frozen=True)
class Writer:
    """A row of `WRITERS`."""

    write: Callable[[Path, Export], None]
    about: str
    """What the file holds, for help texts."""
    on_character: bool = False
    """Whether it holds a body, and so needs a character and motions on its skeleton."""
    people: str = "many"
    """`many`, or `one`: each further person gets a file of their own."""


@dataclass(frozen=True)
class Reader:
    """A row of `READERS`."""

    read: Callable[[Path], Motion]
    about: str


def _later(module: str, function: str) -> Callable[..., Any]:
    """A function of a module of this room, which is imported when it is first called: a run seldom needs more than one format."""

    def call(*arguments: Any) -> Any:
        return getattr(importlib.import_module(f"posewright.formats.{module}"), function)(*arguments)

    return call


WRITERS: dict[str, Writer] = {
    ".glb": Writer(_later("glb", "write_glb"), "skinned character with its animation (glTF 2.0)", on_character=True),
    ".bvh": Writer(_later("bvh", "write_bvh"), "bare skeleton with its motion, centimetres", people="one"),
    ".vrm": Writer(_later("glb", "write_glb"), "VRM character, read from a .vrm, with its animation", on_character=True, people="one"),
    ".trc": Writer(_later("trc", "write_trc"), "joints as markers, for OpenSim and the like", people="one"),
    ".npz": Writer(_later("arrays", "write_npz"), "keypoints, 3D joints and rotations as NumPy arrays"),
    ".json": Writer(_later("arrays", "write_json"), "keypoints, 3D joints and rotations as JSON"),
    ".csv": Writer(_later("table", "write_csv"), "keypoints, 3D joints and rotations as a table, a row for each frame and person"),
    ".txt": Writer(_later("table", "write_txt"), "the same table as plain text with a header that explains it"),
}
READERS: dict[str, Reader] = {
    ".bvh": Reader(_later("bvh", "read_bvh"), "bare skeleton with its motion"),
    ".npz": Reader(_later("arrays", "read_npz"), "Posewright's arrays"),
    ".json": Reader(_later("arrays", "read_json"), "Posewright's arrays"),
    ".glb": Reader(_later("glb", "read_glb"), "a skeleton with its first animation"),
    ".gltf": Reader(_later("glb", "read_glb"), "the same as text, with its files beside it"),
    ".vrm": Reader(_later("glb", "read_glb"), "a VRM character with an animation in it"),
    ".vrma": Reader(_later("glb", "read_glb"), "VRM animation"),
}


def write(
    path: str | os.PathLike[str],
    what: Capture | Motion | Sequence[Motion],
    *,
    character: Character | None = None,
    bone_names: str = "mixamo",
) -> tuple[Path, ...]:
    """Write a capture or motions to a file, in the format that its suffix names.

    Motions for a body are retargeted to its skeleton unless they are on it; their joints may have any names in `BONE_NAMES`.

    Args:
        path: the file to write. A format that holds one person puts the others beside it, as `name_2.bvh`.
        what: a capture, a motion, or one motion a person.
        character: the body for formats that hold one; the default character when None.
        bone_names: a key of `BONE_NAMES`, for formats that hold a bare skeleton.

    Returns:
        The files written.

    Raises:
        OutputError: the file cannot be written.
        UsageError: no writer for the suffix, no such bone names.
        CharacterError: the motion cannot be put on the character.
    """
    final = Path(path)
    writer = check_output(final)
    motions = tuple(person.motion for person in what.people) if isinstance(what, Capture) else (what,) if isinstance(what, Motion) else tuple(what)
    export = Export(motions, what if isinstance(what, Capture) else None, character, bone_names)
    if writer.on_character:
        from posewright.character import default_character

        body = character or default_character()
        export = replace(export, motions=tuple(on_character(motion, body) for motion in motions), character=body)
    if writer.people == "many" or len(motions) == 1:
        writer.write(final, export)
        return (final,)
    files = tuple(final.with_stem(f"{final.stem}_{number}") if number > 1 else final for number in range(1, len(motions) + 1))
    for file, motion in zip(files, export.motions, strict=True):
        writer.write(file, replace(export, motions=(motion,), capture=None))
    return files


def check_output(path: str | os.PathLike[str]) -> Writer:
    """The writer for a file, sure that it can be created: to be asked before the long work.

    Raises:
        UsageError: no writer for the suffix.
        OutputError: the folder does not exist or cannot be written.
    """
    final = Path(path)
    writer = WRITERS.get(final.suffix.lower())
    if writer is None:
        raise UsageError(f"cannot write {final}: no format '{final.suffix}'. There are: {', '.join(WRITERS)}")
    check_writable(final)
    return writer


def prepare(paths: Iterable[Path], character: Character | None = None) -> None:
    """Load what writing these files will need, beside other work: modules, and the default character where a body is wanted and none given."""
    importlib.import_module("posewright.formats.glb")
    if character is None and any(WRITERS[path.suffix.lower()].on_character for path in paths):
        from posewright.character import default_character

        default_character()


def read_motion(path: str | os.PathLike[str]) -> Motion:
    """Read the motion in a file, that of the first person where there are several, on the skeleton in the file.

    Raises:
        InputError: the file cannot be read or holds no motion.
        UsageError: no reader for the suffix.
    """
    file = Path(path)
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise UsageError(f"cannot read {file}: no format '{file.suffix}' that holds a motion. There are: {', '.join(READERS)}")
    return reader.read(file)


def on_character(motion: Motion, character: Character) -> Motion:
    """The motion on a character's skeleton: as it is if it is there, otherwise retargeted.

    Joints may have the names of any family of rigs that is known, and the skeleton any rest pose. Feet of a recorded
    motion that stand are kept standing, on the floor.

    Raises:
        UsageError: the motion's joints have no known names.
        CharacterError: the character lacks a bone.
    """
    if _same_skeleton(motion.skeleton, character.skeleton):
        return motion
    from posewright.character import retarget, with_contacts
    from posewright.formats.rest import with_t_pose

    return retarget(with_contacts(with_t_pose(replace(motion, skeleton=with_humanoid_names(motion.skeleton)))), character)


def _same_skeleton(ours: Skeleton, theirs: Skeleton) -> bool:
    return (
        (ours.joints, ours.parents) == (theirs.joints, theirs.parents)
        and bool(np.allclose(ours.rest_offsets, theirs.rest_offsets, atol=1e-6))
        and bool(np.allclose(ours.rest_rotations, theirs.rest_rotations, atol=1e-6))
    )
