"""Lightweight OpenPose: the same outputs from a MobileNet and one refinement stage (Osokin 2018, https://arxiv.org/abs/1811.12004)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

JOINTS = 19  # 18 of COCO and the background
FIELDS = 38


def depthwise(channels: int, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, 3, stride, dilation, dilation, groups=channels, bias=False)


def separable(channels_in: int, channels_out: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """MobileNet's block (Howard et al. 2017, https://arxiv.org/abs/1704.04861): depthwise and pointwise, each with batch norm and ReLU."""
    first = depthwise(channels_in, stride, dilation), nn.BatchNorm2d(channels_in), nn.ReLU()
    return nn.Sequential(*first, nn.Conv2d(channels_in, channels_out, 1, bias=False), nn.BatchNorm2d(channels_out), nn.ReLU())


def separable_elu(channels: int) -> nn.Sequential:
    """The same with ELU and without norm."""
    return nn.Sequential(depthwise(channels), nn.ELU(), nn.Conv2d(channels, channels, 1, bias=False), nn.ELU())


def conv(channels_in: int, channels_out: int, kernel: int = 3, dilation: int = 1, norm: bool = False, relu: bool = True) -> nn.Sequential:
    """Convolution with bias, and what is asked for after it."""
    layers: list[nn.Module] = [nn.Conv2d(channels_in, channels_out, kernel, padding=dilation * (kernel // 2), dilation=dilation)]
    layers += [nn.BatchNorm2d(channels_out)] if norm else []
    layers += [nn.ReLU()] if relu else []
    return nn.Sequential(*layers)


class Adapter(nn.Module):
    """From the backbone's features to those that all stages see."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.align = conv(channels_in, channels_out, 1)
        self.trunk = nn.Sequential(*(separable_elu(channels_out) for _ in range(3)))
        self.conv = conv(channels_out, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        x = self.align(x)
        return self.conv(x + self.trunk(x))


class RefinementBlock(nn.Module):
    """1 x 1 convolution, then two 3 x 3 (the second dilated) around a skip connection: in place of a 7 x 7."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.initial = conv(channels_in, channels_out, 1)
        self.trunk = nn.Sequential(conv(channels_out, channels_out, norm=True), conv(channels_out, channels_out, dilation=2, norm=True))

    def forward(self, x: Tensor) -> Tensor:
        x = self.initial(x)
        return x + self.trunk(x)


class Stage(nn.Module):
    """A trunk, then heat maps and fields, each by two 1 x 1 convolutions."""

    def __init__(self, trunk: Sequence[nn.Module], channels: int, hidden: int) -> None:
        super().__init__()
        self.trunk = nn.Sequential(*trunk)
        self.heatmaps = nn.Sequential(conv(channels, hidden, 1), conv(hidden, JOINTS, 1, relu=False))
        self.pafs = nn.Sequential(conv(channels, hidden, 1), conv(hidden, FIELDS, 1, relu=False))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.trunk(x)
        return self.heatmaps(x), self.pafs(x)


class OpenPoseMobile(nn.Module):
    """MobileNet with `refinements` further stages.

    Args:
        widths: channels of the layers that have 32, 64, 128, 256 and 512 in the published network.
    """

    def __init__(self, refinements: int = 1, widths: tuple[int, int, int, int, int] = (32, 64, 128, 256, 512)) -> None:
        super().__init__()
        w32, w64, w128, w256, w512 = widths
        self.model = nn.Sequential(
            nn.Sequential(nn.Conv2d(3, w32, 3, 2, 1, bias=False), nn.BatchNorm2d(w32), nn.ReLU()),
            separable(w32, w64),
            separable(w64, w128, stride=2),
            separable(w128, w128),
            separable(w128, w256, stride=2),
            separable(w256, w256),
            separable(w256, w512),  # from here on dilated instead of strided, to stay at an eighth of the size
            separable(w512, w512, dilation=2),
            *(separable(w512, w512) for _ in range(4)),
        )
        self.cpm = Adapter(w512, w128)
        self.initial_stage = Stage([conv(w128, w128) for _ in range(3)], w128, w512)
        seen = w128 + JOINTS + FIELDS
        self.refinement_stages = nn.ModuleList(Stage([RefinementBlock(seen, w128), *(RefinementBlock(w128, w128) for _ in range(4))], w128, w128) for _ in range(refinements))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) in B, G, R, (value - 128) / 256; H and W multiples of 8; to heat maps (B, 19, H/8, W/8) and fields (B, 38, H/8, W/8)."""
        return self.stages(x)[-1]

    def stages(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Heat maps and fields of every stage."""
        features = self.cpm(self.model(x))
        results = [self.initial_stage(features)]
        for stage in self.refinement_stages:
            results.append(stage(torch.cat([features, *results[-1]], dim=1)))
        return results
