"""Unity's .anim: YAML that a YAML parser reads, whose curves, turned back, put the joints where we say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posewright.character import read_character
from posewright.formats import on_character, write
from posewright.formats.unity_anim import transform_paths
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.types import Character, Motion
from tests.character.files import RigFile
from tests.formats.samples import box_character, random_motion

SHARED = Path(__file__).resolve().parents[3] / "shared" / "characters"


@pytest.fixture
def motion() -> Motion:
    """Short, for a parser of YAML is slow."""
    return random_motion(reference_skeleton(), frames=8)


def parsed(path: Path) -> dict[str, Any]:
    """The clip by an independent YAML parser."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc, name-defined]
        pass

    Loader.add_multi_constructor("tag:unity3d.com,2011:", lambda loader, _, node: loader.construct_mapping(node, deep=True))
    return yaml.load(path.read_text(encoding="utf-8"), Loader)["AnimationClip"]


def curves(clip: dict[str, Any], field: str, mirror: list[float], times: np.ndarray) -> dict[str, np.ndarray]:
    """Path to values at some times, in right-handed axes again."""
    found = {}
    for curve in clip[field]:
        keys = curve["curve"]["m_Curve"]
        seconds = [key["time"] for key in keys]
        values = np.array([list(key["value"].values()) for key in keys]) * mirror
        found[curve["path"]] = np.stack([np.interp(times, seconds, column) for column in values.T], axis=1)
    return found


def joints_by(path: Path, character: Character, motion: Motion) -> np.ndarray:
    """World positions of the joints as the clip's curves move them, (T, J, 3); joints without a curve rest."""
    clip = parsed(path)
    skeleton, paths = character.skeleton, transform_paths(character)
    turns = curves(clip, "m_RotationCurves", [1, -1, -1, 1], motion.timestamps)
    places = curves(clip, "m_PositionCurves", [-1, 1, 1], motion.timestamps)
    assert turns.keys() | places.keys() <= {*paths}
    rotations = np.stack([turns.get(p, np.tile(skeleton.rest_rotations[i], (len(motion), 1))) for i, p in enumerate(paths)], axis=1)
    assert [*places] in ([paths[0]], [])
    return skeleton.forward(rotations, places.get(paths[0], motion.root_translation))[0]


def test_curves_put_the_joints_where_we_say(tmp_path: Path, motion: Motion, character: Character) -> None:
    write(tmp_path / "a.anim", motion, character=character)
    assert np.abs(joints_by(tmp_path / "a.anim", character, motion) - motion.joint_positions()).max() < 1e-5
    assert transform_paths(character)[:2] == ["Boxes/hips", "Boxes/hips/spine"]


def test_clip_says_its_length_rate_and_name(tmp_path: Path, motion: Motion, character: Character) -> None:
    write(tmp_path / "a.anim", replace(motion, name="歩く: 'x'"), character=character, fps=24)
    clip = parsed(tmp_path / "a.anim")
    settings = clip["m_AnimationClipSettings"]
    assert (clip["m_Name"], clip["m_SampleRate"], clip["m_Legacy"]) == ("歩く: 'x'", 24, 0)
    assert settings["m_StopTime"] == pytest.approx(6 / 24)
    first = clip["m_RotationCurves"][0]["curve"]["m_Curve"]
    assert len(first) == 7
    assert (tmp_path / "a.anim").read_text(encoding="utf-8").startswith("%YAML 1.1\n%TAG !u! tag:unity3d.com,2011:\n--- !u!74 &7400000\n")


def test_slopes_run_straight_to_the_next_key(tmp_path: Path, motion: Motion, character: Character) -> None:
    write(tmp_path / "a.anim", motion, character=character)
    keys = parsed(tmp_path / "a.anim")["m_PositionCurves"][0]["curve"]["m_Curve"]
    for before, after in pairwise(keys):
        for axis in "xyz":
            slope = (after["value"][axis] - before["value"][axis]) / (after["time"] - before["time"])
            assert before["outSlope"][axis] == pytest.approx(slope, abs=1e-4)
            assert after["inSlope"][axis] == pytest.approx(slope, abs=1e-4)


def test_mirrored_as_unity_mirrors(tmp_path: Path) -> None:
    """A body that walks to its left and turns left, about +Y: in Unity, to -x and with a negative turn."""
    skeleton = Skeleton(("hips",), (-1,), np.zeros((1, 3)), np.array([[0.0, 0.0, 0.0, 1.0]]))
    turn = np.array([[[0.0, 0.0, 0.0, 1.0]], [[0.0, 0.6, 0.0, 0.8]]])
    motion = Motion(skeleton, turn, np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]), 30.0)
    write(tmp_path / "a.anim", motion, character=box_character(skeleton))
    clip = parsed(tmp_path / "a.anim")
    assert clip["m_PositionCurves"][0]["curve"]["m_Curve"][1]["value"] == {"x": -1, "y": 2, "z": 3}
    assert clip["m_RotationCurves"][0]["curve"]["m_Curve"][1]["value"] == {"x": 0, "y": pytest.approx(-0.6), "z": 0, "w": pytest.approx(0.8)}


def test_one_frame(tmp_path: Path, motion: Motion, character: Character) -> None:
    still = motion.sliced(5, 6)
    write(tmp_path / "a.anim", still, character=character)
    assert np.abs(joints_by(tmp_path / "a.anim", character, still) - still.joint_positions()).max() < 1e-5


def test_paths_of_a_file_are_those_of_its_nodes(tmp_path: Path) -> None:
    """Names of the nodes above the skeleton belong to the path, in Japanese too."""
    rig = RigFile()
    hero = read_character(rig.write(tmp_path / "a.glb"))
    names = [node["name"] for node in rig.document["nodes"]]
    for path, joint in zip(transform_paths(hero), hero.skeleton.joints, strict=True):
        assert path.split("/")[-1] == joint
        assert {*path.split("/")} <= {*names}


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not there")
def test_a_vrms_curves(tmp_path: Path) -> None:
    hero = read_character(SHARED / "vrm_addon_samples" / "debug_robot.vrm")
    motion = on_character(random_motion(hero.skeleton, frames=3), hero)
    write(tmp_path / "a.anim", motion, character=hero)
    clip = parsed(tmp_path / "a.anim")
    hips = transform_paths(hero)[hero.skeleton.index(hero.humanoid["hips"])]
    assert [curve["path"] for curve in clip["m_PositionCurves"]] == [hips]
