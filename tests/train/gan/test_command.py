import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from posewright.cli.train.gan import gan
from posewright.train.gan.poses import Projected
from tests.train.gan.bodies import bodies

app = typer.Typer()
app.command()(gan)


def test_help_says_what_poses_may_be():
    told = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout
    for word in ("OpenPose", "COCO", "MPII", "heuristic", "elevation", "Ctrl-C", "posewright train gan --poses"):
        assert word in told


def test_a_short_run_from_a_file_and_a_config(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr("posewright.train.gan.run._draw", lambda *given: None)
    xy = Projected(bodies(30)).seen(np.arange(60), np.random.default_rng(0))
    np.save(tmp_path / "poses.npy", xy.reshape(len(xy), -1))
    (tmp_path / "run.toml").write_text(f'poses = ["{(tmp_path / "poses.npy").as_posix()}"]\nwidth = 12\nbatch = 8\nsteps = 50\n')
    done = CliRunner().invoke(app, ["--config", str(tmp_path / "run.toml"), "--steps", "3", "-o", str(tmp_path / "run")], catch_exceptions=False)
    assert done.exit_code == 0
    assert "3 of 3" in done.output
    assert "wrote" in done.output
    assert (tmp_path / "run" / "generator.npz").exists()
