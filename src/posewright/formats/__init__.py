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
from posewright.formats.names import BONE_NAMES, with_humanoid_bones
from posewright.formats.resample import check_fps, resampled
from posewright.formats.rig import check_body, examine_rig, is_skeleton, read_rig
from posewright.skeletons import Skeleton
from posewright.types import Capture, Character, Motion

__all__ = [
    "BONE_NAMES",
    "READERS",
    "WRITERS",
    "Export",
    "Writer",
    "check_fps",
    "check_output",
    "examine_rig",
    "is_skeleton",
    "on_character",
    "prepare",
    "read_motion",
    "read_rig",
    "resampled",
    "write",
]


def _nothing() -> None:
    """Needs nothing."""


def _find_blender() -> None:
    """Needs Blender.

    Raises:
        UsageError: there is none.
    """
    from posewright.blender import find_blender

    find_blender()


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
    ready: Callable[[], None] = _nothing
    """Raises OutputError or UsageError where a package or program that it needs is missing."""
    fits: Callable[[Path, Character], None] | None = None
    """Raises UsageError for a character that the format cannot hold; None if it holds all."""


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
    ".fbx": Writer(_later("blender", "write_fbx"), "skinned character with its animation, through Blender", on_character=True, ready=_find_blender),
    ".blend": Writer(_later("blender", "write_blend"), "the same as a Blender file", on_character=True, ready=_find_blender),
    ".vrm": Writer(
        _later("vrm", "write_vrm"),
        "VRM character with its animation: your .vrm, or another in a T-pose as VRM 1.0",
        on_character=True,
        people="one",
        fits=_later("vrm", "check_vrm"),
    ),
    ".vrma": Writer(_later("vrma", "write_vrma"), "VRM animation, for any VRM character", people="one"),
    ".usda": Writer(_later("usd", "write_usd"), "skinned character with its animation (UsdSkel), as text", on_character=True, ready=_later("usd", "check_usd")),
    ".usdc": Writer(_later("usd", "write_usd"), "the same in binary", on_character=True, ready=_later("usd", "check_usd")),
    ".anim": Writer(_later("unity_anim", "write_anim"), "Unity animation clip (Generic) for the character as Unity imports it", on_character=True, people="one"),
    ".trc": Writer(_later("trc", "write_trc"), "joints as markers in metres, for OpenSim and Pose2Sim", people="one"),
    ".c3d": Writer(_later("c3d", "write_c3d"), "the same markers in millimetres, for biomechanics", ready=_later("c3d", "check_c3d")),
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
    ".fbx": Reader(_later("glb", "read_glb"), "a skeleton with its animation, through Blender"),
    ".blend": Reader(_later("glb", "read_glb"), "the same in a Blender file"),
    ".trc": Reader(_later("trc", "read_trc_motion"), "markers that are joint centres"),
    ".c3d": Reader(_later("c3d", "read_c3d_motion"), "markers that are joint centres"),
}


def write(
    path: str | os.PathLike[str],
    what: Capture | Motion | Sequence[Motion],
    *,
    character: Character | None = None,
    bone_names: str = "mixamo",
    fps: float | None = None,
) -> tuple[Path, ...]:
    """Write a capture or motions to a file, in the format that its suffix names.

    Motions for a body are retargeted to its skeleton unless they are on it; their joints may have any names in `BONE_NAMES`.

    Args:
        path: the file to write. A format that holds one person puts the others beside it, as `name_2.bvh`.
        what: a capture, a motion, or one motion a person.
        character: the body for formats that hold one; the default character when None.
        bone_names: a key of `BONE_NAMES`, for formats that hold a bare skeleton.
        fps: frames a second of the motions in the file (`resampled`); each motion's own when None.

    Returns:
        The files written.

    Raises:
        OutputError: the file cannot be written, or a package or program that it needs is missing.
        UsageError: no writer for the suffix, no such bone names, `fps` is no frame rate.
        CharacterError: the motion cannot be put on the character.
    """
    final = Path(path)
    writer = check_output(final, character)
    found = (person.motion for person in what.people) if isinstance(what, Capture) else (what,) if isinstance(what, Motion) else what
    motions = tuple(resampled(motion, fps) for motion in found)
    export = Export(motions, what if isinstance(what, Capture) else None, character, bone_names)
    if writer.on_character or (character is not None and is_skeleton(character)):
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


def check_output(path: str | os.PathLike[str], character: Character | None = None) -> Writer:
    """The writer for a file, sure that it can be created, with the character if there is one: to be asked before the long work.

    Raises:
        UsageError: no writer for the suffix, or the format cannot hold the character.
        OutputError: the folder does not exist or cannot be written, or a package or program that the format needs is missing.
    """
    final = Path(path)
    writer = WRITERS.get(final.suffix.lower())
    if writer is None:
        raise UsageError(f"cannot write {final}: no format '{final.suffix}'. There are: {', '.join(WRITERS)}")
    check_writable(final)
    writer.ready()
    if character is not None:
        if writer.on_character:
            check_body(final, character)
        if writer.fits is not None:
            writer.fits(final, character)
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

    Joints may have the names of any family of rigs that is known, or others if the shape at rest tells which is which, and
    the skeleton may have any rest pose. Feet of a recorded motion that stand are kept standing, on the floor.

    Raises:
        UsageError: the motion's joints have no known names.
        CharacterError: the character lacks a bone.
    """
    if _same_skeleton(motion.skeleton, character.skeleton):
        return motion
    from posewright.character import retarget, with_contacts
    from posewright.formats.rest import with_t_pose

    return retarget(with_contacts(with_t_pose(replace(motion, skeleton=with_humanoid_bones(motion.skeleton)))), character)


def _same_skeleton(ours: Skeleton, theirs: Skeleton) -> bool:
    return (
        (ours.joints, ours.parents) == (theirs.joints, theirs.parents)
        and bool(np.allclose(ours.rest_offsets, theirs.rest_offsets, atol=1e-6))
        and bool(np.allclose(ours.rest_rotations, theirs.rest_rotations, atol=1e-6))
    )
