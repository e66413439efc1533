"""`posewright animate`: the main job."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from posewright.cli.common import Bars, End, Estimator, Fov, Height, Lifter, Mode, Offline, People, Quiet, Start, output_paths, set_offline


def animate(
    videos: Annotated[list[Path], typer.Argument(help="Videos, images or folders of images.", metavar="VIDEO...", show_default=False)],
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            help="Where to write; the suffix picks the format (.glb .bvh .npz .json .csv .txt). May be given several times. A folder or a bare suffix serves several videos.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    character: Annotated[
        Path | None, typer.Option("--character", help="A rigged .glb or .vrm to drive instead of the mannequin.", metavar="FILE", rich_help_panel="Result")
    ] = None,
    bone_names: Annotated[str, typer.Option("--bone-names", help="Names in .bvh: mixamo, vrm or cmu.", rich_help_panel="Result")] = "mixamo",
    fps: Annotated[float | None, typer.Option("--fps", help="Frames a second of the result (the clip's).", rich_help_panel="Result")] = None,
    trim: Annotated[bool, typer.Option("--trim", help="Keep only the time in which the person is seen.", rich_help_panel="Clip")] = False,
    start: Start = None,
    end: End = None,
    people: People = 1,
    height: Height = None,
    fov: Fov = None,
    mode: Mode = "balanced",
    estimator: Estimator = None,
    lifter: Lifter = None,
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
    from posewright.formats import check_output, write
    from posewright.pipeline import capture

    bars = Bars(quiet)
    plan = output_paths(output, videos, ".glb")
    for places in plan.values():
        for place in places:
            check_output(place)
    hero = None
    if character is not None:
        from posewright.character import read_character

        hero = read_character(character)
    for video, places in plan.items():
        begun = time.perf_counter()
        with bars.shown():
            result = capture(
                video, start=start, end=end, mode=mode, estimator=estimator, lifter=lifter, people=people,
                height_m=height, fov_deg=fov, fps=fps, trim=trim, progress=bars,
            )  # fmt: skip
            for done, place in enumerate(places):
                bars("write", done, len(places))
                write(place, result, character=hero, bone_names=bone_names)
        motion = result.people[0].motion
        seconds = time.perf_counter() - begun
        bars.say(f"{video.name}: {len(result.people)} {'person' if len(result.people) == 1 else 'people'}, {len(motion)} frames at {motion.fps:g} a second, in {seconds:.1f} s")
        if bars.frames_a_second:
            bars.say(f"  pose found at {bars.frames_a_second:.0f} frames a second (LiteRT on the CPU)")
        for note in result.notes:
            bars.say(f"  note: {note}")
        for place in places:
            bars.say(f"  wrote {place}")
