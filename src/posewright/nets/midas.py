"""MiDaS v2.1: relative inverse depth from one image (Ranftl et al. 2020, https://arxiv.org/abs/1907.01341), and the decoder it shares with DPT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from posewright.nets.blocks import upsample
from posewright.nets.efficientnet import CHANNELS, EfficientNetLite3
from posewright.nets.resnext import ResNeXt


class ResidualUnit(nn.Module):
    """Two convolutions, each after a ReLU, around a skip connection.

    `skips_rectified`: the skip carries relu(x) instead of x. MiDaS large was trained so, because a ReLU
    in place overwrote its input.
    """

    def __init__(self, channels: int, skips_rectified: bool) -> None:
        super().__init__()
        self.skips_rectified = skips_rectified
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        rectified = functional.relu(x)
        y = self.conv2(functional.relu(self.conv1(rectified)))
        return y + (rectified if self.skips_rectified else x)


class Fusion(nn.Module):
    """Adds the features of one size to what comes from below and doubles the size (RefineNet: Lin et al. 2017, https://arxiv.org/abs/1611.06612)."""

    def __init__(self, channels: int, channels_out: int | None, skips_rectified: bool, align_corners: bool) -> None:
        super().__init__()
        self.align_corners = align_corners
        self.out_conv = nn.Identity() if channels_out is None else nn.Conv2d(channels, channels_out, 1)
        self.resConfUnit1 = ResidualUnit(channels, skips_rectified)  # published for the coarsest level too, where nothing passes it
        self.resConfUnit2 = ResidualUnit(channels, skips_rectified)

    def forward(self, x: Tensor, finer: Tensor | None = None) -> Tensor:
        if finer is not None:
            x = x + self.resConfUnit1(finer)
        return self.out_conv(upsample(self.resConfUnit2(x), self.align_corners))


class Upsample(nn.Module):
    """Twice the size, as a layer without weights."""

    def __init__(self, align_corners: bool) -> None:
        super().__init__()
        self.align_corners = align_corners

    def forward(self, x: Tensor) -> Tensor:
        return upsample(x, self.align_corners)


class Decoder(nn.Module):
    """Features of four sizes to depth: the published `scratch`.

    Args:
        backbone: channels of the features at 1/4, 1/8, 1/16, 1/32.
        widths: channels at which each size is fused.
        narrows: whether each fusion ends in a 1 x 1 convolution to the width of the next finer one.
        head: channels after the first convolution of the head.
        fusion_align, head_align: corner alignment of the upsampling in the fusions and in the head.
    """

    def __init__(
        self,
        backbone: Sequence[int],
        widths: Sequence[int],
        head: int,
        narrows: bool = True,
        skips_rectified: bool = False,
        fusion_align: bool = True,
        head_align: bool = False,
    ) -> None:
        super().__init__()
        for i in range(4):
            self.add_module(f"layer{i + 1}_rn", nn.Conv2d(backbone[i], widths[i], 3, padding=1, bias=False))
            fusion = Fusion(widths[i], widths[max(i - 1, 0)] if narrows else None, skips_rectified, fusion_align)
            self.add_module(f"refinenet{i + 1}", fusion)
        self.output_conv = nn.Sequential(
            nn.Conv2d(widths[0], head, 3, padding=1),
            Upsample(head_align),
            nn.Conv2d(head, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 1, 1),
            nn.ReLU(),
        )

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """To (B, H, W)."""
        adapted = [self.get_submodule(f"layer{i + 1}_rn")(x) for i, x in enumerate(features)]
        x = self.get_submodule("refinenet4")(adapted[3])
        for i in (2, 1, 0):
            x = self.get_submodule(f"refinenet{i + 1}")(x, adapted[i])
        return self.output_conv(x).squeeze(1)


class MidasSmall(nn.Module):
    """MiDaS v2.1 small."""

    def __init__(self, channels: Sequence[int] = CHANNELS, features: int = 64) -> None:
        super().__init__()
        self.pretrained = EfficientNetLite3(channels)
        self.scratch = Decoder([channels[i] for i in (1, 2, 4, 6)], [features * 2**i for i in range(4)], features // 2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) in R, G, B, normalised; H and W multiples of 32; to inverse depth (B, H, W), 0 and more, of unknown scale and shift."""
        return self.scratch(self.pretrained(x))


class MidasLarge(nn.Module):
    """MiDaS v2.1 large.

    `align_corners` False everywhere makes it the network in the published ONNX file, which differs from
    the .pt file's. Other arguments go to `ResNeXt`.
    """

    def __init__(self, features: int = 256, align_corners: bool = True, **backbone: Any) -> None:
        super().__init__()
        self.pretrained = ResNeXt(**backbone)
        self.scratch = Decoder(self.pretrained.channels, [features] * 4, 128, narrows=False, skips_rectified=True, fusion_align=align_corners)

    def forward(self, x: Tensor) -> Tensor:
        """As for `MidasSmall`."""
        return self.scratch(self.pretrained(x))
