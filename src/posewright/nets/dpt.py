"""DPT-hybrid, MiDaS v3: a vision transformer under the decoder of MiDaS (Ranftl et al. 2021, https://arxiv.org/abs/2103.13413)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from posewright.nets.midas import Decoder
from posewright.nets.vit import HybridViT


class ReadToken(nn.Module):
    """Folds the classification token into every other token (section 3.1, "Read proj")."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.Linear(2 * channels, channels), nn.GELU())

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, 1 + N, C) to (B, N, C)."""
        patches = tokens[:, 1:]
        return self.project(torch.cat([patches, tokens[:, :1].expand_as(patches)], dim=-1))


class Reassemble(nn.Module):
    """Tokens back to a feature map at 1/16 of the image's size, or at 1/32 if `halves`. Layers keep their published numbers 0, 3 and 4."""

    def __init__(self, embed: int, channels: int, halves: bool) -> None:
        super().__init__()
        self.add_module("0", ReadToken(embed))
        self.add_module("3", nn.Conv2d(embed, channels, 1))
        if halves:
            self.add_module("4", nn.Conv2d(channels, channels, 3, 2, 1))

    def forward(self, tokens: Tensor, height: int, width: int) -> Tensor:
        read, *convolutions = self.children()
        x = read(tokens).transpose(1, 2).unflatten(2, (height, width))
        for convolution in convolutions:
            x = convolution(x)
        return x


class Pretrained(nn.Module):
    """The backbone with the layers that turn its tokens into feature maps."""

    def __init__(self, channels: Sequence[int], model: HybridViT, embed: int) -> None:
        super().__init__()
        self.model = model
        self.act_postprocess3 = Reassemble(embed, channels[2], halves=False)
        self.act_postprocess4 = Reassemble(embed, channels[3], halves=True)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Feature maps at 1/4, 1/8, 1/16 and 1/32 of the size."""
        maps, (third, fourth) = self.model(x)
        height, width = x.shape[2] // 16, x.shape[3] // 16
        return [*maps, self.act_postprocess3(third, height, width), self.act_postprocess4(fourth, height, width)]


class DPTHybrid(nn.Module):
    """DPT-hybrid. Other arguments go to `HybridViT`."""

    def __init__(self, features: int = 256, reassembled: Sequence[int] = (256, 512, 768, 768), embed: int = 768, **backbone: Any) -> None:
        super().__init__()
        self.pretrained = Pretrained(reassembled, HybridViT(embed, **backbone), embed)
        self.scratch = Decoder(reassembled, [features] * 4, features // 2, head_align=True)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) in R, G, B, -1 to 1; H and W multiples of 32; to inverse depth (B, H, W), 0 and more, of unknown scale and shift."""
        return self.scratch(self.pretrained(x))
