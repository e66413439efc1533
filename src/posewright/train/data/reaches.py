"""Arms that reach, point, guard and punch, and legs that kick, at random: recorded motion is mostly of hanging arms and standing legs.

Hands and feet go from one random place to the next as people's do, straight and with the least jerk (Flash and Hogan 1985,
https://doi.org/10.1523/JNEUROSCI.05-07-01688.1985), wait there or do not; elbows and knees follow from two-bone inverse kinematics.
All is worked out for the left side, in the axes of the bone that carries the limb, lengths in limbs, and mirrored for the right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array, normalize, quat_from_matrix, quat_from_rotvec
from posewright.train.data.bodies import JOINTS
from posewright.train.data.kinematics import Floats, multiply
from posewright.train.data.sequences import Window

STOPS = 12
"""Places that a limb goes to, one after the other."""
FASTEST_S, SLOWEST_S = 0.1, 0.9
"""How long it takes from one to the next."""
FOLLOWING = 1.1
"""The most that shoulders turn against the feet, radians for each length of the arm by which one hand is ahead of the other."""
_FOLLOWS = {"hips": 0.4, "leftUpperLeg": -0.4, "rightUpperLeg": -0.4, "spine": 0.2, "chest": 0.2, "upperChest": 0.2, "neck": -0.7}
"""Each bone's part in that, against the bone that carries it."""
_UPPER_SHARE = 0.52
_SHORTEST, _LONGEST = 0.35, 0.985
_MIRROR = np.array([1.0, -1.0, -1.0, 1.0], dtype=np.float32)


@dataclass(frozen=True)
class _Kind:
    """Places of one sort, as directions spread about a mean, and distances."""

    share: float
    mean: tuple[float, float, float]
    spread: float
    """Of the direction, radians or so."""
    near: float
    far: float
    pole: tuple[float, float, float] | None = None
    """Where elbow or knee points there; the limb's own `pole` when None."""


@dataclass(frozen=True)
class _Limb:
    """A chain of two bones; +X left, +Y up, +Z ahead."""

    bones: tuple[str, str]
    kinds: tuple[_Kind, ...]
    pole: tuple[float, float, float]
    """Where elbow or knee points."""
    pole_spread: float
    axis: int
    """The rest pose's axis along the limb,"""
    sign: float
    """and which way the limb leads along it."""
    hinge: int
    """The axis that it bends about,"""
    hinge_sign: float
    """and which way."""
    twist: float
    """Spread of the lower bone's turn about itself, radians."""


ARM = _Limb(
    ("UpperArm", "LowerArm"),
    (
        _Kind(0.22, (-0.3, 0.25, 0.75), 0.35, 0.38, 0.7),  # before the chest and the face
        _Kind(0.25, (-0.15, 0.0, 1.0), 0.5, 0.8, 1.0),  # stretched out ahead
        _Kind(0.15, (0.0, -0.85, 0.3), 0.3, 0.4, 0.7),  # at the waist, the elbow drawn back
        _Kind(0.15, (0.3, -0.6, 0.0), 0.35, 0.35, 0.6, (0.15, -0.3, -1.0)),  # drawn back for a blow, the elbow behind the trunk
        _Kind(0.10, (0.15, -1.0, 0.1), 0.25, 0.8, 1.0),  # hanging
        _Kind(0.13, (0.3, 0.0, 0.3), 1.3, 0.4, 1.0),  # anywhere
    ),
    pole=(0.45, -0.85, -0.3),
    pole_spread=0.5,
    axis=0,
    sign=1.0,
    hinge=1,
    hinge_sign=-1.0,
    twist=0.6,
)
LEG = _Limb(
    ("UpperLeg", "LowerLeg"),
    (
        _Kind(0.40, (0.03, -1.0, 0.05), 0.12, 0.93, 1.0),  # standing
        _Kind(0.25, (0.05, -0.55, 0.5), 0.35, 0.45, 0.8),  # drawn up
        _Kind(0.25, (0.15, -0.25, 1.0), 0.5, 0.85, 1.0),  # kicking
        _Kind(0.10, (0.3, -1.0, -0.4), 0.45, 0.7, 1.0),  # behind
    ),
    pole=(0.2, 0.25, 1.0),
    pole_spread=0.3,
    axis=1,
    sign=-1.0,
    hinge=0,
    hinge_sign=1.0,
    twist=0.1,
)


def reaching(window: Window, offsets_s: Array, rng: np.random.Generator, arms: float = 0.35, legs: float = 0.08) -> Window:
    """Windows of which some have arms and legs that reach.

    Args:
        window: n windows of W frames; left as it is.
        offsets_s: their frames' times, increasing, (W,), seconds.
        rng: random numbers.
        arms: share of windows for each arm; as many again get both.
        legs: share of windows with a leg that kicks; the contacts of these are NaN.
    """
    count = len(window.rotations)
    rotations, contacts = window.rotations.copy(), window.contacts.copy()
    both = rng.random(count) < arms / 2.0
    ahead = np.zeros((count, len(offsets_s)))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        rows = np.flatnonzero(both | (rng.random(count) < arms / 2.0))
        ahead[rows] += sign * _reach(rotations, rows, ARM, side, offsets_s, rng)[..., 2]
    _follow(rotations, ahead, rng)
    kicks, left = rng.random(count) < legs, rng.random(count) < 0.5
    for side, chosen in (("left", left), ("right", ~left)):
        _reach(rotations, np.flatnonzero(kicks & chosen), LEG, side, offsets_s, rng)
    contacts[kicks] = np.nan
    return Window(rotations, window.pelvis, contacts)


