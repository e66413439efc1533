"""The same generator trained with 3D, to tell what learning from 2D alone costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from posewright.lift.gan import normalised
from posewright.train.gan.elevation import Weights, rate_factor
from posewright.train.gan.heuristic import Check
from posewright.train.gan.mocap import Bodies, random_views
from posewright.train.gan.networks import ElevationGenerator
from posewright.train.gan.space import placed

ELEVATION_WEIGHT = 0.2


@dataclass(frozen=True)
class SupervisedBatches:
    """Views of bodies with their truth; picklable."""

    bodies: Bodies
    size: int

    def __call__(self, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        views = random_views(self.bodies.xyz[rng.integers(0, len(self.bodies), self.size)], rng)
        return {"xy": normalised(views.xy).astype(np.float32), "xyz": views.xyz, "elevation": views.elevation}


class SupervisedTask:
    """A task of `posewright.train.loop`: mean joint distance of bodies brought to one size."""

    form = "elevation"

    def __init__(self, steps: int, width: int, distance: float) -> None:
        """See `ElevationTask`."""
        self.distance, self._steps, self._rate = distance, steps, Weights().rate
        self.trained = ElevationGenerator(width)
        self._optimiser = torch.optim.Adam(self.trained.parameters(), self._rate)
        self.check: Check | None = None

    @property
    def parts(self) -> dict[str, Any]:
        """See `loop.Task`."""
        return {"generator": self.trained, "generator_optimiser": self._optimiser}

    def step(self, number: int, batch: dict[str, NDArray[np.float32]]) -> dict[str, float]:
        """See `loop.Task`."""
        self._optimiser.param_groups[0]["lr"] = self._rate * rate_factor(number / self._steps)
        xy, xyz, elevation = (torch.from_numpy(batch[key]) for key in ("xy", "xyz", "elevation"))
        depth, seen_from = self.trained(xy)
        body = placed(xy, depth, self.distance)
        error = (_one_size(body) - _one_size(xyz)).norm(dim=-1).mean()
        angle = (seen_from - elevation).abs().mean()
        self._optimiser.zero_grad()
        (error + ELEVATION_WEIGHT * angle).backward()
        self._optimiser.step()
        return {"error": error.item(), "elevation": angle.item()}

    def evaluate(self, number: int) -> dict[str, float]:
        """See `loop.Task`."""
        return self.check() if self.check else {}


def _one_size(body: torch.Tensor) -> torch.Tensor:
    return body / body.norm(dim=-1).mean(1)[:, None, None]
