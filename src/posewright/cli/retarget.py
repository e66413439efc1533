"""`posewright retarget`: recorded motion on a character."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from posewright.cli.common import Bars, Quiet, output_paths


def retarget(
    motion: Annotated[
        Path,
        typer.Argument(help="Recorded motion: .bvh .npz .json .glb .gltf .vrm .vrma .fbx .blend, or the joint centres in a .trc or .c3d.", metavar="MOTION", show_default=False),
    ],
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            help="Where to write; the suffix picks the format (.glb .bvh .fbx .blend .vrm .vrma .usda .usdc .anim .trc .c3d .npz .json .csv .txt); repeatable. (MOTION.glb)",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    character: Annotated[
        Path | None,
        typer.Option("--character", help="A rigged .glb, .gltf, .vrm, .fbx or .blend to drive instead of the mannequin, or a .bvh whose skeleton is to move.", metavar="FILE"),
    ] = None,
    bone_map: Annotated[
        Path | None,
        typer.Option("--bone-map", help="Which bone of --character is which (start one: posewright character inspect FILE --write-map).", metavar="FILE", show_default=False),
    ] = None,
    bone_names: Annotated[str, typer.Option("--bone-names", help="Names in .bvh: mixamo, vrm or cmu.")] = "mixamo",
    fps: Annotated[float | None, typer.Option("--fps", help="Frames a second of the result, such as 24, 25, 30 or 60 (MOTION's own).", show_default=False)] = None,
    quiet: Quiet = False,
) -> None:
    """Drive the mannequin, or your character, with a motion file.

    With --character, formats without a body (.bvh, .vrma, .trc, ...) hold the motion of the character's own bones too.

    Examples:

        posewright retarget walk.bvh -o walk.glb

        posewright retarget walk.trc --character hero.vrm -o walk.vrma --fps 60
    """
    from posewright.character import read_bone_map
    from posewright.formats import check_fps, check_output, on_character, read_motion, read_rig, resampled, write

    bars = Bars(quiet)
    places = output_paths(output, [motion], ".glb")[motion]
    for place in places:
        check_output(place)
    check_fps(fps)
    hero = read_rig(character, read_bone_map(bone_map) if bone_map else None) if character else None
    for place in places:
        check_output(place, hero)
    recorded = resampled(read_motion(motion), fps)
    if hero is not None:
        recorded = on_character(recorded, hero)
    for place in places:
        write(place, recorded, character=hero, bone_names=bone_names)
        bars.say(f"wrote {place}: {len(recorded)} frames at {recorded.fps:g} a second")
