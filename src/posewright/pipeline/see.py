"""The first half of the path: frames to tracks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from posewright.errors import NoPersonError, UsageError
from posewright.estimate import Estimator, make_estimator
from posewright.lift import Lifter, fitting_lifters, make_lifter, observed
from posewright.media import open_source
from posewright.pipeline.modes import MODES
from posewright.pipeline.progress import Progress, silent
from posewright.track import Track, track
from posewright.track.camera_motion import CameraMotion, CameraWatch
from posewright.types import SourceInfo


@dataclass(frozen=True)
class Seen:
    """What the networks gave for a clip, before anything is made of it."""

    info: SourceInfo
    tracks: tuple[Track, ...]
    """One a person, the one who fills most of the clip first."""
    timeline: tuple[float, ...]
    """Timestamps of all frames, seconds."""
    notes: tuple[str, ...]
    lift: Lifter
    camera_motion: CameraMotion
    """Whether the background stood still."""
    runtime: str = ""
    """What ran the networks, in words."""


def see(
    source: str | os.PathLike[str],
    *,
    start: float | None = None,
    end: float | None = None,
    mode: str = "balanced",
    estimator: str | None = None,
    lifter: str | None = None,
    people: int = 1,
    device: str = "cpu",
    detector: str | None = None,
    flip_test: bool = False,
    keypoints: str | os.PathLike[str] | None = None,
    progress: Progress = silent,
) -> Seen:
    """Find and follow the people of a clip. Arguments and errors as of `capture()`."""
    if mode not in MODES:
        raise UsageError(f"no mode '{mode}'. There are: {', '.join(MODES)}")
    if people < 1:
        raise UsageError(f"{people} people: ask for at least one")
    chosen = MODES[mode]
    if keypoints is not None:
        estimator = _stand_in(keypoints, estimator)
    estimator_name = estimator or chosen.estimator
    lifter_name = lifter or (chosen.lifter if estimator is None else fitting_lifters(estimator)[0])
    lift = make_lifter(lifter_name, estimator_name, device=device)
    watch = CameraWatch()
    with open_source(source, start=start, end=end) as frames:
        if keypoints is not None:
            network = _recorded(Path(keypoints), frames.info)
        else:
            variant = chosen.variant if estimator is None else None
            network = make_estimator(estimator_name, variant=variant, people=people, device=device, detector=detector or "blazepose", flip_test=flip_test)
        total = frames.info.frame_count
        results = list(network.estimate_clip(observed(lift, watch.passing(frames)), lambda done: progress("pose", done, total)))
        info, notes = frames.info, tuple(frames.warnings)
    tracks = track(results, info.frame_size, people=people)
    if not tracks:
        raise NoPersonError(f"nobody was found in {info.name} ({len(results)} frames looked at). Is a whole person in view and upright?")
    moves = watch.motion([single.keypoints for single in tracks])
    return Seen(info, tuple(tracks), tuple(result.timestamp for result in results), notes, lift, moves, network.runtime)


def _stand_in(keypoints: str | os.PathLike[str], estimator: str | None) -> str:
    """The estimator whose kind the keypoints of another program are, which says what can lift them.

    Raises:
        UsageError: an estimator is asked for too.
        InputError: there are no such keypoints.
    """
    from posewright.formats.exchange import recognised

    if estimator is not None:
        raise UsageError("give either the keypoints of another program (--keypoints) or an estimator, not both")
    return "blazepose" if recognised(Path(keypoints)) == "blazepose" else "openpose"


def _recorded(keypoints: Path, info: SourceInfo) -> Estimator:
    # Here, because few runs need the files of other programs.
    from posewright.pipeline.recorded import Recorded

    return Recorded(keypoints, info)
