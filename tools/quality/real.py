"""The real videos: four views of a man balancing against triangulated markers, and a dance beside another tool's result."""

from __future__ import annotations

from pathlib import Path

from posewright.study.evaluate import assess, evaluate
from posewright.study.load import load_joints
from quality.measure import Figures
from quality.methods import BEST, BEST_ROW, Clip, ablations, methods, posewright

VIEWS = ("cam01", "cam02", "cam03", "cam04")
TRC = "pose2sim_results/single_balancing.trc"
DANCE, OTHER = "jesse_dance.mp4", "jesse_dance_rokoko.bvh"


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
    ours = posewright(clip, known=False)
    rows = {"Posewright": assess(ours)}
    if best:
        rows[BEST_ROW] = assess(posewright(clip, known=False, mode=BEST))
    rows["Rokoko, from the same video"] = assess(load_joints(folder / OTHER), fps=ours.fps)
    return {name: {measure.name: measure.value for measure in report.measures} for name, report in rows.items()}
