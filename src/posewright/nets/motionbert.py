"""MotionBERT's DSTformer: attention over joints and over time in two orders at once (Zhu et al. 2023, https://arxiv.org/abs/2210.06551)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from posewright.errors import require
from posewright.nets.blocks import MLP, Attention

NORM_EPS = 1e-6


class Block(nn.Module):
    """One attention over the joints of a frame and one over the frames of a joint, each with its MLP, pre-normed (section 3.2, fig. 3)."""

    def __init__(self, channels: int, heads: int, hidden: int, space_first: bool) -> None:
        super().__init__()
        self.space_first = space_first
        for axis in "st":  # space and time
            self.add_module(f"norm1_{axis}", nn.LayerNorm(channels, NORM_EPS))
            self.add_module(f"attn_{axis}", Attention(channels, heads))
            self.add_module(f"norm2_{axis}", nn.LayerNorm(channels, NORM_EPS))
            self.add_module(f"mlp_{axis}", MLP(channels, hidden))

    def forward(self, x: Tensor) -> Tensor:
        """(B, F, J, C) to the same."""
        for axis in "st" if self.space_first else "ts":
            norm1, attend, norm2, mlp = (self.get_submodule(f"{part}_{axis}") for part in ("norm1", "attn", "norm2", "mlp"))
            attended = attend(norm1(x)) if axis == "s" else attend(norm1(x).transpose(1, 2)).transpose(1, 2)
            x = x + attended
            x = x + mlp(norm2(x))
        return x


class MotionBERT(nn.Module):
    """2D keypoints with confidence to 3D (or, by `represent`, to motion features), H36M-17 joints, up to `max_frames` at a time.

    Each of `depth` layers runs a space-then-time and a time-then-space block side by side and mixes them
    with learned weights (`fuse`), or takes their mean.
    """

    def __init__(
        self,
        channels: int = 512,
        features: int = 512,
        depth: int = 5,
        heads: int = 8,
        mlp_ratio: float = 2,
        max_frames: int = 243,
        joints: int = 17,
        fuse: bool = True,
    ) -> None:
        super().__init__()
        hidden = int(channels * mlp_ratio)
        self.max_frames = max_frames
        self.joints_embed = nn.Linear(3, channels)
        self.pos_embed = nn.Parameter(torch.zeros(1, joints, channels))
        self.temp_embed = nn.Parameter(torch.zeros(1, max_frames, 1, channels))
        self.blocks_st = nn.ModuleList(Block(channels, heads, hidden, space_first=True) for _ in range(depth))
        self.blocks_ts = nn.ModuleList(Block(channels, heads, hidden, space_first=False) for _ in range(depth))
        self.ts_attn = nn.ModuleList(nn.Linear(2 * channels, 2) for _ in range(depth if fuse else 0))
        self.norm = nn.LayerNorm(channels, NORM_EPS)
        self.pre_logits = nn.Sequential()
        self.pre_logits.add_module("fc", nn.Linear(channels, features))
        self.pre_logits.add_module("act", nn.Tanh())
        self.head = nn.Linear(features, 3)

    def forward(self, x: Tensor) -> Tensor:
        """(B, F, J, 3), x and y in -1..1 and confidence, to (B, F, J, 3): x right, y down, z away, in the units of the input."""
        return self.head(self.represent(x))

    def represent(self, x: Tensor) -> Tensor:
        """(B, F, J, 3) to the motion features (B, F, J, features) before the head."""
        frames = x.shape[1]
        require(frames <= self.max_frames, f"{frames} frames at once; this network takes {self.max_frames} at most")
        x = self.joints_embed(x) + self.pos_embed + self.temp_embed[:, :frames]
        for i, (space_time, time_space) in enumerate(zip(self.blocks_st, self.blocks_ts, strict=True)):
            a, b = space_time(x), time_space(x)
            if self.ts_attn:
                share = torch.softmax(self.ts_attn[i](torch.cat([a, b], dim=-1)), dim=-1)
                x = a * share[..., :1] + b * share[..., 1:]
            else:
                x = (a + b) * 0.5
        return self.pre_logits(self.norm(x))
