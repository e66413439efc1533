"""The motion that lifters are trained on and measured on."""

from __future__ import annotations

import warnings
from functools import cache as cached
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

from posewright.errors import InputError
from posewright.geometry import quat_to_matrix
from posewright.lift.wright.outputs import six_of
from posewright.study.authored import walk_wave
from posewright.train.data.recorded import Recorded, on_humanoid, read_motions
from posewright.train.data.sequences import SPLITS, STUDIED, Sequences, load_split

_KINDS = ("*.npz", "*.bvh", "*.amc")
_HELD_OUT = ("val", "test")
KINDS = 150
"""Kinds of poses that `rarity` tells apart."""


def training_motion(folder: Path | None, cache: Path | None = None) -> Sequences:
    """The motion of a folder but what is held out (files with `val` or `test` in their names, else every eighth sequence); the sample's without a folder.

    Raises:
        InputError: the folder holds no motion that can be read.
    """
    return _motion(folder, cache, False)


def held_out_motion(folder: Path | None, cache: Path | None = None) -> Sequences:
    """The motion of a folder that is held out. Without a folder the sample's own, which then is not held out."""
    return _motion(folder, cache, True)


def rarity(motion: Sequences, seed: int = 0) -> NDArray[np.float64]:
    """Cumulated probability of each frame, (N,), by which rare poses come up more often: against the square root of how common their kind is (k-means)."""
    turns = quat_to_matrix(motion.rotations.astype(np.float64))
    shape = np.concatenate([six_of(turns[:, 1:]).reshape(len(turns), -1), turns[:, 0, 1]], axis=-1)  # limbs, and where up is for the hips
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a kind may stay empty
        kinds = kmeans2(shape, min(KINDS, len(shape)), iter=8, minit="points", rng=np.random.default_rng(seed))[1]
    return np.cumsum(1.0 / np.sqrt(np.bincount(kinds)[kinds]))


def _motion(folder: Path | None, cache: Path | None, held_out: bool) -> Sequences:
    if folder is None:
        return _sample()
    if all((folder / name).exists() for name in SPLITS["train"] + SPLITS["val"]):
        return load_split(folder, "val" if held_out else "train", cache)
    files = sorted(path for kind in _KINDS for path in folder.glob(kind))
    if not files:
        raise InputError(f"{folder} holds no motion capture ({', '.join(_KINDS)})")
    named = [path for path in files if any(word in path.stem for word in _HELD_OUT)]
    chosen = (named if held_out else [path for path in files if path not in named]) if named else files
    found = Sequences.of(read_motions(chosen))
    if named:
        return found if held_out else found.only(lambda name: not any(part in name for part in STUDIED))
    eighth = {name for i, name in enumerate(found.names) if i % 8 == 7 or len(found.names) < 2}
    return found.only(lambda name: name in eighth if held_out else name not in eighth or len(found.names) < 2)


@cached
def _sample() -> Sequences:
    return Sequences.of([Recorded("walk_wave", "sample", on_humanoid(walk_wave()))])
