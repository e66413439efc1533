"""EfficientNet-Lite3 up to its last features: the backbone of MiDaS small (Tan and Le 2019, https://arxiv.org/abs/1905.11946, without squeeze-and-excite)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

NORM_EPS = 1e-3
STEM = 32
CHANNELS = (24, 32, 48, 96, 136, 232, 384)
STAGES = ((1, 3, 1), (3, 3, 2), (3, 5, 2), (5, 3, 2), (5, 5, 1), (6, 5, 2), (1, 3, 1))
"""Of each stage: blocks, kernel, stride."""
EXPANSION = 6


class SameConv2d(nn.Conv2d):
    """Convolution padded as TensorFlow does, for sizes that the stride divides: where the margins are unequal, the smaller comes first."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int, groups: int = 1) -> None:
        super().__init__(channels_in, channels_out, kernel, stride, groups=groups, bias=False)
        total = max(kernel - stride, 0)
        self.margins = (total // 2, total - total // 2) * 2  # left, right, top, bottom

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, self.margins))


def norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, NORM_EPS)


class SeparableBlock(nn.Module):
    """Depthwise, then pointwise convolution: the first stage."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int) -> None:
        super().__init__()
        self.conv_dw, self.bn1 = SameConv2d(channels_in, channels_in, kernel, 1, channels_in), norm(channels_in)
        self.conv_pw, self.bn2 = nn.Conv2d(channels_in, channels_out, 1, bias=False), norm(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn2(self.conv_pw(functional.relu6(self.bn1(self.conv_dw(x)))))


class InvertedBlock(nn.Module):
    """Pointwise to six times the width, depthwise, pointwise back; with a skip connection where the shape stays."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = EXPANSION * channels_in
        self.skips = stride == 1 and channels_in == channels_out
        self.conv_pw, self.bn1 = nn.Conv2d(channels_in, wide, 1, bias=False), norm(wide)
        self.conv_dw, self.bn2 = SameConv2d(wide, wide, kernel, stride, wide), norm(wide)
        self.conv_pwl, self.bn3 = nn.Conv2d(wide, channels_out, 1, bias=False), norm(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu6(self.bn1(self.conv_pw(x)))
        y = functional.relu6(self.bn2(self.conv_dw(y)))
        y = self.bn3(self.conv_pwl(y))
        return x + y if self.skips else y


class EfficientNetLite3(nn.Module):
    """(B, 3, H, W), H and W multiples of 32, to features at 1/4, 1/8, 1/16 and 1/32 of the size."""

    def __init__(self, channels: Sequence[int] = CHANNELS) -> None:
        super().__init__()
        stages = [nn.Sequential(SeparableBlock(STEM, channels[0], STAGES[0][1]))]
        for before, wanted, (count, kernel, stride) in zip(channels, channels[1:], STAGES[1:], strict=False):
            later = (InvertedBlock(wanted, wanted, kernel, 1) for _ in range(count - 1))
            stages.append(nn.Sequential(InvertedBlock(before, wanted, kernel, stride), *later))
        self.layer1 = nn.Sequential(SameConv2d(3, STEM, 3, 2), norm(STEM), nn.ReLU6(), stages[0], stages[1])
        self.layer2 = nn.Sequential(stages[2])
        self.layer3 = nn.Sequential(stages[3], stages[4])
        self.layer4 = nn.Sequential(stages[5], stages[6])

    def forward(self, x: Tensor) -> list[Tensor]:
        features = []
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            features.append(x)
        return features
