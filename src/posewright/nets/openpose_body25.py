"""OpenPose's BODY_25 network: fields refined first, then heat maps (Cao et al. 2019, https://arxiv.org/abs/1812.08008, section 3).

Keys are the layer names of the published Caffe file.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

HEATMAPS, FIELDS = 1, 2  # branches L1 and L2
STAGES = ((FIELDS, 0), (FIELDS, 1), (FIELDS, 2), (FIELDS, 3), (HEATMAPS, 0), (HEATMAPS, 1))
"""Branch and number of each stage, in order."""
VGG = (
    ("1_1", 64),
    ("1_2", 64),
    ("2_1", 128),
    ("2_2", 128),
    ("3_1", 256),
    ("3_2", 256),
    ("3_3", 256),
    ("3_4", 256),
    ("4_1", 512),
    ("4_2", 512),
    ("4_3_CPM", 256),
    ("4_4_CPM", 128),
)
POOLED = ("1_2", "2_2", "3_4")
"""The layers after which the size halves."""
FIRST_PRELU = "4_2"


class OpenPoseBody25(nn.Module):
    """25 joints with feet. `thinner` divides the width of every hidden layer, for tests."""

    def __init__(self, joints: int = 25, limbs: int = 26, thinner: int = 1) -> None:
        super().__init__()
        before = 3
        for name, channels in VGG:
            channels //= thinner
            self.add_module(f"conv{name}", nn.Conv2d(before, channels, 3, padding=1))
            if name >= FIRST_PRELU:
                self.add_module(f"prelu{name}", nn.PReLU(channels))
            before = channels
        maps = {HEATMAPS: joints + 1, FIELDS: 2 * limbs}  # the background has a map; a limb has two numbers
        for branch, stage in STAGES:
            seen = before + (maps[branch] if stage else 0) + (maps[FIELDS] if branch == HEATMAPS else 0)
            self._add_stage(f"stage{stage}_L{branch}", seen, (128 if stage else 96) // thinner, (512 if stage else 256) // thinner, maps[branch])

    def _add_stage(self, stage: str, seen: int, width: int, wide: int, maps: int) -> None:
        """Five blocks of three convolutions whose outputs are joined, and two of 1 x 1."""
        for block in range(1, 6):
            for i in range(3):
                channels_in = width if i else (seen if block == 1 else 3 * width)
                self.add_module(f"Mconv{block}_{stage}_{i}", nn.Conv2d(channels_in, width, 3, padding=1))
                self.add_module(f"Mprelu{block}_{stage}_{i}", nn.PReLU(width))
        self.add_module(f"Mconv6_{stage}", nn.Conv2d(3 * width, wide, 1))
        self.add_module(f"Mprelu6_{stage}", nn.PReLU(wide))
        self.add_module(f"Mconv7_{stage}", nn.Conv2d(wide, maps, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) in B, G, R, value / 256 - 0.5; H and W multiples of 8; to heat maps (B, 26, H/8, W/8) and fields (B, 52, H/8, W/8)."""
        for name, _ in VGG:
            x = self.get_submodule(f"conv{name}")(x)
            x = self.get_submodule(f"prelu{name}")(x) if name >= FIRST_PRELU else functional.relu(x)
            x = functional.max_pool2d(x, 2) if name in POOLED else x
        latest: dict[int, Tensor] = {}
        for branch, stage in STAGES:
            # Features, what this branch said last, and for the heat maps the final fields.
            seen = [x, *(latest[b] for b in (HEATMAPS, FIELDS) if b in latest and (b == branch or branch == HEATMAPS))]
            latest[branch] = self._run_stage(f"stage{stage}_L{branch}", torch.cat(seen, dim=1))
        return latest[HEATMAPS], latest[FIELDS]

    def _run_stage(self, stage: str, x: Tensor) -> Tensor:
        for block in range(1, 6):
            joined = []
            for i in range(3):
                x = self._convolve(f"{block}_{stage}_{i}", x)
                joined.append(x)
            x = torch.cat(joined, dim=1)
        return self.get_submodule(f"Mconv7_{stage}")(self._convolve(f"6_{stage}", x))

    def _convolve(self, name: str, x: Tensor) -> Tensor:
        return self.get_submodule(f"Mprelu{name}")(self.get_submodule(f"Mconv{name}")(x))
