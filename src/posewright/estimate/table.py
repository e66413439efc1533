"""What estimators there are, by name. A new one is a class in a file of its own and a row here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from posewright.errors import UsageError
from posewright.estimate import networks
from posewright.estimate.networks import DETECTORS, Options
from posewright.estimate.result import FrameResult, Pose2D
from posewright.media import Frame
from posewright.skeletons import BLAZEPOSE33, COCO17, OPENPOSE18, JointSet


class Estimator(Protocol):
    """Finds people in the frames of one stream."""

    joint_set: JointSet
    runtime: str
    """What runs its network, and on what, in words."""

    def __call__(self, frame: Frame) -> list[Pose2D]:
        """The people in the next frame."""

    def reset(self) -> None:
        """Begin another stream."""

    def estimate_clip(self, frames: Iterable[Frame], progress: Callable[[int], None] | None = None) -> Iterator[FrameResult]:
        """The people in every frame of a clip, in order, as fast as can be."""


@dataclass(frozen=True)
class EstimatorEntry:
    """A row of the table."""

    make: Callable[[str, Options], Estimator]
    """Takes a variant and how it is to run."""
    models: dict[str, tuple[str, ...]]
    """The networks that each variant needs, by their names in the model store, the joints' last; the first variant is the default."""
    joint_set: JointSet
    """Of the default variant."""
    summary: str
    own: bool = False
    """Whether a variant may also be an .onnx file of the user's own."""


def _variants(family: str, *variants: str) -> dict[str, tuple[str, ...]]:
    """The networks `family-variant` of each variant of a whole-frame estimator."""
    return {variant: (f"{family}-{variant}",) for variant in variants}


def _top_down(family: str, *variants: str) -> dict[str, tuple[str, ...]]:
    """The same of an estimator that needs a detector; `Options.detector` may name another than BlazePose's."""
    return {variant: ("blazepose-detector", f"{family}-{variant}") for variant in variants}


ESTIMATORS: dict[str, EstimatorEntry] = {
    "blazepose": EstimatorEntry(
        make=networks.blazepose,
        models=_top_down("blazepose", "full", "lite", "heavy"),
        joint_set=BLAZEPOSE33,
        summary="33 landmarks in 2D and 3D, quick on any processor",
    ),
    "hrnet": EstimatorEntry(
        make=networks.hrnet,
        models=_top_down("hrnet", "w32", "w48", "w32-384x288", "w48-384x288", "w32-mpii", "w48-mpii"),
        joint_set=COCO17,
        summary="17 joints in 2D from heat maps of high resolution",
        own=True,
    ),
    "simplebaseline": EstimatorEntry(
        make=networks.simplebaseline,
        models=_top_down("simplebaseline", "res50", "res101", "res152", "res50-384x288", "res101-384x288", "res152-384x288"),
        joint_set=COCO17,
        summary="17 joints in 2D from heat maps of a ResNet",
        own=True,
    ),
    "rtmpose": EstimatorEntry(
        make=networks.rtmpose,
        models=_top_down("rtmpose", "m", "s", "m-halpe26"),
        joint_set=COCO17,
        summary="17 or 26 joints in 2D, exact and quick",
        own=True,
    ),
    "centernet": EstimatorEntry(
        make=networks.centernet,
        models=_variants("centernet", "dla34", "hourglass"),
        joint_set=COCO17,
        summary="17 joints in 2D of many people at once",
        own=True,
    ),
    "openpose": EstimatorEntry(
        make=networks.openpose,
        models=_variants("openpose", "mobile", "coco", "body25"),
        joint_set=OPENPOSE18,
        summary="18 or 25 joints in 2D of many people at once",
    ),
}


def make_estimator(
    name: str, variant: str | None = None, people: int = 1, threads: int | None = None, *, device: str = "cpu", detector: str = "blazepose", flip_test: bool = False
) -> Estimator:
    """The estimator called `name`.

    Args:
        name: a key of `ESTIMATORS`, or `name:variant`.
        variant: one of its sizes, or for some an .onnx file of one's own; None for its default.
        people: how many to follow at most.
        threads: threads of a run of a network; None for what suits the machine.
        device: where networks that ONNX Runtime runs shall run: a key of `posewright.models.onnx.DEVICES`.
        detector: a key of `DETECTORS`, for the estimators that look at one person at a time.
        flip_test: run each picture mirrored too and take the mean; twice the time.

    Raises:
        UsageError: there is none of that name, it has no such variant, or cannot run so.
        ModelError: a network's file cannot be had, or the device not be used.
    """
    name, _, given = name.partition(":")
    if name not in ESTIMATORS:
        raise UsageError(f"no estimator '{name}'. There are: {', '.join(ESTIMATORS)}")
    variants = ESTIMATORS[name].models
    chosen = variant or given or next(iter(variants))
    own = ESTIMATORS[name].own
    if chosen not in variants and not (own and networks.is_file(chosen)):
        raise UsageError(f"{name} has no variant '{chosen}'. It has: {', '.join(variants)}{', or an .onnx file of your own' if own else ''}")
    if detector not in DETECTORS:
        raise UsageError(f"no detector '{detector}'. There are: {', '.join(DETECTORS)}")
    if people < 1:
        raise UsageError(f"{people} people to follow: give 1 or more.")
    return ESTIMATORS[name].make(chosen, Options(people, threads, device, detector, flip_test))
