"""`posewright demo`: the sample clip through the whole path."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from posewright.cli.common import Bars, Offline, Quiet, set_offline
from posewright.errors import OutputError


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.", metavar="FOLDER")] = Path("demo-out"),
    overlay: Annotated[bool, typer.Option("--overlay/--no-overlay", help="Also write the clip with keypoints drawn in.")] = True,
    offline: Offline = False,
    quiet: Quiet = False,
) -> None:
    """Animate the clip that comes with Posewright and say how far the result is from its truth.

    Writes a character with its animation (.glb), the motion (.bvh), the clip with keypoints drawn in (.mp4) and a
    picture of the character in four moments (.png).
    """
    set_offline(offline)
    from posewright.study.demo import run_demo

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {output}: {error.strerror or error}") from error
    bars = Bars(quiet)
    with bars.shown():
        result = run_demo(output, overlay=overlay, progress=bars)
    motion, report = result.capture.people[0].motion, result.report
    bars.say(f"{Path(result.capture.source.name).name}: {len(motion)} frames at {motion.fps:g} a second")
    for file in result.files:
        bars.say(f"  wrote {file}")
    for note in result.capture.notes:
        bars.say(f"  note: {note}")
    typer.echo(f"error against the clip's truth, 12 limb joints, {report.frames} frames:")
    for measure in report.measures:
        if measure.name in ("MPJPE", "PA-MPJPE", "acceleration", "foot skate", "lean"):
            typer.echo(f"  {measure.name:<14} {measure.value:7.1f} {measure.unit}")
