from __future__ import annotations

import pytest

from posewright.skeletons import HUMANOID_PARENTS, REQUIRED_BONES
from posewright.skeletons.bone_names import CENTRE_BONES, FAMILIES, SIDE_BONES, match_family, match_names, plain_name

# As the programs' own exports spell them: a left bone of each kind, and what it is.
SPELLINGS = {
    "mixamorig:LeftArm": ("left", "arm"),
    "mixamorig1_RightUpLeg": ("right", "upleg"),
    "LeftHandThumb1": ("left", "handthumb1"),
    "upperarm_l": ("left", "upperarm"),
    "spine_01": ("", "spine1"),
    "DEF-upper_arm.L": ("left", "upperarm"),
    "DEF-spine.003": ("", "spine3"),
    "DEF-f_index.01.R": ("right", "findex1"),
    "LHipJoint": ("left", "hipjoint"),
    "CC_Base_L_Upperarm": ("left", "upperarm"),
    "CC_Base_NeckTwist01": ("", "necktwist01"),
    "Bip01 L UpperArm": ("left", "upperarm"),
    "Bip001 R Finger01": ("right", "finger01"),
    "ValveBiped.Bip01_R_Thigh": ("right", "thigh"),
    "lShldrBend": ("left", "shldrbend"),
    "l_upperarm": ("left", "upperarm"),
    "J_Bip_L_UpperArm": ("left", "upperarm"),
    "Character1_LeftUpLeg": ("left", "upleg"),
    "RIGHT_KNEE": ("right", "knee"),
    "leftupperarm": ("left", "upperarm"),
    "upperarm01.L": ("left", "upperarm01"),
    "左腕": ("left", "腕"),
    "右ひじ": ("right", "ひじ"),
    "左親指１": ("left", "親指1"),
    "Hero|Armature:Left Foot": ("left", "foot"),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_spellings_come_down_to_a_side_and_a_word(name: str) -> None:
    assert plain_name(name) == SPELLINGS[name]


def spelled(family: str, left: str, right: str) -> dict[str, str]:
    """Humanoid bone to a name of the family, its first choice, sides spelled as given."""
    rows = FAMILIES[family]
    names = {bone: text.split("|")[0] for bone, text in zip(CENTRE_BONES, rows.centre.split(), strict=True) if text != "-"}
    for side, form in (("left", left), ("right", right)):
        names |= {side + bone: form.format(text.split("|")[0]) for bone, text in zip(SIDE_BONES, rows.side.split(), strict=True) if text != "-"}
    return names


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("left", "right"), [("Left_{}", "Right_{}"), ("{}.L", "{}.R"), ("{}_l", "{}_r"), ("rig:l_{}", "rig:r_{}")])
def test_every_family_is_understood_in_every_spelling_of_the_sides(family: str, left: str, right: str) -> None:
    names = spelled(family, left, right)
    assert match_family(list(names.values()), family) == names
    found = match_names(["Armature", *names.values(), "tail_01", "skirt_l_01"])[1]
    for bone in REQUIRED_BONES & names.keys():
        assert found[bone] == names[bone]


def test_vrm_names_are_all_found() -> None:
    assert match_names(list(HUMANOID_PARENTS))[1] == {bone: bone for bone in HUMANOID_PARENTS}


def test_known_exports() -> None:
    daz = "hip pelvis lThighBend lThighTwist lShin lFoot lMetatarsals lToe rThighBend rThighTwist rShin rFoot rToe abdomenLower abdomenUpper chestLower chestUpper"
    daz += " lCollar lShldrBend lShldrTwist lForearmBend lForearmTwist lHand rCollar rShldrBend rShldrTwist rForearmBend rForearmTwist rHand neckLower neckUpper head"
    family, found = match_names(daz.split())
    assert family == "DAZ Genesis 3 and 8"
    assert (found["leftUpperArm"], found["rightLowerArm"], found["leftToes"], found["hips"]) == ("lShldrBend", "rForearmBend", "lToe", "hip")
    biped = ["Bip01", "Bip01 Pelvis", "Bip01 Spine", "Bip01 Spine1", "Bip01 Neck", "Bip01 Head"]
    parts = ("Clavicle", "UpperArm", "Forearm", "Hand", "Finger0", "Finger01", "Finger02", "Finger1", "Finger11", "Thigh", "Calf", "Foot", "Toe0")
    biped += [f"Bip01 {side} {bone}" for side in "LR" for bone in parts]
    family, found = match_names(biped)
    assert family == "3ds Max Biped"
    assert (found["leftThumbProximal"], found["leftIndexProximal"], found["leftIndexIntermediate"]) == ("Bip01 L Finger01", "Bip01 L Finger1", "Bip01 L Finger11")
    manny = ["root", "pelvis", *(f"spine_0{i}" for i in range(1, 6)), "neck_01", "neck_02", "head"]
    manny += [f"{bone}_{side}" for side in "lr" for bone in ("clavicle", "upperarm", "lowerarm", "hand", "thigh", "calf", "foot", "ball", "upperarm_twist_01")]
    family, found = match_names(manny)
    assert (found["spine"], found["chest"], found["upperChest"], found["leftFoot"]) == ("spine_01", "spine_03", "spine_05", "foot_l")
