"""The mannequin's looks: a T-shirt, trousers, shoes, hair and a plain face, tailored from the body and its suit.

All lines are drawn for the body of `body.py` (1.70 m, T-pose): x to its left, y up, z forward, metres.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mannequin.body import Body
from mannequin.mesh import Piece, cut, hem, join, pad, paint, smooth, subdivide
from posewright.geometry import normalize
from posewright.types import Material

Points = NDArray[np.float64]


def _srgb(code: str) -> tuple[float, float, float, float]:
    """#rrggbb as linear RGBA."""
    coded = np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    red, green, blue = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    return float(red), float(green), float(blue), 1.0


MATERIALS = (
    Material("skin", _srgb("#d3a184"), 0.60),
    Material("hair", _srgb("#3a2c26"), 0.72),
    Material("lips", _srgb("#b5705f"), 0.50),
    Material("brows", _srgb("#3a2a22"), 0.90),
    Material("eye_white", _srgb("#f2efea"), 0.25),
    Material("iris", _srgb("#4d6b75"), 0.20),
    Material("pupil", _srgb("#101214"), 0.15),
    Material("mouth", _srgb("#5a2a28"), 0.90),
    Material("top", _srgb("#e2703a"), 0.85),
    Material("trim", _srgb("#d9cdb8"), 0.85),
    Material("trousers", _srgb("#2f4858"), 0.90),
    Material("shoes", _srgb("#c4c0b8"), 0.60),
    Material("soles", _srgb("#33363b"), 0.80),
)
SKIN, HAIR, LIPS, BROWS, EYE_WHITE, IRIS, PUPIL, MOUTH, TOP, TRIM, TROUSERS, SHOES, SOLES = range(len(MATERIALS))

SHIRT_HEM_Y, SLEEVE_X, TROUSER_HEM_Y, SOLE_Y = 0.885, 0.315, 0.085, 0.020
_SOLE_DROP_M = 0.012


def dressed(body: Body) -> Piece:
    """The whole mannequin in one piece, soles at y = 0."""
    whole = join([*_head_and_arms(body), _eyes(body), _suit(body)])
    lift = -whole.positions[:, 1].min()
    return replace(whole, positions=whole.positions + np.array([0.0, lift, 0.0])).creased()


def _above_collar(points: Points) -> Points:
    """Positive above the neckline, which a cone round the neck draws on the shoulders, chest and back."""
    x, y, z = points.T
    return np.maximum(0.077 + 0.9 * (y + 0.16 * z - 1.434) - np.hypot(x, 1.12 * (z - 0.006)), y - 1.455)


def _head_and_arms(body: Body) -> list[Piece]:
    """What the clothes leave bare, and a little under their edges, with brows and lips painted on; and the hair."""
    piece = Piece.of(body.positions, _soft_joints(body), body.skin, np.where(body.mouth, MOUTH, SKIN))
    x, y, _ = np.abs(piece.positions.T)
    bare = (_above_collar(piece.positions) > -0.025) | (y > 1.46) | (x > SLEEVE_X - 0.04)
    piece = piece.part(bare[piece.triangles].all(1))
    for field, material in ((_lips, LIPS), (_brows, BROWS), (_lid_line, BROWS)):
        piece = paint(piece, field, material, over=(SKIN,))
    piece = paint(piece, lambda p: 0.011 - np.abs(p[:, 0] - 0.643), TRIM, over=(SKIN,))
    piece = pad(piece, piece.materials == TRIM, 0.003)
    piece, inside = cut(piece, _scalp)
    inside &= piece.materials == SKIN
    skin = ~inside
    for _ in range(2):  # skin goes on a little under the hair
        skin = np.isin(piece.triangles, piece.triangles[skin]).any(1)
    return [piece.part(skin), _hair(piece.part(inside))]


def _soft_joints(body: Body) -> NDArray[np.float64]:
    """Weights spread wider at elbows and wrists, where the forearm's roll would wring the skin."""
    x = np.abs(body.positions[:, 0])
    near = np.maximum(np.clip(1.0 - np.abs(x - 0.440) / 0.07, 0.0, 1.0), np.clip(1.0 - np.abs(x - 0.645) / 0.06, 0.0, 1.0))
    return smooth(body.weights, body.skin, near * 0.7, 12)


def _locks(points: Points) -> Points:
    """-1 to 1 across the locks of hair that run from the crown."""
    x, z = points[:, 0] - 0.012, points[:, 2] + 0.002
    around = np.arctan2(x, z)
    return np.cos(11.0 * around + 1.4 * np.sin(3.0 * around + 0.6)) * np.clip(np.hypot(x, z) / 0.06, 0.0, 1.0)


def _scalp(points: Points) -> Points:
    """Positive where hair grows: above a line drawn in the side view, from the nape over the ear and the temple to the forehead."""
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    line = np.interp(
        z,
        [-0.060, -0.030, -0.005, 0.006, 0.016, 0.054, 0.060, 0.066, 0.078, 0.086, 0.100, 0.125],
        [1.495, 1.498, 1.535, 1.575, 1.604, 1.607, 1.592, 1.586, 1.594, 1.622, 1.640, 1.648],
    )
    height = y - line - 0.004 * _locks(points) * np.clip((z + 0.03) / 0.03, 0.0, 1.0)
    on_ear = (z > 0.012) & (z < 0.062) & (y < 1.608)
    return np.where(on_ear, np.minimum(0.0735 - x, height), height)


