from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posewright.character import inspect, read_bone_map, read_character
from posewright.character.inspect import describe_rest
from posewright.cli.main import app
from posewright.errors import CharacterError
from posewright.skeletons import reference_skeleton
from tests.character.files import RigFile
from tests.character.rigs import bare_character, rested
from tests.character.test_tpose import RESTS


def test_tells_what_it_sees(tmp_path: Path) -> None:
    rig = RigFile()
    rig.node("leftToes")["name"] = "stump"
    found = inspect(rig.write(tmp_path / "hero.glb"))
    assert not found.missing
    assert found.wanting == ("leftToes",)
    text = found.text
    assert "hero: 52 bones, 1 mesh, 416 vertices, 624 triangles" in text
    assert "rest pose: T-pose" in text
    assert "licence: CC0" in text
    assert "\n      upperChest  = upperChest (names)\n" in text
    assert "not there: leftToes" in text


def test_what_cannot_be_driven_is_shown_all_the_same(tmp_path: Path) -> None:
    rig = RigFile()
    parts = ("Arm", "Hand", "Thumb", "Index", "Middle", "Ring", "Little")
    for i, node in enumerate(rig.document["nodes"][: rig.count]):
        if any(part in node["name"] for part in parts):
            node |= {"name": f"feather{i}", "translation": [0.0, 0.001 * i, 0.0]}
    path = rig.write(tmp_path / "hero.glb")
    found = inspect(path)
    assert set(found.missing) == {"leftUpperArm", "leftLowerArm", "rightUpperArm", "rightLowerArm"}
    assert "MISSING" in found.text
    with pytest.raises(CharacterError, match="write-map"):
        read_character(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("T", "T-pose"),
        ("A", "A-pose, arms 45 degrees down"),
        ("arms down", "arms hanging"),
        ("knees bent", "T-pose, knees bent by 80 degrees"),
        ("elbows bent", "A-pose, arms 50 degrees down, elbows bent by 60 degrees"),
    ],
)
def test_rest_poses_in_words(name: str, words: str) -> None:
    assert describe_rest(bare_character(rested(reference_skeleton(fingers=True), RESTS[name]))) == words


def run(*arguments: object) -> int:
    try:
        app(args=[str(argument) for argument in arguments], standalone_mode=True)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_command_writes_map_and_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = RigFile().write(tmp_path / "hero.glb")
    assert run("character", "inspect", path, "--write-map", tmp_path / "map.toml", "--picture", tmp_path / "hero.png") == 0
    assert "score" in capsys.readouterr().out
    bones = read_bone_map(tmp_path / "map.toml")
    assert bones["leftHand"] == "leftHand"
    import cv2

    picture = cv2.imread(str(tmp_path / "hero.png"))
    assert picture.shape == (480, 1680, 3)
    assert np.ptp(picture) > 50
    map_file = tmp_path / "map.toml"
    map_file.write_text(map_file.read_text(encoding="utf-8").replace('hips = "hips"', 'hips = "lamp"'), encoding="utf-8")
    assert run("character", "inspect", path, "--bone-map", map_file) == 1
    assert "'lamp'" in capsys.readouterr().err
