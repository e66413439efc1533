"""What estimators there are, by name. A new one is a class in a file of its own and a row here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from posewright.errors import UsageError
from posewright.estimate.blazepose import VARIANTS, BlazePose
from posewright.estimate.result import FrameResult, Pose2D
from posewright.media import Frame
from posewright.skeletons import BLAZEPOSE33, JointSet


class Estimator(Protocol):
    """Finds people in the frames of one stream."""

    joint_set: JointSet

    def __call__(self, frame: Frame) -> list[Pose2D]:
        """The people in the next frame."""

    def reset(self) -> None:
        """Begin another stream."""

    def estimate_clip(self, frames: Iterable[Frame], progress: Callable[[int], None] | None = None) -> Iterator[FrameResult]:
        """The people in every frame of a clip, in order, as fast as can be."""


@dataclass(frozen=True)
class EstimatorEntry:
    """A row of the table."""

    make: Callable[..., Estimator]
    """Takes a variant, `people` and `threads`."""
    models: dict[str, tuple[str, ...]]
    """The networks that each variant needs, by their names in the model store; the first variant is the default."""
    joint_set: JointSet
    summary: str


ESTIMATORS: dict[str, EstimatorEntry] = {
    "blazepose": EstimatorEntry(
        make=BlazePose,
        models={variant: ("blazepose-detector", f"blazepose-{variant}") for variant in VARIANTS},
        joint_set=BLAZEPOSE33,
        summary="33 landmarks in 2D and 3D, quick on any processor",
    ),
}


def make_estimator(name: str, variant: str | None = None, people: int = 1, threads: int | None = None) -> Estimator:
    """The estimator called `name`.

    Args:
        variant: one of its sizes; None for its default.
        people: how many to follow at most.
        threads: threads of a run of a network; None for what suits the machine.

    Raises:
        UsageError: there is none of that name, or it has no such variant.
        ModelError: a network's file cannot be had.
    """
    if name not in ESTIMATORS:
        raise UsageError(f"no estimator '{name}'. There are: {', '.join(ESTIMATORS)}")
    variants = ESTIMATORS[name].models
    chosen = next(iter(variants)) if variant is None else variant
    if chosen not in variants:
        raise UsageError(f"{name} has no variant '{variant}'. It has: {', '.join(variants)}")
    return ESTIMATORS[name].make(chosen, people=people, threads=threads)
