"""The commands as a user types them, on the sample clip."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from posewright.cli import app
from posewright.formats import read_motion, write
from posewright.study.sample import sample_clip
from tests.strategies import random_motion

runner = CliRunner()


def test_help_names_every_command_and_teaches_with_examples():
    text = runner.invoke(app, ["--help"]).output
    for command in ("animate", "pose", "retarget", "evaluate", "demo", "models", "doctor"):
        assert command in text
    assert "posewright animate dance.mp4" in runner.invoke(app, ["animate", "--help"]).output


def test_help_loads_nothing_heavy():
    code = """
import sys
sys.argv = ["posewright", "--help"]
try:
    from posewright.cli import main
    main()
except SystemExit:
    pass
print([name for name in ("numpy", "scipy", "av", "cv2") if name in sys.modules])
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()[-1] == "[]"


def test_version():
    from posewright import __version__

    assert __version__ in runner.invoke(app, ["--version"]).output


def test_models_list_names_licences():
    text = runner.invoke(app, ["models", "list"]).output
    assert "blazepose-full" in text
    assert "Apache-2.0" in text


def test_doctor():
    result = runner.invoke(app, ["doctor"])
    assert result.exit_code == 0
    assert "numpy" in result.output


def test_retarget_and_evaluate(tmp_path):
    write(tmp_path / "walk.bvh", random_motion(frames=20), bone_names="vrm")
    assert runner.invoke(app, ["retarget", str(tmp_path / "walk.bvh"), "-o", str(tmp_path / "walk.glb"), "-o", str(tmp_path / "walk.npz")]).exit_code == 0
    assert len(read_motion(tmp_path / "walk.glb")) == 20
    result = runner.invoke(app, ["evaluate", str(tmp_path / "walk.npz"), str(tmp_path / "walk.bvh"), "--json", str(tmp_path / "r.json")])
    assert result.exit_code == 0, result.output
    measures = {m["name"]: m["value"] for m in json.loads((tmp_path / "r.json").read_text())["measures"]}
    assert measures["PA-MPJPE"] < 1.0


@pytest.mark.usefixtures("blazepose")
class TestWithTheNetwork:
    def test_animate_writes_all_that_is_asked_for_and_names_it_after_the_clip(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        outputs = [flag for suffix in (".glb", ".bvh", ".json", ".npz", ".csv", ".txt", ".trc") for flag in ("-o", suffix)]
        result = runner.invoke(app, ["animate", str(sample_clip()), "--end", "1.5", *outputs])
        assert result.exit_code == 0, result.output
        assert len(list(tmp_path.glob("walk_wave.*"))) == 7
        motions = [read_motion(tmp_path / f"walk_wave{suffix}") for suffix in (".glb", ".bvh", ".json", ".npz")]
        assert {len(motion) for motion in motions} == {45}
        assert all(motion.fps == pytest.approx(30, rel=1e-3) for motion in motions)

    def test_the_demo_is_near_its_truth(self, tmp_path):
        result = runner.invoke(app, ["demo", "-o", str(tmp_path / "out"), "--no-overlay"])
        assert result.exit_code == 0, result.output
        assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".glb", ".bvh", ".png"}
        error = float(next(line for line in result.output.splitlines() if line.strip().startswith("PA-MPJPE")).split()[1])
        assert error < 50.0

    def test_the_python_interface_is_of_the_same_shape(self, tmp_path):
        import posewright

        capture = posewright.capture(sample_clip(), start=2.0, end=3.0, height_m=1.7)
        motion = capture.people[0].motion
        assert motion.joint_positions().shape == (30, 22, 3)
        posewright.write(tmp_path / "x.glb", capture)
        back = posewright.read_motion(tmp_path / "x.glb")
        assert np.allclose(back.fps, motion.fps)
