"""A VRM 1.0 character as VRM 0.x, which faces the other way and names thumbs otherwise: to try readers with both."""

from __future__ import annotations

import json
import struct
from pathlib import Path

THUMBS = {"ThumbMetacarpal": "ThumbProximal", "ThumbProximal": "ThumbIntermediate"}
JSON_CHUNK = 0x4E4F534A


def as_vrm0(source: Path, target: Path) -> None:
    """Write the file with its scene turned about by half, and its humanoid map and licence as VRM 0.x has them.

    Specification: https://github.com/vrm-c/vrm-specification/tree/master/specification/0.0
    """
    data = source.read_bytes()
    length = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + length])
    vrm1 = document["extensions"].pop("VRMC_vrm")
    scene = document["scenes"][document.get("scene", 0)]
    document["nodes"].append({"name": "turned", "rotation": [0.0, 1.0, 0.0, 0.0], "children": scene["nodes"]})
    scene["nodes"] = [len(document["nodes"]) - 1]
    document["extensions"] = {"VRM": {"specVersion": "0.0", "meta": {"title": "turned", "licenseName": "Other"}, "humanoid": {"humanBones": []}}}
    for bone, entry in vrm1["humanoid"]["humanBones"].items():
        name = next((bone.replace(new, old) for new, old in THUMBS.items() if new in bone), bone)
        document["extensions"]["VRM"]["humanoid"]["humanBones"].append({"bone": name, "node": entry["node"], "useDefaultValues": True})
    document["extensionsUsed"] = [*(name for name in document.get("extensionsUsed", []) if not name.startswith("VRMC_")), "VRM"]
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    target.write_bytes(struct.pack("<III", 0x46546C67, 2, 20 + len(text) + len(rest)) + struct.pack("<II", len(text), JSON_CHUNK) + text + rest)
