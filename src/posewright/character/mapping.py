"""Which bone is which: the file's own humanoid map, else names, else the shape of the skeleton; and a map by hand over all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from posewright.character.topology import guess_bones
from posewright.errors import CharacterError
from posewright.skeletons import HUMANOID_PARENTS
from posewright.skeletons.bone_names import FINGERS, SIDES, match_names, plain_name

NEEDED_BONES: tuple[str, ...] = ("hips", "spine", *(side + bone for side in SIDES for bone in ("UpperArm", "LowerArm", "UpperLeg", "LowerLeg")))
"""Without these a body cannot be driven. Hands, feet, neck and head may be missing; VRM would not allow that."""
VRM0_THUMB = {"Proximal": "Metacarpal", "Intermediate": "Proximal", "Distal": "Distal"}
"""VRM 0.x and Unity call the thumb's first joint proximal. https://github.com/vrm-c/vrm-specification/tree/master/specification/0.0"""


@dataclass(frozen=True)
class Rig:
    """The joints that a map chooses from, at rest, parents first."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    positions: NDArray[np.float64]
    """World positions (J, 3); +Y up."""

    def chain(self, joint: int) -> list[int]:
        """`joint` and all its ancestors, the root last."""
        chain = [joint]
        while self.parents[chain[-1]] >= 0:
            chain.append(self.parents[chain[-1]])
        return chain

    def below(self, joint: int, ancestor: int) -> bool:
        """Whether `joint` hangs below `ancestor`."""
        return ancestor in self.chain(joint)[1:]


@dataclass(frozen=True)
class BoneMap:
    """Humanoid bone to joint, and how it was found."""

    bones: Mapping[str, str]
    how: Mapping[str, str]
    """Of each bone: `file`, `names`, `shape` or `given`."""
    source: str
    """What the map as a whole rests on, for people to read."""
    score: float
    """How sure the map is, 0 to 1."""
    notes: tuple[str, ...] = field(default=())


def map_bones(rig: Rig, source: str, from_file: Mapping[str, str] | None = None, given: Mapping[str, str] | None = None, strict: bool = True) -> BoneMap:
    """Find the humanoid's bones among a rig's joints.

    Args:
        rig: joints at rest.
        source: the file, for messages.
        from_file: humanoid bone to joint, where the file says so itself (VRM).
        given: the user's own word on some bones; a joint of `""` says that the rig has none.
        strict: raise when bones that are needed are missing; otherwise give back what was found.

    Raises:
        CharacterError: the map given names what does not exist, or (strict) the rig is no humanoid; names what is missing.
    """
    given = dict(given or {})
    _check_given(rig, source, given)
    if from_file:
        found, label = dict(from_file), "the file's own humanoid map"
    else:
        family, found = match_names(rig.names)
        label = f"bone names ({family})"
    notes: list[str] = []
    if not from_file:
        _mend(rig, found, notes)
    how = dict.fromkeys(found, "file" if from_file else "names")
    missing = [bone for bone in NEEDED_BONES if bone not in found and bone not in given]
    reason = ""
    if missing:
        shape = guess_bones(rig.names, rig.parents, rig.positions)
        reason = shape.reason
        if len(missing) > 4 and len(shape.bones) >= len(NEEDED_BONES):
            found, how = {}, {}
            label = "the skeleton's shape"
        for bone, joint in shape.bones.items():
            if bone not in found and joint not in found.values():
                found[bone], how[bone] = joint, "shape"
    for bone, joint in given.items():
        found = {other: name for other, name in found.items() if name != joint and other != bone}
        if joint:
            found[bone], how[bone] = joint, "given"
    if not from_file and not any(bone.startswith(SIDES) for bone in given) and _sides_swapped(rig, found):
        found, how = _other_sides(found), _other_sides(how)
        notes.append("bones called left lie on the body's right side, as seen by who faces it: left and right were exchanged")
    _rooted(rig, found, notes)
    missing = [bone for bone in NEEDED_BONES if bone not in found]
    if missing and strict:
        raise CharacterError(
            f"{source} has no bone for {', '.join(missing)}.{' ' + reason if reason else ''} Bones found: {_shortened(rig.names)}."
            f" Map it with --bone-map (start one: posewright character inspect {source} --write-map map.toml)."
        )
    how = {bone: how[bone] for bone in found}
    return BoneMap(found, how, label, _score(rig, found, how), tuple(notes))


def from_vrm(document: Mapping[str, object]) -> dict[str, int]:
    """Humanoid bone to node by the VRM 1.0 (a character's or an animation's) or 0.x extension of a glTF document; empty where it has none.

    https://github.com/vrm-c/vrm-specification/blob/master/specification/VRMC_vrm-1.0/humanoid.md
    """
    extensions = document.get("extensions", {})
    if not isinstance(extensions, dict):
        return {}
    now: Mapping[str, Mapping[str, int]] = next(
        (extensions[name].get("humanoid", {}).get("humanBones", {}) for name in ("VRMC_vrm", "VRMC_vrm_animation") if name in extensions), {}
    )
    if now:
        return {bone: int(entry["node"]) for bone, entry in now.items() if bone in HUMANOID_PARENTS}
    old = extensions.get("VRM", {}).get("humanoid", {}).get("humanBones", [])
    bones: dict[str, int] = {}
    for entry in old:
        bone, node = str(entry.get("bone", "")), entry.get("node", -1)
        for segment, ours in VRM0_THUMB.items():
            if bone.endswith(f"Thumb{segment}"):
                bone = bone.removesuffix(segment) + ours
                break
        if bone in HUMANOID_PARENTS and isinstance(node, int) and node >= 0:
            bones.setdefault(bone, node)
    return bones


def _check_given(rig: Rig, source: str, given: Mapping[str, str]) -> None:
    for bone, joint in given.items():
        if bone not in HUMANOID_PARENTS:
            raise CharacterError(f"the bone map names '{bone}', which is no humanoid bone. There are: {', '.join(HUMANOID_PARENTS)}")
        if joint and joint not in rig.names:
            raise CharacterError(f"the bone map says {bone} = '{joint}', but {source} has no such bone. It has: {_shortened(rig.names)}")


def _mend(rig: Rig, found: dict[str, str], notes: list[str]) -> None:
    """Put right what names alone get wrong."""
    place = {name: i for i, name in enumerate(rig.names)}
    for side in SIDES:
        hand = found.get(f"{side}Hand")
        if hand is not None and rig.parents[place[hand]] >= 0:
            above = rig.names[rig.parents[place[hand]]]
            # A wrist joint between forearm and hand is where the hand turns (KayKit).
            if above not in found.values() and plain_name(above)[1] == "wrist":
                found[f"{side}Hand"] = above
        for upper, lower in (("UpperArm", "LowerArm"), ("LowerArm", "Hand"), ("UpperLeg", "LowerLeg")):
            a, b = found.get(side + upper), found.get(side + lower)
            if a is not None and b is not None and not rig.below(place[b], place[a]):
                notes.append(f"'{b}' is no {side}{lower}: it does not hang below '{a}'")
                del found[side + lower]
        foot, shin = found.get(f"{side}Foot"), found.get(f"{side}LowerLeg")
        if foot is not None and shin is not None and not rig.below(place[foot], place[shin]):
            notes.append(f"'{foot}' does not hang below '{shin}' (a rig for inverse kinematics): it is carried along with it")
    if "spine" not in found:
        for bone in ("chest", "upperChest"):
            if bone in found:
                found["spine"] = found.pop(bone)
                break


def _sides_swapped(rig: Rig, found: Mapping[str, str]) -> bool:
    """Whether left and right are named as who faces the body sees them: with what is called left on the left, it would walk backwards.

    Toes tell which way is forward; without any, that models face +Z (glTF 2.0, 3.4).
    """
    place = {bone: rig.positions[rig.names.index(joint)] for bone, joint in found.items()}
    pairs = [(place[f"left{part}"], place[f"right{part}"]) for part in ("UpperLeg", "UpperArm") if f"left{part}" in place and f"right{part}" in place]
    if len(pairs) < 2:
        return False
    across, up = pairs[0][0] - pairs[0][1] + pairs[1][0] - pairs[1][1], sum(pairs[1]) - sum(pairs[0])
    forward = np.cross(across, up)
    toes = [place[f"{side}Toes"] - place[f"{side}Foot"] for side in SIDES if f"{side}Toes" in place and f"{side}Foot" in place]
    ahead = np.sum(toes, axis=0) if toes else np.array([0.0, 0.0, 1.0])
    return float(forward @ ahead) < -0.5 * float(np.linalg.norm(forward) * np.linalg.norm(ahead - up * (ahead @ up) / max(up @ up, 1e-12)))


def _other_sides(found: Mapping[str, str]) -> dict[str, str]:
    other = {"left": "right", "right": "left"}
    return {next((other[side] + bone.removeprefix(side) for side in SIDES if bone.startswith(side)), bone): joint for bone, joint in found.items()}


def _rooted(rig: Rig, found: dict[str, str], notes: list[str]) -> None:
    """The hips must carry both legs and the spine: where they do not, their nearest joint above that does takes their place."""
    place = {name: i for i, name in enumerate(rig.names)}
    carried = [place[found[bone]] for bone in ("spine", "leftUpperLeg", "rightUpperLeg") if bone in found]
    if "hips" not in found or len(carried) < 3 or all(rig.below(joint, place[found["hips"]]) for joint in carried):
        return
    for joint in rig.chain(place[found["hips"]])[1:]:
        if all(rig.below(one, joint) for one in carried):
            if rig.names[joint] in found.values():
                return
            notes.append(f"'{found['hips']}' does not carry both legs and the spine, '{rig.names[joint]}' does: it is taken as hips")
            found["hips"] = rig.names[joint]
            return


def _score(rig: Rig, found: Mapping[str, str], how: Mapping[str, str]) -> float:
    """Share of the body's bones found, less for what was guessed, and for pairs that are no mirror images."""
    trust = {"file": 1.0, "given": 1.0, "names": 0.95, "shape": 0.7}
    body = [bone for bone in HUMANOID_PARENTS if bone not in ("jaw", "leftEye", "rightEye") and not any(finger in bone for finger in FINGERS)]
    needed = sum(trust[how[bone]] for bone in NEEDED_BONES if bone in found) / len(NEEDED_BONES)
    others = [bone for bone in body if bone not in NEEDED_BONES]
    more = sum(trust[how[bone]] for bone in others if bone in found) / len(others)
    return round(float((0.8 * needed + 0.2 * more) * _mirrored(rig, found)), 2)


def _mirrored(rig: Rig, found: Mapping[str, str]) -> float:
    """1 where limbs left and right are of one length, less where they differ."""
    place = {name: i for i, name in enumerate(rig.names)}
    shares = []
    for upper, lower in (("UpperArm", "LowerArm"), ("UpperLeg", "LowerLeg")):
        if all(side + bone in found for side in SIDES for bone in (upper, lower)):
            left, right = (float(np.linalg.norm(np.subtract(*(rig.positions[place[found[side + bone]]] for bone in (upper, lower))))) for side in SIDES)
            shares.append(min(left, right) / max(left, right, 1e-9))
    return float(np.mean(shares)) if shares else 1.0


def _shortened(names: Sequence[str], most: int = 40) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