def _hair(scalp: Piece) -> Piece:
    """Short hair: the scalp raised, fuller at the top and in front, in soft locks."""
    hair = subdivide(scalp)
    height = np.clip(_scalp(hair.positions) / 0.05, 0.0, 1.0)
    front = np.clip((hair.positions[:, 2] - 0.03) / 0.08, 0.0, 1.0)
    volume = 0.003 + 0.013 * height * height * (3.0 - 2.0 * height) + 0.007 * front * np.clip(height * 4.0, 0.3, 1.0)
    volume += 0.0022 * _locks(hair.positions) * np.clip(height * 3.0, 0.2, 1.0)
    along = normalize(smooth(hair.normals(), hair.triangles, np.ones(len(volume)), 4))
    return hem(replace(hair, positions=hair.positions + along * volume[:, None], materials=np.full(len(hair.triangles), HAIR)), 0.012)


def _lips(points: Points) -> Points:
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    taper = 1.0 - (x / 0.0245) ** 2
    upper = 1.5220 + 0.0100 * taper - 0.0016 * np.exp(-((x / 0.004) ** 2))
    lower = 1.5225 - 0.0110 * taper
    return np.where(z > 0.115, np.minimum(upper - y, y - lower), -1.0)


def _brows(points: Points) -> Points:
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    middle = np.interp(x, [0.012, 0.024, 0.036, 0.050], [1.6040, 1.6075, 1.6090, 1.6030])
    half = np.interp(x, [0.010, 0.013, 0.030, 0.052], [0.0, 0.0028, 0.0025, 0.0])
    return np.where(z > 0.08, half - np.abs(y - middle), -1.0)


def _lid_line(points: Points) -> Points:
    x, y, z = np.abs(points[:, 0]) - 0.0312, points[:, 1] - 1.5896, points[:, 2]
    outside = np.hypot(x / 0.0118, y / 0.0043) - 1.0
    return np.where((z > 0.09) & (y > 0.0008), 0.22 - np.abs(outside), -1.0) * 0.004


def _eyes(body: Body) -> Piece:
    piece = subdivide(subdivide(Piece.of(body.positions, body.weights, body.eyes, EYE_WHITE)))
    for radius, material in ((0.0060, IRIS), (0.0028, PUPIL)):
        piece = paint(piece, lambda p, r=radius: r - np.hypot(np.abs(p[:, 0]) - 0.0310, p[:, 1] - 1.5898), material)
    return piece


def _suit(body: Body) -> Piece:
    """Shirt, trousers and shoes from MakeHuman's body suit."""
    suit = Piece.of(body.positions, body.weights, body.tights, TROUSERS)
    # Cloth spans hollows that a second skin would follow.
    y = suit.positions[:, 1]
    loose = np.interp(y, [0.10, 0.60, 0.75, 0.95, 1.25, 1.34], [0.0, 0.2, 0.6, 0.6, 0.5, 0.0])
    suit = replace(suit, positions=smooth(suit.positions, suit.triangles, loose, 14))
    for field, material in ((lambda p: p[:, 1] - SHIRT_HEM_Y, TOP), (lambda p: TROUSER_HEM_Y - p[:, 1], SHOES), (lambda p: SOLE_Y - p[:, 1], SOLES)):
        suit = paint(suit, field, material)
    # Borders of these three are level, so cloth is let out level there.
    suit = pad(suit, suit.materials == TOP, np.interp(suit.positions[:, 1], [0.95, 1.30], [0.009, 0.004]), level=True)
    suit = pad(suit, suit.materials == TROUSERS, np.interp(suit.positions[:, 1], [0.08, 0.45, 0.80], [0.012, 0.007, 0.003]), level=True)
    suit = pad(suit, np.isin(suit.materials, (SHOES, SOLES)), 0.004, level=True)
    for field in (lambda p: -_above_collar(p), lambda p: SLEEVE_X - np.abs(p[:, 0])):
        suit, inside = cut(suit, field)
        suit = suit.part(inside)
    suit = paint(suit, lambda p: np.maximum(_above_collar(p) + 0.013, np.abs(p[:, 0]) - (SLEEVE_X - 0.016)), TRIM, over=(TOP,))
    return hem(_soled(suit), 0.012)


def _soled(suit: Piece) -> Piece:
    """Flat soles that stand out a little."""
    suit = pad(suit, suit.materials == SOLES, 0.004, level=True)
    positions = suit.positions.copy()
    under = np.unique(suit.triangles[suit.materials == SOLES])
    positions[under[positions[under, 1] < SOLE_Y * 0.5], 1] = -_SOLE_DROP_M
    return replace(suit, positions=positions)


def four_strongest(weights: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Bones and shares (V, 4) of weights (V, B), summing to 1."""
    joints = np.argsort(-weights, axis=1, kind="stable")[:, :4]
    shares = np.take_along_axis(weights, joints, axis=1)
    shares /= shares.sum(1, keepdims=True)
    return joints, shares
