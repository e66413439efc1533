"""`Sequences`: all the motion there is to train on, frame after frame in a few arrays, and windows of it at any pace."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError, require
from posewright.files import atomic_path
from posewright.geometry import Array
from posewright.train.data.bodies import JOINT_TWINS, JOINTS
from posewright.train.data.recorded import Recorded, Report, read_motions

SPLITS = {
    "train": ("cmu_train.npz", "extra_cc0_animations.npz", "extra_mit_fair.npz", "extra_mit_deepmimic.npz"),
    "val": ("cmu_val.npz",),
    "test": ("cmu_test.npz",),
}
"""Files of the project's motion capture folder by split. CMU's are split by subject."""
STUDIED: tuple[str, ...] = (
    "02_03",
    "05_02",
    "10_01",
    "jumping_jacks",
    "Fixing_Kneeling",
    "Sitting_",
    "Body Roll",
    "Charleston",
    "Left Jab",
    "Right Jab",
    "Throw Object",
    "Greeting",
)
STUDIED += ("getup_faceup", "long_walk3", "stealthy_walk0", "zombie")
"""Parts of the names of motions that the clips of the quality study show: never trained on."""
CONTACT_TWINS = (2, 3, 0, 1)
"""Columns of contacts in a mirror: heel and ball of the left foot, then of the right."""
_FORMAT = "posewright sequences 1"
_HIPS = [JOINTS.index("leftUpperLeg"), JOINTS.index("rightUpperLeg")]
_LEG = [JOINTS.index("leftLowerLeg"), JOINTS.index("leftFoot")]


@dataclass(frozen=True)
class Window:
    """Motion in n windows of W frames, free of any body."""

    rotations: NDArray[np.float32]
    """Local rotations of the humanoid's bones, (n, W, 22, 4)."""
    pelvis: NDArray[np.float32]
    """Mid-point of the hip joints over a floor at y = 0, in leg lengths (thigh and shin), (n, W, 3)."""
    contacts: NDArray[np.float32]
    """Whether heel and ball of the left, then of the right foot stand, 0 to 1, (n, W, 4)."""


