"""A humanoid driven by feet and a few curves: pelvis over the feet, legs by inverse kinematics, spine, head and arms by angles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import IDENTITY, quat_conjugate, quat_continuous, quat_from_rotvec, quat_multiply, quat_rotate, quat_slerp
from posewright.skeletons import Skeleton
from posewright.solve.ik import aim, two_bone
from posewright.study.curves import below, smooth
from posewright.study.footsteps import FootPath, Sole
from posewright.types import Motion

Curve = NDArray[Any] | float
SIDES = {"left": 1.0, "right": -1.0}
X, Y, Z = np.eye(3)
LONGEST_LEG = 0.995
"""Share of its length to which a leg is stretched at most, so that the knee never locks or flips."""


@dataclass(frozen=True)
class Arm:
    """Angles of one arm, radians, each a curve (T,) or a number; all zero hangs it straight down, palm to the thigh."""

    swing: Curve = 0.0
    """Upper arm forwards."""
    spread: Curve = 0.0
    """Upper arm away from the body."""
    twist: Curve = 0.0
    """Upper arm outwards about its own axis: -pi / 2 on a spread arm turns the bent forearm up."""
    elbow: Curve = 0.0
    """Bend of the elbow."""
    wrist: Curve = 0.0
    """Hand sideways in the plane of the palm, towards the thumb."""


@dataclass(frozen=True)
class Act:
    """What the body does above its feet; curves (T,) or numbers, radians and metres."""

    crouch: Curve = 0.0
    """How far the pelvis is lowered, metres."""
    setback: Curve = 0.0
    """How far the pelvis is moved backwards, metres."""
    tilt: Curve = 0.0
    """Pelvis forwards."""
    bend: Curve = 0.0
    """Spine forwards, relative to the pelvis."""
    twist: Curve = 0.0
    """Spine to the left, relative to the pelvis."""
    lean: Curve = 0.0
    """Spine to the right, relative to the pelvis."""
    gaze: Curve | None = None
    """Where the head looks, from +Z towards +X; None for the way the body goes."""
    nod: Curve = 0.0
    """Head forwards, relative to the world."""
    arms: dict[str, Arm] = field(default_factory=lambda: {side: Arm() for side in SIDES})


def sole_of(skeleton: Skeleton, side: str) -> Sole:
    """The foot's shape as the rest pose has it, its sole at y = 0."""
    rest = skeleton.rest_pose()[0]
    ankle, ball = rest[skeleton.index(side + "Foot")], rest[skeleton.index(side + "Toes")]
    return Sole(ball=ball - ankle, heel=np.array([0.0, -ankle[1], -0.4 * np.hypot(*(ball - ankle)[[0, 2]])]))


def turn(axis: NDArray[Any], angle: Curve) -> NDArray[np.float64]:
    """Rotation about one axis, (..., 4) for angles (...)."""
    return quat_from_rotvec(np.asarray(angle)[..., None] * axis)


def perform(skeleton: Skeleton, fps: float, feet: dict[str, FootPath], act: Act, name: str) -> Motion:
    """Put the body on its feet.

    Args:
        skeleton: humanoid in T-pose with identity rest rotations, soles at y = 0.
        fps: frames a second of all curves.
        feet: path of the left and the right foot.
        act: what the rest of the body does.
        name: name of the motion.
    """
    pelvis, heading, hips = _pelvis(skeleton, fps, feet, act)
    world: dict[str, NDArray[Any]] = {"hips": hips}
    world |= _legs(skeleton, feet, pelvis, hips, heading)
    for bone in ("spine", "chest", "upperChest"):
        third = quat_multiply(turn(Y, np.asarray(act.twist) / 3), quat_multiply(turn(X, np.asarray(act.bend) / 3), turn(Z, np.asarray(act.lean) / 3)))
        world[bone] = quat_multiply(world[_parent(skeleton, bone)], third)
    gaze = heading if act.gaze is None else act.gaze
    look = quat_multiply(turn(Y, gaze), turn(X, act.nod))
    relative = quat_multiply(quat_conjugate(world["upperChest"]), look)
    world["neck"] = quat_multiply(world["upperChest"], quat_slerp(IDENTITY, relative, np.full(len(look), 0.45)))
    world["head"] = np.broadcast_to(look, hips.shape)
    for side, arm in act.arms.items():
        world |= _arm(world["upperChest"], side, arm)
    rotations = np.tile(IDENTITY, (len(pelvis), len(skeleton), 1))
    for i, bone in enumerate(skeleton.joints):
        if bone in world:
            parent = skeleton.parents[i]
            rotations[:, i] = world[bone] if parent < 0 else quat_multiply(quat_conjugate(world[skeleton.joints[parent]]), world[bone])
    contacts = np.concatenate([feet["left"].contacts, feet["right"].contacts], axis=1)
    return Motion(skeleton, quat_continuous(rotations), pelvis, fps, contacts, np.ones(len(pelvis), dtype=np.float32), name)


