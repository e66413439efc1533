"""ResNeXt-101 32x8d up to its last features: the backbone of MiDaS v2.1 large (Xie et al. 2017, https://arxiv.org/abs/1611.05431)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from posewright.nets.blocks import Bottleneck


class ResNeXt(nn.Module):
    """(B, 3, H, W), H and W multiples of 32, to features at 1/4, 1/8, 1/16 and 1/32 of the size."""

    def __init__(self, counts: Sequence[int] = (3, 4, 23, 3), width: int = 64, groups: int = 32, group_width: int = 8) -> None:
        super().__init__()
        stem = nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        self.channels = [width * 2**i * Bottleneck.expansion for i in range(4)]
        stages = []
        for i, (before, after, count) in enumerate(zip([width, *self.channels], self.channels, counts, strict=False)):
            planes = width * 2**i
            later = (Bottleneck(after, planes, 1, groups, group_width) for _ in range(count - 1))
            stages.append(nn.Sequential(Bottleneck(before, planes, 1 if i == 0 else 2, groups, group_width), *later))
        self.layer1 = nn.Sequential(*stem, stages[0])
        self.layer2, self.layer3, self.layer4 = stages[1:]

    def forward(self, x: Tensor) -> list[Tensor]:
        features = []
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            features.append(x)
        return features
