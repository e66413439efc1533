"""One set of bone lengths for the clip: the reference body, each part scaled to what the landmarks measure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from posewright.geometry import Array
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.skeletons.humanoid import REFERENCE_ANKLE_HEIGHT_M, REFERENCE_HEAD_TOP_M
from posewright.solve.targets import SIDES, Targets

# Bone of one side: the landmarks between which it lies.
_LIMBS = {"LowerArm": ("shoulder", "elbow"), "Hand": ("elbow", "wrist"), "LowerLeg": ("hip", "knee"), "Foot": ("knee", "ankle")}
# Bones of a humanoid's trunk, measured one by one where its inner joints are known.
_TRUNK = {
    "spine": ("hips_joint", "spine_joint"),
    "chest": ("spine_joint", "chest_joint"),
    "upperChest": ("chest_joint", "upper_chest_joint"),
    "neck": ("upper_chest_joint", "neck_joint"),
    "head": ("neck_joint", "head_joint"),
}
_TRUNK_JOINTS = ("hips_joint", "upper_chest_joint")
_TRUNK_SIDES = {"Shoulder": ("upper_chest_joint", "clavicle"), "UpperArm": ("clavicle", "shoulder"), "UpperLeg": ("hips_joint", "hip"), "Toes": ("ankle", "ball")}
_PLAUSIBLE = (0.4, 2.5)
"""Shares of the reference's lengths between which a measured one is believed."""

STRETCHED = 0.8
"""Quantile of the trunk's length and the shoulders' width that is their length when straight: both get shorter by bending only."""


def fit_skeleton(targets: Targets, symmetric: bool = True) -> Skeleton:
    """The humanoid with this person's bone lengths: confidence-weighted medians over the clip.

    Bones that no landmark measures follow the trunk's size (spine, neck) or the shin's (foot).
    """
    reference = reference_skeleton()
    offsets = reference.rest_offsets.copy()
    trunk = _trunk_factor(targets, reference)
    width = _span(targets, "left_hip", "right_hip") / _rest_span(reference, "leftUpperLeg", "rightUpperLeg")
    shoulders = _span(targets, "left_shoulder", "right_shoulder", STRETCHED) / _rest_span(reference, "leftUpperArm", "rightUpperArm")
    trunk, width, shoulders = (_believed(factor) for factor in (trunk, width, shoulders))

    for name, (start, end) in _TRUNK.items():
        _scale(offsets, reference, name, _span(targets, start, end), trunk)
    for bone, ends in (_TRUNK_SIDES | _LIMBS).items():
        starts = [ends[0] if ends[0] in _TRUNK_JOINTS else f"{side}_{ends[0]}" for side in SIDES]
        lengths = [_span(targets, start, f"{side}_{ends[1]}") for side, start in zip(SIDES, starts, strict=True)]
        if symmetric and np.isfinite(lengths).any():
            lengths = [float(np.nanmean(lengths))] * 2
        for side, length in zip(SIDES, lengths, strict=True):
            _scale(offsets, reference, side + bone, length, {"Shoulder": trunk, "Toes": trunk}.get(bone, 1.0))
    measured_trunk = targets.has("hips_joint")
    for side in SIDES if not measured_trunk else ():
        leg, collar, arm = (reference.index(side + bone) for bone in ("UpperLeg", "Shoulder", "UpperArm"))
        offsets[leg] = reference.rest_offsets[leg] * (width, trunk, trunk)
        offsets[collar] = reference.rest_offsets[collar] * (shoulders, trunk, trunk)
        offsets[arm] = reference.rest_offsets[arm] * shoulders
    offsets[0] = 0.0
    skeleton = replace(reference, rest_offsets=offsets)
    offsets[0, 1] = ankle_height(skeleton) - skeleton.rest_pose()[0][reference.index("leftFoot"), 1]
    return replace(reference, rest_offsets=offsets)


def stature(skeleton: Skeleton) -> float:
    """Height from the sole to the crown in the rest pose, metres; the crown lies above the head joint as on the reference body."""
    rest, _ = skeleton.rest_pose()
    reference = reference_skeleton()
    neck = float(np.linalg.norm(skeleton.rest_offsets[skeleton.index("head")]) / np.linalg.norm(reference.rest_offsets[reference.index("head")]))
    return float(rest[skeleton.index("head"), 1] - rest[skeleton.index("leftFoot"), 1] + ankle_height(skeleton) + neck * REFERENCE_HEAD_TOP_M)


def ankle_height(skeleton: Skeleton) -> float:
    """Height of the ankle above the sole, metres: the reference's, in proportion to the shin."""
    reference = reference_skeleton()
    shin = reference.index("leftFoot")
    return float(REFERENCE_ANKLE_HEIGHT_M * np.linalg.norm(skeleton.rest_offsets[shin]) / np.linalg.norm(reference.rest_offsets[shin]))


def weighted_quantile(values: Array, weights: Array, share: float) -> float:
    """The value at which `share` of the weight is reached; NaN where there is no weight. Both (N,)."""
    known = np.isfinite(values) & (weights > 0)
    if not known.any():
        return float("nan")
    values, weights = values[known], weights[known]
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, share * total[-1])])


def _span(targets: Targets, a: str, b: str, share: float = 0.5) -> float:
    """Median (or other quantile) of the distance of two landmarks, metres; NaN when one of them is never seen."""
    return weighted_quantile(np.linalg.norm(targets.at(a) - targets.at(b), axis=-1), np.minimum(targets.trust(a), targets.trust(b)), share)


def _rest_span(skeleton: Skeleton, a: str, b: str) -> float:
    rest, _ = skeleton.rest_pose()
    return float(np.linalg.norm(rest[skeleton.index(a)] - rest[skeleton.index(b)]))


def _trunk_factor(targets: Targets, reference: Skeleton) -> float:
    """Size of the trunk against the reference's, from the hips' to the shoulders' mid-point."""
    rest, _ = reference.rest_pose()
    hips, shoulders = (0.5 * (rest[reference.index("left" + bone)] + rest[reference.index("right" + bone)]) for bone in ("UpperLeg", "UpperArm"))
    trust = np.minimum.reduce([targets.trust(f"{side}_{name}") for side in SIDES for name in ("hip", "shoulder")])
    length = weighted_quantile(np.linalg.norm(targets.middle("shoulder") - targets.middle("hip"), axis=-1), trust, STRETCHED)
    return length / float(np.linalg.norm(shoulders - hips))


def _believed(factor: float) -> float:
    return float(np.clip(factor, *_PLAUSIBLE)) if np.isfinite(factor) else 1.0


def _scale(offsets: Array, reference: Skeleton, bone: str, length: float, otherwise: float) -> None:
    """Set one bone's offset to `length` along its rest direction, or to `otherwise` times the reference's where none was measured."""
    index = reference.index(bone)
    rest = reference.rest_offsets[index]
    factor = length / float(np.linalg.norm(rest))
    offsets[index] = rest * (_believed(factor) if np.isfinite(factor) else otherwise)
