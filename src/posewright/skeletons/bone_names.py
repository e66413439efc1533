"""What other programs call the humanoid's bones: one table a family of rigs, and the spelling rules that make names alike.

Facts about names come from the programs' own exports and public documentation; each table is data and nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

SIDES = ("left", "right")
CENTRE_BONES = ("hips", "spine", "chest", "upperChest", "neck", "head")
SIDE_BONES = ("Shoulder", "UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot", "Toes")
FINGERS: dict[str, tuple[str, str, str]] = {
    "Thumb": ("Metacarpal", "Proximal", "Distal"),
    **dict.fromkeys(("Index", "Middle", "Ring", "Little"), ("Proximal", "Intermediate", "Distal")),
}


@dataclass(frozen=True)
class Family:
    """How one family of rigs names its bones, each name as `plain_name` gives it: no side, no prefix, no separators."""

    centre: str
    """Names of CENTRE_BONES in order, separated by spaces; `-` for none, `|` between alternatives, the likelier first."""
    side: str
    """The same for SIDE_BONES."""
    fingers: str = ""
    """Patterns for thumb, index, middle, ring, little, `#` standing for the joint's number."""
    numbers: tuple[str, str, str] = ("1", "2", "3")
    """What `#` becomes for the three joints of a finger."""
    thumb: tuple[str, str, str] | None = None
    """The same for the thumb, where it differs."""


