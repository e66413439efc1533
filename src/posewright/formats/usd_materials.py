"""A character's materials as UsdPreviewSurface, with the pictures that they use beside the USD file.

Specification: https://openusd.org/release/spec_usdpreviewsurface.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from posewright.files import atomic_path, check_writable
from posewright.formats.usd_names import unique_identifiers
from posewright.types import Character, Material

SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg"}
"""Kinds of pictures that USD's own image plugins read."""


class Textures:
    """The pictures of a character's materials, as files in a folder named after the USD file."""

    def __init__(self, path: Path, character: Character) -> None:
        self._path = path
        self._folder = path.with_name(f"{path.stem}_textures")
        self._files: dict[int, tuple[str, bytes]] = {}
        if character.document is None:
            return
        images = character.document.json.get("images", [])
        used = sorted({material.texture for material in character.materials if material.texture is not None})
        kept = [index for index in used if images[index].get("mimeType") in SUFFIXES and "bufferView" in images[index]]
        names = unique_identifiers([str(images[index].get("name", f"image_{index}")) for index in kept], "image")
        for index, name in zip(kept, names, strict=True):
            view = character.document.json["bufferViews"][images[index]["bufferView"]]
            start = view.get("byteOffset", 0)
            self._files[index] = (name + SUFFIXES[images[index]["mimeType"]], bytes(character.document.binary[start : start + view["byteLength"]]))

    def place(self, image: int | None) -> str | None:
        """Where a picture lies, from the USD file; None for one that is not there or of a kind that USD does not read."""
        return f"./{self._folder.name}/{self._files[image][0]}" if image in self._files and image is not None else None

    @contextmanager
    def written(self) -> Iterator[None]:
        """Write the pictures; if the block fails, remove those that were not there before.

        Raises:
            OutputError: a picture cannot be written.
        """
        check_writable(self._path)
        new: list[Path] = []
        made = bool(self._files) and not self._folder.exists()
        try:
            if made:
                self._folder.mkdir()
            for name, data in self._files.values():
                target = self._folder / name
                if not target.exists():
                    new.append(target)
                with atomic_path(target) as part:
                    part.write_bytes(data)
            yield
        except BaseException:
            for target in new:
                target.unlink(missing_ok=True)
            if made and self._folder.is_dir():
                self._folder.rmdir()
            raise


def add_materials(stage: Any, place: str, character: Character, textures: Textures) -> list[Any]:
    """A UsdShade.Material for each of the character's materials, in their order."""
    from pxr import UsdGeom

    if character.materials:
        UsdGeom.Scope.Define(stage, place)
    names = unique_identifiers([material.name for material in character.materials], "Material")
    return [_add_material(stage, f"{place}/{name}", material, textures) for name, material in zip(names, character.materials, strict=True)]


def _add_material(stage: Any, place: str, material: Material, textures: Textures) -> Any:
    from pxr import Sdf, UsdShade

    prim = UsdShade.Material.Define(stage, place)
    prim.GetPrim().SetDisplayName(material.name)
    surface = UsdShade.Shader.Define(stage, f"{place}/Surface")
    surface.CreateIdAttr("UsdPreviewSurface")
    red, green, blue, alpha = material.base_colour
    colour = surface.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f)
    colour.Set((red, green, blue))
    if (picture := textures.place(material.texture)) is not None:
        colour.ConnectToSource(_add_texture(stage, place, picture, (red, green, blue, 1.0)))
    surface.CreateInput("roughness", Sdf.ValueTypeNames.Float).Set(material.roughness)
    surface.CreateInput("metallic", Sdf.ValueTypeNames.Float).Set(material.metallic)
    surface.CreateInput("opacity", Sdf.ValueTypeNames.Float).Set(alpha)
    prim.CreateSurfaceOutput().ConnectToSource(surface.ConnectableAPI(), "surface")
    return prim


def _add_texture(stage: Any, place: str, picture: str, tint: tuple[float, float, float, float]) -> Any:
    """The output of a picture that is laid on by the mesh's `st`, times the tint."""
    from pxr import Sdf, UsdShade

    reader = UsdShade.Shader.Define(stage, f"{place}/TextureCoordinates")
    reader.CreateIdAttr("UsdPrimvarReader_float2")
    reader.CreateInput("varname", Sdf.ValueTypeNames.String).Set("st")
    texture = UsdShade.Shader.Define(stage, f"{place}/BaseColour")
    texture.CreateIdAttr("UsdUVTexture")
    texture.CreateInput("file", Sdf.ValueTypeNames.Asset).Set(picture)
    texture.CreateInput("sourceColorSpace", Sdf.ValueTypeNames.Token).Set("sRGB")
    texture.CreateInput("scale", Sdf.ValueTypeNames.Float4).Set(tint)
    for side in ("wrapS", "wrapT"):
        texture.CreateInput(side, Sdf.ValueTypeNames.Token).Set("repeat")
    texture.CreateInput("st", Sdf.ValueTypeNames.Float2).ConnectToSource(reader.CreateOutput("result", Sdf.ValueTypeNames.Float2))
    return texture.CreateOutput("rgb", Sdf.ValueTypeNames.Float3)
