"""Full-size networks with random weights through the real command, to the end; `tools/run_every_network.py` runs them all."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from posewright import models
from posewright.cli import app
from posewright.estimate import ESTIMATORS
from posewright.lift.table import LIFTERS
from posewright.study.sample import sample_clip

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import random_networks
import run_every_network

HAVE_ALL = all(importlib.util.find_spec(package) for package in ("torch", "onnx", "onnxruntime"))
needs_all = pytest.mark.skipif(not HAVE_ALL, reason="needs PyTorch, ONNX and ONNX Runtime (extra `train`)")
runner = CliRunner()
LIGHTEST = [("simplebaseline:res50", "videopose3d:coco"), ("centernet:dla34", "motionbert:lite"), ("rtmpose:s", "depth:small")]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A cache of its own, with BlazePose's files taken over."""
    folder = tmp_path_factory.mktemp("home")
    kept = models.cache_dir() / "models"
    (folder / "models").mkdir()
    for name in ("blazepose-detector", "blazepose-full"):
        if (kept / name).is_dir():
            (folder / "models" / name).symlink_to((kept / name).resolve(), target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POSEWRIGHT_HOME", str(folder))
        patch.setenv("POSEWRIGHT_OFFLINE", "1")
        yield folder


@pytest.mark.slow
@needs_all
@pytest.mark.parametrize(("estimator", "lifter"), LIGHTEST, ids=lambda name: name)
def test_a_pair_runs_to_the_end(estimator, lifter, home, blazepose, tmp_path):
    for name in run_every_network.networks_of(estimator, lifter):
        file = home / "models" / name / f"{name}.onnx"
        if name in random_networks.MIMICS:
            random_networks.save_mimic(name, file)
        else:
            checkpoint = random_networks.save_random(models.MODELS[name].network, tmp_path / "random.pth")
            assert runner.invoke(app, ["models", "convert", name, str(checkpoint)]).exit_code == 0
        assert run_every_network.batch_difference(name, file) < 1e-5
    out = tmp_path / "out.npz"
    result = runner.invoke(app, ["animate", str(sample_clip()), "--end", "0.25", "--estimator", estimator, "--lifter", lifter, "-o", str(out)])
    assert result.exit_code == 0, result.output
    with np.load(out) as data:
        poses, rotations, keypoints = (data[f"people.0.{key}"] for key in ("poses.xyz", "motion.rotations", "keypoints.xy"))
    assert poses.shape == (8, 17, 3)
    assert keypoints.shape == (8, 17, 2)
    assert rotations.shape[::2] == (8, 4)
    assert np.isfinite(poses).all()
    np.testing.assert_allclose(np.linalg.norm(rotations, axis=-1), 1.0, atol=1e-4)
    assert 0.2 < np.ptp(poses[0], axis=0).max() < 5.0


def test_the_sweep_names_every_variant_of_every_table():
    named = list(run_every_network.pairs())
    assert len(named) == len(set(named))
    for table, place in ((ESTIMATORS, 0), (LIFTERS, 1)):
        for name, entry in table.items():
            for variant in entry.models:
                if f"{name}-{variant}" not in run_every_network.NOT_HERE:
                    assert f"{name}:{variant}" in {pair[place] for pair in named}, f"{name}:{variant}"
