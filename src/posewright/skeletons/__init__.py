"""Joint sets as data, the conversions between them, skeletons and the humanoid."""

from posewright.skeletons.convert import Conversion, conversion
from posewright.skeletons.humanoid import BODY_PARENTS, HUMANOID, HUMANOID_PARENTS, REFERENCE_HEIGHT_M, REQUIRED_BONES, reference_skeleton
from posewright.skeletons.jointset import JointSet
from posewright.skeletons.skeleton import Skeleton
from posewright.skeletons.tables import BLAZEPOSE33, BODY_25, COCO17, H36M17, HALPE26, JOINT_SETS, MPII16, OPENPOSE18, joint_set

__all__ = [
    "BLAZEPOSE33",
    "BODY_25",
    "BODY_PARENTS",
    "COCO17",
    "H36M17",
    "HALPE26",
    "HUMANOID",
    "HUMANOID_PARENTS",
    "JOINT_SETS",
    "MPII16",
    "OPENPOSE18",
    "REFERENCE_HEIGHT_M",
    "REQUIRED_BONES",
    "Conversion",
    "JointSet",
    "Skeleton",
    "conversion",
    "joint_set",
    "reference_skeleton",
]
