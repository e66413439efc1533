"""What the temporal network sees, and that its two ways of computing agree."""

from __future__ import annotations

import pytest
import torch

from posewright.nets import build
from tests.nets.tiny import randomised


@pytest.mark.parametrize("causal", [False, True])
def test_strides_equal_dilations(causal: bool) -> None:
    arguments = {"widths": (3, 5, 3), "channels": 8, "causal": causal}
    dilated, strided = build("videopose3d", **arguments), build("videopose3d", single_frame=True, **arguments)
    strided.load_state_dict(dilated.state_dict())
    clip = torch.randn(1, 45 + 3, 17, 2, generator=torch.Generator().manual_seed(0))
    windows = torch.cat([clip[:, i : i + 45] for i in range(4)])
    with torch.inference_mode():
        torch.testing.assert_close(strided(windows)[:, 0], dilated(clip)[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("causal", "seen"), [(False, 4), (True, 8)])
def test_the_skip_connections_carry_the_frame_that_is_predicted(causal: bool, seen: int) -> None:
    """With all other paths silenced, only the middle frames of the first window (or, causal, its last) reach the output."""
    net = build("videopose3d", widths=(3, 3), channels=8, causal=causal)
    with torch.no_grad():
        net.layers_bn[1].weight.zero_()
        net.layers_bn[1].bias.zero_()
    clip = torch.randn(1, 9, 17, 2, requires_grad=True)
    net(clip).sum().backward()
    assert clip.grad is not None
    reached = clip.grad.abs().sum(dim=(0, 2, 3)).nonzero().flatten().tolist()
    assert reached == [seen + i for i in ((-2, -1, 0) if causal else (-1, 0, 1))]


def test_wrong_window_for_a_single_frame() -> None:
    with pytest.raises(ValueError, match="takes 27 frames"):
        build("videopose3d", widths=(3, 3, 3), channels=4, single_frame=True)(torch.zeros(1, 28, 17, 2))


def test_receptive_fields() -> None:
    assert build("videopose3d", channels=2).receptive_field == 243
    assert randomised("videopose3d").receptive_field == 9
