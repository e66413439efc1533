"""A user's own glTF file with the motion in it: one animation is added, for further people copies of the body, and the rest stays as it was."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.files import atomic_path
from posewright.formats.export import GENERATOR
from posewright.formats.gltf_tracks import file_tracks, without_matrix
from posewright.types import Character, GltfDocument, Motion

MAGIC, JSON_CHUNK, BIN_CHUNK = 0x46546C67, 0x4E4F534A, 0x004E4942


def write_document(path: Path, character: Character, motions: tuple[Motion, ...]) -> None:
    """Write the character's file with its motion.

    Nodes, meshes, textures, morph targets and extensions stay as they are: the file's own bytes come first in the buffer,
    and the new animation, the first of the file, takes its keys from behind them.

    Raises:
        OutputError: the file cannot be written.
    """
    document = character.document
    assert document is not None
    content = _Patch(document)
    animation: dict[str, Any] = {"name": content.free_name("animations", motions[0].name), "channels": [], "samplers": []}
    for number, motion in enumerate(motions, start=1):
        nodes = content.copied_body(f"_{number}") if number > 1 else {node: node for node in document.joint_nodes}
        for joint, channel, values in file_tracks(character, motion):
            content.add_track(animation, nodes[document.joint_nodes[joint]], channel, values, motion)
    animation["extras"] = {"fps": motions[0].fps, "generator": GENERATOR}
    content.json["animations"] = [animation, *content.json.get("animations", [])]
    with atomic_path(path) as part, part.open("wb") as out:
        for piece in content.pieces():
            out.write(piece)


class _Patch:
    """The document with what is added to it. Lists are copied before they grow; the file's bytes never are."""

    def __init__(self, document: GltfDocument) -> None:
        self.json: dict[str, Any] = dict(document.json)
        for kind in ("nodes", "skins", "scenes", "accessors", "bufferViews"):
            if kind in self.json:
                self.json[kind] = list(self.json[kind])
        self._old = document.binary
        self._start = len(document.binary) + -len(document.binary) % 4
        self._new = bytearray()
        self._times: dict[tuple[int, float, bool], int] = {}
        for node in document.joint_nodes:
            self.json["nodes"][node] = without_matrix(self.json["nodes"][node])

    def free_name(self, kind: str, wanted: str) -> str:
        """`wanted`, with a number behind it if an entry of that name is there."""
        taken = {entry.get("name") for entry in self.json.get(kind, [])}
        names = (wanted if number == 1 else f"{wanted}_{number}" for number in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)

    def add(self, kind: str, entry: dict[str, Any]) -> int:
        """Append to a list; the entry's index."""
        self.json.setdefault(kind, []).append(entry)
        return len(self.json[kind]) - 1

    def accessor(self, values: NDArray[np.float32], shape: str, bounds: bool = False) -> int:
        """Put an array behind the file's bytes; the index of its accessor."""
        data = values.astype("<f4").tobytes()
        view = {"buffer": 0, "byteOffset": self._start + len(self._new), "byteLength": len(data)}
        self._new += data
        entry: dict[str, Any] = {"bufferView": self.add("bufferViews", view), "componentType": 5126, "count": len(values), "type": shape}
        if bounds:
            entry |= {"min": [float(values.min())], "max": [float(values.max())]}
        return self.add("accessors", entry)

    def add_track(self, animation: dict[str, Any], node: int, channel: str, values: NDArray[np.float64], motion: Motion) -> None:
        """Keys at all frames, or for two values at the first and the last."""
        ends = len(values) < len(motion)
        key = (len(motion), motion.fps, ends)
        if key not in self._times:
            times = motion.timestamps[[0, -1]] if ends else motion.timestamps
            self._times[key] = self.accessor(times.astype(np.float32), "SCALAR", bounds=True)
        output = self.accessor(values.astype(np.float32), "VEC4" if channel == "rotation" else "VEC3")
        animation["channels"].append({"sampler": len(animation["samplers"]), "target": {"node": node, "path": channel}})
        animation["samplers"].append({"input": self._times[key], "output": output, "interpolation": "LINEAR"})

    def copied_body(self, suffix: str) -> dict[int, int]:
        """Add a copy of everything in the scene, its skins with it, meshes and materials shared; old node to new."""
        scene = int(self.json.get("scene", 0))
        roots = list(self._first_roots(scene))
        todo, order = list(roots), []
        while todo:
            order.append(todo.pop())
            todo += self.json["nodes"][order[-1]].get("children", [])
        new = {old: len(self.json["nodes"]) + i for i, old in enumerate(order)}
        skins: dict[int, int] = {}
        for old in order:
            node = {key: value for key, value in self.json["nodes"][old].items() if key not in ("camera", "extensions")}
            node["name"] = f"{node.get('name', f'node_{old}')}{suffix}"
            if "children" in node:
                node["children"] = [new[child] for child in node["children"]]
            if "skin" in node:
                if node["skin"] not in skins:
                    skins[node["skin"]] = self._copied_skin(node["skin"], new, suffix)
                node["skin"] = skins[node["skin"]]
            self.json["nodes"].append(node)
        entry = dict(self.json["scenes"][scene])
        entry["nodes"] = [*entry["nodes"], *(new[root] for root in roots)]
        self.json["scenes"][scene] = entry
        return new

    def _first_roots(self, scene: int) -> Iterable[int]:
        """The roots of the scene as the file had it: copies are not copied again."""
        if not hasattr(self, "_roots"):
            self._roots = list(self.json["scenes"][scene]["nodes"])
        return self._roots

    def _copied_skin(self, skin: int, new: Mapping[int, int], suffix: str) -> int:
        entry = dict(self.json["skins"][skin])
        entry["joints"] = [new[joint] for joint in entry["joints"]]
        if "skeleton" in entry:
            entry["skeleton"] = new[entry["skeleton"]]
        entry["name"] = f"{entry.get('name', 'skin')}{suffix}"
        return self.add("skins", entry)

    def pieces(self) -> Iterable[bytes | memoryview | bytearray]:
        """The whole file, piece by piece, so that it never lies in memory twice."""
        length = self._start + len(self._new)
        first = dict(self.json["buffers"][0]) if self.json.get("buffers") else {}
        document = self.json | {"buffers": [first | {"byteLength": length}]}
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        text += b" " * (-len(text) % 4)
        yield struct.pack("<III", MAGIC, 2, 12 + 8 + len(text) + 8 + length)
        yield struct.pack("<II", len(text), JSON_CHUNK)
        yield text
        yield struct.pack("<II", length, BIN_CHUNK)
        yield self._old
        yield bytes(self._start - len(self._old))
        yield self._new
