"""Limb joints are found in the rigs of the field."""

import pytest

from posewright.errors import InputError
from posewright.formats.names import BONE_NAMES
from posewright.skeletons import BODY_PARENTS
from posewright.study.names import LIMBS12, TOES, limb_joints

SIDES = ("Left", "Right")
MIXAMO = ["Hips", "Spine"] + [side + part for side in SIDES for part in ("Shoulder", "Arm", "ForeArm", "Hand", "UpLeg", "Leg", "Foot", "ToeBase")]
OLDER = ["LHipJoint", "RHipJoint", "lhand"] + [side + part for side in SIDES for part in ("Hip", "Knee", "Ankle", "Toe", "Collar", "Shoulder", "Elbow", "Wrist")]
RIGS = {
    "mixamo": [f"mixamorig:{name}" for name in MIXAMO],
    "rokoko": MIXAMO,
    "older BVH": OLDER,
    "unreal": [f"{part}_{side}" for side in "lr" for part in ("clavicle", "upperarm", "lowerarm", "hand", "thigh", "calf", "foot", "ball")],
    "character creator": [f"CC_Base_{side}_{part}" for side in "LR" for part in ("Thigh", "ThighTwist01", "Calf", "Foot", "ToeBase", "Clavicle", "Upperarm", "Forearm", "Hand")],
    "rigify": [f"DEF-{part}.{side}" for side in "LR" for part in ("upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toe")],
    "daz": [f"{side}{part}" for side in "lr" for part in ("Collar", "Shldr", "ForeArm", "Hand", "Thigh", "Shin", "Foot", "Toe")],
    "acclaim": [f"{side}{part}" for side in "lr" for part in ("femur", "tibia", "foot", "toes", "clavicle", "humerus", "radius", "wrist", "hand")],
    "vroid": [f"J_Bip_{side}_{part}" for side in "LR" for part in ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot", "Toes")],
    "biped": [f"Bip01 {side} {part}" for side in "LR" for part in ("Clavicle", "UpperArm", "Forearm", "Hand", "Thigh", "Calf", "Foot", "Toe0")],
    **{f"ours as {scheme}": list(table.values()) for scheme, table in BONE_NAMES.items()},
}


@pytest.mark.parametrize("rig", RIGS)
def test_every_limb_joint_is_found(rig: str) -> None:
    assert set(limb_joints(RIGS[rig], rig)) == {*LIMBS12, *TOES}


def test_the_humanoid_is_found_by_its_own_bones() -> None:
    names = tuple(BODY_PARENTS)
    found = {joint: names[index] for joint, index in limb_joints(names, "us").items()}
    assert found["left_shoulder"] == "leftUpperArm"
    assert found["right_ankle"] == "rightFoot"


def test_a_collar_is_no_shoulder() -> None:
    assert RIGS["rokoko"][limb_joints(RIGS["rokoko"], "x")["left_shoulder"]] == "LeftArm"
    assert RIGS["older BVH"][limb_joints(RIGS["older BVH"], "x")["left_shoulder"]] == "LeftShoulder"


def test_unknown_names_are_refused_with_what_was_there() -> None:
    with pytest.raises(InputError, match=r"a\.bvh.*known names: bone0, bone1"):
        limb_joints(["bone0", "bone1"], "a.bvh")