_NUMBERED = "thumb# index# middle# ring# pinky#"
FAMILIES: dict[str, Family] = {
    "VRM and Unity": Family(
        "hips spine chest upperchest neck head",
        "shoulder upperarm lowerarm hand upperleg lowerleg foot toes|toe|toebase",
        "thumb# index# middle# ring# little#",
        ("proximal", "intermediate", "distal"),
    ),
    "VRM 1.0": Family(
        "hips spine chest upperchest neck head",
        "shoulder upperarm lowerarm hand upperleg lowerleg foot toes",
        "thumb# index# middle# ring# little#",
        ("proximal", "intermediate", "distal"),
        ("metacarpal", "proximal", "distal"),
    ),
    "Mixamo, HumanIK, Ready Player Me": Family(
        "hips spine spine1 spine2 neck head", "shoulder arm forearm hand upleg leg foot toebase", "handthumb# handindex# handmiddle# handring# handpinky#"
    ),
    "Unreal Engine 5": Family("pelvis spine1 spine3 spine5 neck1 head", "clavicle upperarm lowerarm hand thigh calf foot ball", _NUMBERED),
    "Unreal Engine 4, MakeHuman game engine": Family("pelvis spine1 spine2 spine3 neck1 head", "clavicle upperarm lowerarm hand thigh calf foot ball", _NUMBERED),
    "Rigify": Family("spine spine1 spine2 spine3 spine4 spine6|head", "shoulder upperarm forearm hand thigh shin foot toe", "thumb# findex# fmiddle# fring# fpinky#"),
    "Rigify for games": Family("hips spine1 spine2 spine3 neck head", "shoulder upperarm forearm hand thigh shin foot toe", "thumb# findex# fmiddle# fring# fpinky#"),
    "CMU (Hahne's BVH)": Family(
        "hips lowerback spine spine1 neck head", "shoulder arm forearm hand upleg leg foot toebase", "handthumb# handindex#|handfinger# handmiddle# handring# handpinky#"
    ),
    "CMU (older BVH)": Family("hips lowerback|chest chest chest2 lowerneck|neck head", "collar shoulder elbow wrist hip knee ankle toe"),
    "Acclaim (CMU in ASF/AMC)": Family("root lowerback upperback thorax lowerneck head", "clavicle humerus radius wrist|hand femur tibia foot toes"),
    "Fairmotion": Family("hips spine spine2 spine3 neck head", "shoulder arm forearm hand upleg leg foot toebase"),
    "MakeHuman": Family(
        "root spine5 spine3 spine1 neck1 head", "clavicle upperarm01 lowerarm01 wrist upperleg01 lowerleg01 foot toe11", "finger1# finger2# finger3# finger4# finger5#"
    ),
    "DAZ Genesis 3 and 8": Family(
        "hip abdomenlower chestlower chestupper necklower head", "collar shldrbend forearmbend hand thighbend shin foot toe|metatarsals", "thumb# index# mid# ring# pinky#"
    ),
    "DAZ Genesis 9": Family("hip spine1 spine2 spine4|spine3 neck1 head", "shoulder upperarm forearm hand thigh shin foot toes", "thumb# index# mid# ring# pinky#"),
    "Poser, DAZ Genesis 1 and 2": Family("hip abdomen abdomen2|chest chest neck head", "collar shldr forearm hand thigh shin foot toe", "thumb# index# mid# ring# pinky#"),
    "Character Creator": Family("hip waist spine01 spine02 necktwist01|neck head", "clavicle upperarm forearm hand thigh calf foot toebase", "thumb# index# mid# ring# pinky#"),
    "3ds Max Biped": Family(
        "pelvis spine spine1 spine2 neck head", "clavicle upperarm forearm hand thigh calf|leg foot toe0", "finger0# finger1# finger2# finger3# finger4#", ("", "1", "2")
    ),
    "KayKit": Family("hips spine chest - neck head", "shoulder|clavicle upperarm lowerarm hand|wrist upperleg lowerleg foot toes"),
    "Quaternius": Family(
        "hips abdomen torso - neck head",
        "shoulder upperarm lowerarm palm|palm2|fist|hand upperleg lowerleg foot toe",
        "thumb#|thumb1 index#|index1 middle#|middle1 ring#|ring1 pinky#|pinky1",
        ("", "2", "3"),
    ),
    "Rokoko, MotionBuilder": Family(
        "hips spine spine1|spine2 spine3|spine4|chest neck head",
        "shoulder|collar arm|uparm forearm|lowarm hand upleg|thigh leg|shin foot toebase|toe",
        "handthumb# handindex# handmiddle# handring# handpinky#",
    ),
    "joint names": Family(
        "pelvis|hip|hips|root spine|torso chest|spine1 upperchest|spine2 neck head", "collar|clavicle shoulder elbow wrist|hand hip knee ankle|foot toe|ball|toes"
    ),
    "DeepMimic": Family("root chest - - neck neckend|head", "- shoulder elbow wrist hip knee ankle -"),
    "MikuMikuDance": Family("腰|センター|グルーブ 上半身 上半身2 上半身3 首 頭", "肩 腕 ひじ|肘 手首 足 ひざ|膝 足首 つま先|足先ex", "親指# 人指# 中指# 薬指# 小指#"),
    "Japanese": Family("腰|尻|ヒップ 背骨|脊椎|胴 胸 上胸 首 頭", "肩 上腕 前腕 手 太もも|大腿|上腿 すね|下腿|脛 足 つま先"),
}

_PREFIX = re.compile(r"^(mixamorig\d*|def|org|mch|ccbase|character\d*|ctrl|jbip|jsec|valve|bip\d*|biped\d*|neo|rig|jnt|joint|bone|bn|skel|sk|armature|genesis\d*|robot|b|j)$")
_SIDE_WORDS = {"left": "left", "right": "right", "l": "left", "r": "right", "lf": "left", "rt": "right", "lft": "left", "rgt": "right", "左": "left", "右": "right"}
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_GLUED = re.compile(r"^(left|right)(?=[a-z]{3})")


