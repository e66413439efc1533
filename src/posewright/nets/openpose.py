"""OpenPose's body networks: heat maps and part affinity fields, refined stage by stage (Cao et al. 2017 and 2019, https://arxiv.org/abs/1812.08008)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def vgg(widths: Sequence[Sequence[int]]) -> nn.Sequential:
    """(B, 3, H, W) to features at an eighth of the size, under the names of the Caffe network."""
    layers = nn.Sequential()
    before = 3
    for group, channels in enumerate(widths, start=1):
        for i, after in enumerate(channels, start=1):
            layers.add_module(f"conv{group}_{i}", nn.Conv2d(before, after, 3, padding=1))
            layers.add_module(f"relu{group}_{i}", nn.ReLU())
            before = after
        if group < len(widths):
            layers.add_module(f"pool{group}", nn.MaxPool2d(2))
    return layers


class OpenPoseCOCO(nn.Module):
    """The network for 18 COCO joints: six stages of two branches, fields (`L1`) and heat maps (`L2`).

    Keys as in the widespread PyTorch conversion of the Caffe file. As there, the last stage's heat maps
    pass a ReLU.

    Args:
        widths: channels of the layers that have 64, 128, 256 and 512 in the published network.
    """

    STAGES = 6

    def __init__(self, joints: int = 18, limbs: int = 19, widths: tuple[int, int, int, int] = (64, 128, 256, 512)) -> None:
        super().__init__()
        thin, features, middle, wide = widths
        outputs = {1: 2 * limbs, 2: joints + 1}  # two numbers a limb; one map a joint and the background
        # The first ten convolutions of VGG-19 (https://arxiv.org/abs/1409.1556) and two more.
        self.model0 = vgg([[thin] * 2, [features] * 2, [middle] * 4, [wide] * 2])
        for name, before, after in (("4_3_CPM", wide, middle), ("4_4_CPM", middle, features)):
            self.model0.add_module(f"conv{name}", nn.Conv2d(before, after, 3, padding=1))
            self.model0.add_module(f"relu{name}", nn.ReLU())
        for branch, maps in outputs.items():
            first = [(features, features, 3)] * 3 + [(features, wide, 1), (wide, maps, 1)]
            self.add_module(f"model1_{branch}", chain(f"conv5_{{}}_CPM_L{branch}", first))
            later = [(features + sum(outputs.values()), features, 7)] + [(features, features, 7)] * 4 + [(features, features, 1), (features, maps, 1)]
            for stage in range(2, self.STAGES + 1):
                self.add_module(f"model{stage}_{branch}", chain(f"Mconv{{}}_stage{stage}_L{branch}", later))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) in B, G, R, value / 256 - 0.5; H and W multiples of 8; to fields (B, 38, H/8, W/8) and heat maps (B, 19, H/8, W/8)."""
        features = self.model0(x)
        seen = features
        for stage in range(1, self.STAGES + 1):
            fields, heatmaps = (self.get_submodule(f"model{stage}_{branch}")(seen) for branch in (1, 2))
            seen = torch.cat([fields, heatmaps, features], dim=1)
        return fields, torch.relu(heatmaps)


def chain(pattern: str, layers: Sequence[tuple[int, int, int]]) -> nn.Sequential:
    """Convolutions (channels in, out, kernel) with a ReLU between two."""
    result = nn.Sequential()
    for i, (before, after, kernel) in enumerate(layers, start=1):
        name = pattern.format(i)
        result.add_module(name, nn.Conv2d(before, after, kernel, padding=kernel // 2))
        if i < len(layers):
            result.add_module(f"{name}_relu", nn.ReLU())
    return result
