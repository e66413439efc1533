"""Poses for the drawn people: recorded motion where there is some, a motion of our own where not, and both shaken."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError
from posewright.geometry import quat_from_rotvec, quat_multiply
from posewright.study.authored import walk_wave
from posewright.study.mocap import performed, read_mocap
from posewright.types import Character, Motion

HELD_OUT = ("test", "val")
"""A recording is never trained on when the name of its file has one of these words."""
LONGEST = 90
"""Frames of a recording that are carried onto one body at a time."""
_SPREAD_RAD = {
    "UpperArm": 0.40, "LowerArm": 0.30, "Hand": 0.25, "UpperLeg": 0.22, "LowerLeg": 0.22, "Foot": 0.15,
    "spine": 0.08, "chest": 0.06, "neck": 0.15, "head": 0.15,
}  # fmt: skip
_STRENGTHS, _SHARES = (0.0, 0.5, 1.0, 2.0), (0.35, 0.3, 0.25, 0.1)


def read_motions(folder: Path | None, held_out: bool) -> list[Motion]:
    """The recordings of all mocap .npz files of a folder that are, or are not, held out; the motion of the sample clip when None.

    Raises:
        InputError: the folder holds none.
    """
    if folder is None:
        whole = walk_wave()
        cut = round(0.75 * len(whole))  # the turn at its end is held out
        return [whole.sliced(cut, len(whole)) if held_out else whole.sliced(0, cut)]
    motions = [recording.motion for path in recordings(folder, held_out) for recording in read_mocap(path) if len(recording.motion) >= 8]
    if not motions:
        kind = f"to hold out (with {' or '.join(HELD_OUT)} in their names)" if held_out else "to train on"
        raise InputError(f"{folder} holds no recordings (.npz) {kind}")
    return motions


def recordings(folder: Path, held_out: bool) -> list[Path]:
    """The mocap .npz files of a folder that are, or are not, held out, in the order of their names."""
    return sorted(path for path in folder.glob("*.npz") if any(word in path.stem.split("_") for word in HELD_OUT) == held_out)


def some_poses(motions: Sequence[Motion], character: Character, rng: np.random.Generator, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Poses of `character`, out of one stretch of one recording, each facing another way, above the origin, on the floor.

    Returns:
        World positions (count, J, 3) and rotations (count, J, 4) of the joints of its skeleton.
    """
    lengths = np.array([len(motion) for motion in motions], dtype=np.float64)
    motion = motions[int(rng.choice(len(motions), p=lengths / lengths.sum()))]
    start = int(rng.integers(0, max(len(motion) - LONGEST, 0) + 1))
    moved = performed(motion.sliced(start, start + LONGEST), character)
    frames = rng.choice(len(moved), count, replace=len(moved) < count)
    rotations, roots = moved.rotations[frames], moved.root_translation[frames].copy()
    before = moved.skeleton.forward(rotations, roots)[0][..., 1].min(1)
    rotations = shaken(rotations, character, rng, 2.0 if len(motions) == 1 else 1.0)
    yaw = quat_from_rotvec(np.stack([np.zeros(count), rng.uniform(-np.pi, np.pi, count), np.zeros(count)], axis=1))
    rotations[:, 0] = quat_multiply(yaw, rotations[:, 0])
    roots[:, [0, 2]] = 0.0
    positions, worlds = moved.skeleton.forward(rotations, roots)
    positions[..., 1] += (before - positions[..., 1].min(1))[:, None]  # what was on the floor stays there
    return positions, worlds


def shaken(rotations: NDArray[np.float64], character: Character, rng: np.random.Generator, strength: float = 1.0) -> NDArray[np.float64]:
    """Local rotations (n, J, 4) with every limb turned at random, in some poses much and in some not at all."""
    rotations = rotations.copy()
    amount = strength * rng.choice(_STRENGTHS, len(rotations), p=_SHARES)
    for bone, spread in _SPREAD_RAD.items():
        for name in (bone, "left" + bone, "right" + bone):
            if name in character.humanoid:
                joint = character.skeleton.index(character.humanoid[name])
                turn = quat_from_rotvec(rng.normal(0.0, spread, (len(rotations), 3)) * amount[:, None])
                rotations[:, joint] = quat_multiply(rotations[:, joint], turn)
    return rotations
