"""Deformable convolution equals the loops of its definition, and the ordinary convolution where nothing is moved."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from posewright.nets.deform import DeformConv2d, sample_bilinear


def layer(seed: int, shift: float) -> DeformConv2d:
    """A random layer whose shifts are about `shift` pixels."""
    generator = torch.Generator().manual_seed(seed)
    net = DeformConv2d(3, 4)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
        net.conv_offset_mask.weight[:18] *= shift
        net.conv_offset_mask.bias[:18] *= shift
    return net


def by_loops(net: DeformConv2d, x: Tensor) -> Tensor:
    """Equation 1 of the paper, pixel by pixel, with samples of zero beyond the edge."""
    batch, channels, height, width = x.shape
    moved = net.conv_offset_mask(x)
    out = net.bias.view(1, -1, 1, 1).repeat(batch, 1, height, width)

    def pixel(b: int, c: int, row: int, column: int) -> float:
        return float(x[b, c, row, column]) if 0 <= row < height and 0 <= column < width else 0.0

    for b in range(batch):
        for i in range(height):
            for j in range(width):
                for tap in range(9):
                    row = i + tap // 3 - 1 + float(moved[b, 2 * tap, i, j])
                    column = j + tap % 3 - 1 + float(moved[b, 2 * tap + 1, i, j])
                    weight = float(moved[b, 18 + tap, i, j].sigmoid())
                    top, left = math.floor(row), math.floor(column)
                    for c in range(channels):
                        value = sum(pixel(b, c, top + di, left + dj) * (1 - abs(row - top - di)) * (1 - abs(column - left - dj)) for di in (0, 1) for dj in (0, 1))
                        out[b, :, i, j] += net.weight[:, c, tap // 3, tap % 3] * weight * value
    return out


def test_equals_the_loops() -> None:
    x = torch.randn(2, 3, 5, 7, generator=torch.Generator().manual_seed(3))
    for seed, shift in ((0, 1.0), (1, 6.0)):
        net = layer(seed, shift)
        with torch.no_grad():
            torch.testing.assert_close(net(x), by_loops(net, x), rtol=1e-4, atol=1e-5)


def test_without_shifts_it_is_a_convolution() -> None:
    net = layer(0, 0.0)
    with torch.no_grad():
        net.conv_offset_mask.weight.zero_()
        net.conv_offset_mask.bias.zero_()
        plain = nn.Conv2d(3, 4, 3, padding=1)
        plain.weight.copy_(net.weight / 2)  # sigmoid(0)
        plain.bias.copy_(net.bias)
        x = torch.randn(1, 3, 6, 4)
        torch.testing.assert_close(net(x), plain(x), rtol=1e-5, atol=1e-5)


def test_wild_shifts_see_nothing() -> None:
    x = torch.ones(1, 2, 4, 4)
    far = torch.tensor([-1e9, -1.0, 4.0, 3e38, -math.inf, math.inf]).view(1, -1)
    assert torch.equal(sample_bilinear(x, far, torch.zeros_like(far)), torch.zeros(1, 6, 2))
    assert torch.equal(sample_bilinear(x, torch.zeros_like(far), far), torch.zeros(1, 6, 2))


def test_it_can_be_trained() -> None:
    net = layer(0, 1.0)
    net(torch.randn(1, 3, 5, 5)).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in net.parameters())
