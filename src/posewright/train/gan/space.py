"""The geometry between lifting and judging, differentiable: placing joints in space, turning bodies, projecting them, bone lengths."""

from __future__ import annotations

import torch
from torch import Tensor

from posewright.lift.gan import BODY, NEAREST

_SIDED = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
_LIMBS = tuple((f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in _SIDED)
_GIRDLES = tuple((middle, f"{side}_{joint}") for side in ("left", "right") for middle, joint in (("neck", "shoulder"), ("pelvis", "hip")))
_TRUNK = (("pelvis", "neck"), ("neck", "head_top"), ("neck", "nose"))
BONES = (*_LIMBS, *_GIRDLES, *_TRUNK)
_KINDS = tuple(name.replace("left_", "").replace("right_", "") for _, name in BONES)
_KIND_NAMES = tuple(dict.fromkeys(_KINDS))
_STIFFNESS = {"knee": 1.0, "ankle": 1.0, "elbow": 1.0, "wrist": 1.0, "shoulder": 0.5, "hip": 0.5, "neck": 0.3, "head_top": 0.3, "nose": 0.3}
"""How strictly each kind of bone keeps its share of the body: a trunk bends between its ends."""


def normalised(xy: Tensor) -> Tensor:
    """As `posewright.lift.gan.normalised`, (..., J, 2)."""
    return xy / xy.norm(dim=-1)[..., 1:].mean(-1).clamp(min=1e-3)[..., None, None]


def placed(xy: Tensor, depth: Tensor, distance: float) -> Tensor:
    """As `posewright.lift.gan.placed`: (..., J, 2) and (..., J) to bodies (..., J, 3) along lines of sight."""
    away = (1.0 + depth / distance).clamp(min=NEAREST)[..., None]
    return torch.cat([xy * away, (away - 1.0) * distance], dim=-1)


def projected(xyz: Tensor, distance: float) -> Tensor:
    """What a camera at `distance` sees of bodies (..., J, 3): 2D poses (..., J, 2), not normalised."""
    return xyz[..., :2] / (1.0 + xyz[..., 2:] / distance).clamp(min=NEAREST)


def yawed(xyz: Tensor, angle: Tensor) -> Tensor:
    """Bodies (B, J, 3) turned about the y axis: x' = x cos + z sin (Kudo et al. 2018, eq. 4). Radians (B,)."""
    return xyz @ about_y(angle).transpose(1, 2)


def about_y(angle: Tensor) -> Tensor:
    """Rotations (B, 3, 3), radians (B,)."""
    c, s, one, nil = angle.cos(), angle.sin(), torch.ones_like(angle), torch.zeros_like(angle)
    return torch.stack([c, nil, s, nil, one, nil, -s, nil, c], dim=-1).view(-1, 3, 3)


def tilted(elevation: Tensor) -> Tensor:
    """Rotations (B, 3, 3) from the axes of a level camera to those of one that looks down by `elevation`, radians (B,)."""
    c, s, one, nil = elevation.cos(), elevation.sin(), torch.ones_like(elevation), torch.zeros_like(elevation)
    return torch.stack([one, nil, nil, nil, c, -s, nil, s, c], dim=-1).view(-1, 3, 3)


def view_change(elevation: Tensor, yaw: Tensor, new_elevation: Tensor) -> Tensor:
    """Rotations (B, 3, 3) from one camera's axes to those of another that has gone round the body by `yaw` and up to `new_elevation` (Wandt et al. 2022, sec. 3.2)."""
    return tilted(new_elevation) @ about_y(yaw) @ tilted(-elevation)


def bone_spread(xyz: Tensor) -> Tensor:
    """How far bodies (B, J, 3) are from sharing one set of proportions, alike on both sides: the squared deviation of each bone's share, relative to its mean over the batch.

    No measured proportions enter: a rigid skeleton of whatever kind gives 0 (compare the fixed ones of Wandt et al. 2022, sec. 3.4).
    """
    ends = [BODY.indices(*bone) for bone in BONES]
    lengths = (xyz[:, [b for _, b in ends]] - xyz[:, [a for a, _ in ends]]).norm(dim=-1)
    share = lengths / lengths.mean(1, keepdim=True).clamp(min=1e-6)
    column = torch.tensor([_KIND_NAMES.index(kind) for kind in _KINDS])
    count = torch.bincount(column).to(share)
    mean = torch.zeros(len(_KIND_NAMES), dtype=share.dtype).index_add(0, column, share.mean(0)) / count
    spread = ((share / mean[column].clamp(min=1e-6) - 1.0) ** 2).mean(0)
    weight = torch.tensor([_STIFFNESS[kind] for kind in _KINDS], dtype=share.dtype) / count[column]
    return (spread * weight).sum() / sum(_STIFFNESS.values())


def backwards(xyz: Tensor) -> Tensor:
    """How far faces look out of the back of the shoulders, 0 to 1: the heuristic of Kudo et al. 2018, eq. 6, on bodies (B, J, 3).

    The sine of the turn from shoulders (left to right) to face (neck to nose), both seen from above, where it is negative.
    """
    neck, nose, left, right = (xyz[:, index] for index in BODY.indices("neck", "nose", "left_shoulder", "right_shoulder"))
    face, shoulders = nose - neck, right - left
    sine = face[:, 2] * shoulders[:, 0] - shoulders[:, 2] * face[:, 0]
    long = face[:, [0, 2]].norm(dim=1) * shoulders[:, [0, 2]].norm(dim=1)
    return torch.relu(-sine / long.clamp(min=1e-6)).mean()