def _reach(rotations: Floats, rows: NDArray[np.int64], limb: _Limb, side: str, offsets_s: Array, rng: np.random.Generator) -> Array:
    """Where the hands or feet go, as if all were left ones, (rows, W, 3); `rotations` are changed."""
    places, poles = _paths(limb, len(rows), offsets_s, rng)
    upper, lower = limb_turns(limb, places, poles, rng)
    if side == "right":
        upper, lower = upper * _MIRROR, lower * _MIRROR
    for bone, turns in zip(limb.bones, (upper, lower), strict=True):
        rotations[rows, :, JOINTS.index(side + bone)] = turns
    return places


def _follow(rotations: Floats, ahead: Array, rng: np.random.Generator) -> None:
    """Hips and shoulders that go with the hands: they turn by how far the left hand is ahead of the right, (n, W), more or less; head and legs do not turn with them."""
    share = rng.uniform(0.0, FOLLOWING, (len(ahead), 1))
    for bone, part in _FOLLOWS.items():
        turn = np.zeros((*ahead.shape, 3))
        turn[..., 1] = -part * share * ahead
        about, column = quat_from_rotvec(turn).astype(np.float32), JOINTS.index(bone)
        now = rotations[:, :, column]
        rotations[:, :, column] = multiply(now, about) if bone == "hips" else multiply(about, now)  # about the hips' own axis, or that of the bone that carries


def _paths(limb: _Limb, count: int, times_s: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Where hand or foot is, and where elbow or knee points, both (count, W, 3)."""
    kind = rng.choice(len(limb.kinds), (count, STOPS), p=[each.share for each in limb.kinds])
    mean, spread, near, far = (np.array([getattr(each, name) for each in limb.kinds])[kind] for name in ("mean", "spread", "near", "far"))
    places = normalize(normalize(mean) + rng.normal(0.0, 1.0, (count, STOPS, 3)) * spread[..., None]) * rng.uniform(near, far)[..., None]
    poles = np.array([each.pole or limb.pole for each in limb.kinds])[kind] + rng.normal(0.0, limb.pole_spread, (count, STOPS, 3)) * rng.random((count, 1, 1))
    moves = np.exp(rng.uniform(np.log(FASTEST_S), np.log(SLOWEST_S), (count, STOPS)))
    waits = np.where(rng.random((count, STOPS)) < 0.5, rng.exponential(0.4, (count, STOPS)), 0.0)
    ends = np.cumsum(moves + waits, axis=1)
    starts = ends - moves - waits
    at = times_s - times_s[0] + rng.random((count, 1)) * moves[:, :1]
    leg = np.minimum((at[:, :, None] >= ends[:, None, :]).sum(-1), STOPS - 2)
    row = np.arange(count)[:, None]
    part = np.clip((at - starts[row, leg]) / moves[row, leg], 0.0, 1.0)
    share = (part**3 * (10.0 - 15.0 * part + 6.0 * part**2))[..., None]
    places, poles = (values[row, leg] + share * (values[row, leg + 1] - values[row, leg]) for values in (places, poles))
    return places, poles


def limb_turns(limb: _Limb, ends: Array, poles: Array, rng: np.random.Generator | None = None) -> tuple[Floats, Floats]:
    """Local rotations of the left limb's two bones, (n, W, 4) each, that bring its end to `ends` (n, W, 3), the joint between towards `poles` (n, W, 3)."""
    length = np.linalg.norm(ends, axis=-1)
    along = ends / np.maximum(length, 1e-6)[..., None]
    length = np.clip(length, _SHORTEST, _LONGEST)
    aside = normalize(poles - (poles * along).sum(-1, keepdims=True) * along)
    a, b = _UPPER_SHARE, 1.0 - _UPPER_SHARE
    cosine = np.clip((a * a + length * length - b * b) / (2.0 * a * length), -1.0, 1.0)
    bend = np.pi - np.arccos(np.clip((a * a + b * b - length * length) / (2.0 * a * b), -1.0, 1.0))
    upper = cosine[..., None] * along + np.sqrt(1.0 - cosine * cosine)[..., None] * aside
    columns: list[Array] = [upper] * 3
    columns[limb.axis], columns[limb.hinge] = limb.sign * upper, limb.hinge_sign * np.cross(aside, along)
    third = 3 - limb.axis - limb.hinge
    columns[third] = np.cross(columns[(third + 1) % 3], columns[(third + 2) % 3])
    turns = quat_from_matrix(np.stack(columns, axis=-1)).astype(np.float32)
    about = np.zeros((*bend.shape, 3))
    about[..., limb.hinge] = limb.hinge_sign * bend
    lower = quat_from_rotvec(about).astype(np.float32)
    if rng is not None:
        twist = np.zeros((len(ends), 1, 3))
        twist[..., limb.axis] = rng.normal(0.0, limb.twist, (len(ends), 1))
        lower = multiply(lower, quat_from_rotvec(twist).astype(np.float32))
    return turns, lower
