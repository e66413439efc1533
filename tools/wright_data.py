"""Training pairs for `train_wright.py`: windows of motion capture before random cameras, with a detector's errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from posewright.geometry import Array, normalize, quat_conjugate, quat_multiply, quat_rotate
from posewright.lift.wright.network import MIDDLE, OFFSETS_S, TREE, features, mirrored_directions
from posewright.study.mocap import FPS, read_mocap
from posewright.types import Motion

STUDIED = ("02_03", "05_02", "10_01", "jumping_jacks", "Fixing_Kneeling", "Sitting_", "Body Roll", "Charleston", "Left Jab", "Right Jab", "Throw Object", "Greeting")
STUDIED += ("getup_faceup", "long_walk3", "stealthy_walk0", "zombie")
"""Parts of the names of motions that our study clips show: never trained on."""
_HANGS = {"ears": ("head", (0.0, 0.18, 0.01), "neck")} | {
    f"{side}_{point}": (side + bone, (sign * x, y, z), f"{side}_{start}")
    for side, sign in (("left", 1.0), ("right", -1.0))
    for point, bone, (x, y, z), start in (
        ("knuckles", "Hand", (0.085, -0.01, 0.01), "wrist"),
        ("toe", "Foot", (0.015, -0.065, 0.155), "ankle"),
        ("heel", "Foot", (0.0, -0.055, -0.045), "ankle"),
    )
}
"""Points that mocap lacks: the bone that carries each, where it is at rest against another point (T-pose, metres, body 1.70 m tall)."""
_JOINTS = {"shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand", "hip": "UpperLeg", "knee": "LowerLeg", "ankle": "Foot"}
_ARMS = [[TREE.bones.index(f"{side}_{bone}") for bone in ("upper_arm", "forearm", "hand")] for side in ("left", "right")]
_LIMBS = [[TREE.points.index(f"{side}_{p}") for p in names] for side in ("left", "right") for names in (("elbow", "wrist", "knuckles"), ("knee", "ankle", "heel", "toe"))]
_LACKING = [
    [TREE.points.index(f"{side}_{p}") for side in ("left", "right") for p in names]
    for names in (("knuckles",), ("heel",), ("heel", "toe"), ("ankle", "heel", "toe"), ("wrist", "knuckles"))
]
_LACKING += [[TREE.points.index("ears")], *_LIMBS]
_TRUNK, _SHOULDERS, _HIPS = (TREE.bones.index(bone) for bone in ("trunk", "shoulders", "hips"))
_L_HIP, _R_HIP, _L_SHOULDER, _R_SHOULDER = (TREE.points.index(p) for p in ("left_hip", "right_hip", "left_shoulder", "right_shoulder"))
_TURNED = [[TREE.bones.index(bone) for bone in ("trunk", "shoulders", "head")] + _ARMS[0] + _ARMS[1], *_ARMS]
_TURNED += [[TREE.bones.index(f"{side}_{bone}") for bone in ("thigh", "shin", "foot", "heel")] for side in ("left", "right")]
_LAG_S = 0.2
"""Time over which a detector's errors are alike."""


def _correlated() -> Array:
    gaps = np.abs(OFFSETS_S[:, None] - OFFSETS_S)
    return np.linalg.cholesky(np.exp(-gaps / _LAG_S)).astype(np.float32)


_CORRELATED = _correlated()


@dataclass(frozen=True)
class Motions:
    """Frames of many sequences at 30 a second, scaled to a body 1.70 m tall. World: +Y up, metres."""

    directions: Array
    """Bone directions (N, B, 3)."""
    root: Array
    """The pelvis, (N, 3)."""
    first: Array
    """First frame of each frame's sequence, (N,)."""
    last: Array
    """Last frame of it, (N,)."""


def read_motions(paths: Sequence[Path]) -> Motions:
    """All sequences of some mocap files but those of our study clips."""
    parts = []
    for path in paths:
        for recording in read_mocap(path):
            if len(recording.motion) >= 8 and (path.name == "cmu_val.npz" or not any(part in recording.name for part in STUDIED)):
                parts.append(_sticks(recording.motion))
    lengths = np.array([len(root) for _, root in parts])
    first = np.repeat(np.cumsum(lengths) - lengths, lengths)
    return Motions(*(np.concatenate(arrays).astype(np.float32) for arrays in zip(*parts, strict=True)), first, first + np.repeat(lengths, lengths) - 1)


