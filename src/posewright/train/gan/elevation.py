"""The better form: lines of sight that meet in the camera, and a camera whose elevation is learned.

- Bodies are turned about the true vertical, and cameras stand where those of the real pictures do: the generator says for each
  pose from how high it was seen, and a turned body is seen from the elevation of another pose of the batch
  (Wandt et al. 2022, ElePose, https://arxiv.org/abs/2112.07088, draw it from a normal distribution).
- A turned body lifted again must be the same body (2D-3D-2D-3D consistency: Chen et al. 2019, https://arxiv.org/abs/1904.04812).
- People share proportions, whatever they are (`space.bone_spread`); no measured ones are given.
- Early on, faces look ahead of the shoulders (Kudo et al. 2018): of a body and its mirror image in depth, the right one.
- Optionally a second discriminator sees short clips.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from posewright.errors import InputError
from posewright.lift.gan import normalised as normalised_array
from posewright.train.gan.heuristic import Check
from posewright.train.gan.networks import ElevationGenerator, PartDiscriminator
from posewright.train.gan.poses import Source
from posewright.train.gan.space import backwards, bone_spread, normalised, placed, projected, view_change

BETAS = (0.5, 0.99)
PENALTY_EVERY = 4
"""Steps between gradient penalties (lazy, as Karras et al. 2020)."""
AVERAGE_EVERY = 4
GRADIENT_NORM = 5.0
WARM_UP, EARLY, WANDER_UNTIL, COOL_FROM = 0.02, 0.25, 0.6, 0.5
"""Shares of the run: the rate rises; the heuristic ends; cameras wander; the rate falls."""


@dataclass(frozen=True)
class Weights:
    """Of the losses, and the rest of what training can be tuned by."""

    bones: float = 5.0
    """At first; three times that from the middle of the run on, when what stands in depth is settled."""
    consistency: float = 2.0
    facing: float = 1.0
    penalty: float = 0.02
    wander_deg: float = 10.0
    """Cameras of turned bodies leave the learned elevations by this at first: so the generator learns what a change of elevation looks like."""
    rate: float = 1e-3
    average: float = 0.995
    """How much of its past the averaged generator keeps in each step."""


@dataclass(frozen=True)
class ElevationBatches:
    """Poses to lift, others to compare with, and the random parts of a step; picklable."""

    source: Source
    size: int
    frames: int = 1
    """Of the clips that poses come in, one after the other."""

    def __post_init__(self) -> None:
        if self.frames > 1 and not len(self.starts()):
            raise InputError(f"no clip of the poses is {self.frames} frames long: train without --frames")

    def starts(self) -> NDArray[np.int64]:
        """Poses at which a clip of that many frames begins."""
        clip = self.source.clip
        return np.flatnonzero(clip[: len(clip) - self.frames + 1] == clip[self.frames - 1 :])

    def __call__(self, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
        clips = max(self.size // self.frames, 2)
        index = rng.choice(self.starts(), 2 * clips)[:, None] + np.arange(self.frames) if self.frames > 1 else rng.integers(0, len(self.source), (2 * clips, 1))
        xy = normalised_array(self.source.seen(index, rng)).astype(np.float32)  # (2 clips, frames, J, 2)
        yaw, wander = rng.uniform(-np.pi, np.pi, clips), rng.normal(size=clips)
        return {"xy": xy[:clips], "real": xy[clips:], "yaw": yaw.astype(np.float32), "wander": wander.astype(np.float32), "other": rng.permutation(clips)}


class ElevationTask:
    """A task of `posewright.train.loop`."""

    form = "elevation"

    def __init__(self, steps: int, width: int, distance: float, frames: int = 1, weights: Weights | None = None) -> None:
        """
        Args:
            steps: of the whole run, by which rates and weights change.
            width: of the generator; the discriminator has two thirds.
            distance: from the camera to the pelvis in units of the normalised pose.
            frames: of the clips; more than 1 brings in the temporal discriminator.
            weights: None for the defaults.
        """
        self.distance, self._steps, self._frames, self._weights = distance, steps, frames, weights or Weights()
        self.generator, self.discriminator = ElevationGenerator(width), PartDiscriminator(2 * width // 3)
        self.trained = copy.deepcopy(self.generator)
        self.check: Check | None = None
        self._judges = nn.ModuleList([self.discriminator])
        if frames > 1:
            self._judges.append(PartDiscriminator(2 * width // 3, frames))
        self._optimisers = [torch.optim.Adam(net.parameters(), self._weights.rate, BETAS) for net in (self.generator, self._judges)]

    @property
    def parts(self) -> dict[str, Any]:
        """See `loop.Task`."""
        networks = {"generator": self.generator, "averaged_generator": self.trained, "discriminator": self._judges}
        return networks | {"generator_optimiser": self._optimisers[0], "discriminator_optimiser": self._optimisers[1]}

    def step(self, number: int, batch: dict[str, NDArray[Any]]) -> dict[str, float]:
        """See `loop.Task`."""
        done = number / self._steps
        for optimiser in self._optimisers:
            optimiser.param_groups[0]["lr"] = self._weights.rate * rate_factor(done)
        xy, real, yaw, wander, other = (torch.from_numpy(batch[key]) for key in ("xy", "real", "yaw", "wander", "other"))
        losses, turned = self._lift_and_turn(xy, yaw, wander, other, done)
        self._optimisers[0].zero_grad()
        sum(losses.values(), torch.zeros(())).backward()
        nn.utils.clip_grad_norm_(self.generator.parameters(), GRADIENT_NORM)
        self._optimisers[0].step()
        judged = self._judge(real, turned.detach(), number)
        if number % AVERAGE_EVERY == 0:
            self._average(number)
        return {name: loss.item() for name, loss in losses.items()} | judged

    def evaluate(self, number: int) -> dict[str, float]:
        """See `loop.Task`."""
        return self.check() if self.check else {}

    def _lift_and_turn(self, xy: Tensor, yaw: Tensor, wander: Tensor, other: Tensor, done: float) -> tuple[dict[str, Tensor], Tensor]:
        """The generator's weighted losses, and its bodies seen from elsewhere (B, K, J, 2), normalised."""
        w, flat = self._weights, xy.flatten(0, 1)
        depth, elevation = self.generator(flat)
        body = placed(flat, depth, self.distance)
        per_clip = elevation.view(len(xy), -1).mean(1)
        new_elevation = per_clip[other] + wander * (math.radians(w.wander_deg) * max(0.0, 1.0 - done / WANDER_UNTIL))
        turn = view_change(per_clip, yaw, new_elevation).repeat_interleave(xy.shape[1], 0)
        there = body @ turn.transpose(1, 2)
        seen = projected(there, self.distance)
        turned = normalised(seen)
        size = seen.norm(dim=-1)[:, 1:].mean(1)[:, None, None]
        again_depth, again_elevation = self.generator(turned)
        again = placed(turned, again_depth, self.distance)
        losses = {
            "adversarial": functional.softplus(-self._logits(turned.view_as(xy))).mean(),
            "bones": w.bones * (1.0 + 2.0 * min(1.0, done / COOL_FROM)) * bone_spread(body),
            "body_again": w.consistency * (again - there / size).norm(dim=-1).mean(),
            "elevation_again": 0.5 * w.consistency * (again_elevation - new_elevation.detach().repeat_interleave(xy.shape[1])).abs().mean(),
        }
        if done < EARLY:
            losses["facing"] = w.facing * (1.0 - done / EARLY) * backwards(body)
        return losses, turned.view_as(xy)

    def _logits(self, clips: Tensor) -> Tensor:
        """Of clips (B, K, J, 2): of each frame, and of the clip where there is a discriminator for that; flat."""
        return torch.cat([judge(clips if number else clips.flatten(0, 1)).flatten() for number, judge in enumerate(self._judges)])

    def _judge(self, real: Tensor, fake: Tensor, number: int) -> dict[str, float]:
        """One step of the discriminators, now and then with a penalty on their slope at real poses (R1: Mescheder et al. 2018)."""
        penalise = number % PENALTY_EVERY == 0
        real.requires_grad_(penalise)
        real_logits, fake_logits = self._logits(real), self._logits(fake)
        loss = functional.softplus(-real_logits).mean() + functional.softplus(fake_logits).mean()
        total = loss
        if penalise:
            (slope,) = torch.autograd.grad(real_logits.sum(), real, create_graph=True)
            kinds = len(real_logits) / real[..., 0, 0].numel()
            total = loss + self._weights.penalty * PENALTY_EVERY * (slope**2).sum((-1, -2)).mean() / kinds
        self._optimisers[1].zero_grad()
        total.backward()
        self._optimisers[1].step()
        accuracy = 0.5 * float((real_logits > 0).float().mean() + (fake_logits < 0).float().mean())
        return {"discriminator": loss.item(), "accuracy": accuracy}

    @torch.no_grad()
    def _average(self, number: int) -> None:
        keep = min(self._weights.average, (number + 1) / (number + 20)) ** AVERAGE_EVERY
        for mean, now in zip(self.trained.parameters(), self.generator.parameters(), strict=True):
            mean.lerp_(now, 1.0 - keep)


def rate_factor(done: float) -> float:
    """The rate at a share of the run: up, level, and down along half a cosine."""
    if done < COOL_FROM:
        return min(1.0, done / WARM_UP)
    return 0.02 + 0.5 * (1.0 + math.cos(math.pi * (done - COOL_FROM) / (1.0 - COOL_FROM)))
