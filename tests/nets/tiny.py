"""Every architecture of the table, small enough for a test: constructor arguments, an input shape, and another that its open axes allow."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from posewright.nets import build

TINY: dict[str, tuple[dict[str, Any], tuple[int, ...], tuple[int, ...]]] = {
    "videopose3d": ({"widths": (3, 3), "channels": 8}, (1, 9, 17, 2), (2, 14, 17, 2)),
    "martinez": ({"channels": 32}, (1, 16, 2), (5, 16, 2)),
    "motionbert": ({"channels": 16, "features": 24, "depth": 2, "heads": 4, "max_frames": 12}, (1, 12, 17, 3), (2, 5, 17, 3)),
    "hrnet-w32": ({"width": 4, "modules": (1, 1, 1), "blocks": ((1, 1), (1, 1, 1), (1, 1, 1, 1))}, (1, 3, 64, 32), (3, 3, 64, 32)),
    "simplebaseline-res50": ({"width": 4, "deconv_channels": (8, 8, 8)}, (1, 3, 64, 32), (3, 3, 64, 32)),
    "simplebaseline-res18": ({"width": 4, "deconv_channels": (8, 8, 8)}, (1, 3, 64, 32), (3, 3, 64, 32)),
    "centernet-dla34": ({"channels": (4, 8, 8, 12, 12, 16), "head_channels": 8}, (1, 3, 64, 96), (2, 3, 96, 32)),
    "centernet-hourglass": ({"widths": (8, 8, 8, 8, 8, 8), "stem": 8, "head_channels": 8}, (1, 3, 128, 128), (2, 3, 256, 128)),
    "midas-small": ({"channels": (8, 8, 8, 8, 8, 8, 16), "features": 4}, (1, 3, 64, 96), (2, 3, 32, 64)),
    "midas-large": ({"features": 8, "counts": (1, 1, 1, 1), "width": 8, "groups": 2, "group_width": 32}, (1, 3, 64, 96), (2, 3, 32, 64)),
    "dpt-hybrid": (
        {"features": 8, "reassembled": (128, 128, 8, 8), "embed": 12, "heads": 3, "stem": 32, "channels": (128, 128, 128), "counts": (1, 1, 1), "grid": 4},
        (1, 3, 64, 96),
        (2, 3, 96, 64),
    ),
    "openpose-coco": ({"widths": (4, 4, 4, 4)}, (1, 3, 48, 64), (2, 3, 72, 40)),
    "openpose-body25": ({"thinner": 32}, (1, 3, 48, 64), (2, 3, 72, 40)),
    "openpose-mobile": ({"widths": (4, 4, 4, 4, 4)}, (1, 3, 48, 64), (2, 3, 72, 40)),
}


def randomised(name: str, seed: int = 0) -> nn.Module:
    """The tiny network with random weights and batch statistics that keep the size of signals, so that no part of it stays silent."""
    generator = torch.Generator().manual_seed(seed)
    net = build(name, **TINY[name][0])
    with torch.no_grad():
        for key, value in net.state_dict().items():
            noise = torch.randn(value.shape, generator=generator)
            if key.endswith("num_batches_tracked"):
                continue
            if key.endswith("running_var"):
                value.copy_(1 + noise.square())
            elif value.dim() >= 2:
                value.copy_(noise * (1.5 / value[0].numel()) ** 0.5)
            else:
                value.copy_(noise * 0.2 + (1.0 if key.endswith("weight") else 0.0))
    return net
