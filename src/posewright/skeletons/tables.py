"""The joint sets of the field as data: order, edges, left and right, and where each is defined."""

from __future__ import annotations

from itertools import pairwise

from posewright.errors import UsageError
from posewright.skeletons.humanoid import HUMANOID
from posewright.skeletons.jointset import JointSet


def _both(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((f"left_{name}", f"right_{name}") for name in names)


def _limbs(*chains: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Edges along each chain on both sides."""
    return tuple((f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for chain in chains for a, b in pairwise(chain))


_ARM = ("shoulder", "elbow", "wrist")
_LEG = ("hip", "knee", "ankle")
_TORSO = (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"))
_FACE = (("nose", "left_eye"), ("nose", "right_eye"), ("left_eye", "left_ear"), ("right_eye", "right_ear"))
_COCO_JOINTS = ("nose", *(name for part in ("eye", "ear", *_ARM, *_LEG) for name in (f"left_{part}", f"right_{part}")))
_COCO_PAIRS = _both("eye", "ear", *_ARM, *_LEG)

BLAZEPOSE33 = JointSet(
    name="blazepose33",
    joints=(
        *("nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer"),
        *("left_ear", "right_ear", "left_mouth", "right_mouth"),
        *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
        *("left_pinky", "right_pinky", "left_index", "right_index", "left_thumb", "right_thumb"),
        *("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
        *("left_heel", "right_heel", "left_foot_index", "right_foot_index"),
    ),
    edges=(
        *(("nose", "left_eye_inner"), ("left_eye_inner", "left_eye"), ("left_eye", "left_eye_outer"), ("left_eye_outer", "left_ear")),
        *(("nose", "right_eye_inner"), ("right_eye_inner", "right_eye"), ("right_eye", "right_eye_outer"), ("right_eye_outer", "right_ear")),
        ("left_mouth", "right_mouth"),
        *_TORSO,
        *_limbs(_ARM, ("wrist", "pinky", "index", "wrist", "thumb"), _LEG, ("ankle", "heel", "foot_index", "ankle")),
    ),
    pairs=_both("eye_inner", "eye", "eye_outer", "ear", "mouth", *_ARM, "pinky", "index", "thumb", *_LEG, "heel", "foot_index"),
    source="Bazarevsky et al. 2020, BlazePose, https://arxiv.org/abs/2006.10204",
)

COCO17 = JointSet(
    name="coco17",
    joints=_COCO_JOINTS,
    edges=(*_FACE, *_TORSO, *_limbs(_ARM, _LEG)),
    pairs=_COCO_PAIRS,
    source="Lin et al. 2014, Microsoft COCO, https://arxiv.org/abs/1405.0312",
)

HALPE26 = JointSet(
    name="halpe26",
    joints=(*_COCO_JOINTS, "head_top", "neck", "pelvis", *(name for part in ("big_toe", "small_toe", "heel") for name in (f"left_{part}", f"right_{part}"))),
    edges=(
        *_FACE,
        *(("head_top", "neck"), ("neck", "left_shoulder"), ("neck", "right_shoulder"), ("neck", "pelvis"), ("pelvis", "left_hip"), ("pelvis", "right_hip")),
        *_limbs(_ARM, _LEG, ("ankle", "big_toe"), ("ankle", "small_toe"), ("ankle", "heel")),
    ),
    pairs=(*_COCO_PAIRS, *_both("big_toe", "small_toe", "heel")),
    source="Fang et al. 2022, AlphaPose (Halpe-FullBody, 26 body keypoints), https://arxiv.org/abs/2211.03375",
)

H36M17 = JointSet(
    name="h36m17",
    joints=(
        *("pelvis", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
        *("spine", "neck", "nose", "head_top"),
        *("left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist"),
    ),
    edges=(
        *(("pelvis", "left_hip"), ("pelvis", "right_hip"), ("pelvis", "spine"), ("spine", "neck"), ("neck", "nose"), ("nose", "head_top")),
        *(("neck", "left_shoulder"), ("neck", "right_shoulder")),
        *_limbs(_ARM, _LEG),
    ),
    pairs=_both(*_LEG, *_ARM),
    parents=(-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15),
    source="Ionescu et al. 2014, Human3.6M, in the 17-joint order of Martinez et al. 2017, https://arxiv.org/abs/1705.03098",
)

_OPENPOSE_EDGES = (("nose", "neck"), *_FACE, ("neck", "left_shoulder"), ("neck", "right_shoulder"), *_limbs(_ARM, _LEG))

BODY_25 = JointSet(
    name="body_25",
    joints=(
        *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"),
        *("pelvis", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
        *("right_eye", "left_eye", "right_ear", "left_ear"),
        *("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel"),
    ),
    edges=(
        *_OPENPOSE_EDGES,
        *(("neck", "pelvis"), ("pelvis", "left_hip"), ("pelvis", "right_hip")),
        *_limbs(("ankle", "big_toe", "small_toe"), ("ankle", "heel")),
    ),
    pairs=(*_COCO_PAIRS, *_both("big_toe", "small_toe", "heel")),
    source="Cao et al. 2019, OpenPose (BODY_25), https://arxiv.org/abs/1812.08008",
)

OPENPOSE18 = JointSet(
    name="openpose18",
    joints=(
        *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"),
        *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
        *("right_eye", "left_eye", "right_ear", "left_ear"),
    ),
    edges=(*_OPENPOSE_EDGES, ("neck", "left_hip"), ("neck", "right_hip")),
    pairs=_COCO_PAIRS,
    source="Cao et al. 2019, OpenPose (COCO model, 18 keypoints), https://arxiv.org/abs/1812.08008",
)

MPII16 = JointSet(
    name="mpii16",
    joints=(
        *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle"),
        *("pelvis", "neck", "upper_neck", "head_top"),
        *("right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist"),
    ),
    edges=(
        *(("pelvis", "left_hip"), ("pelvis", "right_hip"), ("pelvis", "neck"), ("neck", "upper_neck"), ("upper_neck", "head_top")),
        *(("neck", "left_shoulder"), ("neck", "right_shoulder")),
        *_limbs(_ARM, _LEG),
    ),
    pairs=_both(*_LEG, *_ARM),
    source="Andriluka et al. 2014, MPII Human Pose, http://human-pose.mpi-inf.mpg.de",
)

JOINT_SETS: dict[str, JointSet] = {s.name: s for s in (BLAZEPOSE33, COCO17, HALPE26, H36M17, BODY_25, OPENPOSE18, MPII16, HUMANOID)}
"""Every joint set by name."""


def joint_set(name: str) -> JointSet:
    """The joint set called `name`.

    Raises:
        UsageError: there is none.
    """
    if name not in JOINT_SETS:
        raise UsageError(f"no joint set '{name}'. There are: {', '.join(JOINT_SETS)}")
    return JOINT_SETS[name]
