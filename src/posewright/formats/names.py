"""What other programs call the humanoid's bones: tables for formats that hold a bare skeleton."""

from __future__ import annotations

from collections.abc import Mapping

from posewright.errors import CharacterError, UsageError
from posewright.skeletons import HUMANOID_PARENTS, REQUIRED_BONES, Skeleton
from posewright.skeletons.bone_names import match_names

_SEGMENTS = {
    "Thumb": ("Metacarpal", "Proximal", "Distal"),
    **dict.fromkeys(("Index", "Middle", "Ring", "Little"), ("Proximal", "Intermediate", "Distal")),
}


def _limbs(centre: Mapping[str, str], side: Mapping[str, str], prefix: str = "") -> dict[str, str]:
    """Humanoid bone to foreign name, from the mid-line bones and those of one side (`UpperArm` to `Arm`)."""
    names = dict(centre)
    for left_or_right in ("left", "right"):
        names |= {left_or_right + bone: left_or_right.capitalize() + name for bone, name in side.items()}
    return {bone: prefix + name for bone, name in names.items()}


_SIDE = {
    "Shoulder": "Shoulder",
    "UpperArm": "Arm",
    "LowerArm": "ForeArm",
    "Hand": "Hand",
    "UpperLeg": "UpLeg",
    "LowerLeg": "Leg",
    "Foot": "Foot",
    "Toes": "ToeBase",
}
_FINGERS = {
    finger + segment: f"Hand{'Pinky' if finger == 'Little' else finger}{number}" for finger, segments in _SEGMENTS.items() for number, segment in enumerate(segments, start=1)
}
_HEAD = {"neck": "Neck", "head": "Head"}

BONE_NAMES: dict[str, dict[str, str]] = {
    "mixamo": _limbs(
        {"hips": "Hips", "spine": "Spine", "chest": "Spine1", "upperChest": "Spine2", **_HEAD, "leftEye": "LeftEye", "rightEye": "RightEye", "jaw": "Jaw"},
        _SIDE | _FINGERS,
        prefix="mixamorig:",
    ),
    "vrm": {bone: bone for bone in HUMANOID_PARENTS},
    # The CMU motion capture database in its common BVH conversion.
    "cmu": _limbs({"hips": "Hips", "spine": "LowerBack", "chest": "Spine", "upperChest": "Spine1", **_HEAD}, _SIDE | _FINGERS),
}
"""Name of a scheme: humanoid bone to that scheme's name. A bone that a scheme lacks keeps the humanoid's name."""


def bone_names(scheme: str) -> dict[str, str]:
    """The table of `scheme`.

    Raises:
        UsageError: there is none of that name.
    """
    if scheme not in BONE_NAMES:
        raise UsageError(f"no bone names '{scheme}'. There are: {', '.join(BONE_NAMES)}")
    return BONE_NAMES[scheme]


def with_humanoid_names(skeleton: Skeleton) -> Skeleton:
    """The skeleton with its joints called as the humanoid's, if they have the names of a family of rigs that is known; otherwise as it is.

    Prefixes such as `mixamorig:`, separators and the case of letters do not count (`skeletons.bone_names`).
    """
    if len({*skeleton.joints} & REQUIRED_BONES) == len(REQUIRED_BONES):
        return skeleton
    found = match_names(skeleton.joints)[1]
    names = {joint: bone for bone, joint in found.items()}
    clash = [joint for joint in skeleton.joints if joint in found and joint not in names]
    return skeleton.renamed(names) if found.keys() >= REQUIRED_BONES and not clash else skeleton


def with_humanoid_bones(skeleton: Skeleton) -> Skeleton:
    """`with_humanoid_names`, and for a skeleton whose names tell too little: by its shape at rest, as characters are understood."""
    known = with_humanoid_names(skeleton)
    if known is not skeleton or {*skeleton.joints} >= REQUIRED_BONES:
        return known
    from posewright.character.mapping import Rig, map_bones

    try:
        found = map_bones(Rig(skeleton.joints, skeleton.parents, skeleton.rest_pose()[0]), "the motion").bones
    except CharacterError:
        return skeleton
    names = {joint: bone for bone, joint in found.items()}
    clash = [joint for joint in skeleton.joints if joint in found and joint not in names]
    return skeleton.renamed(names | {joint: f"{joint}_" for joint in clash})
