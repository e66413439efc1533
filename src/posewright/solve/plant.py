"""The last step on a motion: planted feet stay where they stand, toes stay above the floor, and the legs follow by inverse kinematics.

Footskate clean-up after Kovar, Schreiner and Gleicher 2002 (Footskate Cleanup for Motion Capture Editing): fixed footprints,
the root moved so that legs reach, two-bone legs, and corrections blended out beside each contact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from posewright.errors import require
from posewright.geometry import Array, quat_between, quat_conjugate, quat_continuous, quat_multiply, quat_rotate
from posewright.skeletons import Skeleton
from posewright.solve.filters import smooth
from posewright.solve.fit import local_rotations
from posewright.solve.footprints import FORWARD, Foot, Stance, segments, stand, without_steps
from posewright.solve.ground import HEEL_SHARE, estimate_contacts, sole_positions
from posewright.solve.ik import reach
from posewright.solve.proportions import ankle_height
from posewright.solve.targets import SIDES
from posewright.types import CONTACT_POINTS, Motion

UP = np.array([0.0, 1.0, 0.0])
KNEE = np.array([1.0, 0.0, 0.0])
"""Axis about which the shin bends back, in the thigh's frame."""
STRAIGHT = 0.985
"""Share of its length to which a leg may be stretched, if it was not stretched farther before."""
TOES_SHARE = 0.5
"""Length of the toes as a share of the way from ankle to ball, along the sole."""


@dataclass(frozen=True)
class PlantOptions:
    """When a foot counts as planted, and how softly it is held."""

    on: float = 0.6
    off: float = 0.5
    """A contact begins above the first and ends below the second."""
    least_s: float = 0.10
    """Shorter contacts are dropped."""
    gap_s: float = 0.08
    """Shorter gaps are closed."""
    wander_m: float = 0.05
    """A contact in which the sole wanders farther from its mean place holds a step, and is cut there."""
    ease_s: float = 0.15
    """Over this time a correction dies away beside its contact."""
    ease_speed: float = 0.3
    """A large one takes longer: it changes by about so many metres a second."""
    turn_speed: float = 3.0
    """The same for turns, radians a second."""
    near_m: float = 0.15
    """A contact that lies farther from the floor is with something else, and left alone."""
    lift_m: float = 0.10
    """Soles are lifted out of the floor by at most this much: one that lies deeper tells that the floor is elsewhere."""
    follow_s: float = 0.25
    """The whole body follows what planted feet are moved by, smoothed over this time; 0 keeps its path."""