@dataclass(frozen=True)
class Sequences:
    """Frames of many sequences at 30 a second."""

    rotations: NDArray[np.float32]
    """Local rotations of the humanoid's bones, neighbouring frames on one side of the quaternions' sphere, (N, 22, 4)."""
    pelvis: NDArray[np.float32]
    """Mid-point of the hip joints over a floor at y = 0, in leg lengths, (N, 3)."""
    contacts: NDArray[np.float32]
    """0 or 1 for heel and ball of the left, then of the right foot, (N, 4)."""
    first: NDArray[np.int64]
    """First frame of each sequence, (S,)."""
    length: NDArray[np.int64]
    """Frames of each sequence, (S,)."""
    names: tuple[str, ...]
    """`file:name` of each sequence."""

    def __post_init__(self) -> None:
        frames = len(self.rotations)
        require(self.rotations.shape == (frames, len(JOINTS), 4) and self.pelvis.shape == (frames, 3) and self.contacts.shape == (frames, 4), "sequences of unequal length")
        require(len(self.first) == len(self.length) == len(self.names) and int(self.length.sum()) == frames, "the sequences' lengths do not add up")

    def __len__(self) -> int:
        return len(self.rotations)

    @classmethod
    def of(cls, recorded: Sequence[Recorded]) -> Sequences:
        """Recordings one after the other."""
        lengths = np.array([len(each.motion) for each in recorded], dtype=np.int64)
        motions = [each.motion for each in recorded]
        pelvis = [motion.joint_positions()[:, _HIPS].mean(1) / np.linalg.norm(motion.skeleton.rest_offsets[_LEG], axis=-1).sum() for motion in motions]
        contacts = [np.zeros((len(motion), 4)) if motion.contacts is None else motion.contacts for motion in motions]
        rotations, path, standing = (np.concatenate(parts).astype(np.float32) for parts in ([motion.rotations for motion in motions], pelvis, contacts))
        return cls(rotations, path, standing, np.cumsum(lengths) - lengths, lengths, tuple(f"{each.source}:{each.name}" for each in recorded))

    def only(self, wanted: Callable[[str], bool]) -> Sequences:
        """The sequences whose `file:name` is wanted."""
        kept = np.array([wanted(name) for name in self.names], dtype=bool)
        frames = np.repeat(kept, self.length)
        lengths = self.length[kept]
        names = tuple(name for name, keep in zip(self.names, kept, strict=True) if keep)
        return Sequences(self.rotations[frames], self.pelvis[frames], self.contacts[frames], np.cumsum(lengths) - lengths, lengths, names)

    def window(self, index: Array, offsets: Array) -> Window:
        """Frames round frames `index` (n,).

        Args:
            index: the windows' own frames, (n,).
            offsets: where each window's frames lie from there, in frames of 30 a second, (W,) or (n, W); need not be whole. A window
                that reaches beyond its sequence stays at its end.
        """
        sequence = np.searchsorted(self.first, index, side="right") - 1
        first, last = (edge[sequence, None].astype(np.float64) for edge in (self.first, self.first + self.length - 1))
        at = np.clip(index[:, None] + np.asarray(offsets, dtype=np.float64), first, last)
        low = np.minimum(at.astype(np.int64), np.maximum(last.astype(np.int64) - 1, first.astype(np.int64)))
        high = np.minimum(low + 1, last.astype(np.int64))
        share = (at - low).astype(np.float32)[..., None]
        rotations = self.rotations[low]
        if share.any():
            rotations += (self.rotations[high] - rotations) * share[..., None]
            rotations /= np.sqrt(np.einsum("nwjk,nwjk->nwj", rotations, rotations))[..., None]
        return Window(rotations, *(array[low] * (1 - share) + array[high] * share for array in (self.pelvis, self.contacts)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write them to one .npz, from which a process loads them in a fraction of a second.

        Raises:
            OutputError: the file cannot be written.
        """
        arrays = {name: getattr(self, name) for name in ("rotations", "pelvis", "contacts", "first", "length")}
        with atomic_path(path) as part:
            np.savez(part, format=_FORMAT, names=np.array(self.names), **arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Sequences:
        """What `save` wrote.

        Raises:
            InputError: the file is not that.
        """
        try:
            with np.load(path) as data:
                if "format" not in data or str(data["format"]) != _FORMAT:
                    raise InputError(f"{path} holds no sequences of this program (its keys: {', '.join(data.files)})")
                return cls(data["rotations"], data["pelvis"], data["contacts"], data["first"], data["length"], tuple(data["names"].tolist()))
        except (OSError, ValueError) as error:
            raise InputError(f"{path} cannot be read: {error}") from error


def load_split(folder: Path, split: str, cache: Path | None = None, report: Report | None = None) -> Sequences:
    """A split of the project's motion capture.

    Args:
        folder: with the files of `SPLITS`.
        split: `train` (without the motions that the quality study shows), `val` or `test`.
        cache: folder that keeps what was read, as `SPLIT.npz`; None to read anew.
        report: told of what was left out.

    Raises:
        InputError: there is no such split, or a file cannot be read.
    """
    if split not in SPLITS:
        raise InputError(f"there is no split '{split}'. There are: {', '.join(SPLITS)}")
    kept = None if cache is None else cache / f"{split}.npz"
    if kept is not None and kept.exists():
        return Sequences.load(kept)
    found = Sequences.of(read_motions([folder / name for name in SPLITS[split]], report))
    if split == "train":
        found = found.only(lambda name: not any(part in name for part in STUDIED))
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        found.save(kept)
    return found


def mirrored(window: Window) -> Window:
    """What a mirror (x to -x) shows: left and right change places."""
    rotations = window.rotations[:, :, JOINT_TWINS] * np.array([1.0, -1.0, -1.0, 1.0], dtype=np.float32)
    return Window(rotations, window.pelvis * np.array([-1.0, 1.0, 1.0], dtype=np.float32), window.contacts[..., CONTACT_TWINS])
