"""Recorded motion for synthetic clips: the project's mocap files on the humanoid, at any frame rate, on any character."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from posewright.character import retarget
from posewright.errors import InputError
from posewright.formats import read_motion
from posewright.formats.rest import with_t_pose
from posewright.geometry import Array, normalize, quat_between, quat_conjugate, quat_continuous, quat_from_rotvec, quat_multiply, quat_normalize, quat_rotate, quat_slerp
from posewright.skeletons import Skeleton
from posewright.solve.ik import two_bone
from posewright.study.tracks import track_of_motion
from posewright.types import Character, Motion

FPS = 30.0
"""Frames a second of the .npz files."""
_SIDE_BONES = ("Shoulder", "UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot", "Toes")
_MIDDLE = ("hips", "spine", "chest", "upperChest", "neck", "head")
_FAMILIES: dict[str, tuple[str, str]] = {
    "ASF/AMC": (
        "root lowerback upperback thorax lowerneck head",
        "{l}clavicle {l}humerus {l}radius {l}wrist {l}femur {l}tibia {l}foot {l}toes",
    ),
    "Hahne, CMU (older)": (
        "Hips lowerback Chest Chest2 lowerneck Head",
        "{Left}Collar {Left}Shoulder {Left}Elbow {Left}Wrist {Left}Hip {Left}Knee {Left}Ankle {Left}Toe",
    ),
    "Hahne, CMU": (
        "Hips LowerBack Spine Spine1 Neck Head",
        "{Left}Shoulder {Left}Arm {Left}ForeArm {Left}Hand {Left}UpLeg {Left}Leg {Left}Foot {Left}ToeBase",
    ),
    "Fairmotion": (
        "Hips Spine Spine2 Spine3 Neck Head",
        "{Left}Shoulder {Left}Arm {Left}ForeArm {Left}Hand {Left}UpLeg {Left}Leg {Left}Foot {Left}ToeBase",
    ),
    "Character Creator": (
        "CC_Base_Hip CC_Base_Waist CC_Base_Spine01 CC_Base_Spine02 CC_Base_NeckTwist01 CC_Base_Head",
        "CC_Base_{L}_Clavicle CC_Base_{L}_Upperarm CC_Base_{L}_Forearm CC_Base_{L}_Hand CC_Base_{L}_Thigh CC_Base_{L}_Calf CC_Base_{L}_Foot CC_Base_{L}_ToeBase",
    ),
    "Neo": (
        "Neo_Hips Neo_Spine Neo_Spine1 Neo_Spine2 Neo_Neck Neo_Head",
        "Neo_{Left}Shoulder Neo_{Left}Arm Neo_{Left}ForeArm Neo_{Left}Hand Neo_{Left}UpLeg Neo_{Left}Leg Neo_{Left}Foot Neo_{Left}ToeBase",
    ),
    "DAZ": ("hip abdomen - chest neck head", "{l}Collar {l}Shldr {l}ForeArm {l}Hand {l}Thigh {l}Shin {l}Foot -"),
    "Rigify": (
        "DEF-hips DEF-spine.001 DEF-spine.002 DEF-spine.003 DEF-neck DEF-head",
        "DEF-shoulder.{L} DEF-upper_arm.{L} DEF-forearm.{L} DEF-hand.{L} DEF-thigh.{L} DEF-shin.{L} DEF-foot.{L} DEF-toe.{L}",
    ),
    "Unreal": (
        "pelvis spine_01 spine_02 spine_03 neck_01 head",
        "clavicle_{l} upperarm_{l} lowerarm_{l} hand_{l} thigh_{l} calf_{l} foot_{l} ball_{l}",
    ),
    "DeepMimic": ("root chest - - neck neck_end", "- {left}_shoulder {left}_elbow {left}_wrist {left}_hip {left}_knee {left}_ankle -"),
}
"""What each family of rigs calls the humanoid's mid-line and side bones, `-` where it has none."""


def family_names(family: str) -> dict[str, str]:
    """Joint to humanoid bone for one of `_FAMILIES`."""
    middle, side = (text.split() for text in _FAMILIES[family])
    names = dict(zip(middle, _MIDDLE, strict=True))
    for left in ("left", "right"):
        forms = {"l": left[0], "L": left[0].upper(), "left": left, "Left": left.capitalize()}
        names |= {pattern.format(**forms): left + bone for pattern, bone in zip(side, _SIDE_BONES, strict=True)}
    return {joint: bone for joint, bone in names.items() if joint != "-"}


