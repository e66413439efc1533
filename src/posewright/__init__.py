"""Posewright: a video goes in, an animated character comes out.

    import posewright

    capture = posewright.capture("dance.mp4", height_m=1.75)
    posewright.write("dance.glb", capture)
    capture.people[0].motion.joint_positions()  # (T, J, 3), metres

The rooms of the path can be used by themselves: `posewright.media`, `.estimate`, `.track`, `.lift`, `.solve`,
`.character`, `.formats`. Their types are in `posewright.types`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from posewright.errors import PosewrightError
    from posewright.formats import read_motion, write
    from posewright.pipeline.capture import capture
    from posewright.types import Camera, Capture, Character, Keypoints, Motion, Poses3D

# Imported on first use, so that `import posewright` and `posewright --help` cost nothing.
_LAZY = {
    "capture": "posewright.pipeline",
    "read_motion": "posewright.formats",
    "write": "posewright.formats",
    "PosewrightError": "posewright.errors",
    **dict.fromkeys(["Camera", "Capture", "Character", "Keypoints", "Motion", "Poses3D"], "posewright.types"),
}

__all__ = ["Camera", "Capture", "Character", "Keypoints", "Motion", "Poses3D", "PosewrightError", "__version__", "capture", "read_motion", "write"]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'posewright' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
