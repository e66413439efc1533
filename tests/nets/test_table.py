"""The table builds, small and at full size, what the papers describe."""

from __future__ import annotations

import pytest
import torch

from posewright.nets import NETS, build
from tests.nets.tiny import TINY, randomised

MILLIONS = {
    "videopose3d": 16.95,  # Pavllo et al. 2019
    "hrnet-w32": 28.5,  # Sun et al. 2019, table 1
    "hrnet-w48": 63.6,
    "simplebaseline-res50": 34.0,  # the same table
    "simplebaseline-res101": 53.0,
    "simplebaseline-res152": 68.6,
    "openpose-mobile": 4.1,  # Osokin 2018
}
"""Parameters that the papers report."""
STRIDES = {"openpose": 8, "hrnet": 4, "simplebaseline": 4, "centernet": 4, "midas": 1, "dpt": 1}
"""How much smaller than the image an output is."""


@pytest.mark.parametrize("name", MILLIONS)
def test_as_many_parameters_as_in_the_paper(name: str) -> None:
    with torch.device("meta"):
        net = build(name)
    digits = 2 if name == "videopose3d" else 1
    assert round(sum(p.numel() for p in net.parameters()) / 1e6, digits) == MILLIONS[name]


@pytest.mark.parametrize("name", NETS)
def test_every_entry_builds(name: str) -> None:
    with torch.device("meta"):
        net = build(name)
    assert not net.training
    assert len(NETS[name].shape) > max(axis.index for axis in NETS[name].axes)
    assert all(NETS[name].shape[axis.index] % axis.step == 0 for axis in NETS[name].axes)


@pytest.mark.parametrize("name", TINY)
def test_outputs_are_as_the_table_says(name: str) -> None:
    _, shape, _ = TINY[name]
    with torch.inference_mode():
        outputs = randomised(name)(torch.zeros(shape))
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    assert len(outputs) == len(NETS[name].outputs)
    if stride := STRIDES.get(name.partition("-")[0]):
        assert all(output.shape[-2:] == (shape[2] // stride, shape[3] // stride) for output in outputs)


def test_a_clip_longer_than_motionbert_takes() -> None:
    with pytest.raises(ValueError, match="13 frames at once; this network takes 12"):
        randomised("motionbert")(torch.zeros(1, 13, 17, 3))
