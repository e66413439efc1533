""".fbx and .blend: what Blender reads, as the glTF document that it makes of it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from posewright.blender import run_blender
from posewright.blender.run import START_S
from posewright.character.gltf import Gltf, read_gltf
from posewright.errors import CharacterError

BLENDER_SUFFIXES = (".fbx", ".blend")
NOMINAL_FPS = 30
MEGABYTE_S = 5.0
"""Longest time for a megabyte of the file."""


def read_through_blender(path: Path, motion: bool = False) -> Gltf:
    """Let Blender turn a file into glTF: the bodies at rest with skins, textures and morph targets, or with `motion` an armature and what moves it.

    Everything stands upright in metres, whatever scales and turns the file has on its nodes.

    Raises:
        UsageError: there is no Blender.
        CharacterError: no such file, Blender cannot read it, or it has no armature, or no animation.
    """
    try:
        size = path.stat().st_size / 1e6
    except OSError as error:
        raise CharacterError(f"cannot read {path}: {error.strerror or error}") from error
    with tempfile.TemporaryDirectory(prefix="posewright-") as folder:
        out = Path(folder) / "out.glb"
        job = {"task": "read", "path": str(path.resolve()), "out": str(out), "motion": motion, "nominal_fps": NOMINAL_FPS}
        answer = run_blender(job, f"read {path}", CharacterError, START_S + MEGABYTE_S * size)
        gltf = replace(read_gltf(out), path=path)
    return _at_rate(gltf, float(answer["fps"])) if motion else gltf


def _at_rate(gltf: Gltf, fps: float) -> Gltf:
    """The file with its first animation's keys at `fps` a second in place of the nominal rate, and the rate in its remarks."""
    animation = gltf.document["animations"][0]
    animation["extras"] = {"fps": fps}
    binary = bytearray(gltf.binary)
    for accessor in {sampler["input"] for sampler in animation["samplers"]}:
        entry = gltf.document["accessors"][accessor]
        start = gltf.document["bufferViews"][entry["bufferView"]].get("byteOffset", 0) + entry.get("byteOffset", 0)
        times = np.frombuffer(binary, "<f4", entry["count"], start)
        times *= NOMINAL_FPS / fps
        entry |= {"min": [float(times.min())], "max": [float(times.max())]}
    return replace(gltf, binary=bytes(binary))
