"""`posewright retarget` with files of several programs."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from posewright.character import default_character
from posewright.character.default import MANNEQUIN
from posewright.cli import app
from posewright.formats import READERS, WRITERS, read_motion, write
from posewright.skeletons import reference_skeleton
from posewright.types import Motion
from tests.formats.samples import random_motion

runner = CliRunner()


@pytest.fixture
def motion() -> Motion:
    return random_motion(reference_skeleton(), frames=16, fps=30.0)


@pytest.mark.parametrize("suffix", [".bvh", ".npz", ".json", ".vrma", ".trc"])
def test_any_motion_on_a_character(tmp_path: Path, motion: Motion, suffix: str) -> None:
    (source,) = write(tmp_path / f"walk{suffix}", motion)
    result = runner.invoke(app, ["retarget", str(source), "--character", str(MANNEQUIN), "-o", str(tmp_path / "out.glb")])
    assert result.exit_code == 0, result.output
    assert "16 frames at 30 a second" in result.output
    assert read_motion(tmp_path / "out.glb").skeleton.joints == default_character().skeleton.joints


def test_fps_is_that_of_every_file(tmp_path: Path, motion: Motion) -> None:
    write(tmp_path / "walk.bvh", motion)
    outputs = [tmp_path / name for name in ("a.glb", "a.vrma", "a.trc", "a.npz")]
    places = [word for output in outputs for word in ("-o", str(output))]
    assert runner.invoke(app, ["retarget", str(tmp_path / "walk.bvh"), *places, "--fps", "24"]).exit_code == 0
    for output in outputs:
        found = read_motion(output)
        assert (found.fps, len(found)) == (24.0, 13), output


def test_formats_without_a_body_get_the_characters_bones(tmp_path: Path, motion: Motion) -> None:
    write(tmp_path / "walk.bvh", motion)
    assert runner.invoke(app, ["retarget", str(tmp_path / "walk.bvh"), "--character", str(MANNEQUIN), "-o", str(tmp_path / "a.npz")]).exit_code == 0
    assert read_motion(tmp_path / "a.npz").skeleton.joints == default_character().skeleton.joints


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "a.xyz"], "no format '.xyz'"),
        (["-o", "none/a.glb"], "does not exist"),
        (["-o", "a.glb", "--fps", "0"], "0 frames a second"),
        (["-o", "a.glb", "--character", "none.vrm"], "cannot read none.vrm"),
    ],
)
def test_bad_input_is_told(tmp_path: Path, motion: Motion, words: list[str], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("walk.bvh", motion)
    result = runner.invoke(app, ["retarget", "walk.bvh", *words])
    assert result.exit_code != 0
    assert message in f"{result.output} {result.exception}"
    assert [path.name for path in tmp_path.iterdir()] == ["walk.bvh"]


def test_help_names_every_format() -> None:
    words = runner.invoke(app, ["retarget", "--help"], env={"COLUMNS": "300"}).output
    for suffix in (*WRITERS, *READERS):
        assert suffix in words, suffix
