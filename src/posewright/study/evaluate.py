"""Comparing a motion with a reference: joints mapped, clocks and worlds brought together, every metric that applies."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError
from posewright.study import metrics
from posewright.study.align import apply_similarity, find_offset, similarity
from posewright.study.load import load_joints
from posewright.study.measures import FLEXIONS, MM, angle_measures, body_measures, foot_measures, movement_measures, path_measures, position_measures
from posewright.study.names import LIMBS12
from posewright.study.pair import Pair, at_rate, bring_together
from posewright.study.report import Report
from posewright.study.tracks import JointTrack, require_joints

Source = JointTrack | str | os.PathLike[str]
CORRELATION_DOUBT = 0.4
"""A found offset with a lower correlation is reported as doubtful."""
RIVAL_MARGIN = 0.02
"""So is one whose runner-up correlates as well as this."""
OWN = (
    *((name, name, "") for name in ("acceleration", "jitter", "bone length spread", "bone length deviation")),
    *((name, name, "in its own contacts") for name in ("foot skate", "foot float")),
    *((name, name, "") for name in ("foot penetration", "deepest penetration")),
    ("distance of reference", "distance", ""),
)
"""Measures that need no reference: name among all, name and condition to show."""


def evaluate(
    pred: Source,
    ref: Source,
    *,
    joints: Literal["limbs12", "all"] | Sequence[str] = "limbs12",
    offset: float | Literal["auto"] | None = None,
    align_heading: bool = True,
    pck_threshold_m: float = 0.150,
) -> Report:
    """Compare two motions of one person.

    Args:
        pred: the estimate: a track or a file (`load_joints`).
        ref: what it is held against; measures of error take it for true.
        joints: `limbs12`, `all` that both have, or names. The limb joints are needed whatever is compared.
        offset: seconds to add to the prediction's clock; None trusts both clocks; `auto` finds it from the joint angles.
        align_heading: turn the prediction about the vertical, once for the clip, since a camera's heading is unknown.
            Without it both worlds are taken to have the same axes.
        pck_threshold_m: distance within which a joint counts as found.

    Raises:
        InputError: a file cannot be read, limb joints are missing, or the clips share no time.
        UsageError: none of the joints asked for is on both sides.
    """
    pred, ref = (source if isinstance(source, JointTrack) else load_joints(source) for source in (pred, ref))
    for track in (pred, ref):
        require_joints(track, LIMBS12)
    notes = [*pred.notes, *ref.notes]
    seconds = _offset(pred, ref, offset, notes)
    pair = bring_together(pred.shifted(seconds), ref, _names(pred, ref, joints), align_heading=align_heading)
    measures = [
        *position_measures(pair, pck_threshold_m),
        *angle_measures(pair),
        *movement_measures(pair),
        *body_measures(pair),
        *foot_measures(pair, notes),
        *path_measures(pair),
    ]
    known_p, known_q = (np.isfinite(points[:, : pair.compared]).all(-1) for points in (pair.p, pair.q))
    return Report(
        pred=pred.source,
        ref=ref.source,
        measures=tuple(measures),
        per_joint=_by_joint(pair),
        joints=pair.names[: pair.compared],
        frames=len(pair.p),
        fps=round(pair.fps, 3),
        offset_s=seconds,
        missing_pred=int((~known_p).sum()),
        missing_ref=int((~known_q).sum()),
        notes=tuple(dict.fromkeys(notes)),
    )


def assess(source: Source, *, fps: float | None = None) -> Report:
    """What can be said of a motion without a reference: smoothness, constancy of bones, feet in its own contacts.

    Two motions compare only at one frame rate, to which `fps` brings them. A foot that slides faster than
    `metrics.CONTACT_SPEED_M_S` is not in contact, unless the file says so.

    Raises:
        InputError: a file cannot be read, or limb joints are missing.
    """
    track = source if isinstance(source, JointTrack) else load_joints(source)
    require_joints(track, LIMBS12)
    if fps is not None:
        track = at_rate(track, fps)
    pair = bring_together(track, track, LIMBS12, align_heading=False)
    notes = list(track.notes)
    measures = {m.name: m for m in (*movement_measures(pair), *body_measures(pair), *foot_measures(pair, notes), *path_measures(pair))}
    own = tuple(replace(measures[name], name=shown, alignment=how) for name, shown, how in OWN)
    missing = int((~np.isfinite(pair.p).all(-1)).sum())
    return Report(track.source, "", own, {}, LIMBS12, len(track), round(pair.fps, 3), 0.0, missing, 0, tuple(dict.fromkeys(notes)))


def joint_features(track: JointTrack) -> NDArray[np.float64]:
    """The angles of FLEXIONS, (T, 8) radians, by which two recordings of one motion can be recognised from anywhere."""
    return metrics.flexion(track.take(LIMBS12), [(LIMBS12.index(a), LIMBS12.index(b), LIMBS12.index(c)) for a, b, c in FLEXIONS])


def _by_joint(pair: Pair) -> dict[str, float]:
    """Error of each joint after the similarity of each frame, mm."""
    p, q = (points[:, : pair.compared] for points in (pair.p, pair.q))
    errors = MM * metrics.joint_errors(apply_similarity(similarity(p, q), p), q)
    return {name: metrics.masked_mean(errors[:, i]) for i, name in enumerate(pair.names[: pair.compared])}


def _offset(pred: JointTrack, ref: JointTrack, offset: float | str | None, notes: list[str]) -> float:
    if offset is None:
        return 0.0
    if not isinstance(offset, str):
        return float(offset)
    if offset != "auto":
        raise UsageError(f"offset '{offset}' is neither a number of seconds nor 'auto'")
    found = find_offset(joint_features(pred), pred.timestamps, joint_features(ref), ref.timestamps)
    rival = f", next best {found.runner_up:.2f}" if np.isfinite(found.runner_up) else ""
    doubtful = found.correlation < CORRELATION_DOUBT or found.correlation - found.runner_up < RIVAL_MARGIN
    notes.append(f"offset {found.seconds:+.4f} s found by correlation {found.correlation:.2f} of the joint angles{rival}" + ("; it may be wrong" if doubtful else ""))
    return found.seconds


def _names(pred: JointTrack, ref: JointTrack, joints: str | Sequence[str]) -> tuple[str, ...]:
    if isinstance(joints, str) and joints == "limbs12":
        return LIMBS12
    if isinstance(joints, str) and joints != "all":
        raise UsageError(f"joints '{joints}' is neither limbs12 nor all nor a list of names")
    wanted = pred.joints if isinstance(joints, str) else tuple(joints)
    shared = tuple(name for name in wanted if name in pred.joints and name in ref.joints)
    if not shared:
        raise UsageError(f"none of {', '.join(wanted)} is on both sides")
    return shared
