"""Where assimp (https://www.assimp.org) sees the nodes of an animated FBX: for check_exports.py, through the `assimp` program."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

METRES = 0.01
"""An FBX's unit where it says nothing else."""
Array = NDArray[np.float64]


@dataclass(frozen=True)
class AssimpScene:
    """What assimp makes of a file."""

    places: dict[str, Array]
    """Nodes' names to their places in the frames asked for, (K, 3) in metres."""
    takes: tuple[str, ...]
    seconds: float
    fps: float
    meshes: int
    tops: dict[str, Array]
    """The topmost nodes' own matrices, (4, 4)."""


def read_fbx(path: Path, fps: float, frames: list[int], program: str = "assimp") -> AssimpScene:
    """Read a file's first animation in some frames, at the keys nearest to them."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "scene.json"
        subprocess.run([program, "export", str(path), str(out), "-fassjson"], check=True, stdout=subprocess.DEVNULL)
        scene = json.loads(out.read_text(encoding="utf-8"))
    takes = scene.get("animations", [])
    ticks = float(takes[0]["tickspersecond"]) if takes else 1.0
    tracks = {channel["name"]: channel for channel in takes[0]["channels"]} if takes else {}
    times = np.array(frames) / fps * ticks
    places: dict[str, Array] = {}
    _walk(scene["rootnode"], np.tile(np.eye(4), (len(times), 1, 1)), tracks, times, places)
    return AssimpScene(
        places,
        tuple(take["name"] for take in takes),
        float(takes[0]["duration"]) / ticks if takes else 0.0,
        ticks,
        len(scene.get("meshes", [])),
        {child["name"]: np.array(child["transformation"], dtype=np.float64).reshape(4, 4) for child in scene["rootnode"].get("children", [])},
    )


def _walk(node: dict[str, Any], above: Array, tracks: dict[str, Any], times: Array, places: dict[str, Array]) -> None:
    still = np.array(node["transformation"], dtype=np.float64).reshape(4, 4)
    world = above @ (_keyed(tracks[node["name"]], times) if node["name"] in tracks else still)
    places[node["name"]] = METRES * world[:, :3, 3]
    for child in node.get("children", []):
        _walk(child, world, tracks, times, places)


def _keyed(track: dict[str, Any], times: Array) -> Array:
    """A node's matrices (K, 4, 4)."""

    def nearest(keys: list[Any]) -> Array:
        at = np.array([key[0] for key in keys], dtype=np.float64)
        return np.array([keys[int(np.abs(at - time).argmin())][1] for time in times], dtype=np.float64)

    matrices = np.tile(np.eye(4), (len(times), 1, 1))
    matrices[:, :3, :3] = Rotation.from_quat(nearest(track["rotationkeys"])[:, [1, 2, 3, 0]]).as_matrix() * nearest(track["scalingkeys"])[:, None, :]
    matrices[:, :3, 3] = nearest(track["positionkeys"])
    return matrices
