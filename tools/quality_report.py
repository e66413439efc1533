"""How good the motion is, against rendered clips with exact truth and real ones: writes docs/results/quality.md.

    python tools/make_study_clips.py --mocap DIR --work WORK
    python tools/quality_report.py --clips WORK/clips --forms WORK/forms --video DIR -o docs/results/quality.md

What the networks give is kept in WORK/clips/cache, so that a second run measures what comes after them only:
empty it when these have changed.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

# Two workers share the cores; the small matrices here gain nothing from more threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from quality import forms
from quality.given import losses
from quality.measure import measured
from quality.methods import clips_of
from quality.page import Results, page
from quality.real import balancing, dance
from quality.speed import refinement_seconds

from posewright.files import atomic_path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, required=True, help="folder of clips that make_study_clips.py made")
    parser.add_argument("--forms", type=Path, help="folder of karate forms that make_study_clips.py made")
    parser.add_argument("--video", type=Path, help="folder with pose2sim_single/, pose2sim_results/ and jesse_dance.mp4")
    parser.add_argument("--mediapipe-python", help="an interpreter that has mediapipe 0.10.21, for its row")
    parser.add_argument("--performance", action="store_true", help="also `--mode performance`, whose network is larger")
    parser.add_argument("--only", nargs="*", help="names of clips")
    parser.add_argument("--no-ablations", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results/quality.md"))
    arguments = parser.parse_args()
    clips = [clip for clip in clips_of(arguments.clips) if not arguments.only or clip.name in arguments.only]
    if not clips:
        parser.error(f"no clips in {arguments.clips}: make them with tools/make_study_clips.py")
    synthetic = measured(clips, arguments.mediapipe_python, not arguments.no_ablations, arguments.workers, arguments.performance)
    results = Results(clips, synthetic, losses(clips, arguments.workers), seconds=refinement_seconds(clips[0]))
    if arguments.forms:
        results = replace(results, forms=forms.measured(clips_of(arguments.forms), arguments.mediapipe_python, arguments.workers, arguments.performance))
    if arguments.video:
        cache = arguments.clips / "cache"
        views = balancing(arguments.video, cache, arguments.mediapipe_python, not arguments.no_ablations, arguments.performance)
        results = replace(results, balancing=views, dance=dance(arguments.video, cache, arguments.performance))
    options = " --forms WORK/forms" * bool(arguments.forms) + " --video DIR" * bool(arguments.video) + " --mediapipe-python PYTHON" * bool(arguments.mediapipe_python)
    options += " --performance" * arguments.performance
    text = page(results, f"python tools/quality_report.py --clips WORK/clips{options} -o {arguments.output}")
    with atomic_path(arguments.output) as path:
        path.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
