""".fbx and .blend, written by Blender from our GLB: skinned characters with their motion, several people in one file.

    .fbx     centimetres, Y up, +Z front, every node's scale 1; one take, named as the motion; a key on every frame
    .blend   metres, Z up, -Y front; an action for each person; frame 1 is the clip's beginning

Bones of a character that was read from a file keep its axes in .fbx; otherwise Y runs along the bone.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from posewright.blender import run_blender
from posewright.blender.run import START_S
from posewright.errors import OutputError
from posewright.files import atomic_path, check_writable
from posewright.formats.export import Export
from posewright.formats.glb import write_glb
from posewright.types import Character, GltfDocument, Motion

NOMINAL_FPS = 30.0
"""The temporary GLB's frames a second: keys then lie on Blender's whole frames whatever the motion's true rate, which the scene gets in the end."""
FRAME_S, MEGABYTE_S = 0.25, 2.0
"""Longest time for a frame of one person, and for a megabyte of the character."""


def write_fbx(path: Path, export: Export) -> None:
    """Write the character with its motion as binary FBX 7.4.

    Raises:
        UsageError: there is no Blender.
        OutputError: Blender fails, or the file cannot be written.
    """
    assert export.character is not None
    _write(path, export, ".fbx", first_frame=0, bones_as_in_file=export.character.document is not None)


def write_blend(path: Path, export: Export) -> None:
    """Write a scene of Blender's with the character and its action, all images packed.

    Raises:
        UsageError: there is no Blender.
        OutputError: Blender fails, or the file cannot be written.
    """
    _write(path, export, ".blend", first_frame=1, bones_as_in_file=False)


def _write(path: Path, export: Export, suffix: str, first_frame: int, bones_as_in_file: bool) -> None:
    character, fps = export.character, export.motions[0].fps
    if character is None:
        raise ValueError(f"a {path.suffix} file needs a character")
    check_writable(path)
    body = _bare(character)
    with tempfile.TemporaryDirectory(prefix="posewright-") as folder:
        people = [_person(Path(folder) / f"{number}.glb", body, motion, fps) for number, motion in enumerate(export.motions, start=1)]
        size = sum(Path(person["glb"]).stat().st_size for person in people) / 1e6
        out = Path(folder) / (path.stem + suffix)  # by its name a folder for textures is called in the file
        job = {"task": "write", "out": str(out), "fps": fps, "nominal_fps": NOMINAL_FPS, "first_frame": first_frame, "bones_as_in_file": bones_as_in_file, "people": people}
        run_blender(job, f"write {path}", OutputError, START_S + FRAME_S * sum(map(len, export.motions)) + MEGABYTE_S * size)
        with atomic_path(path) as part:
            shutil.copyfile(out, part)


def _person(glb: Path, character: Character, motion: Motion, fps: float) -> dict[str, Any]:
    """Write one person's GLB, and say what is in it."""
    write_glb(glb, Export((replace(motion, fps=NOMINAL_FPS * motion.fps / fps),), character=character))
    turn = [0.0, 0.0, 0.0, 1.0] if character.document is None else [float(value) for value in character.document.file_from_world]
    return {
        "glb": str(glb),
        "frames": max(round(len(motion) * fps / motion.fps), 1),
        "armature": character.name,
        "motion": motion.name,
        "bones": list(character.skeleton.joints),
        # From the file's axes (glTF's) to ours, in Blender's: x, y, z there are x, -z, y here, and w goes first.
        "turn": [turn[3], -turn[0], turn[2], -turn[1]],
    }


def _bare(character: Character) -> Character:
    """The character without animations of its file's, its joints bound by one more skin: Blender then takes all of them for bones of one armature."""
    document = character.document
    if document is None:
        return character
    skins = [*document.json.get("skins", []), {"name": "posewright bones", "joints": list(document.joint_nodes)}]
    json = {key: value for key, value in document.json.items() if key != "animations"} | {"skins": skins}
    return replace(character, document=GltfDocument(json, document.binary, document.joint_nodes, document.file_from_world))