def with_body_names(skeleton: Skeleton, source: str) -> Skeleton:
    """The skeleton with its body joints called as the humanoid's, by the family of rigs that fits best.

    Raises:
        InputError: no family fits.
    """
    names = max((family_names(family) for family in _FAMILIES), key=lambda table: sum(joint in skeleton for joint in table))
    if sum(joint in skeleton for joint in names) < len(names):
        raise InputError(f"{source}: its joints bear no known names: {', '.join(skeleton.joints)}. Known are the rigs of {', '.join(_FAMILIES)}")
    return skeleton.renamed(names)


@dataclass(frozen=True)
class Recording:
    """One sequence of a mocap file."""

    name: str
    description: str
    motion: Motion
    """On the recorded skeleton, its body joints under the humanoid's names, at rest in a T-pose."""


def read_mocap(path: str | os.PathLike[str], names: Sequence[str] | None = None) -> Iterator[Recording]:
    """The sequences of a mocap .npz with exact rotations, in the layout that its README and `load_example.py` describe.

    Args:
        path: the file.
        names: sequences wanted, as `name` or `skeleton/name`; None for all.

    Raises:
        InputError: the file is not of that layout.
    """
    with np.load(path) as data:
        if "seq_skel_row" not in data:
            raise InputError(f"{path} holds no sequences with rotations (seq_skel_row is missing)")
        arrays = {key: data[key] for key in data.files if key.startswith(("seq_", "skel_"))}
    for i, (tag, name) in enumerate(zip(arrays["seq_skel"].tolist(), arrays["seq_name"].tolist(), strict=True)):
        if names is None or name in names or f"{tag}/{name}" in names:
            yield Recording(f"{tag}/{name}", str(arrays["seq_desc"][i]), _motion(arrays, i, tag, f"{Path(path).name}, {name}"))


def _motion(arrays: dict[str, NDArray[np.generic]], i: int, tag: str, source: str) -> Motion:
    row, first = (int(value) for value in arrays["seq_skel_row"][i])
    frames = slice(first, first + int(arrays["seq_len"][i]))
    quaternions = np.asarray(arrays[f"skel_{tag}_quat_i16"][frames], dtype=np.float64)
    names = tuple(str(name) for name in arrays[f"skel_{tag}_names"])
    parents = tuple(int(parent) for parent in arrays[f"skel_{tag}_parents"])
    offsets = np.asarray(arrays[f"skel_{tag}_offsets"][row], dtype=np.float64)
    skeleton = with_body_names(Skeleton(names, parents, offsets, np.tile([0.0, 0.0, 0.0, 1.0], (len(names), 1))), source)
    rotations = quat_continuous(quat_normalize(np.roll(quaternions, -1, axis=-1)))  # w first in the file
    return with_t_pose(Motion(skeleton, rotations, np.asarray(arrays[f"skel_{tag}_root"][frames], dtype=np.float64), FPS, name=source))


def read_bvh_recording(path: str | os.PathLike[str]) -> Motion:
    """A .bvh of any of the rigs known here, its body joints under the humanoid's names, at rest in a T-pose."""
    motion = read_motion(path)
    return with_t_pose(replace(motion, skeleton=with_body_names(motion.skeleton, str(path))))


def resampled(motion: Motion, fps: float) -> Motion:
    """The motion at another frame rate, on twice differentiable curves through its frames, so that no corner adds acceleration."""
    times = np.arange(int(motion.duration * fps + 1e-6) + 1) / fps
    rotations = quat_normalize(CubicSpline(motion.timestamps, quat_continuous(motion.rotations), axis=0)(times))
    return Motion(motion.skeleton, rotations, CubicSpline(motion.timestamps, motion.root_translation, axis=0)(times), fps, name=motion.name)


def joined(motions: Sequence[Motion], blend_s: float = 0.25) -> Motion:
    """Motions of one skeleton one after the other, each led on from the last one and blended into it over `blend_s`."""
    whole = motions[0]
    for part in motions[1:]:
        count = min(round(blend_s * whole.fps), len(whole) - 1, len(part) - 1)
        part = _led_on(whole.sliced(len(whole) - count, len(whole)), part)
        share = (0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 1) / (count + 1)))[:, None]
        turned = quat_slerp(whole.rotations[-count:], part.rotations[:count], share)
        moved = (1 - share) * whole.root_translation[-count:] + share * part.root_translation[:count]
        rotations = np.concatenate([whole.rotations[:-count], turned, part.rotations[count:]])
        whole = replace(whole, rotations=rotations, root_translation=np.concatenate([whole.root_translation[:-count], moved, part.root_translation[count:]]))
    return whole


