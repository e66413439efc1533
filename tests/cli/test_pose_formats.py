"""`posewright pose` writes the files of other programs and lifts what they found; images go in as clips do."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from posewright.cli import app
from posewright.study.sample import sample_clip
from tests.pipeline.clips import sample_frames

runner = CliRunner()


def pose(*arguments: object) -> str:
    result = runner.invoke(app, ["pose", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: object) -> str:
    result = runner.invoke(app, ["pose", *map(str, arguments)])
    assert result.exit_code == 1, result.output
    return result.output


def test_formats_and_places_are_checked_before_the_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.mp4").write_text("no video: to open it would be another error")
    (tmp_path / "file").touch()
    assert "no format 'kinect'. There are: openpose, alphapose, motionbert" in refused("a.mp4", "--format", "kinect")
    assert "'openpose' writes a folder" in refused("a.mp4", "--format", "openpose", "-o", "file")
    assert "does not exist" in refused("a.mp4", "--format", "joints", "-o", "no/such")
    assert "call it a.csv" in refused("a.mp4", "--format", "csv", "-o", "a.json")
    assert "does not exist" in refused("a.mp4", "--keypoints", "nowhere")
    (tmp_path / "k.xyz").touch()
    assert "no keypoints of another program" in refused("a.mp4", "--keypoints", "k.xyz")
    assert "not both" in refused("a.mp4", "--keypoints", "k.xyz", "--estimator", "blazepose")


@pytest.mark.usefixtures("blazepose")
class TestWithTheNetwork:
    def test_each_program_gets_its_files(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for name in ("openpose", "alphapose", "motionbert", "joints", "blazepose", "csv"):
            pose(sample_clip(), "--end", 0.3, "--format", name)
        assert len(list((tmp_path / "walk_wave_openpose").glob("*_keypoints.json"))) == 9
        assert len(json.loads((tmp_path / "walk_wave_alphapose.json").read_text())[0]["keypoints"]) == 78
        assert np.load(tmp_path / "walk_wave_X3D.npy").shape == (9, 17, 3)
        assert np.load(tmp_path / "walk_wave_joints" / "joints.npy").shape == (9, 33, 2)
        assert np.loadtxt(tmp_path / "walk_wave_blazepose.txt").shape == (9 * 33, 9)
        assert (tmp_path / "walk_wave.csv").read_text().count("\n") == 10

    def test_keypoints_of_another_program_are_lifted_as_if_found_here(self, tmp_path, monkeypatch):
        """BlazePose's own text there and back: the pose in 3D is what it was."""
        monkeypatch.chdir(tmp_path)
        pose(sample_clip(), "--end", 0.5, "-o", "direct.npz")
        pose(sample_clip(), "--end", 0.5, "--format", "blazepose", "-o", "found.txt")
        pose(sample_clip(), "--end", 0.5, "--keypoints", "found.txt", "-o", "again.npz")
        pose(sample_clip(), "--start", 0.2, "--end", 0.5, "--keypoints", "found.txt", "-o", "later.npz")
        with np.load("direct.npz") as direct, np.load("again.npz") as again, np.load("later.npz") as later:
            np.testing.assert_allclose(again["people.0.keypoints.xy"], direct["people.0.keypoints.xy"], atol=0.02)
            np.testing.assert_allclose(again["people.0.poses.xyz"], direct["people.0.poses.xyz"], atol=0.08)  # rounding moves the vertical by a degree
            np.testing.assert_allclose(later["people.0.keypoints.xy"], direct["people.0.keypoints.xy"][6:], atol=0.02)
        assert "belong to this clip" in refused(sample_clip(), "--start", 3.0, "--end", 3.5, "--keypoints", "found.txt")

    def test_a_folder_of_images(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "take.1").mkdir()
        for number, frame in enumerate(sample_frames(60, 68)):
            cv2.imwrite(str(tmp_path / "take.1" / f"{number}.png"), frame[..., ::-1])
        pose("take.1", "--format", "openpose", "--overlay", "seen.png")
        assert len(list((tmp_path / "take.1_openpose").iterdir())) == 8
        assert (tmp_path / "seen.png").stat().st_size > 1000
