"""Every way in which a source can be bad ends in one clear line, and never in half a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from posewright.formats import read_motion
from posewright.study.sample import sample_clip
from tests.pipeline.clips import empty_room, sample_frames, write_frames


def run(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """`posewright` as a user calls it, in `folder`."""
    return subprocess.run([sys.executable, "-m", "posewright", *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False, timeout=300)


def assert_refused(result: subprocess.CompletedProcess[str], folder: Path, *words: str) -> None:
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr
    line = next(line for line in result.stderr.splitlines() if line.startswith("error: "))
    for word in words:
        assert word in line
    assert not [name for name in os.listdir(folder) if name.endswith(".glb") or ".part" in name]


def test_no_such_file(tmp_path):
    assert_refused(run("animate", "nowhere.mp4", folder=tmp_path), tmp_path, "nowhere.mp4")


def test_a_text_file_named_mp4(tmp_path):
    (tmp_path / "a.mp4").write_text("This is no video.\n" * 50)
    assert_refused(run("animate", "a.mp4", folder=tmp_path), tmp_path, "a.mp4")


def test_a_file_of_no_length(tmp_path):
    (tmp_path / "a.mp4").touch()
    assert_refused(run("animate", "a.mp4", folder=tmp_path), tmp_path, "a.mp4", "empty")


def test_an_unknown_suffix_is_refused_before_the_work(tmp_path):
    (tmp_path / "a.mp4").write_text("This is no video: to open it would be another error.")
    assert_refused(run("animate", "a.mp4", "-o", "a.xyz", folder=tmp_path), tmp_path, ".xyz", ".glb")


def test_a_folder_that_does_not_exist_is_refused_before_the_work(tmp_path):
    assert_refused(run("animate", sample_clip(), "-o", "no/such/folder/a.glb", folder=tmp_path), tmp_path, "does not exist")


@pytest.mark.skipif(os.name == "nt", reason="permissions are other things on Windows")
def test_a_folder_that_cannot_be_written(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    if os.access(locked, os.W_OK):
        pytest.skip("this user may write anywhere")
    assert_refused(run("animate", sample_clip(), "-o", locked / "a.glb", folder=tmp_path), tmp_path, "no permission")


def test_a_file_in_the_place_of_a_folder(tmp_path):
    (tmp_path / "file").touch()
    assert_refused(run("animate", sample_clip(), "-o", "file/a.glb", folder=tmp_path), tmp_path, "file")


def test_several_clips_for_one_file(tmp_path):
    assert_refused(run("animate", sample_clip(), sample_clip(), "-o", "a.glb", folder=tmp_path), tmp_path, "folder")


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("--height", "17", "height"),
        ("--fov", "0", "angle"),
        ("--mode", "best", "balanced"),
        ("--lifter", "x", "lifter"),
        ("--up", "z", "--camera"),
    ],
)
def test_options_out_of_range(tmp_path, option, value, word):
    assert_refused(run("animate", sample_clip(), option, value, folder=tmp_path), tmp_path, word)


@pytest.mark.usefixtures("blazepose")
class TestWithTheNetwork:
    def test_nobody_in_the_clip(self, tmp_path):
        room = empty_room(sample_frames(0, 1)[0])
        write_frames(tmp_path / "room.mp4", [room] * 12)
        assert_refused(run("animate", "room.mp4", folder=tmp_path), tmp_path, "nobody was found", "room.mp4")

    def test_a_person_for_ten_frames_only(self, tmp_path):
        seen = sample_frames(60, 70)
        write_frames(tmp_path / "brief.mp4", [empty_room(seen[0])] * 15 + seen + [empty_room(seen[0])] * 15)
        result = run("animate", "brief.mp4", "-o", "brief.npz", folder=tmp_path)
        assert result.returncode == 0, result.stderr
        assert "of 40 frames" in result.stderr
        assert len(read_motion(tmp_path / "brief.npz")) == 40

    def test_one_frame(self, tmp_path):
        write_frames(tmp_path / "one.mp4", sample_frames(60, 61))
        assert run("animate", "one.mp4", folder=tmp_path).returncode == 0
        assert (tmp_path / "one.glb").stat().st_size > 1000

    def test_an_image(self, tmp_path):
        cv2.imwrite(str(tmp_path / "photo.jpg"), sample_frames(60, 61)[0][..., ::-1])
        assert run("animate", "photo.jpg", folder=tmp_path).returncode == 0
        assert run("pose", "photo.jpg", "-o", "p.json", "--overlay", "p.png", folder=tmp_path).returncode == 0
        assert sorted(os.listdir(tmp_path)) == ["p.json", "p.png", "photo.glb", "photo.jpg"]

    def test_a_truncated_clip(self, tmp_path):
        from tests.media.clips import write_clip

        whole = write_clip(tmp_path / "whole.mp4", sample_frames(60, 100), faststart=True)
        (tmp_path / "cut.mp4").write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
        result = run("animate", "cut.mp4", folder=tmp_path)
        assert result.returncode == 0, result.stderr
        assert "could not be read" in result.stderr
        assert (tmp_path / "cut.glb").exists()

    def test_a_clip_on_its_side(self, tmp_path):
        from tests.media.clips import write_clip

        upright = sample_frames(60, 70)
        lying = [np.ascontiguousarray(np.rot90(frame, -1)) for frame in upright]
        write_clip(tmp_path / "phone.mp4", lying, turn_deg=90)
        write_clip(tmp_path / "plain.mp4", upright)
        heads = []
        for name in ("phone", "plain"):
            assert run("pose", f"{name}.mp4", "-o", f"{name}.npz", folder=tmp_path).returncode == 0
            with np.load(tmp_path / f"{name}.npz") as data:
                xy = next(data[key] for key in data.files if key.endswith("xy"))
                heads.append(xy[:, 0].mean(0))
        assert np.linalg.norm(heads[0] - heads[1]) < 6.0

    @pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent otherwise on Windows")
    def test_ctrl_c_leaves_nothing(self, tmp_path):
        frames = sample_frames(0, 228)
        write_frames(tmp_path / "long.mp4", frames * 6)
        process = subprocess.Popen([sys.executable, "-m", "posewright", "animate", "long.mp4"], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        try:
            process.wait(timeout=4.0)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 130, told
        assert "interrupted" in told
        assert os.listdir(tmp_path) == ["long.mp4"]
