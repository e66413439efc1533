"""Deformable convolution, version 2 (Zhu et al. 2019, https://arxiv.org/abs/1811.11168), from operations that every runtime has.

ONNX knows DeformConv from opset 19 on, which neither Unity nor older runtimes take, and GridSample from
16; so samples are fetched here with plain `Gather`, which exports to any opset.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class DeformConv2d(nn.Module):
    """A k x k convolution of stride 1 whose taps are moved and weighted by what it sees: output (B, out, H, W) from (B, in, H, W).

    An ordinary convolution, `conv_offset_mask`, gives each output pixel 3 numbers a tap (27 for k = 3): first
    the shifts (dy, dx) of each tap in turn, in pixels, then the logits of the taps' weights.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3) -> None:
        super().__init__()
        self.kernel = kernel
        self.weight = nn.Parameter(torch.empty(channels_out, channels_in, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(channels_out))
        self.conv_offset_mask = nn.Conv2d(channels_in, 3 * kernel * kernel, kernel, padding=kernel // 2)
        nn.init.kaiming_uniform_(self.weight, nonlinearity="linear")
        for parameter in self.conv_offset_mask.parameters():  # starts as an ordinary convolution of half the weight, as in the paper
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        shifts = 2 * self.kernel * self.kernel
        moved = self.conv_offset_mask(x).permute(0, 2, 3, 1)  # (B, H, W, 3 * taps)
        rows, columns = self._rest(x)
        samples = sample_bilinear(x, rows + moved[..., 0:shifts:2], columns + moved[..., 1:shifts:2])  # (B, H, W, taps, C)
        samples = samples * moved[..., shifts:].sigmoid().unsqueeze(-1)
        weight = self.weight.permute(0, 2, 3, 1).flatten(1)  # (out, taps * C)
        return functional.linear(samples.flatten(3), weight, self.bias).permute(0, 3, 1, 2)

    def _rest(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Rows (H, 1, taps) and columns (W, taps) that the taps of an ordinary convolution look at, in pixels."""
        reach = torch.arange(self.kernel, device=x.device) - self.kernel // 2
        rows = torch.arange(x.shape[2], device=x.device).view(-1, 1, 1) + reach.repeat_interleave(self.kernel)
        columns = torch.arange(x.shape[3], device=x.device).view(-1, 1) + reach.repeat(self.kernel)
        return rows.to(x.dtype), columns.to(x.dtype)


def sample_bilinear(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Values of `x` (B, C, H, W) between its pixels, at positions (B, ...), zero beyond its edge: (B, ..., C)."""
    batch, channels, height, width = x.shape
    # A frame of zeros, one pixel before and two after, stands for all that is outside, so a position can be
    # clamped to it; and a wild shift cannot overflow the integers.
    pixels = functional.pad(x, (1, 2, 1, 2)).permute(0, 2, 3, 1).reshape(-1, channels)
    rows, columns = rows.clamp(-1, height) + 1, columns.clamp(-1, width) + 1
    top, left = rows.floor(), columns.floor()
    below, right = (rows - top).unsqueeze(-1), (columns - left).unsqueeze(-1)
    stride = width + 3
    image = torch.arange(batch, device=x.device).view(-1, *[1] * (rows.dim() - 1)) * ((height + 3) * stride)
    corner = image + top.long() * stride + left.long()

    def fetch(offset: int) -> Tensor:
        return functional.embedding(corner + offset, pixels)

    upper, lower = blend(fetch(0), fetch(1), right), blend(fetch(stride), fetch(stride + 1), right)
    return blend(upper, lower, below)


def blend(a: Tensor, b: Tensor, share: Tensor) -> Tensor:
    """From `a` (share 0) to `b` (share 1). As `torch.lerp`, whose export computes it in two ways and chooses."""
    return torch.addcmul(a, b - a, share)
