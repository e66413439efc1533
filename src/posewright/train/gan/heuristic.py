"""The form of 2018: depth for each joint, a turn about the vertical, parallel lines of sight, and a rule for which way faces look.

Kudo, Ogaki, Matsui, Odagiri 2018, Unsupervised Adversarial Learning of 3D Human Pose from 2D Joint Locations, https://arxiv.org/abs/1803.08244.
It knows nothing of cameras that look up or down: their pictures are turned about the wrong axis.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from posewright.lift.gan import normalised
from posewright.train.gan.networks import JOINTS, KudoMLP
from posewright.train.gan.poses import Source
from posewright.train.gan.space import backwards, yawed

Check = Callable[[], dict[str, float]]
"""Measures a task's trained network; set on the task from outside."""
RATE, BETAS, DECAY = 2e-4, (0.5, 0.999), 1e-5
ACCURACY_CAP = 0.9
"""The discriminator rests while it is right more often than this, the generator while the discriminator is wrong as often."""


def generator_loss(fake: Tensor) -> Tensor:
    """Mean softplus(-D) of the discriminator's logits for turned bodies: eq. 3, not saturating."""
    return functional.softplus(-fake).mean()


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Mean softplus(-D) of real poses and softplus(D) of turned bodies."""
    return functional.softplus(-real).mean() + functional.softplus(fake).mean()


@dataclass(frozen=True)
class HeuristicBatches:
    """Poses, and the angles to turn them by; picklable."""

    source: Source
    size: int

    def __call__(self, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        xy = normalised(self.source.seen(rng.integers(0, len(self.source), self.size), rng))
        return {"xy": xy.astype(np.float32), "yaw": rng.uniform(0.0, 2.0 * np.pi, self.size).astype(np.float32)}


class HeuristicTask:
    """A task of `posewright.train.loop`."""

    form = "heuristic"
    distance = 0.0

    def __init__(self, width: int, heuristic_weight: float = 1.0) -> None:
        self.generator, self.discriminator = KudoMLP(JOINTS, width), KudoMLP(1, width)
        self._optimisers = [torch.optim.Adam(net.parameters(), RATE, BETAS, weight_decay=DECAY) for net in (self.generator, self.discriminator)]
        self._heuristic = heuristic_weight
        self.check: Check | None = None

    @property
    def parts(self) -> dict[str, Any]:
        """See `loop.Task`."""
        return {"generator": self.generator, "discriminator": self.discriminator, "generator_optimiser": self._optimisers[0], "discriminator_optimiser": self._optimisers[1]}

    @property
    def trained(self) -> torch.nn.Module:
        """The network to use."""
        return self.generator

    def step(self, number: int, batch: dict[str, NDArray[np.float32]]) -> dict[str, float]:
        """See `loop.Task`. Either network rests while the other has no chance against it."""
        xy, yaw = torch.from_numpy(batch["xy"]), torch.from_numpy(batch["yaw"])
        depth = self.generator(xy)
        body = torch.cat([xy, (depth - depth[:, :1])[..., None]], dim=-1)
        turned = yawed(body, yaw)[..., :2]
        fake, real = self.discriminator(turned), self.discriminator(xy)
        accuracy = 0.5 * float((real > 0).float().mean() + (fake < 0).float().mean())
        adversarial, wrong_way = generator_loss(fake), backwards(body)
        judged = discriminator_loss(real, self.discriminator(turned.detach()))
        if accuracy >= 1.0 - ACCURACY_CAP:
            self._update(0, adversarial + self._heuristic * wrong_way)
        if accuracy <= ACCURACY_CAP:
            self._update(1, judged)
        return {"adversarial": adversarial.item(), "heuristic": wrong_way.item(), "discriminator": judged.item(), "accuracy": accuracy}

    def evaluate(self, number: int) -> dict[str, float]:
        """See `loop.Task`."""
        return self.check() if self.check else {}

    def _update(self, which: int, loss: Tensor) -> None:
        net, optimiser = (self.generator, self.discriminator)[which], self._optimisers[which]
        gradients = torch.autograd.grad(loss, list(net.parameters()), retain_graph=True)
        for parameter, gradient in zip(net.parameters(), gradients, strict=True):
            parameter.grad = gradient
        optimiser.step()
