"""How the detector meets a body: from which side, and which points it hides from the camera by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array
from posewright.train.data.bodies import POINTS

SEEN, HIDDEN, COVERED, OUTSIDE = range(4)
"""Of a point: in plain sight, behind the person's own body, behind some thing, beyond the picture's edge."""
EVERY = 4
"""Frames between two for which hiding is worked out."""
_P = {name: i for i, name in enumerate(POINTS)}
# Thickness of the body's parts: points between whose middles each capsule runs, radius on a body 1.70 m tall, metres.
_CAPSULES: dict[str, tuple[tuple[str, ...], tuple[str, ...], float]] = {
    "head": (("left_ear", "right_ear"), ("left_ear", "right_ear"), 0.09),
    "left_trunk": (("left_shoulder",), ("left_hip",), 0.095),
    "right_trunk": (("right_shoulder",), ("right_hip",), 0.095),
    "trunk": (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), 0.105),
}
for _side in ("left", "right"):
    for _name, _a, _b, _radius in (
        ("upper_arm", "shoulder", "elbow", 0.05),
        ("forearm", "elbow", "wrist", 0.04),
        ("thigh", "hip", "knee", 0.075),
        ("shin", "knee", "ankle", 0.055),
    ):
        _CAPSULES[f"{_side}_{_name}"] = ((f"{_side}_{_a}",), (f"{_side}_{_b}",), _radius)
# Point that is tried: the capsules that it lies in itself, and the points that are hidden with it.
_TRIED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {"nose": ((), ("nose", "left_mouth", "right_mouth", "left_eye_inner", "right_eye_inner"))}
for _side in ("left", "right"):
    _own = {
        "eye": ((), ("eye", "eye_outer")),
        "ear": ((), ("ear",)),
        "shoulder": (("trunk", f"{_side}_trunk", f"{_side}_upper_arm"), ("shoulder",)),
        "elbow": ((f"{_side}_upper_arm", f"{_side}_forearm"), ("elbow",)),
        "wrist": ((f"{_side}_forearm",), ("wrist",)),
        "index": ((f"{_side}_forearm",), ("index", "pinky", "thumb")),
        "hip": (("trunk", f"{_side}_trunk", f"{_side}_thigh"), ("hip",)),
        "knee": ((f"{_side}_thigh", f"{_side}_shin"), ("knee",)),
        "ankle": ((f"{_side}_shin",), ("ankle",)),
        "foot_index": ((f"{_side}_shin",), ("foot_index", "heel")),
    }
    _TRIED |= {f"{_side}_{key}": (own, tuple(f"{_side}_{name}" for name in names)) for key, (own, names) in _own.items()}
_STARTS, _ENDS = (np.array([[_P[end[0]], _P[end[-1]]] for end in ends]) for ends in zip(*((a, b) for a, b, _ in _CAPSULES.values()), strict=True))
_RADII = np.array([radius / 1.70 for *_, radius in _CAPSULES.values()], dtype=np.float32)
_KEYS = np.array([_P[name] for name in _TRIED])
_OTHERS = np.array([[capsule not in own for capsule in _CAPSULES] for own, _ in _TRIED.values()])
_KEY_OF = np.array([next(k for k, (_, names) in enumerate(_TRIED.values()) if point in names) for point in POINTS])
_SHOULDERS, _HIPS = ([_P[f"left_{name}"], _P[f"right_{name}"]] for name in ("shoulder", "hip"))


@dataclass(frozen=True)
class View:
    """How bodies stand to the camera."""

    yaw: NDArray[np.float32]
    """Where the trunk faces: 0 the camera, pi / 2 the picture's right, pi away; about the trunk as it lies in the picture. Radians."""
    tilt: NDArray[np.float32]
    """Sine of the angle by which the trunk's upper end leans away from the camera."""
    up: NDArray[np.float32]
    """Unit vector in the picture from the hips to the shoulders (upright where they fall together), (..., 2), y down."""


