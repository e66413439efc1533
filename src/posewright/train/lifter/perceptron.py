"""`wright`'s network in PyTorch, and its layers as the package runs them (`posewright.lift.wright.network`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from posewright.lift.wright.outputs import OUTPUTS, PARTS
from posewright.lift.wright.window import TREE


def _layer(width_in: int, width: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width_in, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(dropout))


class Perceptron(nn.Module):
    """Residual blocks of two layers (after Martinez et al. 2017, https://arxiv.org/abs/1705.03098), normalised before each rectifier."""

    def __init__(self, features: int, width: int, blocks: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.first = _layer(features, width, dropout)
        self.blocks = nn.ModuleList(nn.Sequential(_layer(width, width, dropout), _layer(width, width, dropout)) for _ in range(blocks))
        self.last = nn.Linear(width, OUTPUTS)

    def hidden(self) -> list[Any]:
        """Its layers but the last, in order: linear, normalisation, rectifier, dropout each."""
        blocks: Any = self.blocks
        return [self.first, *(layer for block in blocks for layer in block)]

    def forward(self, x: Tensor) -> Tensor:
        """(N, F) to (N, OUTPUTS)."""
        h = self.first(x)
        for block in self.blocks:
            h = h + block(h)
        return self.last(h)


def folded(net: Perceptron) -> list[np.ndarray[Any, np.dtype[np.float32]]]:
    """The layers' weights (in, out) and biases in order, normalisation folded in."""
    arrays = []
    with torch.no_grad():
        for linear, norm, *_ in net.hidden():
            scale = norm.weight / (norm.running_var + norm.eps).sqrt()
            arrays += [(linear.weight * scale[:, None]).T.numpy().copy(), ((linear.bias - norm.running_mean) * scale + norm.bias).numpy().copy()]
        return [*arrays, net.last.weight.T.numpy().copy(), net.last.bias.numpy().copy()]


SMALL = {"head": 0.6, "left_hand": 0.3, "right_hand": 0.3, "left_foot": 0.4, "right_foot": 0.4, "left_heel": 0.3, "right_heel": 0.3}
"""Weights in the loss of bones that matter less than the rest."""
SHARES = {"directions": 1.0, "positions": 3.0, "rotations": 0.1, "proportions": 1.0, "velocity": 0.05, "contacts": 0.1}
"""Weights of the losses."""


class Loss(nn.Module):
    """Squared errors of all that has a size, so that what is uncertain comes out shorter; cross-entropy of contacts."""

    bones: Tensor
    chain: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("bones", torch.tensor([*(SMALL.get(bone, 1.0) for bone in TREE.bones), 1.0])[:, None], persistent=False)
        self.register_buffer("chain", torch.from_numpy(TREE.chain * TREE.reference).float(), persistent=False)

    def forward(self, given: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Losses by name, weighted, each a scalar; where the target is NaN there is none."""
        known = torch.isfinite(targets)
        targets = torch.where(known, targets, given.detach())
        error = given - targets
        count = len(given)
        sticks = error[:, : PARTS["up"].stop].reshape(count, -1, 3)
        contacts = nn.functional.binary_cross_entropy_with_logits(given[:, PARTS["contacts"]], targets[:, PARTS["contacts"]].clamp(0.0, 1.0), reduction="none")
        values = {
            "directions": (self.bones * sticks.square()).sum(-1).mean(),
            "positions": (self.chain @ sticks[:, :-1]).square().sum(-1).mean(),
            "rotations": error[:, PARTS["rotations"]].square().reshape(count, -1, 6).sum(-1).mean(),
            "proportions": error[:, PARTS["proportions"]].square().mean(),
            "velocity": error[:, PARTS["velocity"]].square().clamp(max=2.0).sum(1).mean(),
            "contacts": (contacts * known[:, PARTS["contacts"]]).sum(1).mean(),
        }
        return {name: SHARES[name] * value for name, value in values.items()}
