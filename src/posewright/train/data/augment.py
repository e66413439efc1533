"""Variety made from little motion: limbs of other clips, poses that nobody recorded, mirrors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from posewright.geometry import Array
from posewright.train.data.bodies import JOINTS
from posewright.train.data.kinematics import Floats, multiply
from posewright.train.data.sequences import Window, mirrored

_ARMS = [[JOINTS.index(f"{side}{bone}") for bone in ("Shoulder", "UpperArm", "LowerArm", "Hand")] for side in ("left", "right")]
_LEGS = [JOINTS.index(f"{side}{bone}") for side in ("left", "right") for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes")]
_UPPER = [j for j in range(1, len(JOINTS)) if j not in _LEGS]
_SPREAD = {"hips": 0.06, "spine": 0.07, "chest": 0.06, "upperChest": 0.06, "neck": 0.09, "head": 0.14}
_SPREAD |= {"Shoulder": 0.06, "UpperArm": 0.22, "LowerArm": 0.18, "Hand": 0.20, "UpperLeg": 0.16, "LowerLeg": 0.10, "Foot": 0.12, "Toes": 0.05}
_SPREADS = np.array([next(value for key, value in _SPREAD.items() if joint.removeprefix("left").removeprefix("right") == key) for joint in JOINTS])
"""Standard deviation of each joint's own turn in a loosened window, radians about each axis."""


def varied(window: Window, rng: np.random.Generator, arms: float = 0.3, uppers: float = 0.12, loose: float = 0.5, mirror: float = 0.5) -> Window:
    """Windows changed at random.

    Args:
        window: n windows; left as it is.
        rng: random numbers.
        arms: share of windows that get an arm from another one, for each arm.
        uppers: share that gets everything above the hips from another one.
        loose: share in which each joint is turned by a constant angle.
        mirror: share that is mirrored.

    Returns:
        Windows whose contacts are NaN where the legs were changed: nobody knows whether such a foot would have stood.
    """
    count = len(window.rotations)
    rotations, contacts = window.rotations.copy(), window.contacts.copy()
    for joints, share in ((_UPPER, uppers), (_ARMS[0], arms), (_ARMS[1], arms)):
        to = np.flatnonzero(rng.random(count) < share)
        donor = rng.integers(0, count, len(to))
        rotations[to[:, None], :, joints] = window.rotations[donor[:, None], :, joints]
    rows = np.flatnonzero(rng.random(count) < loose)
    strength = rng.exponential(0.7, (len(rows), 1, 1)) * rng.random((len(rows), len(JOINTS), 1))
    legs = rng.random(len(rows)) < 0.5
    strength[~legs[:, None] & np.isin(np.arange(len(JOINTS)), [0, *_LEGS])] = 0.0
    rotations[rows] = multiply(rotations[rows], small_turns(rng.normal(0.0, 1.0, (len(rows), len(JOINTS), 3)) * _SPREADS[:, None] * strength)[:, None])
    contacts[rows[legs]] = np.nan
    flip = np.flatnonzero(rng.random(count) < mirror)
    twin = mirrored(Window(rotations[flip], window.pelvis[flip], contacts[flip]))
    pelvis = window.pelvis.copy()
    rotations[flip], pelvis[flip], contacts[flip] = twin.rotations, twin.pelvis, twin.contacts
    return replace(window, rotations=rotations, pelvis=pelvis, contacts=contacts)


def blended(window: Window, rng: np.random.Generator, share: float = 0.2) -> Window:
    """Windows of which some are moved towards another one's poses, joint by joint, by up to a half; where legs are, the contacts become NaN.

    Args:
        window: n windows; left as it is.
        rng: random numbers.
        share: how many get something of another; of these a half above the hips alone. All keep their own hips and path.
    """
    rows = np.flatnonzero(rng.random(len(window.rotations)) < share)
    rotations, contacts = window.rotations.copy(), window.contacts.copy()
    legs = rng.random(len(rows)) < 0.5
    part = rng.uniform(0.0, 0.5, (len(rows), 1, 1, 1)).astype(np.float32) * np.ones((1, 1, len(JOINTS), 1), dtype=np.float32)
    part[:, :, 0] = 0.0
    part[np.flatnonzero(~legs)[:, None], 0, _LEGS] = 0.0
    own, other = rotations[rows], window.rotations[rng.integers(0, len(rotations), len(rows))]
    same_side = np.where(np.einsum("nwjk,nwjk->nwj", own, other)[:, :1] < 0.0, -1.0, 1.0).astype(np.float32)
    mixed = own + part * (other * same_side[..., None] - own)
    rotations[rows] = mixed / np.maximum(np.sqrt(np.einsum("nwjk,nwjk->nwj", mixed, mixed)), 1e-3)[..., None]
    contacts[rows[legs]] = np.nan
    return replace(window, rotations=rotations, contacts=contacts)


def small_turns(vectors: Array) -> Floats:
    """Unit quaternions (..., 4) near the rotation vectors (..., 3), radians: exact in direction, by half-angle tangents in size."""
    half = np.concatenate([vectors / 2.0, np.ones((*vectors.shape[:-1], 1))], -1)
    return np.asarray(half / np.linalg.norm(half, axis=-1, keepdims=True), dtype=np.float32)
