"""The linear lifter against the formulas of its paper in NumPy."""

from __future__ import annotations

import numpy as np
import torch

from posewright.nets.martinez import clipped
from tests.nets.tiny import randomised


def test_forward_pass() -> None:
    net = randomised("martinez")
    w = {key: value.numpy().astype(np.float64) for key, value in net.state_dict().items()}
    x = np.random.default_rng(0).normal(size=(5, 16, 2))

    def linear(y: np.ndarray, name: str) -> np.ndarray:
        matrix = w[f"{name}.weight"]
        return y @ (matrix / max(1.0, np.sqrt((matrix**2).sum()))).T + w[f"{name}.bias"]

    def rectified(y: np.ndarray, name: str) -> np.ndarray:
        normed = (y - w[f"{name}.running_mean"]) / np.sqrt(w[f"{name}.running_var"] + 1e-3)
        return np.maximum(normed * w[f"{name}.weight"] + w[f"{name}.bias"], 0)

    y = rectified(linear(x.reshape(5, 32), "linear_in"), "norm_in")
    for block in ("blocks.0", "blocks.1"):
        inner = rectified(linear(y, f"{block}.linear1"), f"{block}.norm1")
        y = y + rectified(linear(inner, f"{block}.linear2"), f"{block}.norm2")
    expected = linear(y, "linear_out").reshape(5, 16, 3)
    with torch.inference_mode():
        np.testing.assert_allclose(net(torch.from_numpy(x).float()).numpy(), expected, rtol=1e-4, atol=1e-5)


def test_only_long_matrices_are_clipped() -> None:
    short, long = torch.full((2, 2), 0.1), torch.full((2, 2), 3.0)
    assert torch.equal(clipped(short), short)
    torch.testing.assert_close(clipped(long), torch.full((2, 2), 0.5))
