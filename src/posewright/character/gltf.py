"""The container that characters come in: binary glTF 2.0, as JSON and plain arrays.

Specification: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html, chapters 3.6 (accessors), 3.5 (nodes), 4 (GLB).
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import CharacterError
from posewright.geometry import quat_to_matrix

_MAGIC = 0x46546C67
_JSON_CHUNK = 0x4E4F534A
_BINARY_CHUNK = 0x004E4942
_COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_SHAPES: dict[str, tuple[int, ...]] = {"SCALAR": (), "VEC2": (2,), "VEC3": (3,), "VEC4": (4,), "MAT4": (4, 4)}


@dataclass(frozen=True)
class Gltf:
    """A parsed file: `document` is the JSON as it stands, `binary` the buffer stored with it."""

    path: Path
    document: dict[str, Any]
    binary: bytes

    def items(self, kind: str) -> list[dict[str, Any]]:
        """A top-level list such as `nodes`; empty if the file has none."""
        return list(self.document.get(kind, []))

    def array(self, accessor: int) -> NDArray[Any]:
        """An accessor's values, (N, ...); normalised integers as float32 in -1..1, matrices as (N, row, column).

        Raises:
            CharacterError: the data lies outside the file, is compressed, or has a form that we do not read.
        """
        try:
            entry = self.document["accessors"][accessor]
            view = self.document["bufferViews"][entry["bufferView"]]
            dtype, shape, count = np.dtype(_COMPONENTS[entry["componentType"]]), _SHAPES[entry["type"]], int(entry["count"])
            external = "uri" in self.document["buffers"][view["buffer"]]
            if external or "sparse" in entry:
                raise CharacterError(f"{self.path}: {'external buffers' if external else 'sparse accessors'} are not read. Export it as a plain binary glTF (.glb).")
            start = view.get("byteOffset", 0) + entry.get("byteOffset", 0)
            width = dtype.itemsize * int(np.prod(shape))
            stride = view.get("byteStride", width)
            flat = np.ndarray((count, int(np.prod(shape))), dtype, self.binary, start, (stride, dtype.itemsize))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise CharacterError(f"{self.path}: accessor {accessor} cannot be read ({error!r}). The file is damaged or compressed; export it as a plain binary glTF.") from error
        values = flat.reshape(count, *shape)
        if entry.get("normalized"):
            values = np.maximum(values.astype(np.float32) / np.iinfo(dtype).max, -1.0)
        return values.swapaxes(1, 2) if len(shape) == 2 else values

    def parents(self) -> list[int]:
        """Parent of each node, -1 for none."""
        result = [-1] * len(self.items("nodes"))
        for i, node in enumerate(self.items("nodes")):
            for child in node.get("children", []):
                result[child] = i
        return result

    def world_matrices(self) -> NDArray[np.float64]:
        """Node to scene of every node as the file stands, (N, 4, 4)."""
        nodes, parents = self.items("nodes"), self.parents()
        local = np.array([_local_matrix(node) for node in nodes]).reshape(-1, 4, 4)
        world = local.copy()
        for i in range(len(nodes)):
            above = parents[i]
            for _ in nodes:  # at most as many steps up as there are nodes, should the file hold a circle
                if above < 0:
                    break
                world[i] = local[above] @ world[i]
                above = parents[above]
        return world


def read_gltf(path: Path) -> Gltf:
    """Parse a .glb (or .vrm) file.

    Raises:
        CharacterError: no such file, not a binary glTF 2.0, or cut short.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CharacterError(f"cannot read {path}: {error.strerror or error}") from error
    if len(data) < 20 or struct.unpack_from("<I", data)[0] != _MAGIC:
        raise CharacterError(f"{path} is not a binary glTF file (.glb, .vrm).")
    _, version, length = struct.unpack_from("<3I", data)
    if version != 2:
        raise CharacterError(f"{path} is glTF version {version}; version 2 is needed.")
    if length > len(data):
        raise CharacterError(f"{path} is cut short: {len(data)} of {length} bytes. Copy or export it again.")
    chunks: dict[int, bytes] = {}
    at = 12
    while at + 8 <= length:
        size, kind = struct.unpack_from("<2I", data, at)
        chunks.setdefault(kind, data[at + 8 : at + 8 + size])
        at += 8 + size
    try:
        document = json.loads(chunks[_JSON_CHUNK])
    except (KeyError, ValueError) as error:
        raise CharacterError(f"{path} is damaged: its description cannot be read ({error}).") from error
    return Gltf(path, document, chunks.get(_BINARY_CHUNK, b""))


def _local_matrix(node: dict[str, Any]) -> NDArray[np.float64]:
    """A node's transform, (4, 4)."""
    if "matrix" in node:
        return np.array(node["matrix"], dtype=np.float64).reshape(4, 4).T
    matrix = np.eye(4)
    matrix[:3, :3] = quat_to_matrix(np.array(node.get("rotation", [0.0, 0.0, 0.0, 1.0]))) * np.array(node.get("scale", [1.0, 1.0, 1.0]))
    matrix[:3, 3] = node.get("translation", [0.0, 0.0, 0.0])
    return matrix
