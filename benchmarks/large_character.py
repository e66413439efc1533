"""Time and memory of writing a motion onto a large character: some 50 MB with 4k textures and a dense mesh, through the whole command.

    python benchmarks/large_character.py [--runs 3]

The character is made here: the mannequin with its mesh made sixteen times as dense and three textures of 4096 x 4096 noise. Memory is the
peak of the child process; what the program takes by itself is that of the same command on a character of no size.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # this process stays small: a child's peak counts from what its parent held when it was started
    from posewright.types import Motion, SkinnedMesh

FRAMES, FPS = 300, 30.0
TEXTURE_SIZE, TEXTURES, LEVELS = 4096, ("baseColorTexture", "metallicRoughnessTexture", "normalTexture"), 8
DENSER = 2
"""How often each triangle is cut into four."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        make(options.make)
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subprocess.run([sys.executable, __file__, "--make", str(folder)], check=True)
        large, small = folder / "large.glb", folder / "small.glb"
        print(f"{platform.machine()}, {os.cpu_count()} processors; {large.name}: {large.stat().st_size / 1e6:.1f} MB, {FRAMES} frames")
        for number in range(options.runs):
            base_s, base = run(folder, small)
            seconds, peak = run(folder, large)
            above = peak - base
            print(
                f"run {number + 1}: {seconds:5.2f} s ({base_s:.2f} s on a small character), peak {peak / 1e6:.0f} MB,"
                f" {above / 1e6:.0f} MB above the program's own {base / 1e6:.0f} MB: {above / large.stat().st_size:.2f} times the file",
                flush=True,
            )


def run(folder: Path, character: Path) -> tuple[float, int]:
    """Seconds and peak bytes of `posewright retarget` in a process of its own."""
    command = [sys.executable, "-m", "posewright", "retarget", "walk.npz", "--character", character.name, "-o", "out.glb", "--quiet"]
    begun = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"posewright retarget failed on {character.name}")
    return time.perf_counter() - begun, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def make(folder: Path) -> None:
    """Write the motion and the two characters."""
    from dataclasses import replace

    from posewright.character import default_character
    from posewright.formats import write

    write(folder / "walk.npz", swaying())
    hero = replace(default_character(), document=None)
    write(folder / "small.glb", swaying().sliced(0, 2), character=hero)
    write(folder / "large.glb", swaying().sliced(0, 2), character=replace(hero, meshes=tuple(denser(mesh) for mesh in hero.meshes)))
    add_textures(folder / "large.glb")


def swaying() -> Motion:
    """A body that turns its trunk and arms to and fro."""
    import numpy as np

    from posewright.skeletons import reference_skeleton
    from posewright.types import Motion

    body = reference_skeleton()
    rotations = np.tile(body.rest_rotations, (FRAMES, 1, 1))
    angle = 0.4 * np.sin(np.linspace(0.0, 30.0, FRAMES))
    for joint in ("spine", "leftUpperArm", "rightUpperArm", "leftLowerLeg"):
        rotations[:, body.index(joint)] = np.stack([np.sin(angle / 2.0), 0.0 * angle, 0.0 * angle, np.cos(angle / 2.0)], axis=-1)
    return Motion(body, rotations, np.tile(body.rest_offsets[0], (FRAMES, 1)), FPS)


def add_textures(path: Path) -> None:
    """Give all materials of a file large textures of noise, and take its animation away."""
    import cv2
    import numpy as np

    from posewright.character.gltf import read_gltf

    gltf = read_gltf(path)
    document, binary = gltf.document, bytearray(gltf.binary)
    del document["animations"]
    document |= {"images": [], "textures": []}
    rng = np.random.default_rng(0)
    for source, _ in enumerate(TEXTURES):
        noise = rng.integers(0, LEVELS, (TEXTURE_SIZE, TEXTURE_SIZE, 1), dtype=np.uint8) * np.uint8(256 // LEVELS)
        png = cv2.imencode(".png", np.repeat(noise, 3, axis=2), [cv2.IMWRITE_PNG_COMPRESSION, 6])[1].tobytes()
        document["images"].append({"bufferView": len(document["bufferViews"]), "mimeType": "image/png"})
        document["textures"].append({"source": source})
        document["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(png)})
        binary += png + bytes(-len(png) % 4)
    for material in document["materials"]:
        inner = material.setdefault("pbrMetallicRoughness", {})
        for source, slot in enumerate(TEXTURES):
            (material if slot == "normalTexture" else inner)[slot] = {"index": source}
    document["buffers"] = [{"byteLength": len(binary)}]
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<2I", len(text), 0x4E4F534A) + text + struct.pack("<2I", len(binary), 0x004E4942) + binary
    path.write_bytes(struct.pack("<4s2I", b"glTF", 2, 12 + len(chunks)) + chunks)


def denser(mesh: SkinnedMesh) -> SkinnedMesh:
    """The mesh with each triangle cut into four, `DENSER` times; a new vertex hangs on what one of its neighbours hangs on."""
    from dataclasses import replace

    import numpy as np

    for _ in range(DENSER):
        sides = np.sort(mesh.triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        edges, which = np.unique(sides, axis=0, return_inverse=True)
        middle = len(mesh.positions) + which.reshape(-1, 3)
        a, b, c = mesh.triangles.T
        ab, bc, ca = middle.T
        triangles = np.concatenate([np.stack(corner, axis=1) for corner in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
        between = {name: np.concatenate([values, values[edges].mean(1).astype(values.dtype)]) for name, values in (("positions", mesh.positions), ("normals", mesh.normals))}
        hung = {name: np.concatenate([values, values[edges[:, 0]]]) for name, values in (("joints", mesh.joints), ("weights", mesh.weights))}
        if mesh.uv is not None:
            between["uv"] = np.concatenate([mesh.uv, mesh.uv[edges].mean(1).astype(np.float32)])
        materials = np.tile(mesh.triangle_materials, 4)
        mesh = replace(mesh, triangles=triangles.astype(mesh.triangles.dtype), triangle_materials=materials, **between, **hung)
    return mesh


if __name__ == "__main__":
    main()
