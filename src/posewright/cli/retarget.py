"""`posewright retarget`: recorded motion on a character."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from posewright.cli.common import Bars, Quiet, output_paths


def retarget(
    motion: Annotated[Path, typer.Argument(help="Recorded motion: .bvh, .npz, .json, .glb or .vrma.", metavar="MOTION", show_default=False)],
    output: Annotated[
        list[Path] | None, typer.Option("--output", "-o", help="Where to write; the suffix picks the format. (MOTION's name with .glb)", metavar="FILE", show_default=False)
    ] = None,
    character: Annotated[Path | None, typer.Option("--character", help="A rigged .glb, .gltf or .vrm to drive instead of the mannequin.", metavar="FILE")] = None,
    bone_map: Annotated[
        Path | None,
        typer.Option("--bone-map", help="Which bone of --character is which (start one: posewright character inspect FILE --write-map).", metavar="FILE", show_default=False),
    ] = None,
    bone_names: Annotated[str, typer.Option("--bone-names", help="Names in .bvh: mixamo, vrm or cmu.")] = "mixamo",
    quiet: Quiet = False,
) -> None:
    """Drive the mannequin, or your character, with a motion file.

    Example:

        posewright retarget walk.bvh -o walk.glb
    """
    from posewright.character import read_bone_map, read_character
    from posewright.formats import check_output, read_motion, write

    bars = Bars(quiet)
    places = output_paths(output, [motion], ".glb")[motion]
    for place in places:
        check_output(place)
    recorded = read_motion(motion)
    hero = read_character(character, read_bone_map(bone_map) if bone_map else None) if character else None
    for place in places:
        write(place, recorded, character=hero, bone_names=bone_names)
        bars.say(f"wrote {place}: {len(recorded)} frames at {recorded.fps:g} a second")
