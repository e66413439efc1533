"""Textures for pictures drawn without a GPU: each triangle gets the colour that its texture has there, from a small palette."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.types import Character, Material, SkinnedMesh

COLOURS = 24
"""At most so many colours a texture."""
MOST_MATERIALS = 256
"""`SkinnedMesh.triangle_materials` counts no further."""


def painted(character: Character) -> Character:
    """The character with textured materials split into plain ones, a palette by k-means; as it is without textures.

    For looking at only: its materials are no longer the file's.
    """
    textured = {i: material.texture for i, material in enumerate(character.materials) if material.texture is not None}
    images = {image: _image(character, image) for image in {*textured.values()}}
    materials, meshes = list(character.materials), list(character.meshes)
    for index, image in textured.items():
        pixels = images[image]
        if pixels is None or len(materials) + COLOURS > MOST_MATERIALS:
            continue
        samples = [_sampled(mesh, index, pixels) for mesh in meshes]
        if not any(len(sample) for sample in samples):
            continue
        palette, labels = _palette(np.concatenate(samples))
        first, tint = len(materials), character.materials[index]
        materials += [_coloured(tint, colour) for colour in palette]
        for k, (mesh, sample) in enumerate(zip(meshes, samples, strict=True)):
            chosen = mesh.triangle_materials.copy()
            chosen[chosen == index] = first + labels[: len(sample)]
            labels = labels[len(sample) :]
            meshes[k] = replace(mesh, triangle_materials=chosen)
    return replace(character, materials=tuple(materials), meshes=tuple(meshes))


def _image(character: Character, index: int) -> NDArray[np.float32] | None:
    """An image of the file, linear RGB (H, W, 3), at an eighth of its size where it is large; None if it cannot be read."""
    document = character.document
    if document is None or not 0 <= index < len(document.json.get("images", [])):
        return None
    view = document.json["images"][index].get("bufferView")
    if view is None:
        return None
    entry = document.json["bufferViews"][view]
    start = entry.get("byteOffset", 0)
    data = np.frombuffer(document.binary, np.uint8, entry["byteLength"], start)
    image = cv2.imdecode(data, cv2.IMREAD_REDUCED_COLOR_8 if len(data) > 2_000_000 else cv2.IMREAD_COLOR)
    return None if image is None else np.asarray((image[..., ::-1] / np.float32(255.0)) ** np.float32(2.2), dtype=np.float32)


def _sampled(mesh: SkinnedMesh, material: int, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colour in the middle of each triangle of a material, (F, 3)."""
    faces = mesh.triangles[mesh.triangle_materials == material]
    if mesh.uv is None or not len(faces):
        return np.empty((0, 3), dtype=np.float32)
    height, width = pixels.shape[:2]
    u, v = np.moveaxis(mesh.uv[faces].mean(1) % 1.0, -1, 0)
    return pixels[np.minimum((v * height).astype(int), height - 1), np.minimum((u * width).astype(int), width - 1)]


def _palette(colours: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """At most COLOURS colours (K, 3), and which of them each of `colours` (N, 3) is nearest to."""
    count = min(COLOURS, len(np.unique(colours, axis=0)))
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1e-3)
    _, labels, centres = cv2.kmeans(colours, count, None, criteria, 1, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    return np.asarray(centres, dtype=np.float32), labels.ravel().astype(np.uint8)


def _coloured(tint: Material, colour: NDArray[np.float32]) -> Material:
    red, green, blue = (float(a * b) for a, b in zip(tint.base_colour[:3], colour, strict=True))
    return replace(tint, base_colour=(red, green, blue, tint.base_colour[3]), texture=None)
