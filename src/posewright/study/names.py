"""What other programs call the limb joints: finds shoulders to toes among the joint names of a rig."""

from __future__ import annotations

import re
from collections.abc import Sequence

from posewright.errors import InputError

SIDES = ("left", "right")
LIMBS12 = tuple(f"{side}_{joint}" for side in SIDES for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"))
"""The joints that every tool agrees on, in the common vocabulary."""
TOES = ("left_toes", "right_toes")
"""Joints at the ball of the foot, where a rig has them."""

_PARTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toes")
# Scheme: what it calls the joint at the beginning of each bone, in the order of _PARTS, lower case without punctuation.
SCHEMES: dict[str, tuple[str, ...]] = {
    "VRM and Unity humanoid": ("upperarm", "lowerarm", "hand", "upperleg", "lowerleg", "foot", "toes"),
    "Mixamo, Rokoko, MotionBuilder, CMU in BVH": ("arm", "forearm", "hand", "upleg", "leg", "foot", "toebase"),
    "joint names (common vocabulary, older BVH)": ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toe"),
    "Unreal": ("upperarm", "lowerarm", "hand", "thigh", "calf", "foot", "ball"),
    "Character Creator": ("upperarm", "forearm", "hand", "thigh", "calf", "foot", "toebase"),
    "3ds Max biped": ("upperarm", "forearm", "hand", "thigh", "calf", "foot", "toe0"),
    "Rigify": ("upperarm", "forearm", "hand", "thigh", "shin", "foot", "toe"),
    "DAZ and Poser": ("shldr", "forearm", "hand", "thigh", "shin", "foot", "toe"),
    "Acclaim (CMU in ASF/AMC)": ("humerus", "radius", "wrist", "femur", "tibia", "foot", "toes"),
}
_PREFIX = re.compile(r"^(mixamorig\d*|ccbase|character1|jbip|bip\d+|def|neo|root)")
LEAST_JOINTS = 6
"""Fewer limb joints than this are taken for chance."""


def limb_joints(names: Sequence[str], source: str) -> dict[str, int]:
    """Where each of LIMBS12 and TOES stands among a rig's joint names, by the scheme that finds most of them.

    Namespaces (`mixamorig:`), known prefixes, capitals and punctuation do not matter; a side is `left`, `right`, `l` or
    `r` before or after the name.

    Raises:
        InputError: no scheme finds LEAST_JOINTS of them; names `source` and what was there.
    """
    plain: dict[str, int] = {}
    for index, name in enumerate(names):
        plain.setdefault(_plain(name), index)
    found = max((_by_scheme(plain, scheme) for scheme in SCHEMES.values()), key=len)
    if len(found) < LEAST_JOINTS:
        raise InputError(f"{source}: its joints bear no known names: {', '.join(names)}. Known are: {'; '.join(SCHEMES)}")
    return found


def _plain(name: str) -> str:
    bare = re.sub(r"[^a-z0-9]", "", name.rsplit(":", 1)[-1].lower())
    return _PREFIX.sub("", bare)


def _by_scheme(plain: dict[str, int], scheme: tuple[str, ...]) -> dict[str, int]:
    found = {}
    for side in SIDES:
        for part, word in zip(_PARTS, scheme, strict=True):
            for form in (side + word, word + side, side[0] + word, word + side[0]):
                if form in plain:
                    found[f"{side}_{part}"] = plain[form]
                    break
    return found
