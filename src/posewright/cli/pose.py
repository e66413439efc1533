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
            "--output",
            "-o",
            help="Keypoints and 3D joints: .json .csv .npz .txt, or what --format writes. May be given several times. (SOURCE's name with .json)",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    program: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="Write the files of another program, or one of ours by name: openpose (folder of JSON), alphapose (JSON), motionbert (X3D.npy), joints (folder with joints.npy, "
            "names.npy), blazepose (text), json, csv, npz, txt.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    keypoints: Annotated[
        Path | None,
        typer.Option(
            "--keypoints",
            help="Lift the keypoints that another program found in SOURCE, instead of looking for people: OpenPose's folder, AlphaPose's JSON, a folder with joints.npy, "
            "BlazePose's text.",
            metavar="PATH",
            show_default=False,
            rich_help_panel="Models",
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

        posewright pose dance.mp4 --format openpose -o dance_json

        posewright pose dance.mp4 --keypoints dance_json --lifter motionbert --format motionbert -o X3D.npy
    """
    set_offline(offline)
    from posewright.files import check_writable
    from posewright.formats.programs import check_as, default_output, write_as
    from posewright.pipeline import capture

    bars = Bars(quiet)
    outputs = output or ([] if overlay and program is None else [default_output(source, program)])
    for place in outputs:
        check_as(place, program)
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
            keypoints=keypoints,
            people=people,
            fov_deg=fov,
            trim=True,
            progress=bars,
        )
        for done, place in enumerate(outputs):
            bars("write", done, len(outputs))
            write_as(place, result, program)
        if overlay:
            from posewright.view.overlay import write_overlay

            write_overlay(overlay, result, start, end)
    bars.say(f"{source.name}: {len(result.people)} {'person' if len(result.people) == 1 else 'people'}")
    for note in result.notes:
        bars.say(f"  note: {note}")
    for place in [*outputs, *([overlay] if overlay else [])]:
        bars.say(f"  wrote {place}")
