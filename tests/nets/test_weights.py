"""Official checkpoint layouts load into the network; wrong ones are refused with the keys named."""

from __future__ import annotations

import importlib
import inspect
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from posewright import nets
from posewright.errors import ModelError, UsageError
from posewright.nets import build, load
from posewright.nets.table import NETS
from tests.nets.tiny import TINY, randomised

State = dict[str, Tensor]


def wrapped(state: State) -> State:
    return OrderedDict((f"module.{key}", value) for key, value in state.items())


LAYOUTS: dict[str, tuple[str, Callable[[State], Any]]] = {
    "VideoPose3D": ("videopose3d", lambda s: {"epoch": 80, "lr": 1e-4, "random_state": np.random.RandomState(0), "optimizer": None, "model_pos": s, "model_traj": s}),
    "MotionBERT": ("motionbert", lambda s: {"epoch": 60, "lr": 1e-4, "optimizer": {}, "model_pos": wrapped(s), "min_loss": np.float64(37.2)}),
    "HRNet": ("hrnet-w32", lambda s: s),
    "HRNet in training": ("hrnet-w32", lambda s: {"epoch": 1, "model": "pose_hrnet", "state_dict": wrapped(s), "best_state_dict": s, "perf": 0.7, "optimizer": {}}),
    "SimpleBaseline": ("simplebaseline-res50", lambda s: s),
    "before num_batches_tracked": ("simplebaseline-res18", lambda s: {k: v for k, v in s.items() if "num_batches" not in k}),
    "CenterNet": ("centernet-dla34", lambda s: {"epoch": 320, "state_dict": s}),
    "CenterNet with a classifier": ("centernet-dla34", lambda s: {"epoch": 320, "state_dict": {**s, "base.fc.weight": torch.ones(3, 1), "base.fc.bias": torch.ones(3)}}),
    "MiDaS": ("midas-small", lambda s: s),
    "MiDaS in training": ("midas-small", lambda s: {"optimizer": {}, "model": s}),
    "OpenPose by Caffe's names": ("openpose-coco", lambda s: {k.partition(".")[2]: v for k, v in s.items()}),
    "lightweight OpenPose": ("openpose-mobile", lambda s: {"state_dict": s, "optimizer": {}, "scheduler": {}, "iter": 370000}),
}


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_official_layouts(layout: str, legacy: bool, tmp_path: Path) -> None:
    name, dress = LAYOUTS[layout]
    net = randomised(name)
    torch.save(dress(net.state_dict()), tmp_path / "net.pth", _use_new_zipfile_serialization=not legacy)
    loaded = load(name, tmp_path / "net.pth", **TINY[name][0])
    assert not loaded.training
    for key, value in net.state_dict().items():
        if not key.endswith("num_batches_tracked"):
            assert torch.equal(loaded.state_dict()[key], value)


def test_another_network_is_refused_by_name_of_keys(tmp_path: Path) -> None:
    torch.save(randomised("simplebaseline-res18").state_dict(), tmp_path / "resnet.pth")
    with pytest.raises(
        ModelError, match=r"resnet\.pth does not fit HRNet: .* keys are missing \(.*layer1\.0\.conv3\.weight.* and \d+ more\).* unexpected \(layer2\.0\.conv1\.weight"
    ):
        load("hrnet-w32", tmp_path / "resnet.pth", **TINY["hrnet-w32"][0])


def test_the_network_that_fits_is_named(tmp_path: Path) -> None:
    state = {key: torch.zeros(value.shape, dtype=value.dtype) for key, value in build("videopose3d-humaneva").state_dict().items()}
    torch.save({"model_pos": state}, tmp_path / "h15.bin")
    with pytest.raises(ModelError, match=r"does not fit VideoPose3D.*It fits videopose3d-humaneva\.$"):
        load("videopose3d", tmp_path / "h15.bin")


def test_another_width_is_refused_by_shape(tmp_path: Path) -> None:
    torch.save(randomised("hrnet-w32").state_dict(), tmp_path / "w4.pth")
    with pytest.raises(ModelError, match=r"another shape \(transition1\.0\.0\.weight is \(4, 256, 3, 3\), not \(8, 256, 3, 3\)"):
        load("hrnet-w32", tmp_path / "w4.pth", **{**TINY["hrnet-w32"][0], "width": 8})


def test_a_missing_weight_is_not_forgiven(tmp_path: Path) -> None:
    state = randomised("martinez").state_dict()
    del state["linear_out.bias"]
    torch.save(state, tmp_path / "net.pth")
    with pytest.raises(ModelError, match=r"1 of \d+ keys are missing \(linear_out\.bias\)"):
        load("martinez", tmp_path / "net.pth", **TINY["martinez"][0])


@pytest.mark.parametrize("contents", [{"epoch": 3}, [1, 2], {"state_dict": {}}, {"state_dict": {"a": 1}}, {0: torch.ones(1)}])
def test_a_file_without_weights(contents: Any, tmp_path: Path) -> None:
    torch.save(contents, tmp_path / "net.pth")
    with pytest.raises(ModelError, match="holds no weights"):
        load("martinez", tmp_path / "net.pth")


def test_no_module_hides_a_function() -> None:
    """Importing `posewright.nets.x` would replace a function `x` of the package."""
    for module in ("weights", "export", "containers", "table"):
        importlib.import_module(f"posewright.nets.{module}")
    assert all(inspect.isroutine(getattr(nets, name)) for name in ("build", "convert", "entry", "export_onnx", "fitting", "load"))


def test_unknown_network() -> None:
    with pytest.raises(UsageError, match="hrnet-w32"):
        build("hrnet-w31")


def test_every_architecture_is_tested_small() -> None:
    assert {NETS[name].where for name in TINY} == {spec.where for spec in NETS.values()}
