"""Deformable convolution, version 2 (Zhu et al. 2019, https://arxiv.org/abs/1811.11168), from operations that every runtime has.

ONNX knows DeformConv from opset 19 on, which neither Unity nor older runtimes take, and GridSample from
16; so samples are fetched here with plain `Gather`, which exports to any opset.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


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
        nn.init.zeros_(self.conv_offset_mask.weight)  # starts as an ordinary convolution of half the weight, as in the paper
        nn.init.zeros_(self.conv_offset_mask.bias)

    def forward(self, x: Tensor) -> Tensor:
        taps = self.kernel * self.kernel
        moved = self.conv_offset_mask(x)
        shift = moved[:, : 2 * taps].unflatten(1, (taps, 2)).permute(0, 2, 3, 4, 1)  # (B, 2, H, W, taps): dy and dx
        mask = moved[:, 2 * taps :].sigmoid().permute(0, 2, 3, 1)  # (B, H, W, taps)
        samples = sample_bilinear(x, *self._positions(x, shift)) * mask.unsqueeze(-1)  # (B, H, W, taps, C)
        weight = self.weight.flatten(2).permute(2, 1, 0).flatten(0, 1)  # (taps * C, out)
        return (samples.flatten(3) @ weight + self.bias).permute(0, 3, 1, 2)

    def _positions(self, x: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
        """Rows and columns (B, H, W, taps) that the taps of each output pixel look at, in pixels."""
        reach = torch.arange(self.kernel, dtype=x.dtype, device=x.device) - self.kernel // 2
        tap_rows, tap_columns = reach.repeat_interleave(self.kernel), reach.repeat(self.kernel)
        rows = torch.arange(x.shape[2], dtype=x.dtype, device=x.device).view(-1, 1, 1)
        columns = torch.arange(x.shape[3], dtype=x.dtype, device=x.device).view(-1, 1)
        return shift[:, 0] + rows + tap_rows, shift[:, 1] + columns + tap_columns


def sample_bilinear(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Values of `x` (B, C, H, W) at fractional positions (B, ...), zero beyond its edge: (B, ..., C)."""
    batch, channels, height, width = x.shape
    pixels = x.permute(0, 2, 3, 1).reshape(-1, channels)
    first = torch.arange(batch, device=x.device).view(-1, *[1] * (rows.dim() - 1)) * (height * width)
    top, left = rows.floor(), columns.floor()
    total = None
    for row, row_weight in ((top, top + 1 - rows), (top + 1, rows - top)):
        for column, column_weight in ((left, left + 1 - columns), (left + 1, columns - left)):
            inside = (row >= 0) & (row <= height - 1) & (column >= 0) & (column <= width - 1)
            # Clamped before it becomes an integer: a wild shift must not overflow.
            index = first + row.clamp(0, height - 1).long() * width + column.clamp(0, width - 1).long()
            values = pixels.index_select(0, index.flatten()).view(*index.shape, channels)
            part = values * (row_weight * column_weight * inside.to(x.dtype)).unsqueeze(-1)
            total = part if total is None else total + part
    assert total is not None
    return total
