from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from posewright.character import default_character, read_character
from posewright.errors import CharacterError
from posewright.view.rest import rest_picture
from posewright.view.texture import COLOURS, painted
from tests.character.files import RigFile


def textured(tmp_path: Path, picture: bytes) -> Path:
    """A rig whose left half is red and whose right half is green by its texture."""
    rig = RigFile()
    attributes = rig.document["meshes"][0]["primitives"][0]["attributes"]
    points = rig.document["accessors"][attributes["POSITION"]]
    view = rig.document["bufferViews"][points["bufferView"]]
    x = np.frombuffer(bytes(rig.binary[view["byteOffset"] :][: view["byteLength"]]), np.float32).reshape(-1, 3)[:, 0]
    middle = np.repeat(x.reshape(-1, 8).mean(1), 8)
    attributes["TEXCOORD_0"] = rig.accessor(np.stack([np.where(middle > 0.01, 0.25, 0.75), np.full(len(x), 0.5)], axis=1).astype(np.float32), "VEC2")
    rig.document["images"][0]["bufferView"] = rig.view(picture)
    return rig.write(tmp_path / "hero.glb")


def test_triangles_get_the_colour_of_their_texture(tmp_path: Path) -> None:
    image = np.zeros((8, 8, 3), dtype=np.uint8)
    image[:, :4], image[:, 4:] = (0, 0, 255), (0, 255, 0)  # red and green, as OpenCV counts channels
    character = read_character(textured(tmp_path, cv2.imencode(".png", image)[1].tobytes()))
    assert character.materials[0].texture == 0
    shown = painted(character)
    assert len(shown.materials) == 3
    mesh = shown.meshes[0]
    for triangle, material in zip(mesh.triangles, mesh.triangle_materials, strict=True):
        colour = shown.materials[material].base_colour
        assert colour[:3] == pytest.approx((1.0, 0.0, 0.0) if mesh.positions[triangle, 0].mean() > 0.025 else colour[:3], abs=1e-3)
        assert colour[:3] in (pytest.approx((1.0, 0.0, 0.0), abs=1e-3), pytest.approx((0.0, 1.0, 0.0), abs=1e-3))


def test_many_colours_become_few(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    character = read_character(textured(tmp_path, cv2.imencode(".png", noise)[1].tobytes()))
    assert len(painted(character).materials) <= 1 + COLOURS


def test_what_cannot_be_decoded_keeps_its_plain_colour(tmp_path: Path) -> None:
    character = read_character(textured(tmp_path, b"no picture"))
    assert painted(character).materials == character.materials
    assert painted(default_character()).materials == default_character().materials


def test_rest_picture_needs_a_mesh(tmp_path: Path) -> None:
    with pytest.raises(CharacterError, match="no mesh"):
        rest_picture(read_character(bare(tmp_path)))


def bare(tmp_path: Path) -> Path:
    rig = RigFile()
    rig.document["nodes"] = rig.document["nodes"][: rig.count]
    rig.document["scenes"][0]["nodes"] = [0]
    return rig.write(tmp_path / "rig.glb")
