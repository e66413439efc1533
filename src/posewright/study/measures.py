"""Groups of measures of a pair, each saying how the two sides were brought together for it. Millimetres, degrees, percent."""

from __future__ import annotations

import numpy as np

from posewright.geometry import normalize
from posewright.skeletons import BODY_PARENTS, REQUIRED_BONES, Skeleton
from posewright.study import metrics
from posewright.study.align import resample_rotations
from posewright.study.names import LIMBS12, SIDES
from posewright.study.pair import HIPS, Pair
from posewright.study.report import Measure

MM = 1e3
SEGMENTS = tuple((f"{side}_{start}", f"{side}_{end}") for side in SIDES for start, end in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle")))
BONES = (*SEGMENTS, HIPS)
"""Distances that are constant on a body. The shoulder line is not: clavicles move."""
FLEXIONS = tuple(
    (f"{side}_{a}", f"{side}_{b}", f"{side}_{c}")
    for side in SIDES
    for a, b, c in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"), ("elbow", "shoulder", "hip"), ("shoulder", "hip", "knee"))
)
"""Angles at elbows, knees, shoulders and hips, which do not depend on view, place or size."""
FAST_JOINTS = tuple(f"{side}_{joint}" for side in SIDES for joint in ("wrist", "ankle"))
FAST_M_S = 1.5
"""A wrist or ankle that never exceeds this speed has no peak to keep."""
SKATE_FPS = 30.0
"""Skating is stated per frame at this rate, whatever the clip's."""

TURNED = "root-relative, one turn about the vertical for the clip"
STARTED = "one turn about the vertical, same start"
BY_FRAME = "similarity by frame"
SCALED = "root-relative, one turn about the vertical for the clip, scale by frame"


def position_measures(pair: Pair, pck_threshold_m: float) -> list[Measure]:
    """Errors of joint positions."""
    p, q = (points[:, : pair.compared] for points in (pair.p, pair.q))
    p_root, q_root = (pair.rooted(points)[:, : pair.compared] for points in (pair.p, pair.q))
    world = MM * metrics.mpjpe(pair.started(p), q) if pair.in_world else float("nan")
    return [
        Measure("MPJPE", MM * metrics.mpjpe(p_root, q_root), "mm", TURNED),
        Measure("PA-MPJPE", MM * metrics.pa_mpjpe(p, q), "mm", BY_FRAME),
        Measure("N-MPJPE", MM * metrics.n_mpjpe(p_root, q_root), "mm", SCALED),
        Measure("world MPJPE", world, "mm", STARTED),
        Measure(f"PCK@{pck_threshold_m * MM:.0f}mm", 100 * metrics.pck(p_root, q_root, pck_threshold_m), "%", TURNED),
    ]


def angle_measures(pair: Pair) -> list[Measure]:
    """Errors of joint angles: of local rotations where both sides are humanoids, and of limb segments."""
    return [
        Measure("rotation error", np.degrees(_rotation_error(pair)), "deg", "local rotations, root left out"),
        Measure("joint angle error", np.degrees(metrics.flexion_error(pair.p, pair.q, pair.columns(FLEXIONS))), "deg", "none needed"),
        Measure("segment error", np.degrees(metrics.segment_direction_error(pair.p, pair.q, pair.columns(SEGMENTS))), "deg", TURNED),
    ]


def _rotation_error(pair: Pair) -> float:
    """Over the bones that both sides have; NaN unless both are humanoids (names and T-pose at rest)."""
    pred, ref = pair.pred.motion, pair.ref.motion
    if pred is None or ref is None or not (_is_humanoid(pred.skeleton) and _is_humanoid(ref.skeleton)):
        return float("nan")
    shared = [bone for bone in BODY_PARENTS if bone != "hips" and bone in pred.skeleton and bone in ref.skeleton]
    sides = (
        resample_rotations(motion.rotations[:, [motion.skeleton.index(bone) for bone in shared]], track.timestamps, pair.times)
        for motion, track in ((pred, pair.pred), (ref, pair.ref))
    )
    return metrics.rotation_error(*sides)


def _is_humanoid(skeleton: Skeleton) -> bool:
    if not all(bone in skeleton for bone in REQUIRED_BONES) or not np.allclose(np.abs(skeleton.rest_rotations[:, 3]), 1.0, atol=1e-6):
        return False
    rest = skeleton.rest_pose()[0]
    arm = normalize(rest[skeleton.index("leftHand")] - rest[skeleton.index("leftUpperArm")])
    leg = normalize(rest[skeleton.index("leftFoot")] - rest[skeleton.index("leftUpperLeg")])
    return bool(arm[0] > 0.95 and leg[1] < -0.95)


def movement_measures(pair: Pair) -> list[Measure]:
    """Errors of velocity and acceleration, and how smooth each side is by itself."""
    p, q = (points[:, : pair.compared] for points in (pair.p, pair.q))
    p_root, q_root = (pair.rooted(points)[:, : pair.compared] for points in (pair.p, pair.q))
    fast = [pair.names.index(name) for name in FAST_JOINTS]
    kept = metrics.peak_speed_kept(pair.rooted(pair.p)[:, fast], pair.rooted(pair.q)[:, fast], pair.fps, FAST_M_S)
    return [
        Measure("MPJVE", MM * metrics.mpjve(p_root, q_root), "mm/frame", TURNED),
        Measure("acceleration error", MM * metrics.acceleration_error(p_root, q_root), "mm/frame^2", TURNED),
        Measure("acceleration", MM * metrics.mean_acceleration(p), "mm/frame^2", ""),
        Measure("acceleration of reference", MM * metrics.mean_acceleration(q), "mm/frame^2", ""),
        Measure("jitter", metrics.jitter(p, pair.fps), "m/s^3", ""),
        Measure("jitter of reference", metrics.jitter(q, pair.fps), "m/s^3", ""),
        Measure("peak speed kept", 100 * metrics.masked_mean(kept), "%", f"{TURNED}; wrists and ankles above {FAST_M_S:g} m/s"),
    ]


def body_measures(pair: Pair) -> list[Measure]:
    """Constancy of the bones, and lean."""
    limbs = [pair.names.index(name) for name in LIMBS12]
    p, q = pair.p[:, limbs], pair.q[:, limbs]
    bones = pair.columns(BONES)
    hips, shoulders = pair.columns([HIPS, ("left_shoulder", "right_shoulder")])
    trunk = metrics.trunk_lean(pair.p, hips, shoulders) - metrics.trunk_lean(pair.q, hips, shoulders)
    return [
        Measure("bone length spread", 100 * metrics.masked_mean(metrics.bone_length_cv(pair.p, bones)), "%", ""),
        Measure("bone length deviation", MM * metrics.masked_mean(metrics.bone_length_std(pair.p, bones)), "mm", ""),
        Measure("lean", np.degrees(metrics.clip_lean(p, q)), "deg", "one rotation and scale for the clip, centroids by frame"),
        Measure("lean by frame", np.degrees(metrics.masked_mean(metrics.frame_lean(p, q))), "deg", "one rotation and scale a frame"),
        Measure("trunk lean added", np.degrees(metrics.masked_mean(trunk)), "deg", "none needed"),
    ]


def foot_measures(pair: Pair, notes: list[str]) -> list[Measure]:
    """Skating and floating in the reference's contacts, contacts found, sinking in. NaN where a path through space is unknown."""
    nan = float("nan")
    skating = f"mm/frame at {SKATE_FPS:g} fps"
    names = (("foot skate", skating), ("foot skate of reference", skating), ("foot float", "mm"), ("foot penetration", "mm"), ("deepest penetration", "mm"))
    contact_names = ("contact precision", "contact recall", "contact F1")
    soles, truth, found = pair.soles(pair.pred), pair.contacts(pair.ref), pair.contacts(pair.pred)
    if soles is None or truth is None or found is None:
        notes.append("no measures of foot contact: a path through space is unknown")
        return [Measure(name, nan, unit) for name, unit in names] + [Measure(name, nan, "%") for name in contact_names]
    if pair.ref.contacts is None:
        notes.append(f"{pair.ref.source}: contacts detected (below {MM * metrics.CONTACT_HEIGHT_M:.0f} mm and {metrics.CONTACT_SPEED_M_S:g} m/s)")
    per_frame = pair.fps / SKATE_FPS
    ref_soles = pair.soles(pair.ref)
    ref_skate = nan if ref_soles is None else metrics.foot_skate(ref_soles, truth) * per_frame
    mean_depth, deepest = metrics.foot_penetration(soles)
    # A foot touches the floor when its heel or its ball does.
    score = metrics.contact_score(*(np.stack([c[:, :2].any(1), c[:, 2:].any(1)], axis=1) for c in (found, truth)))
    values = (metrics.foot_skate(soles, truth) * per_frame, ref_skate, metrics.foot_float(soles, truth), mean_depth, deepest)
    in_contact = "in the reference's contacts"
    alignment = (in_contact, in_contact, in_contact, "", "")
    return [Measure(name, MM * value, unit, how) for (name, unit), value, how in zip(names, values, alignment, strict=True)] + [
        Measure(name, 100 * value, "%", "by foot and frame") for name, value in zip(contact_names, (score.precision, score.recall, score.f1), strict=True)
    ]


def path_measures(pair: Pair) -> list[Measure]:
    """The path of the root through space."""
    p, q = pair.root(pair.p), pair.root(pair.q)
    if not pair.in_world:
        p = np.full_like(q, np.nan)
    walked = metrics.distance_walked(q, pair.fps) if not pair.ref.root_relative else float("nan")
    mean_share, end_share = metrics.path_error_share(p, q, pair.fps)
    ratio = metrics.distance_walked(p, pair.fps) / walked if walked >= metrics.LEAST_WALK_M else float("nan")
    return [
        Measure("root error", MM * metrics.masked_mean(metrics.path_error(p, q)), "mm", STARTED),
        Measure("root error share", 100 * mean_share, "% of distance", STARTED),
        Measure("root error at end", 100 * end_share, "% of distance", STARTED),
        Measure("distance kept", 100 * ratio, "%", "none needed"),
        Measure("distance of reference", walked, "m", ""),
    ]