def _led_on(before: Motion, part: Motion) -> Motion:
    """`part` turned and moved over the floor so that it starts as `before` does."""
    yaw = _heading(before.rotations[0, 0], before.skeleton) - _heading(part.rotations[0, 0], part.skeleton)
    turned = facing(part, yaw)
    shift = before.root_translation[0] - turned.root_translation[0]
    shift[1] = 0.0
    return replace(turned, root_translation=turned.root_translation + shift)


def _heading(root: Array, skeleton: Skeleton) -> float:
    """Angle about +Y of the direction that a root rotation (4,) faces, 0 for +Z, radians."""
    forward = quat_rotate(quat_multiply(root, quat_conjugate(skeleton.rest_rotations[0])), np.array([0.0, 0.0, 1.0]))
    return float(np.arctan2(forward[0], forward[2]))


def facing(motion: Motion, yaw_rad: float) -> Motion:
    """The motion turned about the world's vertical axis through its root's first place."""
    turn = quat_from_rotvec(np.array([0.0, yaw_rad, 0.0]))
    rotations = motion.rotations.copy()
    rotations[:, 0] = quat_multiply(turn, rotations[:, 0])
    start = motion.root_translation[0] * np.array([1.0, 0.0, 1.0])
    return replace(motion, rotations=rotations, root_translation=quat_rotate(turn, motion.root_translation - start) + start)


def staged(motion: Motion, azimuth_rad: float) -> Motion:
    """The motion turned so that it begins facing `azimuth_rad` from +Z towards +X, with the middle of its path above the origin."""
    turned = facing(motion, azimuth_rad - _heading(motion.rotations[0, 0], motion.skeleton))
    path = turned.root_translation[:, [0, 2]]
    middle = (path.min(0) + path.max(0)) / 2.0
    return replace(turned, root_translation=turned.root_translation - np.array([middle[0], 0.0, middle[1]]))


def performed(motion: Motion, character: Character) -> Motion:
    """The motion on a character, its ankles where the recorded ones are (to the scale of the legs), so that planted feet stay planted.

    The body as a whole is then set so that its soles rest at y = 0.
    """
    moved = retarget(motion, character)
    scale = _leg_length(character.skeleton, character.humanoid) / _leg_length(motion.skeleton, {bone: bone for bone in motion.skeleton.joints})
    source = motion.joint_positions()
    for side in ("left", "right"):
        hip, ankle = (motion.skeleton.index(side + bone) for bone in ("UpperLeg", "Foot"))
        moved = _with_ankle(moved, character, side, scale * (source[:, ankle] - source[:, hip]))
    soles = track_of_motion(moved, character.name).soles
    floor = 0.0 if soles is None else float(np.percentile(np.nanmin(soles[..., 1], axis=1), 5.0))
    return replace(moved, root_translation=moved.root_translation - np.array([0.0, floor, 0.0]))


def _leg_length(skeleton: Skeleton, bones: Mapping[str, str]) -> float:
    joints = [skeleton.index(bones["left" + bone]) for bone in ("LowerLeg", "Foot")]
    return float(np.linalg.norm(skeleton.rest_offsets[joints], axis=-1).sum())


def _with_ankle(motion: Motion, character: Character, side: str, from_hip: Array) -> Motion:
    """One leg bent so that its ankle lies `from_hip` (T, 3) from its hip joint; the foot keeps its world rotation."""
    skeleton = motion.skeleton
    upper, lower, foot = (skeleton.index(character.humanoid[side + bone]) for bone in ("UpperLeg", "LowerLeg", "Foot"))
    positions, worlds = skeleton.forward(motion.rotations, motion.root_translation)
    hip, knee, ankle = positions[:, upper], positions[:, lower], positions[:, foot]
    lengths = [float(np.linalg.norm(skeleton.rest_offsets[joint])) for joint in (lower, foot)]
    new_knee, new_ankle = two_bone(hip, hip + from_hip, normalize(knee - hip) - normalize(ankle - hip), *lengths)
    thigh = quat_multiply(quat_between(knee - hip, new_knee - hip), worlds[:, upper])
    shin = quat_multiply(quat_between(ankle - knee, new_ankle - new_knee), worlds[:, lower])
    rotations = motion.rotations.copy()
    rotations[:, upper] = quat_multiply(quat_conjugate(worlds[:, skeleton.parents[upper]]), thigh)
    rotations[:, lower] = quat_multiply(quat_conjugate(thigh), shin)
    rotations[:, foot] = quat_multiply(quat_conjugate(shin), worlds[:, foot])
    return replace(motion, rotations=quat_continuous(rotations))
