"""CenterNet on the stacked hourglass of CornerNet (Newell et al. 2016, https://arxiv.org/abs/1603.06937; Law and Deng 2018, https://arxiv.org/abs/1808.01244)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from posewright.nets.blocks import conv1x1, conv3x3, conv_norm
from posewright.nets.centernet import HEADS, HeadedNet


class Convolution(nn.Module):
    """Convolution, batch norm (or a bias instead), ReLU."""

    def __init__(self, kernel: int, channels_in: int, channels_out: int, stride: int = 1, norm: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=not norm)
        self.bn = nn.BatchNorm2d(channels_out) if norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(x)))


class Residual(nn.Module):
    """Two 3 x 3 convolutions around a skip connection."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv3x3(channels_in, channels_out, stride), nn.BatchNorm2d(channels_out)
        self.conv2, self.bn2 = conv3x3(channels_out, channels_out), nn.BatchNorm2d(channels_out)
        changes = stride != 1 or channels_in != channels_out
        self.skip = conv_norm(conv1x1(channels_in, channels_out, stride)) if changes else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.skip(x))


def residuals(channels_in: int, channels_out: int, count: int, stride: int = 1) -> nn.Sequential:
    """`count` blocks, the first of which changes width and size."""
    return nn.Sequential(Residual(channels_in, channels_out, stride), *(Residual(channels_out, channels_out) for _ in range(count - 1)))


class Hourglass(nn.Module):
    """Down to half size, an hourglass inside (or plain blocks at the bottom), and up again, beside a path at full size."""

    def __init__(self, widths: Sequence[int], blocks: Sequence[int]) -> None:
        super().__init__()
        wide, narrow, count = widths[0], widths[1], blocks[0]
        self.up1 = residuals(wide, wide, count)
        self.low1 = residuals(wide, narrow, count, stride=2)
        self.low2 = Hourglass(widths[1:], blocks[1:]) if len(widths) > 2 else residuals(narrow, narrow, blocks[1])
        self.low3 = nn.Sequential(*(Residual(narrow, narrow) for _ in range(count - 1)), Residual(narrow, wide))

    def forward(self, x: Tensor) -> Tensor:
        low = self.low3(self.low2(self.low1(x)))
        return self.up1(x) + functional.interpolate(low, scale_factor=2.0, mode="nearest")


class CenterNetHourglass(HeadedNet):
    """Multi-person pose by centres, on `stacks` hourglasses, each of which refines the features of the one before."""

    def __init__(
        self,
        widths: Sequence[int] = (256, 256, 384, 384, 384, 512),
        blocks: Sequence[int] = (2, 2, 2, 2, 2, 4),
        stem: int = 128,
        head_channels: int = 256,
        stacks: int = 2,
    ) -> None:
        super().__init__()
        wide, between = widths[0], range(stacks - 1)
        self.pre = nn.Sequential(Convolution(7, 3, stem, stride=2), Residual(stem, wide, stride=2))
        self.kps = nn.ModuleList(Hourglass(widths, blocks) for _ in range(stacks))
        self.cnvs = nn.ModuleList(Convolution(3, wide, head_channels) for _ in range(stacks))
        self.inters = nn.ModuleList(Residual(wide, wide) for _ in between)
        self.inters_ = nn.ModuleList(conv_norm(conv1x1(wide, wide)) for _ in between)
        self.cnvs_ = nn.ModuleList(conv_norm(conv1x1(head_channels, wide)) for _ in between)
        for head, wanted in HEADS.items():
            layers = (nn.Sequential(Convolution(3, head_channels, wide, norm=False), nn.Conv2d(wide, wanted, 1)) for _ in range(stacks))
            self.add_module(head, nn.ModuleList(layers))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) in B, G, R, normalised; H and W multiples of 128; to the last stack's maps of `HEADS` (B, ., H/4, W/4)."""
        return self.read_stack(len(self.kps) - 1, self.features(x)[-1])

    def features(self, x: Tensor) -> list[Tensor]:
        """What each stack hands to its heads."""
        x = self.pre(x)
        seen = []
        for i, (hourglass, convolution) in enumerate(zip(self.kps, self.cnvs, strict=True)):
            seen.append(convolution(hourglass(x)))
            if i < len(self.inters):
                x = self.inters[i](functional.relu(self.inters_[i](x) + self.cnvs_[i](seen[-1])))
        return seen

    def read_stack(self, stack: int, features: Tensor) -> tuple[Tensor, ...]:
        """The outputs of one stack in the order of `HEADS`."""
        return tuple(self.get_submodule(f"{head}.{stack}")(features) for head in HEADS)
