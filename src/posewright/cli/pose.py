"""`posewright pose`: keypoints and 3D joints only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from posewright.cli.common import Bars, Detector, Device, End, Estimator, FlipTest, Fov, Lifter, Mode, Offline, People, Quiet, Start, set_offline


def pose(
    source: Annotated[Path, typer.Argument(help="Video, image or folder of images.", metavar="IMAGE_OR_VIDEO", show_default=False)],
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output", "-o", help="Keypoints and 3D joints: .json .csv .npz .txt. May be given several times. (SOURCE's name with .json)", metavar="FILE", show_default=False
        ),
    ] = None,
    overlay: Annotated[Path | None, typer.Option("--overlay", help="Draw the keypoints over the source: .mp4, .png or .jpg.", metavar="FILE")] = None,
    start: Start = None,
    end: End = None,
    people: People = 1,
    fov: Fov = None,
    mode: Mode = "balanced",
    estimator: Estimator = None,
    lifter: Lifter = None,
    device: Device = "cpu",
    detector: Detector = None,
    flip_test: FlipTest = False,
    offline: Offline = False,
    quiet: Quiet = False,
) -> None:
    """Find 2D keypoints and 3D joints, without a character.

    Examples:

        posewright pose photo.jpg --overlay photo_pose.png

        posewright pose dance.mp4 -o dance.csv --overlay dance_pose.mp4 --people 2
    """
    set_offline(offline)
    from posewright.files import check_writable
    from posewright.formats import check_output, write
    from posewright.pipeline import capture

    bars = Bars(quiet)
    outputs = output or ([] if overlay else [Path(source.stem + ".json")])
    for place in outputs:
        check_output(place)
    if overlay:
        check_writable(overlay)
    with bars.shown():
        result = capture(
            source,
            start=start,
            end=end,
            mode=mode,
            estimator=estimator,
            lifter=lifter,
            device=device,
            detector=detector,
            flip_test=flip_test,
            people=people,
            fov_deg=fov,
            trim=True,
            progress=bars,
        )
        for done, place in enumerate(outputs):
            bars("write", done, len(outputs))
            write(place, result)
        if overlay:
            from posewright.view.overlay import write_overlay

            write_overlay(overlay, result, start, end)
    bars.say(f"{source.name}: {len(result.people)} {'person' if len(result.people) == 1 else 'people'}")
    for note in result.notes:
        bars.say(f"  note: {note}")
    for place in [*outputs, *([overlay] if overlay else [])]:
        bars.say(f"  wrote {place}")
