"""The real videos: four views of a man balancing against triangulated markers, and a dance beside another tool's result."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from posewright.study.evaluate import assess, evaluate
from posewright.study.load import load_joints
from posewright.study.names import LIMBS12
from posewright.study.pair import at_rate
from posewright.study.tracks import JointTrack
from posewright.view.report.timeline import shake
from quality.measure import Figures
from quality.methods import ALIKE_ROW, BEST, BEST_ROW, NO_CUT_OFF, Clip, ablations, methods, posewright

VIEWS = ("cam01", "cam02", "cam03", "cam04")
TRC = "pose2sim_results/single_balancing.trc"
DANCE, OTHER = "jesse_dance.mp4", "jesse_dance_rokoko.bvh"
STRETCHED = 0.95
"""Quantile of the distance from hip to ankle that is taken for the leg's length."""


def balancing(folder: Path, cache: Path, interpreter: str | None, with_ablations: bool, best: bool = False) -> dict[str, dict[str, Figures]]:
    """Method, view, measure. Nothing is told of camera or person; the clocks agree."""
    reference = load_joints(folder / TRC)
    rows = methods(interpreter, known=False, best=best) | (ablations(known=False) if with_ablations else {})
    clips = [Clip(f"pose2sim_{view}", folder / "pose2sim_single" / f"{view}.mp4", folder / TRC, {}, cache) for view in VIEWS]
    found: dict[str, dict[str, Figures]] = {}
    for name, method in rows.items():
        found[name] = {}
        for view, clip in zip(VIEWS, clips, strict=True):
            report = evaluate(method(clip), reference)
            found[name][view] = {measure.name: measure.value for measure in report.measures}
    return found


def dance(folder: Path, cache: Path, best: bool = False) -> dict[str, Figures]:
    """What can be said without truth of our result and of the other tool's, both at our frame rate."""
    clip = Clip("jesse_dance", folder / DANCE, folder / OTHER, {}, cache)
    tracks = {"Posewright": posewright(clip, known=False)}
    fps = tracks["Posewright"].fps
    if best:
        tracks[BEST_ROW] = posewright(clip, known=False, mode=BEST)
    tracks |= {f"Posewright, {name}": ablations(known=False)[name](clip) for name in (ALIKE_ROW, NO_CUT_OFF)}
    tracks["Rokoko, from the same video"] = at_rate(load_joints(folder / OTHER), fps)
    found = {name: {measure.name: measure.value for measure in assess(track, fps=fps).measures} for name, track in tracks.items()}
    return {name: figures | {"highest kick": highest_kick(tracks[name]), "shaking": shaking(tracks[name])} for name, figures in found.items()}


def highest_kick(track: JointTrack) -> float:
    """How far an ankle gets above the hips at most, percent of the leg; negative where none gets so high."""
    hips, ankles = (track.take([f"left_{joint}", f"right_{joint}"]) for joint in ("hip", "ankle"))
    leg = np.nanquantile(np.linalg.norm(hips - ankles, axis=-1), STRETCHED)
    return 100.0 * float(np.nanmax(ankles[..., 1] - hips.mean(1)[:, None, 1]) / leg)


def shaking(track: JointTrack) -> float:
    """What of the limbs' movement is faster than people move, mean over joints and time, mm: as in the report beside a result."""
    return 1000.0 * float(np.nanmean(shake(track.take(LIMBS12), track.fps)))
