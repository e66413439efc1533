"""ViT-B with a ResNet stem, tapped at four depths: the backbone of DPT-hybrid (Dosovitskiy et al. 2021, https://arxiv.org/abs/2010.11929, "R50+ViT-B/16").

The ResNet has group norm and standardised weights (Kolesnikov et al. 2020, https://arxiv.org/abs/1912.11370).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from posewright.nets.blocks import MLP, Attention
from posewright.nets.efficientnet import SameConv2d

GROUPS = 32
WEIGHT_EPS = 1e-8
NORM_EPS = 1e-6


class StandardConv2d(SameConv2d):
    """Convolution whose filters have mean 0 and variance 1 each (Qiao et al. 2019, https://arxiv.org/abs/1903.10520, eq. 7)."""

    def forward(self, x: Tensor) -> Tensor:
        centred = self.weight - self.weight.mean(dim=(1, 2, 3), keepdim=True)
        variance = centred.square().mean(dim=(1, 2, 3), keepdim=True)
        return functional.conv2d(functional.pad(x, self.margins), centred * (variance + WEIGHT_EPS).rsqrt(), stride=self.stride)


class Unit(nn.Module):
    """Convolution (`conv`) and group norm (`norm`)."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv = StandardConv2d(channels_in, channels_out, kernel, stride)
        self.norm = nn.GroupNorm(GROUPS, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))


class GroupBottleneck(nn.Module):
    """1 x 1, 3 x 3, 1 x 1 around a skip connection, a quarter as wide inside."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1) -> None:
        super().__init__()
        width = channels_out // 4
        self.downsample = nn.Identity() if channels_in == channels_out and stride == 1 else Unit(channels_in, channels_out, 1, stride)
        self.conv1, self.norm1 = StandardConv2d(channels_in, width, 1, 1), nn.GroupNorm(GROUPS, width)
        self.conv2, self.norm2 = StandardConv2d(width, width, 3, stride), nn.GroupNorm(GROUPS, width)
        self.conv3, self.norm3 = StandardConv2d(width, channels_out, 1, 1), nn.GroupNorm(GROUPS, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.norm1(self.conv1(x)))
        y = functional.relu(self.norm2(self.conv2(y)))
        return functional.relu(self.norm3(self.conv3(y)) + self.downsample(x))


class Stage(nn.Module):
    """Blocks of one size, under the published name `blocks`."""

    def __init__(self, channels_in: int, channels_out: int, count: int, stride: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(GroupBottleneck(channels_in, channels_out, stride), *(GroupBottleneck(channels_out, channels_out) for _ in range(count - 1)))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(x)


class ResNetStem(nn.Module):
    """(B, 3, H, W), H and W multiples of 32, to features at 1/4, 1/8 and 1/16 of the size."""

    def __init__(self, stem: int, channels: Sequence[int], counts: Sequence[int]) -> None:
        super().__init__()
        self.stem = Unit(3, stem, 7, 2)
        befores = [stem, *channels[:-1]]
        self.stages = nn.ModuleList(Stage(*args, 1 if i == 0 else 2) for i, args in enumerate(zip(befores, channels, counts, strict=True)))

    def forward(self, x: Tensor) -> list[Tensor]:
        x = functional.relu(self.stem(x))
        x = functional.max_pool2d(functional.pad(x, (0, 1, 0, 1)), 3, 2)  # zeros serve as padding: nothing is below them after the ReLU
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


class PatchEmbed(nn.Module):
    """The stem, and a 1 x 1 convolution from its last features to tokens."""

    def __init__(self, backbone: ResNetStem, channels: int, embed: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.proj = nn.Conv2d(channels, embed, 1)


class TransformerBlock(nn.Module):
    """Attention and MLP, pre-normed."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(channels, NORM_EPS), Attention(channels, heads)
        self.norm2, self.mlp = nn.LayerNorm(channels, NORM_EPS), MLP(channels, 4 * channels)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class HybridViT(nn.Module):
    """The whole classifier, as it is in the published file; `norm` and `head` belong to classification and go unused.

    Args:
        grid: tokens a side for which the position embedding was trained; it is resized to the input's.
        taps: transformer blocks whose outputs are returned.
    """

    def __init__(
        self,
        embed: int = 768,
        depth: int = 12,
        heads: int = 12,
        stem: int = 64,
        channels: Sequence[int] = (256, 512, 1024),
        counts: Sequence[int] = (3, 4, 9),
        classes: int = 1000,
        grid: int = 24,
        taps: Sequence[int] = (8, 11),
    ) -> None:
        super().__init__()
        self.grid, self.taps = grid, tuple(taps)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, embed))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + grid * grid, embed))
        self.patch_embed = PatchEmbed(ResNetStem(stem, channels, counts), channels[-1], embed)
        self.blocks = nn.ModuleList(TransformerBlock(embed, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(embed, NORM_EPS)
        self.head = nn.Linear(embed, classes)

    def forward(self, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Feature maps of the first two stages of the stem, and the tokens (B, 1 + h * w, embed) after each tapped block."""
        *maps, last = self.patch_embed.backbone(x)
        patches = self.patch_embed.proj(last)  # (B, embed, h, w)
        tokens = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), patches.flatten(2).transpose(1, 2)], dim=1)
        tokens = tokens + self.positions(patches.shape[2], patches.shape[3])
        tapped = []
        for i, block in enumerate(self.blocks):
            tokens = block(tokens)
            if i in self.taps:
                tapped.append(tokens)
        return maps, tapped

    def positions(self, height: int, width: int) -> Tensor:
        """The position embedding for a grid of another size, (1, 1 + height * width, embed)."""
        grid = self.pos_embed[:, 1:].transpose(1, 2).unflatten(2, (self.grid, self.grid))
        grid = functional.interpolate(grid, size=(height, width), mode="bilinear", align_corners=False)
        return torch.cat([self.pos_embed[:, :1], grid.flatten(2).transpose(1, 2)], dim=1)
