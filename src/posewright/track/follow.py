"""Which pose of one frame is which of the next: assignment to predicted positions (Bewley et al. 2016, SORT, https://arxiv.org/abs/1602.00763)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from posewright.estimate import FrameResult, Pose2D

GATE = 0.35
"""Mean distance of joints between prediction and pose, in units of the person's size, beyond which it is somebody else."""
GATE_GROWTH = 0.5
"""What the gate gains with each second out of sight: a walking person covers about one body height a second."""
SCALE_COST = 0.5
"""Cost of a change of size by a factor of e; people do not shrink or grow at once."""
VELOCITY_SHARE = 0.3
"""Of the newest velocity in the running mean."""
COAST_S = 0.5
"""For how long a person out of sight is taken to move on."""


@dataclass
class Chain:
    """The poses of one person, in order of time."""

    frames: list[int] = field(default_factory=list)
    """Places in the list of frame results."""
    numbers: list[int] = field(default_factory=list)
    """Which of each frame's people."""
    sizes: list[float] = field(default_factory=list)
    """Diagonal of the box round the joints, pixels."""
    time: float = 0.0
    xy: NDArray[np.floating] = field(default_factory=lambda: np.zeros((0, 2)))
    """Joints when last seen, (J, 2)."""
    velocity: NDArray[np.floating] = field(default_factory=lambda: np.zeros(2))
    """Pixels a second."""

    def add(self, frame: int, number: int, pose: Pose2D, time: float) -> None:
        """Take `pose` for this person's next."""
        if self.frames and time > self.time:
            newest = (centre(pose.xy) - centre(self.xy)) / (time - self.time)
            share = VELOCITY_SHARE if len(self.frames) > 1 else 1.0
            self.velocity = self.velocity + share * (newest - self.velocity)
        self.frames.append(frame)
        self.numbers.append(number)
        self.sizes.append(size(pose.xy))
        self.time, self.xy = time, pose.xy

    def cost(self, pose: Pose2D, time: float) -> float:
        """How badly `pose` fits this person: 0 when it is where they are expected, infinite when it is somebody else."""
        away = time - self.time
        expected = self.xy + self.velocity * min(away, COAST_S)
        distance = float(np.linalg.norm(pose.xy - expected, axis=1).mean()) / self.sizes[-1]
        cost = distance + SCALE_COST * abs(float(np.log(size(pose.xy) / self.sizes[-1])))
        return cost if cost <= GATE + GATE_GROWTH * away else np.inf


def follow(results: Sequence[FrameResult]) -> list[Chain]:
    """Every person of a clip. One who comes back where they could be by then is the same."""
    chains: list[Chain] = []
    for frame, result in enumerate(results):
        poses = result.people
        costs = np.array([[chain.cost(pose, result.timestamp) for pose in poses] for chain in chains]).reshape(len(chains), len(poses))
        taken = assign(costs)
        for number, pose in enumerate(poses):
            if number not in taken:
                chains.append(Chain())
            chain = chains[taken[number]] if number in taken else chains[-1]
            chain.add(frame, number, pose, result.timestamp)
    return chains


def assign(costs: NDArray[np.float64]) -> dict[int, int]:
    """The cheapest assignment of columns to rows: column to row, without those whose cost is infinite."""
    allowed = np.isfinite(costs)
    if not allowed.any():
        return {}
    if min(costs.shape) == 1:
        row, column = np.unravel_index(np.argmin(costs), costs.shape)
        return {int(column): int(row)}
    # Here, because most clips show one person, and the import takes a tenth of a second.
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(np.where(allowed, costs, 1e6))
    return {int(column): int(row) for row, column in zip(rows, columns, strict=True) if allowed[row, column]}


def centre(xy: NDArray[np.floating]) -> NDArray[np.floating]:
    """Middle of the joints, (2,)."""
    return xy.mean(axis=0)


def size(xy: NDArray[np.floating]) -> float:
    """Diagonal of the box round the joints, pixels; at least 1."""
    return max(float(np.linalg.norm(np.ptp(xy, axis=0))), 1.0)
