"""`wright`'s training as the shared loop runs it."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from posewright.lift.wright.window import Window
from posewright.train.lifter.evaluation import figures
from posewright.train.lifter.pairs import Pairs, mirrored
from posewright.train.lifter.perceptron import Loss, Perceptron, folded

Floats = NDArray[np.float32]
WARM_UP = 50
"""Steps in which the rate rises."""
_ORDER_SEED = 7


class Averaged:
    """A running mean of a network's weights, which does better than the last ones while the rate is high (Polyak and Juditsky 1992)."""

    def __init__(self, net: Perceptron, memory: float) -> None:
        self.net = copy.deepcopy(net).eval()
        self._memory = memory

    def update(self, net: torch.nn.Module, step: int) -> None:
        """Take in the network's weights; the first ones weigh less."""
        share = 1.0 - min(self._memory, step / (step + 10.0))
        with torch.no_grad():
            for mine, new in zip(self.net.state_dict().values(), net.state_dict().values(), strict=True):
                if mine.is_floating_point():
                    mine.lerp_(new.to(mine.dtype), share)
                else:
                    mine.copy_(new)

    def state_dict(self) -> Any:
        return self.net.state_dict()

    def load_state_dict(self, state: Any) -> None:
        self.net.load_state_dict(state)


def rate_at(step: int, steps: int, decay: float) -> float:
    """Share of the full learning rate: rising, level, and down along a cosine over the last `decay` of the steps."""
    left = (steps - step) / max(decay * steps, 1.0)
    return min(1.0, step / WARM_UP) * (1.0 if left >= 1.0 else 0.5 - 0.5 * math.cos(math.pi * max(left, 0.0)))


@dataclass(frozen=True)
class Settings:
    """How to learn."""

    steps: int
    """Of the whole run, for the schedule."""
    rate: float
    """Highest learning rate."""
    decay: float = 0.5
    """Share of the steps over which it falls to nothing."""
    passes: int = 3
    """How often each window is learnt from."""
    part: int = 512
    """Windows in one go."""
    device: str = "cpu"
    bf16: bool = False
    """Multiply in 16 bits."""
    memory: float = 0.97
    """Of the running mean of weights, a step."""


class WrightTask:
    """Trains `Perceptron` on batches of `Pairs`."""

    def __init__(self, net: Perceptron, held_out: dict[str, Pairs], window: Window, settings: Settings) -> None:
        """`held_out`: batches to evaluate on, by name."""
        self.net = net.to(settings.device)
        self.average = Averaged(net, settings.memory)
        self._loss, self._held_out = Loss().to(settings.device), held_out
        self._optimizer = torch.optim.AdamW(net.parameters(), lr=settings.rate, weight_decay=1e-2, fused=True)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, lambda step: rate_at(step + 1, settings.steps, settings.decay))
        self._window, self._device, self._bf16, self._passes, self._part = window, settings.device, settings.bf16, settings.passes, settings.part

    @property
    def parts(self) -> dict[str, Any]:
        return {"net": self.net, "average": self.average, "optimizer": self._optimizer, "schedule": self._schedule}

    def step(self, number: int, batch: Pairs) -> dict[str, float]:
        """Some passes over the windows of a batch, in parts, every second time in a mirror: to make windows costs more than to learn from them. Gives the mean losses."""
        self.net.train()
        torch.manual_seed(number)  # what is dropped depends on the step alone, so that a resumed run drops the same
        sums: dict[str, float] = {}
        rng = np.random.default_rng([_ORDER_SEED, number])
        for turn in range(self._passes):
            seen = mirrored(batch, self._window) if turn % 2 else batch
            parts = np.array_split(rng.permutation(len(seen.inputs)), max(1, len(seen.inputs) // self._part))
            for rows in parts:
                for name, value in self._learn(seen.inputs[rows], seen.targets[rows]).items():
                    sums[name] = sums.get(name, 0.0) + value / (self._passes * len(parts))
        self._schedule.step()
        self.average.update(self.net, number)
        return sums

    def _learn(self, inputs: Floats, targets: Floats) -> dict[str, float]:
        given_inputs, wanted = (torch.from_numpy(array).to(self._device) for array in (inputs, targets))
        with torch.autocast(self._device, torch.bfloat16, enabled=self._bf16):
            given = self.net(given_inputs)
        losses = self._loss(given.float(), wanted)
        total = torch.stack(list(losses.values())).sum()
        self._optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self._optimizer.step()
        return {"loss": total.item(), **{name: loss.item() for name, loss in losses.items()}}

    def evaluate(self, number: int) -> dict[str, float]:
        """Figures of the averaged weights on all held-out batches."""
        told: dict[str, float] = {}
        for name, pairs in self._held_out.items():
            told |= figures(self.lift, pairs).table(name)
        return told

    def lift(self, inputs: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Outputs of the averaged weights."""
        with torch.no_grad():
            return np.asarray(self.average.net(torch.from_numpy(inputs).to(self._device)).cpu().numpy())

    def layers(self) -> list[np.ndarray[Any, np.dtype[np.float32]]]:
        """The averaged weights, folded."""
        return folded(copy.deepcopy(self.average.net).cpu())
