"""HRNet: heat maps from branches of several resolutions that stay side by side (Sun et al. 2019, https://arxiv.org/abs/1902.09212)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from posewright.nets.blocks import BasicBlock, Bottleneck, conv1x1, conv3x3, conv_norm


class HRModule(nn.Module):
    """Some blocks on each branch, then every branch receives the sum of all, brought to its resolution (section 3).

    `single_output` keeps the first branch alone: the last module of the network.
    """

    def __init__(self, channels: Sequence[int], blocks: Sequence[int], single_output: bool) -> None:
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*(BasicBlock(c, c) for _ in range(n))) for c, n in zip(channels, blocks, strict=True))
        outputs = 1 if single_output else len(channels)
        self.fuse_layers = nn.ModuleList(nn.ModuleList(fuse(channels, j, i) for j in range(len(channels))) for i in range(outputs))

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        branches = [blocks(x) for blocks, x in zip(self.branches, branches, strict=True)]
        fused = []
        for row in self.fuse_layers:
            terms = [layer(x) for layer, x in zip(row.children(), branches, strict=True)]
            total = terms[0]
            for term in terms[1:]:
                total = total + term
            fused.append(functional.relu(total))
        return fused


def fuse(channels: Sequence[int], source: int, target: int) -> nn.Module:
    """Bring branch `source` to the channels and resolution of branch `target`; branch i is 2**i times smaller than branch 0."""
    if source == target:
        return nn.Identity()
    if source > target:
        return nn.Sequential(*conv_norm(conv1x1(channels[source], channels[target])), nn.Upsample(scale_factor=2.0 ** (source - target), mode="nearest"))
    steps = [conv_norm(conv3x3(channels[source], channels[source], 2), relu=True) for _ in range(target - source - 1)]
    return nn.Sequential(*steps, conv_norm(conv3x3(channels[source], channels[target], 2)))


def transition(before: Sequence[int], after: Sequence[int]) -> nn.ModuleList:
    """From the branches of one stage to those of the next: a convolution where the width changes, a strided one for a new branch."""
    layers: list[nn.Module] = []
    for i, wanted in enumerate(after):
        if i >= len(before):  # a new branch grows from the smallest old one
            layers.append(nn.Sequential(conv_norm(conv3x3(before[-1], wanted, 2), relu=True)))
        elif before[i] != wanted:
            layers.append(conv_norm(conv3x3(before[i], wanted), relu=True))
        else:
            layers.append(nn.Identity())
    return nn.ModuleList(layers)


class HRNet(nn.Module):
    """Top-down pose: the crop of one person to one heat map a joint. `width` is the 32 or 48 of w32 and w48.

    `modules` and `blocks` hold, for stages 2 to 4, the number of modules and the blocks of each branch in each module;
    `stem` is the width of what comes before, `first_blocks` the number of bottlenecks in stage 1.
    """

    def __init__(
        self,
        width: int = 32,
        joints: int = 17,
        modules: Sequence[int] = (1, 4, 3),
        blocks: Sequence[Sequence[int]] = ((4, 4), (4, 4, 4), (4, 4, 4, 4)),
        stem: int = 64,
        first_blocks: int = 4,
    ) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv3x3(3, stem, 2), nn.BatchNorm2d(stem)
        self.conv2, self.bn2 = conv3x3(stem, stem, 2), nn.BatchNorm2d(stem)
        self.layer1 = nn.Sequential(Bottleneck(stem, stem), *(Bottleneck(4 * stem, stem) for _ in range(first_blocks - 1)))
        widths = [[width * 2**i for i in range(count)] for count in (2, 3, 4)]
        self.transition1 = transition([4 * stem], widths[0])
        self.transition2 = transition(widths[0], widths[1])
        self.transition3 = transition(widths[1], widths[2])
        self.stage2, self.stage3, self.stage4 = (
            nn.ModuleList(HRModule(widths[s], blocks[s], single_output=s == 2 and m == modules[s] - 1) for m in range(modules[s])) for s in range(3)
        )
        self.final_layer = nn.Conv2d(width, joints, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) in R, G, B, normalised; H and W multiples of 32; to heat maps (B, joints, H/4, W/4)."""
        x = functional.relu(self.bn1(self.conv1(x)))
        x = functional.relu(self.bn2(self.conv2(x)))
        branches = [self.layer1(x)]
        for change, stage in ((self.transition1, self.stage2), (self.transition2, self.stage3), (self.transition3, self.stage4)):
            branches = [layer(branches[min(i, len(branches) - 1)]) for i, layer in enumerate(change)]
            for module in stage:
                branches = module(branches)
        return self.final_layer(branches[0])
