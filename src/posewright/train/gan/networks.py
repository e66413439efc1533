"""Generators and discriminators: those of 2018, and smaller, deeper ones."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from posewright.errors import InputError
from posewright.lift.gan import BODY, KUDO_SLOPE, SLOPE

JOINTS = len(BODY)
KUDO_NORM_EPS = 2e-5  # Chainer's default
_NORM_NAMES = (("weight", "gamma"), ("bias", "beta"), ("running_mean", "avg_mean"), ("running_var", "avg_var"))
HIDDEN_ANGLE = 128
PARTS = (
    BODY.indices("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
    BODY.indices("neck", "nose", "head_top", "left_shoulder", "right_shoulder", "left_hip", "right_hip"),
    BODY.indices("neck", "nose", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
)
"""What the discriminator also looks at by itself, so that limbs may combine as they never did in training: legs; trunk and head; arms."""


class KudoMLP(nn.Module):
    """Four linear layers, the input of the third added before its activation (Kudo et al. 2018, sec. 3.4); generator with 17 outputs, discriminator with 1.

    Args:
        outputs: of the last layer.
        width: of the hidden layers.
        batch_norm: ReLU and batch norm instead of leaky ReLU, as their supervised baseline has.
    """

    def __init__(self, outputs: int, width: int = 1024, batch_norm: bool = False) -> None:
        super().__init__()
        self.l1, self.l2, self.l3 = nn.Linear(2 * JOINTS, width), nn.Linear(width, width), nn.Linear(width, width)
        self.l4 = nn.Linear(width, outputs)
        for layer in (self.l1, self.l2, self.l3, self.l4):
            nn.init.normal_(layer.weight, 0.0, 0.02)
            nn.init.zeros_(layer.bias)
        self.norms = nn.ModuleList(nn.BatchNorm1d(width, KUDO_NORM_EPS) for _ in range(3)) if batch_norm else None

    def forward(self, xy: Tensor) -> Tensor:
        """(B, J, 2) to (B, outputs)."""
        h1 = self._activated(self._normed(0, self.l1(xy.flatten(1))))
        h2 = self._activated(self._normed(1, self.l2(h1)))
        h3 = self._activated(self._normed(2, self.l3(h2)) + h1)
        return self.l4(h3)

    def _normed(self, layer: int, x: Tensor) -> Tensor:
        return x if self.norms is None else self.norms[layer](x)

    def _activated(self, x: Tensor) -> Tensor:
        return functional.leaky_relu(x, KUDO_SLOPE) if self.norms is None else functional.relu(x)


def from_chainer(path: Path, outputs: int) -> KudoMLP:
    """A network as the 2018 code saves it (`chainer.serializers.save_npz`): l1/W (out, in), l1/b, ... and bn1/gamma, ... with batch norm.

    Raises:
        InputError: it cannot be read, or is another network's.
    """
    try:
        with np.load(path) as data:
            arrays = {key: torch.from_numpy(np.asarray(data[key], np.float32)) for key in data.files}
        net = KudoMLP(outputs, arrays["l1/W"].shape[0], "bn1/gamma" in arrays)
        state = {f"l{i}.{ours}": arrays[f"l{i}/{theirs}"] for i in (1, 2, 3, 4) for ours, theirs in (("weight", "W"), ("bias", "b"))}
        if net.norms is not None:
            state |= {f"norms.{i}.{ours}": arrays[f"bn{i + 1}/{theirs}"] for i in range(3) for ours, theirs in _NORM_NAMES}
        net.load_state_dict(state, strict=False)
    except (OSError, ValueError, KeyError, RuntimeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is no network of the 2018 GAN with {outputs} outputs: {error}") from error
    return net


class Block(nn.Module):
    """Twice linear and leaky ReLU, added to the input (after Martinez et al. 2017, without batch norm, which mixes what is real and what is not)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        nn.init.kaiming_normal_(self.first.weight, SLOPE)
        nn.init.normal_(self.second.weight, 0.0, 0.5 / math.sqrt(width))
        nn.init.zeros_(self.first.bias)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + functional.leaky_relu(self.second(functional.leaky_relu(self.first(x), SLOPE)), SLOPE)


class ElevationGenerator(nn.Module):
    """A normalised 2D pose to depths and the camera's elevation (Wandt et al. 2022, sec. 3)."""

    def __init__(self, width: int = 384) -> None:
        super().__init__()
        self.enter = nn.Linear(2 * JOINTS, width)
        self.shared = nn.Sequential(Block(width), Block(width))
        self.depth = nn.Sequential(Block(width), nn.Linear(width, JOINTS))
        self.angle = nn.Sequential(nn.Linear(width, HIDDEN_ANGLE), nn.LeakyReLU(SLOPE), nn.Linear(HIDDEN_ANGLE, 1))
        for last in (self.depth[-1], self.angle[-1]):
            assert isinstance(last, nn.Linear)  # a Sequential does not say what it holds
            nn.init.normal_(last.weight, 0.0, 0.01)
            nn.init.zeros_(last.bias)

    def forward(self, xy: Tensor) -> tuple[Tensor, Tensor]:
        """(B, J, 2) to depths behind the pelvis (B, J), in the units of the pose, and radians within 1 and -1 (B,), positive where the camera looks down."""
        h = self.shared(functional.leaky_relu(self.enter(xy.flatten(1)), SLOPE))
        depth = self.depth(h)
        return depth - depth[:, :1], torch.tanh(self.angle(h)[:, 0])


class PartDiscriminator(nn.Module):
    """How real a 2D pose looks: as a whole, and each of `PARTS`."""

    def __init__(self, width: int = 256, frames: int = 1) -> None:
        """
        Args:
            width: of the part that sees the whole; the others have a third.
            frames: that it sees together, as one clip.
        """
        super().__init__()
        self.whole = _critic(2 * JOINTS * frames, width)
        self.parts = nn.ModuleList(_critic(2 * len(part) * frames, width // 3) for part in PARTS)

    def forward(self, xy: Tensor) -> Tensor:
        """(B, J, 2), or clips (B, K, J, 2), to logits (B, 1 + parts)."""
        seen = [self.whole(xy.flatten(1)), *(critic(xy[..., part, :].flatten(1)) for critic, part in zip(self.parts, PARTS, strict=True))]
        return torch.cat(seen, dim=1)


def _critic(inputs: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, width), nn.LeakyReLU(SLOPE), Block(width), Block(width), nn.Linear(width, 1))
