"""Figures of each method on each clip, and their means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from numpy.typing import NDArray

from posewright.study.evaluate import evaluate
from posewright.study.load import load_joints
from posewright.study.metrics import blows, masked_mean, peak_speed_kept
from posewright.study.pair import HIPS, at_rate
from posewright.study.tracks import JointTrack
from quality.methods import Clip, Method, ablations, methods

STRIKES = {"kick": "ankle", "punch": "wrist", "jabs": "wrist"}
"""How the names of clips begin that show how much of a blow is left, and the joint that strikes."""
BLOW = "blow of "
"""How the measures of single blows begin."""
BLOW_M_S = 3.0
"""A limb that stays below this speed against the hips does not strike."""

# Column: measure of the report, heading.
COLUMNS: dict[str, str] = {
    "MPJPE": "MPJPE, mm",
    "PA-MPJPE": "PA-MPJPE, mm",
    "lean": "lean, deg",
    "acceleration": "acceleration, mm/frame²",
    "acceleration ratio": "against truth's",
    "root error share": "root error, % of distance",
    "distance kept": "distance kept, %",
    "foot skate": "skate, mm/frame",
    "deepest penetration": "deepest foot, mm",
    "contact F1": "contact F1, %",
    "peak speed kept": "peak speed kept, %",
    "bone length spread": "bone spread, %",
}
WORST = ("deepest penetration",)
"""Of these the greatest over the clips counts, not the mean."""

Figures = Mapping[str, float]


def figures(clip: Clip, method: Method) -> dict[str, float]:
    """All measures of a method on a clip."""
    track, truth = method(clip), load_joints(clip.truth)
    report = evaluate(track, truth)
    values = {measure.name: measure.value for measure in report.measures}
    values["acceleration ratio"] = values["acceleration"] / values["acceleration of reference"]
    joint = next((joint for name, joint in STRIKES.items() if clip.name.startswith(name)), None)
    each = blow_by_blow(track, truth, joint) if joint else {}
    values["peak speed kept"] = blow_kept(track, truth, joint) if joint else float("nan")
    values["blow changed"] = abs(values["peak speed kept"] - 100.0)
    values["each blow changed"] = float(np.mean([abs(kept - 100.0) for kept in each.values()])) if each else float("nan")
    values |= each
    return values | {f"joint {name}": value for name, value in report.per_joint.items()}


def blow_kept(track: JointTrack, truth: JointTrack, joint: str) -> float:
    """Peak speed of the striking limbs against the hips, percent of the truth's, mean of left and right; NaN where none strikes."""
    ours, theirs = striking(track, truth, joint)
    return 100.0 * masked_mean(peak_speed_kept(ours, theirs, truth.fps, BLOW_M_S))


def blow_by_blow(track: JointTrack, truth: JointTrack, joint: str) -> dict[str, float]:
    """Peak speed of each blow, percent of the truth's, by limb, moment and true speed."""
    sides = ("left", "right")
    found = blows(*striking(track, truth, joint), truth.fps, BLOW_M_S)
    return {f"{BLOW}{sides[blow.joint]} {joint} at {blow.frame / truth.fps:.2f} s, {blow.speed:.1f} m/s": 100.0 * blow.kept for blow in found}


def striking(track: JointTrack, truth: JointTrack, joint: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Left and right joint against the hips, (T, 2, 3), estimated and true."""
    names = (f"left_{joint}", f"right_{joint}", *HIPS)
    pred, ref = (at_rate(each, truth.fps).take(names) for each in (track, truth))
    frames = min(len(pred), len(ref))
    ours, theirs = (points[:frames, :2] - points[:frames, 2:].mean(1, keepdims=True) for points in (pred, ref))
    return ours, theirs


def measured(clips: Iterable[Clip], interpreter: str | None, with_ablations: bool, workers: int, best: bool = False) -> dict[str, dict[str, dict[str, float]]]:
    """Method, clip, measure."""
    with ProcessPoolExecutor(workers) as pool:
        jobs = {clip.name: pool.submit(_clip_figures, clip, interpreter, with_ablations, best) for clip in clips}
        by_clip = {name: job.result() for name, job in jobs.items()}
    names = next(iter(by_clip.values()))
    return {method: {clip: rows[method] for clip, rows in by_clip.items()} for method in names}


def _clip_figures(clip: Clip, interpreter: str | None, with_ablations: bool, best: bool) -> dict[str, dict[str, float]]:
    rows = methods(interpreter, best=best) | (ablations() if with_ablations else {})
    return {name: figures(clip, method) for name, method in rows.items()}


def summary(by_clip: Mapping[str, Figures]) -> dict[str, float]:
    """Means over the clips of the columns, or the greatest."""
    out = {}
    for column in COLUMNS:
        values = np.array([row.get(column, np.nan) for row in by_clip.values()])
        known = values[np.isfinite(values)]
        out[column] = float("nan") if not len(known) else float(known.max() if column in WORST else known.mean())
    return out
