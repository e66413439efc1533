"""`posewright character`: look into a character's file before it is driven."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Look into a character's file: bones, map, rest pose.", no_args_is_help=True)


@app.callback()
def _characters() -> None:
    """Look into a character's file: bones, map, rest pose."""


@app.command("inspect")
def inspect_command(
    file: Annotated[Path, typer.Argument(help="A rigged character: .glb, .gltf, .vrm, .fbx or .blend, or a skeleton in a .bvh.", metavar="FILE", show_default=False)],
    write_map: Annotated[Path | None, typer.Option("--write-map", help="Write the map found, to be corrected and given as --bone-map.", metavar="MAP.toml")] = None,
    bone_map: Annotated[Path | None, typer.Option("--bone-map", help="A map by hand, over what is found.", metavar="MAP.toml")] = None,
    picture: Annotated[Path | None, typer.Option("--picture", help="Draw the character at rest and in the T-pose, from the front and the side.", metavar="FILE.png")] = None,
) -> None:
    """Show how a character's file is understood: its bones and what they are taken for, its rest pose, what is missing.

    Example:

        posewright character inspect hero.glb --write-map map.toml --picture hero.png
    """
    from posewright.character import read_bone_map, write_bone_map
    from posewright.character.inspect import inspected
    from posewright.errors import CharacterError
    from posewright.formats import examine_rig

    found = inspected(examine_rig(file, read_bone_map(bone_map) if bone_map else None, strict=False))
    typer.echo(found.text)
    if write_map:
        write_bone_map(write_map, found.bone_map.bones, found.character.name, found.character.skeleton.joints)
        typer.echo(f"wrote {write_map}")
    if picture:
        _draw(found.character, bool(found.missing), picture)
        typer.echo(f"wrote {picture}")
    if found.missing:
        raise CharacterError(f"{file} cannot be driven: no bone for {', '.join(found.missing)}. Name them in a map and give it with --bone-map.")


def _draw(character: object, at_rest_only: bool, picture: Path) -> None:
    import cv2

    from posewright.files import atomic_path
    from posewright.types import Character
    from posewright.view.rest import rest_picture

    assert isinstance(character, Character)
    image = rest_picture(character, t_pose=not at_rest_only)
    with atomic_path(picture) as part:
        cv2.imwrite(str(part), image[..., ::-1])