def _sticks(motion: Motion) -> tuple[Array, Array]:
    """Bone directions (T, B, 3) and the pelvis (T, 3)."""
    body = motion.skeleton
    positions, worlds = body.forward(motion.rotations, motion.root_translation)
    rest, rest_worlds = body.rest_pose()
    legs = [body.index("left" + bone) for bone in ("UpperLeg", "LowerLeg", "Foot")]
    size = np.linalg.norm(np.diff(rest[legs], axis=0), axis=-1).sum() / 0.825
    points, at_rest = np.zeros((len(motion), len(TREE.points), 3)), np.zeros((len(TREE.points), 3))
    for side in ("left", "right"):
        for point, bone in _JOINTS.items():
            points[:, TREE.points.index(f"{side}_{point}")] = positions[:, body.index(side + bone)]
            at_rest[TREE.points.index(f"{side}_{point}")] = rest[body.index(side + bone)]
    for middle, pair in ((TREE.points.index("pelvis"), [_L_HIP, _R_HIP]), (TREE.points.index("neck"), [_L_SHOULDER, _R_SHOULDER])):
        points[:, middle], at_rest[middle] = points[:, pair].mean(1), at_rest[pair].mean(0)
    for point, (bone, offset, start) in _HANGS.items():
        j = body.index(bone)
        turn = quat_multiply(worlds[:, j], quat_conjugate(rest_worlds[j]))
        points[:, TREE.points.index(point)] = positions[:, j] + quat_rotate(turn, at_rest[TREE.points.index(start)] + size * np.array(offset) - rest[j])
    return normalize(TREE.vectors(points)), points[:, 0] / size


def _window(motions: Motions, index: Array, stretch: Array) -> tuple[Array, Array]:
    """Directions (n, W, B, 3) and pelvis (n, W, 3) around frames (n,), played `stretch` (n,) times as fast."""
    at = np.clip(index[:, None] + OFFSETS_S * FPS * stretch[:, None], motions.first[index, None], motions.last[index, None])
    low = np.minimum(at.astype(np.int64), motions.last[index, None] - 1)
    share = (at - low).astype(np.float32)[..., None]
    directions = motions.directions[low] * (1 - share[..., None]) + motions.directions[low + 1] * share[..., None]
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    return directions, motions.root[low] * (1 - share) + motions.root[low + 1] * share


def _torso(directions: Array) -> Array:
    """Axes of the upper body as columns, (..., 3, 3)."""
    y = directions[..., _TRUNK, :]
    z = np.cross(directions[..., _SHOULDERS, :], y)
    z /= np.maximum(np.linalg.norm(z, axis=-1, keepdims=True), 1e-6)
    return np.stack([np.cross(y, z), y, z], axis=-1)


def _recombined(directions: Array, rng: np.random.Generator) -> Array:
    """A third of the windows get an arm from another one."""
    count = len(directions)
    for arm in _ARMS:
        to = np.flatnonzero(rng.random(count) < 0.3)
        donor = rng.integers(0, count, len(to))
        turn = _torso(directions[to]) @ _torso(directions[donor]).swapaxes(-1, -2)
        directions[to[:, None], :, np.array(arm)] = (directions[donor][:, :, arm] @ turn.swapaxes(-1, -2)).swapaxes(1, 2)
    return directions


def _loosened(directions: Array, rng: np.random.Generator) -> Array:
    """In a third of the windows the upper body and each limb are turned, the same way throughout: poses that nobody recorded."""
    rows = np.flatnonzero(rng.random(len(directions)) < 0.35)
    for group in _TURNED:
        turn = Rotation.from_rotvec(rng.normal(0.0, 0.2, (len(rows), 3))).as_matrix().astype(np.float32)[:, None]
        if group is not _TURNED[0]:  # a limb turns with the upper body's axes, so that it stays beside it
            axes = _torso(directions[rows])
            turn = axes @ turn @ axes.swapaxes(-1, -2)
        directions[np.ix_(rows, range(directions.shape[1]), group)] = directions[rows][:, :, group] @ turn.swapaxes(-1, -2)
    return directions


def _cameras(rng: np.random.Generator, count: int, height: Array) -> tuple[Array, Array]:
    """Rotations (n, 3, 3) from the world (turned any way about its vertical) to a camera that looks at a pelvis at `height` (n,), and distances (n,).

    Half the cameras are held at some height over the floor, the others look up or down at any angle that does not put
    them below it; a few are free of all that.
    """
    distance = np.exp(rng.uniform(np.log(1.8), np.log(8.0), count))
    hips = np.maximum(height, 0.3)
    lowest = -np.arcsin(np.clip((hips - 0.1) / distance, 0.0, 0.6))
    held = np.arcsin(np.clip((rng.uniform(0.1, 2.6, count) - hips) / distance, -0.6, 0.7))
    kind, any_way = rng.random(count), np.radians(rng.uniform(-35.0, 40.0, count))
    pitch = np.where(kind < 0.5, held, np.where((kind < 0.9) & (any_way < lowest), lowest + rng.random(count) * (0.7 - lowest), any_way))
    yaw, roll = rng.uniform(-np.pi, np.pi, count), np.radians(rng.normal(0.0, 5.0, count))
    zero, one = np.zeros(count), np.ones(count)

    def matrix(*rows: Array) -> Array:
        return np.stack(rows, axis=-1).reshape(count, 3, 3)

    turned = matrix(np.cos(yaw), zero, np.sin(yaw), zero, one, zero, -np.sin(yaw), zero, np.cos(yaw))
    down = matrix(one, zero, zero, zero, -np.cos(pitch), np.sin(pitch), zero, -np.sin(pitch), -np.cos(pitch))
    rolled = matrix(np.cos(roll), -np.sin(roll), zero, np.sin(roll), np.cos(roll), zero, zero, zero, one)
    return (rolled @ down @ turned).astype(np.float32), distance.astype(np.float32)


