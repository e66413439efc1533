"""What lifters there are, by name. A new one is a class in a file of its own and a row here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from posewright import models
from posewright.errors import UsageError
from posewright.estimate.midas import MiDaS
from posewright.lift.blazepose import BlazePoseWorld
from posewright.lift.depth import DepthLifter
from posewright.lift.gan import GANLifter, load_generator
from posewright.lift.motionbert import MotionBERT
from posewright.lift.videopose3d import VideoPose3D
from posewright.lift.wright.lifter import Wright
from posewright.lift.wright.model import load_causal, read_model
from posewright.media import Frame
from posewright.models.onnx import OnnxSession
from posewright.skeletons import COCO17, H36M17
from posewright.track import Track
from posewright.types import Camera, Poses3D


class Lifter(Protocol):
    """Makes 3D positions from one person's track. The poses may be in another joint set than the track's keypoints."""

    def __call__(self, track: Track, camera: Camera) -> Poses3D: ...


@runtime_checkable
class Observer(Protocol):
    """A lifter that must see the pictures too."""

    def observe(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The frames as they are, seen as they pass."""


def observed(lifter: Lifter, frames: Iterable[Frame]) -> Iterable[Frame]:
    """The frames of a clip on their way to the estimator, past a lifter that may want to see them."""
    return lifter.observe(frames) if isinstance(lifter, Observer) else frames


Session = Callable[[str], OnnxSession]
"""A network of the model store by its name, ready to run."""


@dataclass(frozen=True)
class LifterEntry:
    """A row of the table."""

    make: Callable[[str, Session], Lifter]
    """Takes a variant and what opens its network."""
    models: dict[str, tuple[str, ...]]
    """The networks that each variant needs beyond the estimator's, by their names in the model store; the first variant is the default."""
    estimators: frozenset[str] | None
    """Estimators whose output it can lift; None for any."""
    summary: str
    own: bool = False
    """Whether a variant may also be weights of the user's own: a .npz file that `posewright train` wrote."""


def is_weights(variant: str) -> bool:
    """Whether a variant is weights of the user's own: the name of a .npz file."""
    return variant.lower().endswith(".npz")


LIFTERS: dict[str, LifterEntry] = {
    "blazepose": LifterEntry(lambda variant, session: BlazePoseWorld(), {"own": ()}, frozenset(["blazepose"]), "BlazePose's own world landmarks"),
    "wright": LifterEntry(
        lambda variant, session: Wright(read_model(variant) if is_weights(variant) else load_causal() if variant == "causal" else None),
        {"centred": (), "causal": ()},
        None,
        "our own, from 2D over a second or more; comes with Posewright; causal looks at the past alone, for live use",
        own=True,
    ),
    "gan": LifterEntry(
        lambda variant, session: GANLifter(load_generator(Path(variant)) if is_weights(variant) else None),
        {"own": ()},
        None,
        "our own, frame by frame, learned from 2D alone; comes with Posewright",
        own=True,
    ),
    "motionbert": LifterEntry(
        lambda variant, session: MotionBERT(session("motionbert" if variant == "full" else f"motionbert-{variant}")),
        {"lite": ("motionbert-lite",), "full": ("motionbert",)},
        None,
        "a transformer over 243 frames",
    ),
    "videopose3d": LifterEntry(
        lambda variant, session: VideoPose3D(session("videopose3d"), COCO17) if variant == "coco" else VideoPose3D(session("videopose3d-cpn"), H36M17),
        {"coco": ("videopose3d",), "cpn": ("videopose3d-cpn",)},
        None,
        "convolutions over 243 frames",
    ),
    "depth": LifterEntry(
        lambda variant, session: DepthLifter(MiDaS(session(variant if variant.startswith("dpt") else f"midas-{variant}"), variant)),
        {"small": ("midas-small",), "large": ("midas-large",), "dpt-hybrid": ("dpt-hybrid",)},
        None,
        "the depth of the picture at each joint, by MiDaS; images too",
    ),
}


def make_lifter(name: str, estimator: str, *, device: str = "cpu", threads: int | None = None) -> Lifter:
    """The lifter called `name`, for tracks that `estimator` made.

    Args:
        name: a key of `LIFTERS`, or `name:variant`; for our own two also `name:FILE.npz`, with weights that `posewright train` wrote.
        estimator: a key of `ESTIMATORS`, or `name:variant`.
        device: where its network shall run: a key of `posewright.models.onnx.DEVICES`.
        threads: threads of a run of its network; None for what suits the machine.

    Raises:
        UsageError: there is none of that name, it has no such variant, or the two do not fit together.
        ModelError: a network's file cannot be had or is another, or the device not be used.
    """
    name, _, variant = name.partition(":")
    if name not in LIFTERS:
        raise UsageError(f"no lifter '{name}'. There are: {', '.join(LIFTERS)}")
    entry = LIFTERS[name]
    variant = variant or next(iter(entry.models))
    if variant not in entry.models and not (entry.own and is_weights(variant)):
        raise UsageError(f"the lifter {name} has no variant '{variant}'. It has: {', '.join(entry.models)}{', or a .npz file of your own' if entry.own else ''}")
    if name not in (fitting := fitting_lifters(estimator)):
        raise UsageError(f"the lifter '{name}' needs the estimator {' or '.join(sorted(entry.estimators or ()))}, not '{estimator}'. For that there are: {', '.join(fitting)}")
    return entry.make(variant, lambda model: OnnxSession(models.network_path(model), device, threads))


def fitting_lifters(estimator: str) -> list[str]:
    """Names of the lifters that can lift what `estimator` gives, a key of `ESTIMATORS` or `name:variant`."""
    return [name for name, entry in LIFTERS.items() if entry.estimators is None or estimator.partition(":")[0] in entry.estimators]
