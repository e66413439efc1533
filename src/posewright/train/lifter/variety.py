"""Variety made from little motion, beyond `posewright.train.data.augment`: the lifter must not know people's habits by heart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import quat_from_rotvec
from posewright.train.data.augment import blended, varied
from posewright.train.data.bodies import JOINTS
from posewright.train.data.kinematics import multiply
from posewright.train.data.reaches import reaching
from posewright.train.data.sequences import Window

_SWINGING = {"spine": 0.08, "chest": 0.06, "neck": 0.1, "head": 0.1, "leftUpperArm": 0.25, "rightUpperArm": 0.25, "leftLowerArm": 0.15, "rightLowerArm": 0.15}
_SWINGS = np.array([_SWINGING.get(joint, 0.0) for joint in JOINTS])[:, None]
NEW = 0.6
"""Share of the windows in which people do what nobody recorded."""


def paces(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """How many times as fast each window is played, (n,); one in ten backwards."""
    return np.exp(rng.uniform(-0.45, 0.45, count)) * np.where(rng.random(count) < 0.1, -1.0, 1.0)


def vary(window: Window, offsets_s: NDArray[np.float64], rng: np.random.Generator, share: float = NEW) -> Window:
    """The windows, the first `share` of them changed as `made_new` does; the windows are in no order."""
    count = round(share * len(window.rotations))
    first, rest = (Window(*(array[part] for array in (window.rotations, window.pelvis, window.contacts))) for part in (slice(count), slice(count, None)))
    first = made_new(first, offsets_s, rng)
    return Window(*(np.concatenate(pair) for pair in ((first.rotations, rest.rotations), (first.pelvis, rest.pelvis), (first.contacts, rest.contacts))))


def made_new(window: Window, offsets_s: NDArray[np.float64], rng: np.random.Generator) -> Window:
    """Windows with limbs of others, loosened, mirrored, blended.

    In some of them arms reach and legs kick; in a third trunk and arms swing as nobody swung them; some bodies lean, lie or stand on their heads.
    """
    window = varied(window, rng, arms=0.4, uppers=0.3, loose=0.6)
    rows = np.flatnonzero(rng.random(len(window.rotations)) < 0.33)
    beat, phase = rng.uniform(0.5, 9.0, (2, len(rows), 1, len(JOINTS), 1))
    angle = rng.normal(0.0, 1.0, (len(rows), 1, len(JOINTS), 3)) * _SWINGS * np.sin(beat * offsets_s[:, None, None] + phase)
    window = reaching(blended(window, rng), offsets_s, rng)
    rotations = window.rotations  # made anew
    rotations[rows] = multiply(rotations[rows], quat_from_rotvec(angle).astype(np.float32))
    lean = _leans(rng, len(rotations))
    rotations[:, :, 0] = multiply(quat_from_rotvec(lean).astype(np.float32)[:, None], rotations[:, :, 0])
    contacts = window.contacts.copy()
    contacts[np.abs(lean).max(1) > 0] = np.nan  # such feet tell of no floor
    return replace(window, rotations=rotations, contacts=contacts)


def _leans(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """By how much whole bodies are turned about an axis along the floor, (n, 3), radians: most not at all, a fifth a little, a few any way."""
    lean = np.zeros((count, 3))
    kind = rng.random(count)
    lean[:, [0, 2]] = rng.normal(0.0, 1.0, (count, 2)) * np.where(kind < 0.2, 0.15, np.where(kind < 0.23, 1.2, 0.0))[:, None]
    return lean