def plant(motion: Motion, contacts: NDArray[np.float32] | None = None, options: PlantOptions = PlantOptions()) -> Motion:
    """Pin planted feet to the floor y = 0 and keep all soles above it.

    Args:
        motion: on the canonical humanoid, world frame.
        contacts: how surely each of `CONTACT_POINTS` rests on the floor in each frame, (T, 4), 0 to 1; the motion's own
            when None, and where it has none they are estimated.
        options: thresholds and times.

    Returns:
        The motion with pelvis, legs and toes changed, and contacts of 0 or 1 that say where the feet were pinned.
    """
    skeleton, fps = motion.skeleton, motion.fps
    positions, worlds = skeleton.forward(motion.rotations, motion.root_translation)
    soles = sole_positions(skeleton, positions, worlds)
    if contacts is None:
        contacts = estimate_contacts(soles, fps) if motion.contacts is None else motion.contacts
    require(contacts.shape == (len(motion), len(CONTACT_POINTS)), f"contacts have shape {contacts.shape}, not ({len(motion)}, {len(CONTACT_POINTS)})")
    sure = np.where(np.abs(soles[..., 1]) < options.near_m, np.nan_to_num(contacts), 0.0)
    planted = segments(sure, fps, options.on, options.off, options.least_s, options.gap_s)
    planted = without_steps(planted, soles, options.wander_m, max(1, round(options.gap_s * fps)))

    shift = _level(soles, planted, fps, options)
    shift = shift + _follow(skeleton, positions + shift[:, None], worlds, planted, sure, fps, options)
    positions = positions + shift[:, None]
    stances = _stances(skeleton, positions, worlds, planted, sure, fps, options)
    drop = UP * _drop(skeleton, positions, stances, fps, options)[:, None]
    moved = worlds.copy()
    for side, stance in stances.items():
        _step(skeleton, side, positions - drop[:, None], worlds, moved, stance)
    rotations = motion.rotations.copy()
    changed = [skeleton.index(side + bone) for side in SIDES for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes")]
    rotations[:, changed] = quat_continuous(local_rotations(moved, skeleton.parents)[:, changed])
    pinned = np.concatenate([stances[side].planted for side in SIDES], axis=1)
    return replace(motion, rotations=rotations, root_translation=motion.root_translation + shift - drop, contacts=pinned.astype(np.float32))


def _level(soles: Array, planted: NDArray[np.bool_], fps: float, options: PlantOptions) -> NDArray[np.float64]:
    """Shift of the whole body (T, 3): planted soles (T, 4, 3) come to lie on the floor on the whole, and none deeper than `lift_m` below it."""
    level = float(np.median(soles[..., 1][planted])) if planted.any() else 0.0
    deep = np.maximum(level - soles[..., 1].min(1) - options.lift_m, 0.0)
    return UP * (_above(deep, fps, options.ease_s) - level)[:, None]


def _above(need: Array, fps: float, seconds: float) -> NDArray[np.float64]:
    """A smooth curve (T,) that nowhere lies below `need`."""
    half = max(1, round(seconds * fps))
    return np.asarray(gaussian_filter1d(maximum_filter1d(need, 2 * half + 1, mode="nearest"), half / 2.0, radius=half, mode="nearest"))


def foot_of(skeleton: Skeleton, side: str) -> Foot:
    """The foot's shape as the rest pose has it; its heel where `sole_positions` puts it."""
    ball = skeleton.rest_offsets[skeleton.index(f"{side}Toes")]
    return Foot(np.array([0.0, -ankle_height(skeleton), -HEEL_SHARE * ball[2]]), ball, TOES_SHARE * float(ball[2]))


def _stances(skeleton: Skeleton, positions: Array, worlds: Array, planted: NDArray[np.bool_], trust: Array, fps: float, options: PlantOptions) -> dict[str, Stance]:
    """What each foot is to do, by side."""
    stances = {}
    for side, columns in zip(SIDES, (slice(0, 2), slice(2, 4)), strict=True):
        i, foot = skeleton.index(f"{side}Foot"), foot_of(skeleton, side)
        stance = stand(foot, positions[:, i], worlds[:, i], planted[:, columns], trust[:, columns], fps, options.ease_s, options.ease_speed, options.turn_speed)
        stances[side] = _lifted(foot, stance, fps, options)
    return stances


def _lifted(foot: Foot, stance: Stance, fps: float, options: PlantOptions) -> Stance:
    """The same, with soles that would sink into the floor lifted out of it; not where the foot is pinned."""
    under = np.stack([foot.heel, foot.ball * [1.0, 0.0, 1.0] + [0.0, foot.heel[1], 0.0]])
    heights = stance.ankle[:, None, 1] + quat_rotate(stance.rotation[:, None], under)[..., 1]
    need = np.where(stance.held, 0.0, np.maximum(-heights.min(1), 0.0))
    beside = _above(stance.held.astype(np.float64), fps, options.ease_s / 2)
    lift = np.maximum(need, _above(need, fps, options.ease_s / 2) * (1.0 - beside))
    return replace(stance, ankle=stance.ankle + UP * lift[:, None])


def _follow(skeleton: Skeleton, positions: Array, worlds: Array, planted: NDArray[np.bool_], trust: Array, fps: float, options: PlantOptions) -> NDArray[np.float64]:
    """Shift of the whole body (T, 3): what planted feet are moved by on average, smoothed; what drifts there is the path and not the feet."""
    if options.follow_s <= 0:
        return np.zeros((len(positions), 3))
    total, count = np.zeros((len(positions), 3)), np.zeros(len(positions))
    for side, stance in _stances(skeleton, positions, worlds, planted, trust, fps, options).items():
        total += np.where(stance.held[:, None], stance.ankle - positions[:, skeleton.index(f"{side}Foot")], 0.0)
        count += stance.held
    sigma = options.follow_s * fps
    return np.asarray(smooth(total, sigma) / (smooth(count, sigma) + 0.1)[:, None])


def _drop(skeleton: Skeleton, positions: Array, stances: dict[str, Stance], fps: float, options: PlantOptions) -> NDArray[np.float64]:
    """How far the pelvis sinks (T,), smoothly, so that both legs reach their ankles without being stretched straight."""
    need = np.zeros(len(positions))
    for side, stance in stances.items():
        hip, ankle = positions[:, skeleton.index(f"{side}UpperLeg")], positions[:, skeleton.index(f"{side}Foot")]
        length = sum(float(np.linalg.norm(skeleton.rest_offsets[skeleton.index(side + bone)])) for bone in ("LowerLeg", "Foot"))
        longest = np.maximum(np.linalg.norm(ankle - hip, axis=-1), STRAIGHT * length)
        way = hip - stance.ankle
        level = np.sum(way[:, [0, 2]] ** 2, axis=-1)
        need = np.maximum(need, way[:, 1] - np.sqrt(np.maximum(longest**2 - level, 0.0)))
    return _above(need, fps, options.ease_s)


def _step(skeleton: Skeleton, side: str, positions: Array, worlds: Array, moved: Array, stance: Stance) -> None:
    """Put the leg's world rotations into `moved` (T, J, 4): ankle and foot as the stance has them, toes above the floor."""
    thigh, shin, foot, toes = (skeleton.index(side + bone) for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes"))
    offsets = (skeleton.rest_offsets[shin], skeleton.rest_offsets[foot])
    moved[:, thigh], moved[:, shin] = reach(positions[:, thigh], worlds[:, thigh], worlds[:, shin], offsets, KNEE, stance.ankle)
    moved[:, foot] = stance.rotation
    carried = quat_multiply(quat_multiply(stance.rotation, quat_conjugate(worlds[:, foot])), worlds[:, toes])
    shape = foot_of(skeleton, side)
    joint = stance.ankle + quat_rotate(stance.rotation, shape.ball)
    moved[:, toes] = _bent(carried, joint[:, 1] - shape.ball_height, shape.toe_length)


def _bent(toes: Array, clearance: Array, length: float) -> NDArray[np.float64]:
    """Toes (T, 4) bent up where their tips would pierce the floor; `clearance` (T,) is the sole's height at the ball."""
    forward = quat_rotate(toes, FORWARD)
    least = np.clip(-clearance / length, -1.0, 0.0)
    right = forward.copy()
    right[:, 1] = np.maximum(forward[:, 1], least)
    level = np.linalg.norm(forward[:, [0, 2]], axis=-1)
    right[:, [0, 2]] *= (np.sqrt(1.0 - np.minimum(right[:, 1] ** 2, 1.0)) / np.maximum(level, 1e-6))[:, None]
    return quat_multiply(quat_between(forward, right), toes)
