"""`posewright train estimator`: a short run through the command, to an estimator that runs."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from posewright.cli.train.estimator import estimator
from posewright.errors import InputError, ModelError, RenderError, UsageError
from posewright.estimate import make_estimator
from posewright.estimate.crop import Crop
from posewright.estimate.heatmap import HeatmapNetwork
from posewright.estimate.networks import Options
from posewright.media import open_source
from posewright.nets.table import NETS
from posewright.study.render import Renderer
from posewright.study.sample import sample_clip
from posewright.train.estimator.run import NETWORKS, EstimatorConfig, run

HAVE_ALL = all(importlib.util.find_spec(package) for package in ("torch", "onnx", "onnxruntime"))
pytestmark = pytest.mark.skipif(not HAVE_ALL, reason="needs PyTorch, ONNX and ONNX Runtime (extra `train`)")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A folder for the few people that all runs share."""
    try:
        Renderer((16, 16)).release()
    except RenderError as error:
        pytest.skip(f"needs OpenGL: {error}")
    return tmp_path_factory.mktemp("people")


def command(folder: Path, data: Path, *more: str):
    app = typer.Typer()
    app.command()(estimator)
    config = folder.parent / f"{folder.name}.toml"
    config.write_text("batch = 2\nheld_out = 4\nlog_every = 5\nsave_every = 5\n")
    return CliRunner().invoke(app, ["-o", str(folder), "--crops", "8", "--data", str(data), "--config", str(config), *more], catch_exceptions=False)


@pytest.mark.parametrize("network", NETWORKS)
def test_from_the_command_to_an_estimator_that_runs(network, tmp_path, data):
    from posewright import nets

    result = command(tmp_path / "run", data, "--network", network, "--steps", "10")
    assert result.exit_code == 0
    assert "pck" in result.stderr
    name, file = NETWORKS[network]
    weights, converted = tmp_path / "run" / file, tmp_path / "net.onnx"
    assert f"posewright models convert {name} {weights}" in result.stderr
    nets.convert(name, weights, converted)
    pixels = NETS[name].pixels
    assert pixels is not None
    estimate = HeatmapNetwork(Options(threads=1).variant(network, str(converted)), pixels)
    with open_source(sample_clip(), end=0.05) as frames:
        frame = next(iter(frames))
    ((xy, confidence, crop),) = estimate(frame, [np.array([100.0, 50.0, 200.0, 300.0])])
    assert xy.shape == (17, 2)
    assert np.isfinite(xy).all()
    assert ((confidence >= 0) & (confidence <= 1)).all()
    assert isinstance(crop, Crop)


def test_a_stopped_run_goes_on_to_the_same_weights(tmp_path, data):
    class StopError(Exception):
        pass

    def stop(number, figures):
        if number == 4 and "pck" in figures:
            raise StopError

    config = EstimatorConfig(steps=6, batch=2, crops=8, held_out=4, data=data, log_every=2, save_every=2)
    whole = run(config, tmp_path / "whole")
    with pytest.raises(StopError):
        run(config, tmp_path / "parted", notify=stop)
    seen = []
    parted = run(config, tmp_path / "parted", notify=lambda number, figures: seen.append(number))
    assert min(seen) == 6
    assert whole.read_bytes() == parted.read_bytes() or _same(whole, parted)


def _same(one: Path, other: Path) -> bool:
    import torch

    a, b = (torch.load(path, weights_only=True) for path in (one, other))
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_the_weights_carry_the_official_names(tmp_path, data):
    """Those of the published file of the same family, as far as the depths agree."""
    import torch

    weights = torch.load(run(EstimatorConfig(steps=1, batch=2, crops=8, held_out=4, data=data), tmp_path), weights_only=True)
    official = ("conv1.weight", "bn1.running_mean", "layer1.0.conv1.weight", "layer2.0.downsample.0.weight", "layer4.1.bn2.weight")
    official += ("deconv_layers.0.weight", "deconv_layers.1.bias", "deconv_layers.6.weight", "final_layer.weight", "final_layer.bias")
    assert set(official) <= set(weights)
    assert not any(name.startswith("module.") for name in weights)


def test_data_of_other_sources_is_not_taken(tmp_path, data):
    run(EstimatorConfig(steps=1, batch=2, crops=8, held_out=4, data=data), tmp_path / "run")
    with pytest.raises(InputError, match="not of"):
        run(EstimatorConfig(steps=1, batch=2, crops=8, held_out=4, data=data, mocap=tmp_path), tmp_path / "other")


@pytest.mark.usefixtures("blazepose")
def test_an_estimator_of_ones_own_is_a_file(tmp_path):
    with pytest.raises(ModelError, match=r"mine\.onnx does not exist"):
        make_estimator(f"hrnet:{tmp_path / 'mine.onnx'}")
    with pytest.raises(UsageError, match=r"no variant 'w64'.*or an \.onnx file of your own"):
        make_estimator("hrnet:w64")
    with pytest.raises(UsageError, match=r"no variant 'mine\.onnx'"):
        make_estimator("blazepose:mine.onnx")


def test_an_unknown_network_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"no network 'unet' to train.*hrnet"):
        run(EstimatorConfig(network="unet"), tmp_path)
