"""Files of rigs to read: glTF written here from the humanoid, with whatever scales, names and extras a test wants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.character.gltf import Gltf
from posewright.skeletons import Skeleton, reference_skeleton
from tests.character.rigs import write_file

CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float32) * np.float32(0.02)
FACES = np.array([0, 1, 3, 0, 3, 2, 4, 6, 7, 4, 7, 5, 0, 4, 5, 0, 5, 1, 2, 3, 7, 2, 7, 6, 0, 2, 6, 0, 6, 4, 1, 5, 7, 1, 7, 3], dtype=np.uint16)
TEXTURE = bytes(range(256)) * 3 + b"not a picture, but nobody may change it"


class RigFile:
    """A skinned rig: a cube at each joint, a texture, a morph target, an extension and a node that no one knows."""

    def __init__(self, skeleton: Skeleton | None = None, skinned: bool = True) -> None:
        skeleton = skeleton or reference_skeleton(fingers=True)
        self.binary = bytearray()
        self.document: dict[str, Any] = {"asset": {"version": "2.0", "copyright": "CC0"}, "buffers": [{"byteLength": 0}], "bufferViews": [], "accessors": []}
        nodes: list[dict[str, Any]] = []
        for i, name in enumerate(skeleton.joints):
            node: dict[str, Any] = {"name": name, "translation": skeleton.rest_offsets[i].tolist(), "rotation": skeleton.rest_rotations[i].tolist()}
            if children := skeleton.children(i):
                node["children"] = children
            nodes.append(node)
        self.count = len(nodes)
        self.document |= {"nodes": nodes, "scenes": [{"nodes": [0]}], "scene": 0}
        if skinned:
            self._skin(skeleton)

    def _skin(self, skeleton: Skeleton) -> None:
        positions, _ = skeleton.rest_pose()
        points = (positions[:, None].astype(np.float32) + CUBE).reshape(-1, 3)
        joints = np.zeros((len(points), 4), dtype=np.uint8)
        joints[:, 0] = np.repeat(np.arange(self.count), 8)
        weights = np.tile(np.float32([1, 0, 0, 0]), (len(points), 1))
        faces = (FACES[None] + 8 * np.arange(self.count, dtype=np.uint16)[:, None]).ravel()
        attributes = {"POSITION": self.accessor(points, "VEC3", bounds=True), "JOINTS_0": self.accessor(joints, "VEC4"), "WEIGHTS_0": self.accessor(weights, "VEC4")}
        target = {"POSITION": self.accessor(np.full_like(points, 0.01), "VEC3", bounds=True)}
        primitive = {"attributes": attributes, "indices": self.accessor(faces, "SCALAR"), "material": 0, "targets": [target]}
        view = self.view(TEXTURE)
        mesh_node = len(self.document["nodes"])
        self.document["nodes"] += [{"name": "body", "mesh": 0, "skin": 0}, {"name": "lamp", "translation": [1.0, 2.0, 3.0], "extras": {"of": "the user"}}]
        self.document["scenes"][0]["nodes"] += [mesh_node, mesh_node + 1]
        self.document |= {
            "meshes": [{"name": "body", "primitives": [primitive], "weights": [0.0], "extras": {"targetNames": ["smile"]}}],
            "materials": [{"name": "cloth", "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}, "extensions": {"EXT_unknown": {"colour": "blue"}}}],
            "textures": [{"source": 0}],
            "images": [{"bufferView": view, "mimeType": "image/png"}],
            "extensionsUsed": ["EXT_unknown"],
            "extensions": {"EXT_unknown": {"answer": 42}},
            "skins": [{"joints": list(range(self.count)), "inverseBindMatrices": -1}],
        }
        self.bind()

    def node(self, name: str) -> dict[str, Any]:
        return next(node for node in self.document["nodes"] if node["name"] == name)

    def bind(self) -> None:
        """Bind the skin to where the nodes stand now."""
        worlds = Gltf(Path("x"), self.document, b"").world_matrices()[: self.count]
        inverse = np.linalg.inv(worlds).swapaxes(1, 2).astype(np.float32)
        self.document["skins"][0]["inverseBindMatrices"] = self.accessor(inverse.reshape(-1, 16), "MAT4")

    def view(self, data: bytes) -> int:
        self.document["bufferViews"].append({"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data)})
        self.binary += data + bytes(-len(data) % 4)
        return len(self.document["bufferViews"]) - 1

    def accessor(self, values: NDArray[Any], shape: str, bounds: bool = False) -> int:
        component = {"float32": 5126, "uint16": 5123, "uint8": 5121}[values.dtype.name]
        entry: dict[str, Any] = {"bufferView": self.view(values.tobytes()), "componentType": component, "count": len(values), "type": shape}
        if bounds:
            entry |= {"min": values.min(0).tolist(), "max": values.max(0).tolist()}
        self.document["accessors"].append(entry)
        return len(self.document["accessors"]) - 1

    def write(self, path: Path) -> Path:
        self.document["buffers"][0]["byteLength"] = len(self.binary)
        return write_file(path, self.document, bytes(self.binary))