def view_of(points: Array) -> View:
    """The view of points (..., 33, 3) in camera axes."""
    shoulders, hips = points[..., _SHOULDERS, :], points[..., _HIPS, :]
    left = (shoulders[..., 0, :] - shoulders[..., 1, :]) + (hips[..., 0, :] - hips[..., 1, :])
    trunk = shoulders.mean(-2) - hips.mean(-2)
    trunk = trunk / np.maximum(np.linalg.norm(trunk, axis=-1, keepdims=True), 1e-6)
    facing = np.cross(left, trunk)
    facing /= np.maximum(np.linalg.norm(facing, axis=-1, keepdims=True), 1e-6)
    sight = hips.mean(-2)
    sight = sight / np.linalg.norm(sight, axis=-1, keepdims=True)
    up = trunk[..., :2] + np.array([0.0, -0.25], dtype=np.float32)
    up = up / np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), 1e-6)
    across = facing[..., 0] * -up[..., 1] + facing[..., 1] * up[..., 0]
    yaw = np.arctan2(across, -(facing * sight).sum(-1))
    return View(yaw.astype(np.float32), (trunk * sight).sum(-1).astype(np.float32), up.astype(np.float32))


def straight(points: Array) -> NDArray[np.float32]:
    """Points (..., 33, 3) in camera axes from the mid-point of the hips, in the axes of a camera that looks straight at the trunk's middle.

    Turned by the shortest way, as `posewright.lift.blazepose` turns BlazePose's own 3D back.
    """
    sight = points[..., _SHOULDERS + _HIPS, :].mean(-2)
    x, y, z = np.moveaxis(sight / np.linalg.norm(sight, axis=-1, keepdims=True), -1, 0)
    k = 1.0 / (1.0 + z)
    turn = np.stack([1 - k * x * x, -k * x * y, -x, -k * x * y, 1 - k * y * y, -y, x, y, z], axis=-1).reshape(*x.shape, 3, 3)
    return np.asarray((points - points[..., _HIPS, :].mean(-2, keepdims=True)) @ turn.swapaxes(-1, -2), dtype=np.float32)


def hidden(points: Array, stature: Array) -> NDArray[np.bool_]:
    """Which points the body itself hides from the camera.

    The body is taken for capsules; worked out for every fourth frame, as nobody's limbs pass each other faster.

    Args:
        points: camera axes, (n, W, 33, 3), metres.
        stature: of each body, (n,), metres.

    Returns:
        (n, W, 33).
    """
    width = points.shape[1]
    some = np.ascontiguousarray(np.moveaxis(points[:, ::EVERY], (2, 3), (0, 1)), dtype=np.float32)  # (33, 3, n, w)
    (ax, ay, za), (bx, by, zb), (px, py, zp) = (_plane(part) for part in (_middles(some, _STARTS), _middles(some, _ENDS), some[_KEYS]))
    radius = (stature * _RADII[:, None]).astype(np.float32)[..., None]  # (C, n, 1)
    along_x, along_y = bx - ax, by - ay
    scale = 1.0 / np.maximum(along_x * along_x + along_y * along_y, 1e-9)
    covered = np.zeros(px.shape, dtype=bool)
    for k, others in enumerate(_OTHERS):
        x, y = px[k] - ax[others], py[k] - ay[others]
        share = np.clip((x * along_x[others] + y * along_y[others]) * scale[others], 0.0, 1.0)
        x, y = x - share * along_x[others], y - share * along_y[others]
        depth = za[others] + share * (zb[others] - za[others])
        reach = radius[others]
        covered[k] = (((x * x + y * y) * depth * depth < reach * reach) & (zp[k] - depth > 0.6 * reach)).any(0)
    return np.repeat(np.moveaxis(covered, 0, 2), EVERY, axis=1)[:, :width][:, :, _KEY_OF]


def _middles(points: Array, pairs: Array) -> Array:
    """Mid-points (C, 3, ...) of pairs (C, 2) of points (33, 3, ...)."""
    return 0.5 * (points[pairs[:, 0]] + points[pairs[:, 1]])


def _plane(points: Array) -> tuple[Array, Array, Array]:
    """x / z, y / z and z of points (C, 3, ...)."""
    depth = points[:, 2]
    inverse = 1.0 / np.maximum(depth, 0.1)
    return points[:, 0] * inverse, points[:, 1] * inverse, depth
