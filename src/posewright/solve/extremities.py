"""Head, hands and feet: small rigid parts, each turned onto the few landmarks that lie on it."""

from __future__ import annotations

import numpy as np

from posewright.geometry import Array, quat_between, quat_conjugate, quat_from_matrix, quat_from_rotvec, quat_multiply, quat_rotate, quat_slerp, quat_to_matrix
from posewright.skeletons import Skeleton
from posewright.solve.fit import fit_rotation, smoothstep
from posewright.solve.targets import Targets

# Landmarks in the frame of a level head, metres from the mid-point of the ears. The shape is the median of BlazePose's
# own faces; its pitch puts the pupils 2 cm above the ear holes, as a head held by the Frankfurt plane has them,
# so the nose lies a little below the ears.
FACE: dict[str, tuple[float, float, float]] = {
    "nose": (0.0, -0.016, 0.130),
    "left_eye": (0.016, 0.020, 0.106),
    "right_eye": (-0.016, 0.020, 0.106),
    "left_ear": (0.076, 0.0, 0.0),
    "right_ear": (-0.076, 0.0, 0.0),
    "left_mouth": (0.022, -0.044, 0.094),
    "right_mouth": (-0.022, -0.044, 0.094),
    "head_top": (0.0, 0.130, 0.0),
}
SHOULDER_LINE = (0.0, -0.180, -0.020)
"""The neck's foot in that frame: helps where the face has fewer than three landmarks."""
# Landmarks in the frame of a left hand, palm down and fingers along x, metres from the wrist.
HAND: dict[str, tuple[float, float, float]] = {"index": (0.090, 0.0, 0.025), "pinky": (0.080, 0.0, -0.036), "thumb": (0.022, -0.005, 0.015)}
# Landmarks in the frame of a foot that stands flat, metres from the ankle: the median shape of BlazePose's own feet. Its
# heel lies on the back of the heel and not beneath it, so its soles slope; by how much, its feet seen flat in 2D tell.
FOOT: dict[str, tuple[float, float, float]] = {"ankle": (0.0, 0.0, 0.0), "heel": (0.0, -0.043, 0.006), "toe": (0.0, -0.071, 0.138)}
NECK_SHARE = 0.5
"""Of the head's turn against the chest, what the neck takes."""
FOREARM_SHARE = 0.5
"""Of the hand's roll about the forearm, what the forearm takes."""


def solve_head(targets: Targets, chest: Array) -> Array:
    """World rotation of the head (T, 4): the face turned onto its landmarks, else the chest's (T, 4)."""
    points = dict(FACE)
    if sum(targets.has(name) for name in FACE) < 3:
        points["shoulder_line"] = SHOULDER_LINE
    points = {name: position for name, position in points.items() if targets.has(name)}
    if len(points) < 2:
        return chest
    template = np.array(list(points.values()))
    observed = np.stack([targets.at(name) for name in points], axis=1)
    weights = np.stack([targets.trust(name) for name in points], axis=1)
    total = np.maximum(weights.sum(1), 1e-6)[:, None]
    centre = np.einsum("tk,tki->ti", weights, np.nan_to_num(observed)) / total
    # Every frame has its own centre of what it sees, so the template's terms differ by frame: they go into the covariance
    # as they are, because weights times centred observations sum to zero.
    prior = quat_to_matrix(chest)
    return quat_from_matrix(fit_rotation(template - template.mean(0), observed - centre[:, None], weights, prior, 0.01))


def solve_neck(targets: Targets, skeleton: Skeleton, chest: Array, head: Array) -> Array:
    """World rotation of the neck (T, 4): half way to the head, and along the neck where its joints are known."""
    neck = quat_slerp(chest, head, NECK_SHARE)
    if not (targets.has("neck_joint") and targets.has("head_joint")):
        return neck
    along = quat_rotate(neck, skeleton.rest_offsets[skeleton.index("head")])
    return quat_multiply(quat_between(along, targets.at("head_joint") - targets.at("neck_joint")), neck)


def solve_hand(targets: Targets, side: str, forearm: Array) -> tuple[Array, Array]:
    """World rotations (T, 4) of forearm and hand, from the forearm without its roll: the palm from the knuckles, its roll shared."""
    if not (targets.has(f"{side}_index") and targets.has(f"{side}_pinky")):
        return forearm, forearm
    mirror = np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])
    index, pinky, thumb = (np.array(HAND[name]) * mirror for name in ("index", "pinky", "thumb"))
    wrist, at_index, at_pinky, at_thumb = (targets.at(f"{side}_{name}") for name in ("wrist", "index", "pinky", "thumb"))
    template = np.stack([index, pinky, 2.0 * (index - pinky), thumb])
    observed = np.stack([at_index - wrist, at_pinky - wrist, 2.0 * (at_index - at_pinky), at_thumb - wrist], axis=1)
    trust = {name: targets.trust(f"{side}_{name}") for name in HAND}
    weights = np.stack([trust["index"], trust["pinky"], np.minimum(trust["index"], trust["pinky"]), trust["thumb"]], axis=1)
    hand = quat_from_matrix(fit_rotation(template, observed, weights, quat_to_matrix(forearm), 0.02))
    roll = FOREARM_SHARE * twist_angle(quat_multiply(quat_conjugate(forearm), hand), np.array([1.0, 0.0, 0.0]))
    return quat_multiply(forearm, quat_from_rotvec(roll[:, None] * [1.0, 0.0, 0.0])), hand


def solve_foot(targets: Targets, skeleton: Skeleton, side: str, shin: Array) -> tuple[Array, Array]:
    """World rotations (T, 4) of foot and toes: the sole along heel and toe, or the instep along ankle and ball, else as the shin stands."""
    points = {name: np.array(place) for name, place in FOOT.items()} | {"ball": skeleton.rest_offsets[skeleton.index(f"{side}Toes")]}
    pairs = [("ankle", "ball", 1.0)] if targets.has(f"{side}_ball") else [("heel", "toe", 1.0), ("ankle", "toe", 0.25), ("ankle", "heel", 0.25)]
    pairs = [(a, b, share) for a, b, share in pairs if targets.has(f"{side}_{a}") and targets.has(f"{side}_{b}")]
    if not pairs:
        return shin, shin
    at, trust = ({name: read(f"{side}_{name}") for name in points} for read in (targets.at, targets.trust))
    template = np.stack([points[b] - points[a] for a, b, _ in pairs])
    observed = np.stack([at[b] - at[a] for a, b, _ in pairs], axis=1)
    weights = np.stack([share * np.minimum(trust[a], trust[b]) for a, b, share in pairs], axis=1)
    foot = quat_from_matrix(fit_rotation(template, observed, weights, quat_to_matrix(shin), 0.002))
    if not (targets.has(f"{side}_ball") and targets.has(f"{side}_toe")):
        return foot, foot
    ahead = np.array([0.0, 0.0, 1.0])
    return foot, quat_multiply(foot, quat_between(ahead, quat_rotate(quat_conjugate(foot), at["toe"] - at["ball"])))


def twist_angle(q: Array, axis: Array) -> Array:
    """The part of rotations (T, 4) that turns about `axis`, radians; folded back beyond 120 degrees, so that it is 0 and not torn at half a turn."""
    angle = 2.0 * np.arctan2(q[:, :3] @ axis, q[:, 3])
    angle = np.arctan2(np.sin(angle), np.cos(angle))
    return np.asarray(angle * (1.0 - smoothstep(np.abs(angle), np.radians(120.0), np.pi)))
