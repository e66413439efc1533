"""SimpleBaseline: a ResNet and three transposed convolutions to heat maps (Xiao et al. 2018, https://arxiv.org/abs/1804.06208)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn
from torch.nn import functional

from posewright.errors import require
from posewright.nets.blocks import BasicBlock, Bottleneck, CaffeBottleneck

Block = Callable[..., nn.Module]

DEPTHS: dict[str, tuple[Block, int, tuple[int, int, int, int]]] = {
    "18": (BasicBlock, 1, (2, 2, 2, 2)),
    "34": (BasicBlock, 1, (3, 4, 6, 3)),
    "50": (Bottleneck, 4, (3, 4, 6, 3)),
    "101": (Bottleneck, 4, (3, 4, 23, 3)),
    "152": (Bottleneck, 4, (3, 8, 36, 3)),
    "50-caffe": (CaffeBottleneck, 4, (3, 4, 6, 3)),
    "101-caffe": (CaffeBottleneck, 4, (3, 4, 23, 3)),
    "152-caffe": (CaffeBottleneck, 4, (3, 8, 36, 3)),
}
"""Block, how much wider its output is than its planes, and blocks of each stage (He et al. 2016, table 1)."""


def residual_layer(block: Block, expansion: int, channels_in: int, planes: int, count: int, stride: int) -> nn.Sequential:
    """`count` blocks, the first with the stride."""
    later = (block(planes * expansion, planes) for _ in range(count - 1))
    return nn.Sequential(block(channels_in, planes, stride), *later)


class SimpleBaseline(nn.Module):
    """Top-down pose: the crop of one person to one heat map a joint."""

    def __init__(self, depth: str = "50", joints: int = 17, width: int = 64, deconv_channels: Sequence[int] = (256, 256, 256)) -> None:
        super().__init__()
        require(depth in DEPTHS, f"no ResNet of depth {depth}; there are {', '.join(DEPTHS)}")
        block, expansion, counts = DEPTHS[depth]
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = residual_layer(block, expansion, width, width, counts[0], 1)
        self.layer2 = residual_layer(block, expansion, width * expansion, 2 * width, counts[1], 2)
        self.layer3 = residual_layer(block, expansion, 2 * width * expansion, 4 * width, counts[2], 2)
        self.layer4 = residual_layer(block, expansion, 4 * width * expansion, 8 * width, counts[3], 2)
        layers: list[nn.Module] = []
        channels = 8 * width * expansion
        for wanted in deconv_channels:
            layers += [nn.ConvTranspose2d(channels, wanted, 4, 2, 1, bias=False), nn.BatchNorm2d(wanted), nn.ReLU()]
            channels = wanted
        self.deconv_layers = nn.Sequential(*layers)
        self.final_layer = nn.Conv2d(channels, joints, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) in B, G, R, normalised; H and W multiples of 32; to heat maps (B, joints, H/4, W/4)."""
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.final_layer(self.deconv_layers(x))