def _misplaced(points: Array, directions: Array, rng: np.random.Generator) -> Array:
    """Points (n, W, P, 3) in camera axes as a detector places them: across the line of sight by centimetres, now and then by far."""
    count, width, number, _ = points.shape
    scale = (np.exp(rng.normal(0.0, 0.5, (count, 1, 1, 1))) * (rng.random((count, 1, 1, 1)) > 0.08)).astype(np.float32)
    constant = rng.normal(0.0, 0.014, (count, 1, number, 3)).astype(np.float32)
    moving = np.einsum("vw,nwk->nvk", _CORRELATED, rng.standard_normal((count, width, number * 2), dtype=np.float32)).reshape(count, width, number, 2)
    error = np.broadcast_to(constant, points.shape).copy()
    error[..., :2] += 0.016 * moving
    out, up = (rng.uniform(low, high, (count, 1, 1)).astype(np.float32) for low, high in ((-0.03, 0.035), (-0.01, 0.045)))
    for hip, sign in ((_L_HIP, 1.0), (_R_HIP, -1.0)):
        error[:, :, hip] += sign * out * directions[:, :, _HIPS] + up * directions[:, :, _TRUNK]
    for limb in _LIMBS:
        rows = np.flatnonzero(rng.random(count) < 0.15)
        middle, reach = rng.uniform(-0.6, 0.6, (len(rows), 1)), rng.uniform(0.03, 0.3, (len(rows), 1))
        bump = np.exp(-(((OFFSETS_S - middle) / reach) ** 2)).astype(np.float32)
        shift = rng.normal(0.0, 0.13, (len(rows), 3)).astype(np.float32)
        for place, point in enumerate(limb):
            error[rows, :, point] += (0.5 if place == 0 else 1.0) * bump[..., None] * shift[:, None]
    noisy = points + scale * error
    noisy[:, :, 0] = noisy[:, :, [_L_HIP, _R_HIP]].mean(2)
    noisy[:, :, 1] = noisy[:, :, [_L_SHOULDER, _R_SHOULDER]].mean(2)
    return noisy


def _seen(rng: np.random.Generator, count: int) -> Array:
    """Which points are seen, (n, W, P): some never are, some are missed for a moment."""
    seen = (rng.random((count, len(OFFSETS_S), len(TREE.points))) > 0.01).astype(np.float32)
    for group in _LACKING:
        seen[np.ix_(np.flatnonzero(rng.random(count) < 0.03), range(len(OFFSETS_S)), group)] = 0.0
    return seen


def _pairs(motions: Motions, rng: np.random.Generator, count: int, noise: bool, vary: bool) -> tuple[Array, Array]:
    index = rng.integers(0, len(motions.root), count)
    stretch = rng.uniform(0.7, 1.4, count) if vary else np.ones(count)
    directions, root = _window(motions, index, stretch)
    if vary:
        directions = _loosened(_recombined(directions, rng), rng)
        flip = rng.random(count) < 0.5
        directions[flip] = mirrored_directions(directions[flip])
        root[flip] *= np.array([-1.0, 1.0, 1.0], dtype=np.float32)
    groups = np.exp(rng.normal(0.0, 0.07, (count, TREE.groups.shape[1])))
    lengths = (TREE.reference * (groups @ TREE.groups.T)).astype(np.float32)
    points = root[:, :, None] + TREE.chain.astype(np.float32) @ (directions * lengths[:, None, :, None])
    turn, distance = _cameras(rng, count, root[:, MIDDLE, 1])
    local = (points - root[:, MIDDLE, None, None]) @ turn[:, None].swapaxes(-1, -2)
    local[..., 2] += distance[:, None, None]
    directions = directions @ turn[:, None].swapaxes(-1, -2)
    seen = np.ones(local.shape[:3], dtype=np.float32)
    if noise:
        local, seen = _misplaced(local, directions, rng), _seen(rng, count)
    rays = local[..., :2] / np.maximum(local[..., 2:], 0.4)
    if vary:
        rays = rays * np.exp(rng.normal(0.0, 0.08, (count, 1, 1, 1))).astype(np.float32)  # the angle of view is guessed
        following = rng.random(count) < 0.15  # the camera may follow the person
        rays[following] -= rays[following][:, :, :1] - rays[following][:, MIDDLE, None, :1]
    inputs, look = features(rays, seen)
    targets = np.concatenate([directions[:, MIDDLE], turn[:, None, :, 1]], axis=1) @ look.swapaxes(-1, -2)
    return inputs, targets.astype(np.float32)


def batch(motions: Motions, rng: np.random.Generator, count: int) -> tuple[Array, Array]:
    """Inputs (n, FEATURES) and targets (n, B + 1, 3): bone directions and up in the virtual camera's axes."""
    return _pairs(motions, rng, count, noise=True, vary=True)


def held_out_batch(motions: Motions, rng: np.random.Generator, count: int, noise: bool) -> tuple[Array, Array]:
    """The same without made-up variety of the motion."""
    return _pairs(motions, rng, count, noise, vary=False)
