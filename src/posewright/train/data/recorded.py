"""`read_motions`: motion capture of any of the known formats, as motion on the humanoid at 30 frames a second."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from posewright.character import retarget
from posewright.errors import InputError, PosewrightError
from posewright.formats import read_motion
from posewright.formats.names import with_humanoid_names
from posewright.formats.rest import with_t_pose
from posewright.skeletons import REQUIRED_BONES, reference_skeleton
from posewright.study.metrics import detect_contacts
from posewright.study.mocap import FPS, read_mocap, resampled, with_body_names
from posewright.study.tracks import track_of_motion
from posewright.train.data.amass import is_amass, read_amass
from posewright.train.data.amc import read_amc
from posewright.types import Character, Motion

FLOOR_PERCENTILE = 5.0
"""The floor lies where the lower sole is in all but this share of the frames."""
LEAST_FRAMES = 8
"""A shorter sequence says nothing about movement."""
Report = Callable[[str], None]
"""Takes a line about what was left out."""


@dataclass(frozen=True)
class Recorded:
    """One sequence."""

    name: str
    source: str
    """The file that it came from."""
    motion: Motion
    """On the humanoid's 22 body bones in average proportions (T-pose, identity rest, soles at y = 0), 30 frames a second, with contacts."""


def read_motions(paths: Iterable[str | os.PathLike[str]], report: Report | None = None) -> list[Recorded]:
    """The sequences of some files: .bvh, .amc (with an .asf beside it), AMASS's .npz, or .npz of the project's own layout.

    A file that is none of these is an error; a sequence that cannot be used is left out, and `report` is told why: one of fewer than
    8 frames, one whose rig lacks an arm, a leg or the head, one with NaN. AMASS's are cut where frames hold NaN.

    Raises:
        InputError: a file cannot be read or is of no known layout (it says which keys it has), or nothing usable is left of all of them.
    """
    told = report or (lambda _: None)
    files = [Path(path) for path in paths]
    sequences: list[Recorded] = []
    for path in files:
        for name, motion in _motions_of(path, told):
            try:
                sequences.append(Recorded(name, path.name, on_humanoid(motion)))
            except PosewrightError as error:
                told(f"{path.name}: {name} is left out: {error}")
    if not sequences:
        raise InputError(f"no usable motion in {', '.join(path.name for path in files) or 'no file at all'}")
    return sequences


def _motions_of(path: Path, told: Report) -> Iterator[tuple[str, Motion]]:
    """Name and motion of each sequence of a file, its body joints under the humanoid's names."""
    if not path.exists():
        raise InputError(f"there is no file {path}")
    readers: dict[str, Callable[[Path, Report], Iterator[tuple[str, Motion]]]] = {".bvh": _bvh, ".amc": _amc, ".npz": _npz}
    suffix = path.suffix.lower()
    if suffix not in readers:
        raise InputError(f"{path} is no motion capture that can be read here: give {', '.join(readers)}")
    try:
        yield from readers[suffix](path, told)
    except InputError as error:
        if suffix == ".npz":
            raise
        told(f"{path.name} is left out: {error}")


def _bvh(path: Path, _: Report) -> Iterator[tuple[str, Motion]]:
    motion = read_motion(path)
    try:
        named = with_body_names(motion.skeleton, str(path))
    except InputError:
        named = with_humanoid_names(motion.skeleton)
        if not any(bone in named for bone in REQUIRED_BONES):
            raise
    yield path.stem, with_t_pose(replace(motion, skeleton=named))


def _amc(path: Path, _: Report) -> Iterator[tuple[str, Motion]]:
    yield path.stem, read_amc(path)


def _npz(path: Path, told: Report) -> Iterator[tuple[str, Motion]]:
    try:
        with np.load(path) as data:
            keys = tuple(data.files)
            roots = {key: np.isfinite(data[key]).all(-1) for key in keys if key.startswith("skel_") and key.endswith("_root")}
    except (OSError, ValueError, BadZipFile) as error:
        raise InputError(f"{path} is not a NumPy .npz file, or is damaged: {error}") from error
    for key, finite in roots.items():
        if not finite.all():
            raise InputError(f"{path}: frame {int(np.argmin(finite))} of {key} holds NaN or infinity")
    if is_amass(keys):
        yield from read_amass(path, told, LEAST_FRAMES)
    elif "seq_skel_row" in keys:
        yield from ((each.name, each.motion) for each in read_mocap(path))
    else:
        raise InputError(f"{path} has the keys {', '.join(keys) or '(none)'}: neither AMASS's (poses, trans, mocap_framerate) nor this project's (seq_skel_row, seq_len, ...)")


def on_humanoid(motion: Motion) -> Motion:
    """A motion whose body joints bear the humanoid's names, retargeted to the average humanoid at 30 frames a second, with contacts.

    Raises:
        InputError: the rig lacks a bone without which there is no body, or there are fewer than `LEAST_FRAMES` frames.
    """
    least = max(2, round(LEAST_FRAMES * motion.fps / FPS))
    if len(motion) < least:
        raise InputError(f"{len(motion)} frames are too few: {least} are needed at {motion.fps:g} a second")
    missing = sorted(bone for bone in REQUIRED_BONES if bone not in motion.skeleton)
    if missing:
        raise InputError(f"its rig has no {', '.join(missing)}. Its joints: {', '.join(motion.skeleton.joints)}")
    moved = retarget(resampled(motion, FPS), average(), pin=False)
    soles = track_of_motion(moved, motion.name).soles
    assert soles is not None  # the average body stands on the floor
    soles[..., 1] -= (floor := float(np.percentile(soles[..., 1].min(1), FLOOR_PERCENTILE)))
    root = moved.root_translation - np.array([0.0, floor, 0.0])
    return replace(moved, root_translation=root, contacts=detect_contacts(soles, FPS).astype(np.float32), name=motion.name)


def average() -> Character:
    """The body on which motions are kept: no mesh, average proportions."""
    skeleton = reference_skeleton()
    return Character("average", skeleton, (), (), {bone: bone for bone in skeleton.joints})
