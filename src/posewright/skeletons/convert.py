"""Conversions between joint sets: each target joint is a weighted mean of source joints, and says how it is made.

All sets but the humanoid share one vocabulary of names, so a joint of the same name is taken over as it is;
one that the source lacks is made by the first recipe that the source can feed, or is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError
from posewright.skeletons.jointset import JointSet

Weights = Mapping[str, float]

# Joint: (weights that sum to 1, how it is made), tried in order. Weights may name joints that have recipes themselves.
RECIPES: dict[str, tuple[tuple[Weights, str], ...]] = {
    "pelvis": (({"left_hip": 0.5, "right_hip": 0.5}, "mid-point of the hips"),),
    "neck": (({"left_shoulder": 0.5, "right_shoulder": 0.5}, "mid-point of the shoulders"),),
    "spine": (({"pelvis": 0.5, "neck": 0.5}, "half way from pelvis to neck"),),
    "upper_neck": (({"neck": 0.55, "left_ear": 0.225, "right_ear": 0.225}, "45 % of the way from neck to the mid-point of the ears"),),
    "head_top": (
        # The crown lies about 13 cm above the ears, which lie about 22 cm above the shoulder line.
        ({"left_ear": 0.8, "right_ear": 0.8, "neck": -0.6}, "from neck through the mid-point of the ears, 60 % beyond"),
        ({"nose": 1.55, "neck": -0.55}, "from neck through the nose, 55 % beyond"),
    ),
    "nose": (({"head_top": 0.45, "neck": 0.55}, "45 % of the way from neck to the crown"),),
    "left_big_toe": (({"left_foot_index": 1.0}, "BlazePose's foot index, the tip of the toes"),),
    "right_big_toe": (({"right_foot_index": 1.0}, "BlazePose's foot index, the tip of the toes"),),
    "left_foot_index": (({"left_big_toe": 1.0}, "the big toe"),),
    "right_foot_index": (({"right_big_toe": 1.0}, "the big toe"),),
}

# The humanoid's joints in the common vocabulary. Its other bones have no counterpart among keypoints.
HUMANOID_ALIASES: dict[str, Weights] = {
    "pelvis": {"leftUpperLeg": 0.5, "rightUpperLeg": 0.5},
    "neck": {"leftUpperArm": 0.5, "rightUpperArm": 0.5},
    **{
        f"{side}_{joint}": {f"{side}{bone}": 1.0}
        for side in ("left", "right")
        for joint, bone in {
            "shoulder": "UpperArm",
            "elbow": "LowerArm",
            "wrist": "Hand",
            "hip": "UpperLeg",
            "knee": "LowerLeg",
            "ankle": "Foot",
        }.items()
    },
}

# (source set, target set): joints that differ from the general recipes, as a published program does it.
OVERRIDES: dict[tuple[str, str], dict[str, tuple[Weights, str]]] = {
    # MotionBERT's coco2h36m. Its halpe2h36m is what the general recipes give.
    ("coco17", "h36m17"): {"head_top": ({"left_eye": 0.5, "right_eye": 0.5}, "mid-point of the eyes, as MotionBERT's coco2h36m")},
}


@dataclass(frozen=True)
class Conversion:
    """How to make the joints of one set from those of another."""

    source: JointSet
    target: JointSet
    matrix: NDArray[np.float64]
    """Weights, (J_target, J_source); a row of zeros is a joint that cannot be made."""
    made: Mapping[str, str]
    """Target joints that are not simply taken over, and how each is made; `missing` for none."""

    def apply(self, values: NDArray[Any], confidence: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Convert positions (..., J, D) and confidence (..., J).

        A target joint is NaN with confidence 0 where it is missing or one of its sources is NaN;
        otherwise its confidence is the least of its sources'.
        """
        positions = np.full((*values.shape[:-2], len(self.target), values.shape[-1]), np.nan, dtype=np.float32)
        trust = np.zeros((*confidence.shape[:-1], len(self.target)), dtype=np.float32)
        for i, row in enumerate(self.matrix):
            used = np.flatnonzero(row)
            if len(used):
                positions[..., i, :] = np.einsum("j,...jd->...d", row[used], values[..., used, :])
                known = np.isfinite(positions[..., i, :]).all(-1)
                trust[..., i] = np.where(known, confidence[..., used].min(-1), 0.0)
        return positions, trust


@lru_cache(maxsize=128)
def conversion(source: JointSet, target: JointSet) -> Conversion:
    """The conversion from one joint set to another.

    Raises:
        UsageError: fewer than three joints of the target can be made.
    """
    overrides = OVERRIDES.get((source.name, target.name), {})
    matrix = np.zeros((len(target), len(source)))
    made: dict[str, str] = {}
    for i, joint in enumerate(target.joints):
        if joint in overrides:
            weights, how = overrides[joint]
            row = _combine(source, weights, ())
            made[joint] = how
        else:
            row, how = _resolve(source, joint, ())
            if how:
                made[joint] = how
        if row is None:
            made[joint] = "missing"
        else:
            matrix[i] = row
    if int(matrix.any(axis=1).sum()) < 3:
        raise UsageError(f"no conversion from {source.name} to {target.name} is known")
    return Conversion(source, target, matrix, made)


def _resolve(source: JointSet, joint: str, trail: tuple[str, ...]) -> tuple[NDArray[np.float64] | None, str]:
    """Weights over the source's joints that make `joint`, and how, or None. `trail` guards against circles."""
    if joint in source:
        return np.eye(len(source))[source.index(joint)], ""
    if source.name == "humanoid" and joint in HUMANOID_ALIASES:
        return _combine(source, HUMANOID_ALIASES[joint], ()), "the humanoid's bone of another name" if len(HUMANOID_ALIASES[joint]) == 1 else "mid-point of a pair of bones"
    for weights, how in RECIPES.get(joint, ()):
        if joint not in trail:
            row = _combine(source, weights, (*trail, joint))
            if row is not None:
                return row, how
    return None, "missing"


def _combine(source: JointSet, weights: Weights, trail: tuple[str, ...]) -> NDArray[np.float64] | None:
    total = np.zeros(len(source))
    for joint, weight in weights.items():
        row, _ = _resolve(source, joint, trail)
        if row is None:
            return None
        total += weight * row
    return total
