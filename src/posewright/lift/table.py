"""What lifters there are, by name. A new one is a class in a file of its own and a row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from posewright.errors import UsageError
from posewright.lift.blazepose import BlazePoseWorld
from posewright.track import Track
from posewright.types import Camera, Poses3D


class Lifter(Protocol):
    """Makes 3D positions from one person's track."""

    def __call__(self, track: Track, camera: Camera) -> Poses3D: ...


@dataclass(frozen=True)
class LifterEntry:
    """A row of the table."""

    make: Callable[[], Lifter]
    estimators: frozenset[str] | None
    """Estimators whose output it can lift; None for any."""
    summary: str


LIFTERS: dict[str, LifterEntry] = {
    "blazepose": LifterEntry(BlazePoseWorld, frozenset(["blazepose"]), "BlazePose's own world landmarks"),
}


def make_lifter(name: str, estimator: str) -> Lifter:
    """The lifter called `name`, for tracks that `estimator` made.

    Raises:
        UsageError: there is none of that name, or the two do not fit together.
    """
    if name not in LIFTERS:
        raise UsageError(f"no lifter '{name}'. There are: {', '.join(LIFTERS)}")
    entry = LIFTERS[name]
    if entry.estimators is not None and estimator not in entry.estimators:
        raise UsageError(f"the lifter '{name}' needs the estimator {' or '.join(sorted(entry.estimators))}, not '{estimator}'")
    return entry.make()