def _parent(skeleton: Skeleton, bone: str) -> str:
    return skeleton.joints[skeleton.parents[skeleton.index(bone)]]


def _pelvis(skeleton: Skeleton, fps: float, feet: dict[str, FootPath], act: Act) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Position (T, 3), heading (T,) and world rotation (T, 4) of the pelvis: between the feet, over the one that carries."""
    left, right = feet["left"], feet["right"]
    heading = smooth((left.heading + right.heading) / 2, 0.16, fps)
    forward = np.stack([np.sin(heading), np.zeros_like(heading), np.cos(heading)], axis=1)
    middle = (left.ankle + right.ankle) / 2
    load = smooth(left.planted.astype(float) - right.planted.astype(float), 0.08, fps)[:, None]
    position = smooth(middle, 0.13, fps) + 0.28 * load * smooth((left.ankle - right.ankle) / 2, 0.13, fps) - np.asarray(act.setback)[..., None] * forward
    stride = np.sum((left.ankle - right.ankle) * forward, axis=1)
    stride = smooth(stride, 0.04, fps)
    rotation = quat_multiply(turn(Y, heading - 0.14 * stride), quat_multiply(turn(X, act.tilt), turn(Z, 0.055 * load[:, 0])))
    position[:, 1] = skeleton.rest_offsets[0, 1] - 0.003 - np.asarray(act.crouch)
    position[:, 1] = np.minimum(position[:, 1], below(_reach(skeleton, feet, position, rotation), 0.07, fps))
    return position, heading, rotation


def _reach(skeleton: Skeleton, feet: dict[str, FootPath], pelvis: NDArray[Any], rotation: NDArray[Any]) -> NDArray[np.float64]:
    """The greatest height of the pelvis (T,) at which both legs reach their ankles."""
    limits = []
    for side, foot in feet.items():
        hip = quat_rotate(rotation, skeleton.rest_offsets[skeleton.index(side + "UpperLeg")])
        level = np.linalg.norm((pelvis + hip - foot.ankle)[:, [0, 2]], axis=1)
        length = LONGEST_LEG * sum(_leg(skeleton, side))
        limits.append(foot.ankle[:, 1] - hip[:, 1] + np.sqrt(np.maximum(length**2 - level**2, 1e-4)))
    return np.minimum(*limits)


def _leg(skeleton: Skeleton, side: str) -> tuple[float, float]:
    """Lengths of thigh and shank, metres."""
    thigh, shank = (float(np.linalg.norm(skeleton.rest_offsets[skeleton.index(side + bone)])) for bone in ("LowerLeg", "Foot"))
    return thigh, shank


def _legs(skeleton: Skeleton, feet: dict[str, FootPath], pelvis: NDArray[Any], hips: NDArray[Any], heading: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """World rotations of the leg bones: the knee gives way between the foot's direction and the pelvis's."""
    world = {}
    for side, foot in feet.items():
        hip = pelvis + quat_rotate(hips, skeleton.rest_offsets[skeleton.index(side + "UpperLeg")])
        way = 0.6 * foot.heading + 0.4 * heading
        pole = np.stack([np.sin(way), np.zeros_like(way), np.cos(way)], axis=1)
        knee, ankle = two_bone(hip, foot.ankle, pole, *_leg(skeleton, side))
        hinge = np.cross(pole, ankle - hip)
        world[side + "UpperLeg"] = aim(skeleton.rest_offsets[skeleton.index(side + "LowerLeg")], X, knee - hip, hinge)
        world[side + "LowerLeg"] = aim(skeleton.rest_offsets[skeleton.index(side + "Foot")], X, ankle - knee, hinge)
        world[side + "Foot"], world[side + "Toes"] = foot.rotation, foot.toe_rotation
    return world


def _arm(chest: NDArray[Any], side: str, arm: Arm) -> dict[str, NDArray[Any]]:
    """World rotations of shoulder, arm and hand. The shoulder rises with the arm."""
    sign = SIDES[side]
    lift = 0.22 * np.maximum(np.asarray(arm.spread) - 0.5, 0.0)
    shoulder = quat_multiply(chest, turn(Z, sign * lift))
    drop = turn(Z, -sign * (np.pi / 2 - np.asarray(arm.spread) + lift))
    upper = quat_multiply(shoulder, quat_multiply(turn(X, -np.asarray(arm.swing)), quat_multiply(drop, turn(X, arm.twist))))
    lower = quat_multiply(upper, turn(Y, -sign * np.asarray(arm.elbow)))
    hand = quat_multiply(lower, turn(Y, -sign * np.asarray(arm.wrist)))
    return {side + "Shoulder": shoulder, side + "UpperArm": upper, side + "LowerArm": lower, side + "Hand": hand}