@cache
def plain_name(name: str) -> tuple[str, str]:
    """A bone's name without what programs differ in: its side (`left`, `right` or nothing) and the bare name.

    Namespaces, known prefixes, capitals and separators do not matter; a number behind a separator loses its zeros
    (`spine_01`, `Spine1`), one glued to a word keeps them (Biped's `Finger01` is not its `Finger1`).
    """
    text = unicodedata.normalize("NFKC", name).rsplit(":", 1)[-1].rsplit("|", 1)[-1]
    words: list[str] = []
    ends = 0
    for found in _WORDS.finditer(text):
        word = found.group()
        behind = found.start() > ends or not words
        words.append(str(int(word)) if word.isdecimal() and behind else word)
        ends = found.end()
    words = [part for word in words for part in _split(word)]
    words = [word.lower() for word in words]
    if words[:2] == ["cc", "base"] and len(words) > 2:
        words = words[2:]
    while len(words) > 1 and _PREFIX.match(words[0]):
        words = words[1:]
        if words[0].isdecimal() and len(words) > 1:
            words = words[1:]
    side = ""
    for i in (0, len(words) - 1, *range(1, len(words) - 1)):
        if words[i] in _SIDE_WORDS and len(words) > 1:
            side = _SIDE_WORDS[words[i]]
            words.pop(i)
            break
    bare = "".join(words)
    if not side and (glued := _GLUED.match(bare)):
        side, bare = glued.group(), bare[glued.end() :]
    return side, bare


def _split(word: str) -> list[str]:
    """A Japanese word that begins with its side, split from it; `LHip` is split by its capitals."""
    if word[0] in "左右" and len(word) > 1:
        return [word[0], word[1:]]
    if len(word) > 2 and word[0] in "LR" and word[1].isupper() and not word.isupper():
        return [word[0], word[1:]]
    return [word]


@cache
def _table(family: str) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Humanoid bone to its possible plain names, for the mid-line and for the left and right (without the side)."""
    rows = FAMILIES[family]
    centre = {bone: _options(text) for bone, text in zip(CENTRE_BONES, rows.centre.split(), strict=True)}
    side = {bone: _options(text) for bone, text in zip(SIDE_BONES, rows.side.split(), strict=True)}
    for (finger, segments), text in zip(FINGERS.items(), rows.fingers.split(), strict=False):
        for segment, number in zip(segments, rows.thumb if rows.thumb and finger == "Thumb" else rows.numbers, strict=True):
            side[finger + segment] = tuple(option.replace("#", number) for option in _options(text))
    side["Eye"] = ("eye", "目")
    centre["jaw"] = ("jaw", "顎")
    return centre, side


def _options(text: str) -> tuple[str, ...]:
    return () if text == "-" else tuple(text.split("|"))


def match_family(names: Sequence[str], family: str) -> dict[str, str]:
    """Humanoid bone to one of `names`, by one family's table."""
    centre, side = _table(family)
    by_plain: dict[tuple[str, str], str] = {}
    for name in names:
        place = plain_name(name)
        by_plain.setdefault(place, name)
        # All-small names with a single letter for the side, as in Acclaim's `lhumerus`.
        if not place[0] and place[1][:1] in ("l", "r"):
            by_plain.setdefault((_SIDE_WORDS[place[1][0]], place[1][1:]), name)
    found: dict[str, str] = {}
    taken: set[str] = set()
    wanted = [(bone, ("", option)) for bone, options in centre.items() for option in options]
    wanted += [(which + bone, (which, option)) for which in SIDES for bone, options in side.items() for option in options]
    for bone, place in wanted:
        match = by_plain.get(place)
        if match is not None and bone not in found and match not in taken:
            found[bone] = match
            taken.add(match)
    return found


def match_names(names: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The family whose table finds most bones among `names`, and humanoid bone to name by it; bones of the body count most."""
    best, most = "", -1.0
    matches: dict[str, str] = {}
    for family in FAMILIES:
        found = match_family(names, family)
        count = sum(3.0 if not any(finger in bone for finger in FINGERS) else 1.0 for bone in found)
        if count > most:
            best, most, matches = family, count, found
    return best, matches
