"""CenterNet on DLA-34 with deformable convolutions (deep layer aggregation: Yu et al. 2018, https://arxiv.org/abs/1707.06484)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from posewright.nets.blocks import conv1x1, conv3x3, conv_norm
from posewright.nets.centernet import HEADS, HeadedNet
from posewright.nets.deform import DeformConv2d


class SkipBlock(nn.Module):
    """A basic residual block whose skip connection is handed in."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv3x3(channels_in, channels_out, stride), nn.BatchNorm2d(channels_out)
        self.conv2, self.bn2 = conv3x3(channels_out, channels_out), nn.BatchNorm2d(channels_out)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + skip)


class Root(nn.Module):
    """Aggregation node: several feature maps become one (section 3.2)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv, self.bn = conv1x1(channels_in, channels_out), nn.BatchNorm2d(channels_out)

    def forward(self, *maps: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(torch.cat(maps, dim=1))))


class Tree(nn.Module):
    """Hierarchical aggregation of `2 ** levels` blocks (fig. 2f): the last root joins all that came before it.

    `keep_input` hands the shrunk input to the last root too; `carried` is the width of what outer trees hand in.
    """

    def __init__(self, levels: int, channels_in: int, channels_out: int, stride: int, keep_input: bool = False, carried: int = 0) -> None:
        super().__init__()
        self.levels, self.stride, self.keep_input = levels, stride, keep_input
        carried += channels_in if keep_input else 0
        if levels == 1:
            self.tree1: nn.Module = SkipBlock(channels_in, channels_out, stride)
            self.tree2: nn.Module = SkipBlock(channels_out, channels_out, 1)
            self.root = Root(2 * channels_out + carried, channels_out)
        else:
            self.tree1 = Tree(levels - 1, channels_in, channels_out, stride)
            self.tree2 = Tree(levels - 1, channels_out, channels_out, 1, carried=carried + channels_out)
        # In a tree of trees these weights are in the published file but reach no output.
        self.project = conv_norm(conv1x1(channels_in, channels_out)) if channels_in != channels_out else nn.Identity()

    def forward(self, x: Tensor, carried: tuple[Tensor, ...] = ()) -> Tensor:
        small = functional.max_pool2d(x, self.stride) if self.stride > 1 else x
        if self.keep_input:
            carried = (*carried, small)
        if self.levels > 1:
            return self.tree2(y := self.tree1(x), (*carried, y))
        y = self.tree1(x, self.project(small))
        return self.root(self.tree2(y, y), y, *carried)


class DLA(nn.Module):
    """The backbone: six feature maps, each half the size of the one before, from full size on."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.base_layer = conv_norm(nn.Conv2d(3, channels[0], 7, padding=3, bias=False), relu=True)
        self.level0 = conv_norm(conv3x3(channels[0], channels[0]), relu=True)
        self.level1 = conv_norm(conv3x3(channels[0], channels[1], 2), relu=True)
        self.level2 = Tree(1, channels[1], channels[2], 2)
        self.level3 = Tree(2, channels[2], channels[3], 2, keep_input=True)
        self.level4 = Tree(2, channels[3], channels[4], 2, keep_input=True)
        self.level5 = Tree(1, channels[4], channels[5], 2, keep_input=True)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.base_layer(x)
        maps = []
        for level in (self.level0, self.level1, self.level2, self.level3, self.level4, self.level5):
            x = level(x)
            maps.append(x)
        return maps


class DeformBlock(nn.Module):
    """Deformable convolution, batch norm, ReLU."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.actf = nn.Sequential(nn.BatchNorm2d(channels_out), nn.ReLU())
        self.conv = DeformConv2d(channels_in, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        return self.actf(self.conv(x))


class IterativeUp(nn.Module):
    """Iterative aggregation upwards (fig. 2d): each map is brought to the first one's width and size and merged with the map before it."""

    def __init__(self, channels_out: int, channels: Sequence[int], factors: Sequence[int]) -> None:
        super().__init__()
        for i, (wide, factor) in enumerate(zip(channels[1:], factors[1:], strict=True), start=1):
            up = nn.ConvTranspose2d(channels_out, channels_out, 2 * factor, factor, factor // 2, groups=channels_out, bias=False)
            self.add_module(f"proj_{i}", DeformBlock(wide, channels_out))
            self.add_module(f"up_{i}", up)
            self.add_module(f"node_{i}", DeformBlock(channels_out, channels_out))

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """The first map as it is, then every merged one; all of the first one's size."""
        merged = [maps[0]]
        for i, x in enumerate(maps[1:], start=1):
            project, up, node = (self.get_submodule(f"{part}_{i}") for part in ("proj", "up", "node"))
            merged.append(node(up(project(x)) + merged[-1]))
        return merged


class DLAUp(nn.Module):
    """Aggregation from the coarsest map to the finest: step i merges the last i + 2 maps at the size of the finest of them."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        count = len(channels)
        for i in range(count - 1):
            finest = channels[count - 2 - i]
            # All but the newcomer were brought to the width and half the size of it by the step before.
            coarse = channels[count - 1 - i]
            self.add_module(f"ida_{i}", IterativeUp(finest, [finest] + [coarse] * (i + 1), [1] + [2] * (i + 1)))

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """One map of each size, the finest first."""
        merged, results = [maps[-1]], [maps[-1]]
        for i in range(len(maps) - 1):
            merged = self.get_submodule(f"ida_{i}")([maps[-2 - i], *merged])
            results.insert(0, merged[-1])
        return results


class CenterNetDLA(HeadedNet):
    """Multi-person pose by centres, on DLA-34."""

    def __init__(self, channels: Sequence[int] = (16, 32, 64, 128, 256, 512), head_channels: int = 256) -> None:
        super().__init__()
        self.base = DLA(channels)
        self.dla_up = DLAUp(channels[2:])
        self.ida_up = IterativeUp(channels[2], channels[2:5], (1, 2, 4))
        for head, wanted in HEADS.items():
            layers = nn.Conv2d(channels[2], head_channels, 3, padding=1), nn.ReLU(), nn.Conv2d(head_channels, wanted, 1)
            self.add_module(head, nn.Sequential(*layers))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) in B, G, R, normalised; H and W multiples of 32; to the maps of `HEADS` (B, ., H/4, W/4)."""
        maps = self.dla_up(self.base(x)[2:])
        return self.read(self.ida_up(maps[:3])[-1])
