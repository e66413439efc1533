"""The linear lifter: one frame's 2D joints to 3D by a residual perceptron (Martinez et al. 2017, https://arxiv.org/abs/1705.03098)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

NORM_EPS = 1e-3  # TensorFlow's default, in which the original was written


def clipped(weight: Tensor) -> Tensor:
    """The matrix scaled down to Frobenius norm 1 where it is longer: the paper's max-norm constraint."""
    return weight / torch.linalg.vector_norm(weight).clamp(min=1.0)


class ClippedLinear(nn.Linear):
    """A linear layer whose matrix is clipped whenever it is used, in training and after: the original clips in its forward pass."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, clipped(self.weight), self.bias)


class ResidualBlock(nn.Module):
    """Twice linear, batch norm, ReLU, dropout; the input is added after the last activation (fig. 1)."""

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        self.linear1, self.linear2 = ClippedLinear(channels, channels), ClippedLinear(channels, channels)
        self.norm1, self.norm2 = nn.BatchNorm1d(channels, NORM_EPS), nn.BatchNorm1d(channels, NORM_EPS)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        y = self.dropout(functional.relu(self.norm1(self.linear1(x))))
        return x + self.dropout(functional.relu(self.norm2(self.linear2(y))))


class Martinez(nn.Module):
    """16 joints (H36M-17 without Neck/Nose, z-scored pixels) to 16 joints (without the hip, z-scored metres in the camera's frame).

    The original is TensorFlow 1 and no checkpoint of it is published any more; the names here are ours.
    """

    def __init__(self, joints_in: int = 16, joints_out: int = 16, channels: int = 1024, blocks: int = 2, dropout: float = 0.5) -> None:
        super().__init__()
        self.linear_in = ClippedLinear(2 * joints_in, channels)
        self.norm_in = nn.BatchNorm1d(channels, NORM_EPS)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.Sequential(*(ResidualBlock(channels, dropout) for _ in range(blocks)))
        self.linear_out = ClippedLinear(channels, 3 * joints_out)

    def forward(self, x: Tensor) -> Tensor:
        """(B, joints_in, 2) to (B, joints_out, 3)."""
        y = self.dropout(functional.relu(self.norm_in(self.linear_in(x.flatten(1)))))
        return self.linear_out(self.blocks(y)).unflatten(1, (-1, 3))
