"""`posewright animate`: the main job."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Annotated

import typer

from posewright.cli.common import (
    Bars,
    Detector,
    Device,
    End,
    Estimator,
    FlipTest,
    Fov,
    Height,
    Lifter,
    Mode,
    Offline,
    People,
    Quiet,
    Start,
    left_out,
    output_paths,
    set_offline,
    vertical,
)
from posewright.errors import UsageError


def animate(
    videos: Annotated[list[Path], typer.Argument(help="Videos, images or folders of images.", metavar="VIDEO...", show_default=False)],
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            help="Where to write; the suffix picks the format (.glb .bvh .fbx .blend .vrm .vrma .usda .usdc .anim .trc .c3d .npz .json .csv .txt). "
            "May be repeated. A folder or a bare suffix serves several videos.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    character: Annotated[
        Path | None,
        typer.Option(
            "--character",
            help="A rigged .glb, .gltf, .vrm, .fbx or .blend to drive instead of the mannequin, or a .bvh whose skeleton is to move.",
            metavar="FILE",
            rich_help_panel="Result",
        ),
    ] = None,
    bone_map: Annotated[
        Path | None,
        typer.Option(
            "--bone-map",
            help="Which bone of --character is which (start one: posewright character inspect FILE --write-map).",
            metavar="FILE",
            show_default=False,
            rich_help_panel="Result",
        ),
    ] = None,
    bone_names: Annotated[str, typer.Option("--bone-names", help="Names in .bvh: mixamo, vrm or cmu.", rich_help_panel="Result")] = "mixamo",
    fps: Annotated[float | None, typer.Option("--fps", help="Frames a second of the result (the clip's).", rich_help_panel="Result")] = None,
    trim: Annotated[bool, typer.Option("--trim", help="Keep only the time in which the person is seen.", rich_help_panel="Clip")] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="Also write a quality report: .html, .md or .json.", metavar="FILE", show_default=False, rich_help_panel="Result")
    ] = None,
    start: Start = None,
    end: End = None,
    people: People = 1,
    height: Height = None,
    fov: Fov = None,
    camera: Annotated[
        Path | None,
        typer.Option("--camera", help="Calibration of the camera: OpenCV, ROS, Pose2Sim or FreeMoCap file.", metavar="FILE", show_default=False, rich_help_panel="Scene"),
    ] = None,
    up: Annotated[
        str,
        typer.Option(
            "--up",
            help="Where the vertical comes from: auto (the person's balance), level (the camera is level), or the axis of --camera's world that points up: y, z, -y, ...",
            rich_help_panel="Scene",
        ),
    ] = "auto",
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            help="Leave out a part: mending, wright (our lifter's second opinion), refinement, arms (what is surely seen counts more), "
            "blows (what moves fast is smoothed less), limits (of joints), ground, planting, smoothing. May be given several times.",
            metavar="PART",
            show_default=False,
            rich_help_panel="Result",
        ),
    ] = None,
    mode: Mode = "balanced",
    estimator: Estimator = None,
    lifter: Lifter = None,
    device: Device = "cpu",
    detector: Detector = None,
    flip_test: FlipTest = False,
    keypoints: Annotated[
        Path | None,
        typer.Option(
            "--keypoints",
            help="Lift the keypoints that another program found in VIDEO, instead of looking for people.",
            metavar="PATH",
            show_default=False,
            rich_help_panel="Models",
        ),
    ] = None,
    offline: Offline = False,
    quiet: Quiet = False,
) -> None:
    """Turn video into an animated character.

    Without -o the result is VIDEO's name with .glb, in the current folder.

    Examples:

        posewright animate dance.mp4

        posewright animate dance.mp4 -o dance.glb -o dance.bvh --height 1.75

        posewright animate clips/*.mp4 -o results/
    """
    set_offline(offline)
    from posewright.formats import check_fps, check_output, prepare, write
    from posewright.pipeline import capture

    bars = Bars(quiet)
    if keypoints is not None and len(videos) > 1:
        raise UsageError("--keypoints belong to one clip: give one video with them")
    if fps is not None:
        check_fps(fps)
    plan = output_paths(output, videos, ".glb")
    for places in plan.values():
        for place in places:
            check_output(place)
    hero = None
    if character is not None:
        from posewright.character import read_bone_map
        from posewright.formats import read_rig

        hero = read_rig(character, read_bone_map(bone_map) if bone_map else None)
        for place in (place for places in plan.values() for place in places):
            check_output(place, hero)
    reports = output_paths([report], videos, ".html") if report else {}
    if reports:
        from posewright.view.report import check_report, write_report

        for file in (file for files in reports.values() for file in files):
            check_report(file)
    threading.Thread(target=prepare, args=([place for places in plan.values() for place in places], hero), daemon=True).start()
    for video, places in plan.items():
        begun = time.perf_counter()
        with bars.shown():
            result = capture(
                video, start=start, end=end, mode=mode, estimator=estimator, lifter=lifter, device=device, detector=detector, flip_test=flip_test,
                keypoints=keypoints, people=people, height_m=height, fov_deg=fov, camera=camera, fps=fps, trim=trim, progress=bars, **vertical(up), **left_out(without),
            )  # fmt: skip
            for done, place in enumerate(places):
                bars("write", done, len(places))
                write(place, result, character=hero, bone_names=bone_names)
            for file in reports.get(video, []):
                write_report(file, result)
        motion = result.people[0].motion
        seconds = time.perf_counter() - begun
        bars.say(f"{video.name}: {len(result.people)} {'person' if len(result.people) == 1 else 'people'}, {len(motion)} frames at {motion.fps:g} a second, in {seconds:.1f} s")
        if bars.frames_a_second:
            bars.say(f"  pose found at {bars.frames_a_second:.0f} frames a second ({result.runtime})")
        for note in result.notes:
            bars.say(f"  note: {note}")
        for place in [*places, *reports.get(video, [])]:
            bars.say(f"  wrote {place}")
