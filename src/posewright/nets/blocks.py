"""Residual blocks that several of the networks share, with the parameter names of the published ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def conv3x3(channels_in: int, channels_out: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A 3 x 3 convolution that keeps the size (divided by the stride), without bias since a norm follows."""
    return nn.Conv2d(channels_in, channels_out, 3, stride, 1, groups=groups, bias=False)


def conv1x1(channels_in: int, channels_out: int, stride: int = 1) -> nn.Conv2d:
    """A 1 x 1 convolution without bias."""
    return nn.Conv2d(channels_in, channels_out, 1, stride, bias=False)


def conv_norm(convolution: nn.Conv2d, relu: bool = False) -> nn.Sequential:
    """The convolution (keys `0.*`), its batch norm (`1.*`) and, if asked for, a ReLU."""
    layers: list[nn.Module] = [convolution, nn.BatchNorm2d(convolution.out_channels)]
    return nn.Sequential(*layers, nn.ReLU()) if relu else nn.Sequential(*layers)


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions around a skip connection (He et al. 2016, https://arxiv.org/abs/1512.03385, fig. 5 left)."""

    expansion = 1

    def __init__(self, channels_in: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = conv3x3(channels_in, planes, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = shortcut(channels_in, planes, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3, 1 x 1 around a skip connection (He et al. 2016, fig. 5 right).

    `groups` and `group_width` make it the block of ResNeXt (Xie et al. 2017, https://arxiv.org/abs/1611.05431):
    inner width = planes * group_width / 64 * groups. `stride_first` puts the stride into the first
    convolution, as the Caffe networks had it, instead of the 3 x 3.
    """

    expansion = 4

    def __init__(self, channels_in: int, planes: int, stride: int = 1, groups: int = 1, group_width: int = 64, stride_first: bool = False) -> None:
        super().__init__()
        width = planes * group_width // 64 * groups
        channels_out = planes * self.expansion
        self.conv1 = conv1x1(channels_in, width, stride if stride_first else 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3x3(width, width, 1 if stride_first else stride, groups)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = conv1x1(width, channels_out)
        self.bn3 = nn.BatchNorm2d(channels_out)
        self.downsample = shortcut(channels_in, channels_out, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        return functional.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class CaffeBottleneck(Bottleneck):
    """The bottleneck with its stride in the first convolution."""

    def __init__(self, channels_in: int, planes: int, stride: int = 1) -> None:
        super().__init__(channels_in, planes, stride, stride_first=True)


def shortcut(channels_in: int, channels_out: int, stride: int) -> nn.Module:
    """What the skip connection does: nothing where the shapes agree, else a strided 1 x 1 convolution and its norm."""
    return nn.Identity() if stride == 1 and channels_in == channels_out else conv_norm(conv1x1(channels_in, channels_out, stride))


def upsample(x: Tensor, align_corners: bool) -> Tensor:
    """Twice as high and wide, bilinear. (B, C, H, W) to (B, C, 2H, 2W)."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=align_corners)


def attention(qkv: Tensor, heads: int) -> Tensor:
    """Scaled dot-product attention (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, eq. 1).

    `qkv` (..., N, 3C) holds queries, keys and values one after the other, each `heads` chunks wide;
    the result is (..., N, C). Every token attends to all N tokens of its own row.
    """
    q, k, v = (part.unflatten(-1, (heads, -1)).transpose(-3, -2) for part in qkv.chunk(3, dim=-1))  # each (..., heads, N, C/heads)
    weights = torch.softmax(q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5, dim=-1)
    return (weights @ v).transpose(-3, -2).flatten(-2)


class Attention(nn.Module):
    """Multi-head self-attention with one projection to queries, keys and values."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(attention(self.qkv(x), self.heads))


class MLP(nn.Module):
    """Two linear layers with an exact (erf) GELU between."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, hidden)
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(functional.gelu(self.fc1(x)))
