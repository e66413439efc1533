"""A glTF 2.0 file that is made from nothing: lists that grow, one buffer, and the two put into a GLB.

Specification: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html, chapters 3.6 (accessors) and 4 (GLB).
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC, JSON_CHUNK, BIN_CHUNK = 0x46546C67, 0x4E4F534A, 0x004E4942
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
COMPONENTS = {"uint8": 5121, "uint16": 5123, "uint32": 5125, "float32": 5126}


@dataclass
class Content:
    """A glTF document that grows, with its one buffer."""

    json: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    roots: list[int] = field(default_factory=list)
    """Nodes of the scene."""
    buffer: bytearray = field(default_factory=bytearray)
    shared_times: dict[tuple[float, ...], int] = field(default_factory=dict)

    def add(self, kind: str, entry: dict[str, Any]) -> int:
        """Append `entry` to the list called `kind`; its index."""
        self.json.setdefault(kind, []).append(entry)
        return len(self.json[kind]) - 1

    def accessor(self, values: NDArray[Any], shape: str, target: int | None = None, bounds: bool = False) -> int:
        """Put an array in the buffer, at a multiple of four bytes; the index of its accessor."""
        data = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes()
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self.buffer), "byteLength": len(data)}
        if target:
            view["target"] = target
        self.buffer += data + bytes(-len(data) % 4)
        entry: dict[str, Any] = {"bufferView": self.add("bufferViews", view), "componentType": COMPONENTS[values.dtype.name], "count": len(values), "type": shape}
        if bounds:
            entry |= {"min": np.atleast_1d(values.min(axis=0)).tolist(), "max": np.atleast_1d(values.max(axis=0)).tolist()}
        return self.add("accessors", entry)

    def times(self, seconds: NDArray[np.float64]) -> int:
        """The accessor of these times, one for all tracks that share them."""
        key = tuple(seconds)
        if key not in self.shared_times:
            self.shared_times[key] = self.accessor(seconds.astype(np.float32), "SCALAR", bounds=True)
        return self.shared_times[key]

    def track(self, animation: dict[str, Any], node: int, channel: str, values: NDArray[np.float64], seconds: NDArray[np.float64]) -> None:
        """Let an animation move a node: keys (K, 3) or (K, 4) of its `translation` or `rotation` at the times (K,)."""
        output = self.accessor(values.astype(np.float32), "VEC4" if channel == "rotation" else "VEC3")
        animation["channels"].append({"sampler": len(animation["samplers"]), "target": {"node": node, "path": channel}})
        animation["samplers"].append({"input": self.times(seconds), "output": output, "interpolation": "LINEAR"})

    def glb(self, asset: dict[str, Any], extras: dict[str, Any], extensions: dict[str, Any] | None = None) -> bytes:
        """The whole file: header, JSON chunk, binary chunk."""
        document = {"asset": asset, "scene": 0, "scenes": [{"name": "Scene", "nodes": self.roots, "extras": extras}], **self.json, "buffers": [{"byteLength": len(self.buffer)}]}
        if extensions:
            document |= {"extensionsUsed": list(extensions), "extensions": extensions}
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<II", len(text), JSON_CHUNK) + text + struct.pack("<II", len(self.buffer), BIN_CHUNK) + self.buffer
        return struct.pack("<III", MAGIC, 2, 12 + len(chunks)) + chunks


def plain(values: NDArray[np.float64]) -> list[float]:
    """A vector as JSON takes it."""
    return [float(value) for value in values]
