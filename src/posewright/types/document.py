"""`GltfDocument`: the file a character came from, kept whole so that writing it back changes nothing but the motion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import IDENTITY


@dataclass(frozen=True)
class GltfDocument:
    """A glTF 2.0 file with one buffer, as JSON and bytes."""

    json: Mapping[str, Any] = field(repr=False)
    """The description as it stands in the file. Not to be changed: writers work on a copy of the lists they touch."""
    binary: bytes | memoryview = field(repr=False)
    """Content of the one buffer."""
    joint_nodes: tuple[int, ...]
    """Node of each joint of the character's skeleton, in its order."""
    file_from_world: NDArray[np.float64] = field(default_factory=IDENTITY.copy)
    """Rotation (4,) of motions on their way into the file: half a turn for VRM 0.x, whose characters face -Z; else identity."""
