"""The demo: the sample clip through the whole path, held against its truth. Needs no system package and no GPU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from posewright.character import default_character, retarget
from posewright.formats import check_output, write
from posewright.pipeline import Progress, capture, silent
from posewright.study.evaluate import evaluate
from posewright.study.report import Report
from posewright.study.sample import sample_clip, sample_truth
from posewright.study.tracks import track_of_motion
from posewright.types import Capture
from posewright.view.overlay import write_overlay, write_picture
from posewright.view.picture import contact_sheet

FORMATS = (".glb", ".bvh")


@dataclass(frozen=True)
class DemoResult:
    """What the demo made."""

    capture: Capture
    files: tuple[Path, ...]
    report: Report
    """The motion against the clip's truth."""


def run_demo(folder: Path, *, overlay: bool = True, progress: Progress = silent) -> DemoResult:
    """Animate the sample clip into `folder`, as any clip would be: nothing is told of the camera or the person.

    Raises:
        OutputError: the folder cannot be written.
        ModelError: the network's files cannot be had.
    """
    clip = sample_clip()
    files = [folder / (clip.stem + suffix) for suffix in FORMATS]
    video, picture = folder / f"{clip.stem}_overlay.mp4", folder / f"{clip.stem}_moments.png"
    for file in files:
        check_output(file)
    result = capture(clip, progress=progress)
    made = _written(result, files, progress)
    if overlay:
        write_overlay(video, result)
        made.append(video)
    progress("write", len(files) + 1, len(files) + 2)
    character = default_character()
    write_picture(picture, contact_sheet(character, retarget(result.people[0].motion, character)))
    made.append(picture)
    progress("write", len(files) + 2, len(files) + 2)
    truth, _ = sample_truth()
    return DemoResult(result, tuple(made), evaluate(track_of_motion(result.people[0].motion, clip.name), track_of_motion(truth, "truth")))


def _written(result: Capture, files: Sequence[Path], progress: Progress) -> list[Path]:
    made: list[Path] = []
    for done, file in enumerate(files):
        progress("write", done, len(files) + 2)
        made += write(file, result)
    return made
