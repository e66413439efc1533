"""The types that travel between rooms: frozen, validated when built, each saying what its arrays mean."""

from posewright.types.camera import DEFAULT_FOV_DEG, Camera
from posewright.types.capture import Capture, Diagnostics, Person, SourceInfo
from posewright.types.character import Character, Material, SkinnedMesh
from posewright.types.document import GltfDocument
from posewright.types.keypoints import Keypoints
from posewright.types.motion import CONTACT_POINTS, Motion
from posewright.types.poses import Poses3D

__all__ = [
    "CONTACT_POINTS",
    "DEFAULT_FOV_DEG",
    "Camera",
    "Capture",
    "Character",
    "Diagnostics",
    "GltfDocument",
    "Keypoints",
    "Material",
    "Motion",
    "Person",
    "Poses3D",
    "SkinnedMesh",
    "SourceInfo",
]
