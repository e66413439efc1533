"""The container that characters come in: glTF 2.0, binary or as text, as JSON and plain arrays.

Specification: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html, chapters 3.6 (buffers, accessors), 3.5 (nodes), 4 (GLB).
"""

from __future__ import annotations

import base64
import binascii
import json
import mimetypes
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from posewright.errors import CharacterError
from posewright.geometry import quat_normalize, quat_to_matrix

_MAGIC = b"glTF"
_JSON_CHUNK = 0x4E4F534A
_BINARY_CHUNK = 0x004E4942
_COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_SHAPES: dict[str, tuple[int, ...]] = {"SCALAR": (), "VEC2": (2,), "VEC3": (3,), "VEC4": (4,), "MAT4": (4, 4)}
_COMPRESSIONS = {"KHR_draco_mesh_compression": "Draco", "EXT_meshopt_compression": "meshopt", "KHR_meshopt_compression": "meshopt"}


@dataclass(frozen=True)
class Gltf:
    """A parsed file: `document` is the JSON, `binary` the content of its one buffer."""

    path: Path
    document: dict[str, Any] = field(repr=False)
    binary: bytes | memoryview = field(repr=False)

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
            dtype, shape, count = np.dtype(_COMPONENTS[entry["componentType"]]), _SHAPES[entry["type"]], int(entry["count"])
            width = int(np.prod(shape))
            if "bufferView" in entry:
                flat = self._view(entry["bufferView"], entry.get("byteOffset", 0), count, width, dtype)
            elif "sparse" in entry and count * width <= 16 * len(self.binary):
                flat = np.zeros((count, width), dtype)
            else:
                raise KeyError("bufferView")
            if "sparse" in entry:
                flat = self._with_sparse(flat, entry["sparse"])
        except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
            raise CharacterError(f"{self.path}: accessor {accessor} cannot be read ({error!r}). The file is damaged or compressed; export it as a plain binary glTF.") from error
        values = flat.reshape(count, *shape)
        if entry.get("normalized"):
            values = np.maximum(values.astype(np.float32) / np.iinfo(dtype).max, -1.0)
        return values.swapaxes(1, 2) if len(shape) == 2 else values

    def _view(self, index: int, offset: int, count: int, width: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """`count` rows of `width` numbers in a buffer view, without a copy."""
        view = self.document["bufferViews"][index]
        if _COMPRESSIONS.keys() & view.get("extensions", {}).keys():
            raise KeyError("compressed")
        stride = view.get("byteStride", width * dtype.itemsize)
        return np.ndarray((count, width), dtype, self.binary, view.get("byteOffset", 0) + offset, (stride, dtype.itemsize))

    def _with_sparse(self, flat: NDArray[Any], sparse: dict[str, Any]) -> NDArray[Any]:
        """The rows of `flat` (N, W) with those replaced that a sparse accessor lists."""
        where, what, count = sparse["indices"], sparse["values"], int(sparse["count"])
        rows = self._view(where["bufferView"], where.get("byteOffset", 0), count, 1, np.dtype(_COMPONENTS[where["componentType"]]))[:, 0]
        changed = flat.copy()
        changed[rows] = self._view(what["bufferView"], what.get("byteOffset", 0), count, flat.shape[1], flat.dtype)
        return changed

    def parents(self) -> list[int]:
        """Parent of each node, -1 for none."""
        result = [-1] * len(self.items("nodes"))
        for i, node in enumerate(self.items("nodes")):
            for child in node.get("children", []):
                result[child] = i
        return result

    def local_matrices(self) -> NDArray[np.float64]:
        """Each node's own transform, (N, 4, 4)."""
        return np.array([_local_matrix(node) for node in self.items("nodes")]).reshape(-1, 4, 4)

    def world_matrices(self) -> NDArray[np.float64]:
        """Node to scene of every node as the file stands, (N, 4, 4).

        Raises:
            CharacterError: a node is its own ancestor.
        """
        parents, local = self.parents(), self.local_matrices()
        world: dict[int, NDArray[np.float64]] = {}
        for i in range(len(parents)):
            chain = [i]
            while parents[chain[-1]] >= 0 and chain[-1] not in world:
                chain.append(parents[chain[-1]])
                if len(chain) > len(parents):
                    name = self.items("nodes")[i].get("name", i)
                    raise CharacterError(f"{self.path} is damaged: node '{name}' is its own ancestor. Export it again.")
            for node in reversed(chain):
                if node not in world:
                    world[node] = local[node] if parents[node] < 0 else world[parents[node]] @ local[node]
        return np.array([world[i] for i in range(len(parents))]).reshape(-1, 4, 4)


def read_gltf(path: Path) -> Gltf:
    """Parse a .glb, .vrm or .gltf file; buffers and images that lie beside it are taken in, so that one buffer holds all.

    Raises:
        CharacterError: no such file, not glTF 2.0, cut short, compressed, or a file that it names is missing.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CharacterError(f"cannot read {path}: {error.strerror or error}") from error
    text, chunk = _chunks(path, data) if data[:4] == _MAGIC or path.suffix.lower() != ".gltf" else (data, None)
    try:
        document = json.loads(bytes(text))
    except (ValueError, RecursionError) as error:
        raise CharacterError(f"{path} is damaged: its description cannot be read ({error}).") from error
    if not isinstance(document, dict) or str(document.get("asset", {}).get("version", "2.0"))[:1] != "2":
        raise CharacterError(f"{path} is not glTF version 2. Export it as glTF 2.0.")
    _refuse_compression(path, document)
    try:
        binary = _one_buffer(path, document, chunk)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise CharacterError(f"{path} is damaged: its buffers do not fit together ({error!r}). Export it again.") from error
    return Gltf(path, document, binary)


def _chunks(path: Path, data: bytes) -> tuple[memoryview, memoryview | None]:
    """The JSON and the binary chunk of a GLB, without a copy."""
    if len(data) < 20 or data[:4] != _MAGIC:
        raise CharacterError(f"{path} is not a binary glTF file (.glb, .vrm).")
    _, version, length = struct.unpack_from("<3I", data)
    if version != 2:
        raise CharacterError(f"{path} is glTF version {version}; version 2 is needed.")
    if length > len(data):
        raise CharacterError(f"{path} is cut short: {len(data)} of {length} bytes. Copy or export it again.")
    chunks: dict[int, memoryview] = {}
    at = 12
    while at + 8 <= length:
        size, kind = struct.unpack_from("<2I", data, at)
        chunks.setdefault(kind, memoryview(data)[at + 8 : at + 8 + size])
        at += 8 + size
    if _JSON_CHUNK not in chunks:
        raise CharacterError(f"{path} is damaged: it has no description. Export it again.")
    return chunks[_JSON_CHUNK], chunks.get(_BINARY_CHUNK)


def _refuse_compression(path: Path, document: dict[str, Any]) -> None:
    used = {*document.get("extensionsUsed", []), *document.get("extensionsRequired", [])}
    for extension, name in _COMPRESSIONS.items():
        if extension in used:
            raise CharacterError(
                f"{path} is compressed with {name}, which is not read. Decompress it with glTF Transform:"
                f" npx @gltf-transform/cli copy {path.name} plain.glb (or export it again without compression)."
            )


def _one_buffer(path: Path, document: dict[str, Any], binary: memoryview | None) -> bytes | memoryview:
    """The content of all buffers behind each other; `document` is brought to say so, images outside are taken in."""
    buffers = document.get("buffers", [])
    images = [image for image in document.get("images", []) if "uri" in image]
    if len(buffers) <= 1 and not images and not any("uri" in buffer for buffer in buffers):
        if binary is None:
            return b""
        _check_length(path, buffers, 0, binary)
        return binary
    whole, starts = bytearray(), []
    for index, buffer in enumerate(buffers):
        content = _resource(path, buffer["uri"]) if "uri" in buffer else binary or b""
        _check_length(path, buffers, index, content)
        starts.append(len(whole))
        whole += content
        whole += bytes(-len(whole) % 4)
    for view in document.get("bufferViews", []):
        view |= {"buffer": 0, "byteOffset": view.get("byteOffset", 0) + starts[view["buffer"]]}
    for image in images:
        uri = image.pop("uri")
        content = _resource(path, uri)
        document.setdefault("bufferViews", []).append({"buffer": 0, "byteOffset": len(whole), "byteLength": len(content)})
        image |= {"bufferView": len(document["bufferViews"]) - 1}
        image.setdefault("mimeType", _mime_type(uri, content))
        whole += content
        whole += bytes(-len(whole) % 4)
    document["buffers"] = [{"byteLength": len(whole)}]
    return bytes(whole)


def _check_length(path: Path, buffers: list[dict[str, Any]], index: int, content: bytes | memoryview) -> None:
    claimed = int(buffers[index]["byteLength"]) if buffers else 0
    if claimed > len(content):
        raise CharacterError(f"{path} is damaged: buffer {index} claims {claimed} bytes, {len(content)} are there. Copy or export it again.")


def _resource(path: Path, uri: str) -> bytes:
    """What a URI in the file names: data in the URI itself, or a file beside it."""
    if uri.startswith("data:"):
        try:
            return base64.b64decode(uri.partition(",")[2], validate=True)
        except binascii.Error as error:
            raise CharacterError(f"{path} is damaged: data stored in its text cannot be decoded ({error}).") from error
    place = path.parent / unquote(uri)
    try:
        if not place.resolve().is_relative_to(path.parent.resolve()):
            raise CharacterError(f"{path} names '{uri}', which lies outside its folder. Put it beside the file.")
        return place.read_bytes()
    except OSError as error:
        raise CharacterError(f"{path} needs {place}, which cannot be read: {error.strerror or error}. Copy it there, or export as .glb.") from error


def _mime_type(uri: str, content: bytes) -> str:
    if uri.startswith("data:"):
        return uri[5:].partition(";")[0]
    return "image/png" if content[:4] == b"\x89PNG" else mimetypes.guess_type(uri)[0] or "image/jpeg"


def _local_matrix(node: dict[str, Any]) -> NDArray[np.float64]:
    """A node's transform, (4, 4)."""
    if "matrix" in node:
        return np.array(node["matrix"], dtype=np.float64).reshape(4, 4).T
    matrix = np.eye(4)
    matrix[:3, :3] = quat_to_matrix(quat_normalize(np.array(node.get("rotation", [0.0, 0.0, 0.0, 1.0])))) * np.array(node.get("scale", [1.0, 1.0, 1.0]))
    matrix[:3, 3] = node.get("translation", [0.0, 0.0, 0.0])
    return matrix
