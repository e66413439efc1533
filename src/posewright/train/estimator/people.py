"""Bodies to be drawn: of several builds and colours, with COCO's keypoints on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posewright.character import default_character, read_character
from posewright.errors import InputError
from posewright.geometry import quat_conjugate, quat_multiply, quat_rotate
from posewright.skeletons import COCO17
from posewright.types import Character, Material

_BONES = {"shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand", "hip": "UpperLeg", "knee": "LowerLeg", "ankle": "Foot"}
_FACE: Mapping[str, tuple[float, float, float]] = {
    "nose": (0.0, 0.006, 0.1155),
    "left_eye": (0.0295, 0.042, 0.090),
    "right_eye": (-0.0295, 0.042, 0.090),
    "left_ear": (0.0815, 0.038, -0.008),
    "right_ear": (-0.0815, 0.038, -0.008),
}
"""From the head's joint, T-pose, metres, on a body whose head joint is 1.50 m high: measured on MakeHuman's bodies, which differ by 1 cm."""
_HEAD_HEIGHT_M = 1.50
_BARE = ("skin", "lips")
_LIVELY = ("top", "trousers", "shoes", "trim")
BUILD = 0.10
"""Spread of a body's width and depth over its usual one, natural logarithm; its height varies half as much."""


def coco_points(character: Character, positions: NDArray[np.float64], rotations: NDArray[np.float64]) -> NDArray[np.float64]:
    """COCO's 17 keypoints of a posed character: joints of the body, and places on the head.

    Args:
        character: with all body bones of the humanoid.
        positions: world positions of its joints, (..., J, 3), metres.
        rotations: world rotations of the same joints, (..., J, 4).

    Returns:
        World positions (..., 17, 3) in the order of `COCO17`, metres.
    """
    bone = character.humanoid
    head = character.skeleton.index(bone["head"])
    rest, rest_rotations = character.skeleton.rest_pose()
    size = rest[head, 1] / _HEAD_HEIGHT_M
    turn = quat_multiply(rotations[..., head, :], quat_conjugate(rest_rotations[head]))
    points = []
    for name in COCO17.joints:
        if name in _FACE:
            points.append(positions[..., head, :] + quat_rotate(turn, size * np.array(_FACE[name])))
        else:
            side, _, part = name.partition("_")
            points.append(positions[..., character.skeleton.index(bone[side + _BONES[part]]), :])
    return np.stack(points, axis=-2)


def read_bodies(folder: Path | None, held_out: bool) -> list[Character]:
    """The mannequin and the rigged bodies (.glb, .vrm) of a folder to train on, or those held out: every third in the order of names; the mannequin if there is none.

    Raises:
        InputError: it holds none, or one lacks a bone that a keypoint needs.
    """
    if folder is None:
        return [default_character()]
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in (".glb", ".vrm"))
    if not paths:
        raise InputError(f"{folder} holds no bodies (.glb or .vrm)")
    paths = paths[2::3] if held_out else [path for i, path in enumerate(paths) if i % 3 != 2]
    bodies = [read_character(path) for path in paths]
    wanted = ["head", *(side + bone for side in ("left", "right") for bone in _BONES.values())]
    for path, body in zip(paths, bodies, strict=True):
        if missing := [bone for bone in wanted if bone not in body.humanoid]:
            raise InputError(f"{path} has no bone for {', '.join(missing)}")
    return bodies if held_out and bodies else [default_character(), *bodies]


def disguised(character: Character, rng: np.random.Generator) -> Character:
    """The same body in another build and other colours."""
    width, height, depth = np.exp(rng.normal(0.0, BUILD, 3) * (1.0, 0.5, 1.0))
    straight = bool(np.allclose(np.abs(character.skeleton.rest_pose()[1][:, 3]), 1.0))
    scale = np.array([width * height, height, depth * height]) if straight else np.full(3, height)  # turned joints would shear
    meshes = tuple(replace(mesh, positions=(mesh.positions * scale).astype(np.float32)) for mesh in character.meshes)
    skeleton = replace(character.skeleton, rest_offsets=character.skeleton.rest_offsets * scale)
    return replace(character, skeleton=skeleton, meshes=meshes, materials=_recoloured(character.materials, rng), document=None)


def _recoloured(materials: tuple[Material, ...], rng: np.random.Generator) -> tuple[Material, ...]:
    """Skin from dark to light, hair from black to fair, clothes of any colour; materials with other names are tinted."""
    tone = rng.uniform(0.0, 1.0)
    skin = (1 - tone) * np.array([0.10, 0.045, 0.022]) + tone * np.array([0.75, 0.45, 0.33])
    hair = rng.uniform(0.005, 0.4) ** rng.uniform(0.8, 2.0) * np.array([1.0, rng.uniform(0.5, 0.9), rng.uniform(0.25, 0.7)])
    uniform = rng.random() < 0.1  # one colour from collar to ankle
    cloth = _cloth(rng)
    new = []
    for material in materials:
        colour = np.array(material.base_colour[:3])
        if material.name in _BARE:
            colour = skin * (1.0 if material.name == "skin" else np.array([0.9, 0.6, 0.6]))
        elif material.name in ("hair", "brows"):
            colour = hair
        elif material.name in _LIVELY:
            colour = cloth if uniform else _cloth(rng)
        elif material.name not in ("eye_white", "iris", "pupil", "mouth", "soles"):
            colour = np.clip(colour * np.exp(rng.normal(0.0, 0.3, 3)), 0.0, 1.0)
        red, green, blue = (float(part) for part in np.clip(colour, 0.0, 1.0))
        new.append(replace(material, base_colour=(red, green, blue, 1.0)))
    return tuple(new)


def _cloth(rng: np.random.Generator) -> NDArray[np.float64]:
    """A colour, linear RGB: grey as often as bright, dark more often than light."""
    grey = rng.uniform(0.0, 1.0) ** 2.2
    tint = rng.uniform(0.0, 1.0, 3) ** 2.2
    share = rng.choice([0.1, 0.5, 1.0])
    return np.asarray((1 - share) * grey + share * tint)
