"""`capture()`: a clip walks once through the rooms, from frames to the motion of each person."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from posewright.errors import NoPersonError, UsageError
from posewright.estimate import make_estimator
from posewright.lift import Lifter, make_lifter
from posewright.media import open_source
from posewright.pipeline.modes import MODES
from posewright.pipeline.progress import Progress, silent
from posewright.solve import SolveOptions, solve
from posewright.solve.refine import DEFAULT_STATURE_M, Refined, RefineOptions, refine_clip
from posewright.track import Repaired, Track, repair, track
from posewright.types import Camera, Capture, Diagnostics, Person, SourceInfo

AFTER_REFINEMENT = SolveOptions(smoothing_s=0.015, rotation_smoothing_s=0.01)
"""What has been refined is steady already."""


def capture(
    source: str | os.PathLike[str],
    *,
    start: float | None = None,
    end: float | None = None,
    mode: str = "balanced",
    estimator: str | None = None,
    lifter: str | None = None,
    people: int = 1,
    height_m: float | None = None,
    fov_deg: float | None = None,
    fps: float | None = None,
    trim: bool = False,
    mend: bool = True,
    refine: RefineOptions | None = RefineOptions(),  # noqa: B008 (frozen)
    use_ground: bool = True,
    options: SolveOptions | None = None,
    progress: Progress = silent,
) -> Capture:
    """Motion of the people in a video, an image or a folder of images.

    Args:
        source: file or folder.
        start, end: part of the clip to use, seconds.
        mode: `lightweight`, `balanced` or `performance`; chooses estimator and lifter.
        estimator, lifter: by name, instead of the mode's.
        people: how many people to follow at most; the one who fills most of the clip comes first.
        height_m: stature of the person, metres; sets the scale. None: 1.70 is assumed.
        fov_deg: the camera's angle of view along the longer side, degrees. None: 60 is assumed.
        fps: frames a second of the motion. None: the clip's.
        trim: keep only the time in which each person is seen, instead of the whole clip.
        mend: undo left and right swaps and distrust outliers before lifting.
        refine: how the whole-clip refinement weighs its terms; None leaves it out.
        use_ground: let planted feet stay and the floor carry.
        options: what the solver does. None: what suits the rest.
        progress: told of each stage.

    Raises:
        InputError: the source cannot be used.
        NoPersonError: nobody was found in it.
        ModelError: a network's file cannot be had.
        UsageError: names or numbers that do not fit.
    """
    if mode not in MODES:
        raise UsageError(f"no mode '{mode}'. There are: {', '.join(MODES)}")
    if people < 1:
        raise UsageError(f"{people} people: ask for at least one")
    if height_m is not None and not 0.3 <= height_m <= 3.0:
        raise UsageError(f"a height of {height_m} m: give the person's stature in metres, 0.3 to 3.0")
    if fov_deg is not None and not 1.0 <= fov_deg <= 175.0:
        raise UsageError(f"an angle of view of {fov_deg} degrees is not between 1 and 175")
    seen = see(source, start=start, end=end, mode=mode, estimator=estimator, lifter=lifter, people=people, progress=progress)
    return animate(seen, height_m=height_m, fov_deg=fov_deg, fps=fps, trim=trim, mend=mend, refine=refine, use_ground=use_ground, options=options, progress=progress)


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


def see(
    source: str | os.PathLike[str],
    *,
    start: float | None = None,
    end: float | None = None,
    mode: str = "balanced",
    estimator: str | None = None,
    lifter: str | None = None,
    people: int = 1,
    progress: Progress = silent,
) -> Seen:
    """The first half of `capture`: frames to tracks. Arguments and errors as there."""
    chosen = MODES[mode]
    estimator_name = estimator or chosen.estimator
    lift = make_lifter(lifter or chosen.lifter, estimator_name)
    with open_source(source, start=start, end=end) as frames:
        network = make_estimator(estimator_name, variant=chosen.variant if estimator is None else None, people=people)
        total = frames.info.frame_count
        results = list(network.estimate_clip(frames, lambda done: progress("pose", done, total)))
        info, notes = frames.info, list(frames.warnings)
    tracks = track(results, info.frame_size, people=people)
    if not tracks:
        raise NoPersonError(f"nobody was found in {info.name} ({len(results)} frames looked at). Is a whole person in view and upright?")
    return Seen(info, tuple(tracks), tuple(result.timestamp for result in results), tuple(notes), lift)


def animate(
    seen: Seen,
    *,
    height_m: float | None = None,
    fov_deg: float | None = None,
    fps: float | None = None,
    trim: bool = False,
    mend: bool = True,
    refine: RefineOptions | None = RefineOptions(),  # noqa: B008 (frozen)
    use_ground: bool = True,
    options: SolveOptions | None = None,
    progress: Progress = silent,
) -> Capture:
    """The second half of `capture`: tracks to motion. Arguments as there."""
    info, tracks, notes = seen.info, seen.tracks, list(seen.notes)
    camera = Camera.from_fov(info.frame_size, fov_deg)
    found = []
    world: Camera | None = None
    for number, single in enumerate(tracks):
        progress("solve", number, len(tracks))
        notes += _gaps(single, number, len(tracks), list(seen.timeline))
        if not trim:
            single = single.on_timeline(seen.timeline)
        mended = repair(single) if mend else None
        if mended is not None:
            single, notes = mended.track, notes + _mended_note(mended)
        poses = lifted = seen.lift(single, camera)
        refined = refine_clip(single.keypoints, poses, camera, refine, height_m=height_m, world=world, use_ground=use_ground) if refine else None
        if refined is not None:
            poses = refined.poses
            if number == 0:
                world = refined.camera  # the others stand in it too
                notes += _vertical_note(refined)
        motion = solve(poses, single.keypoints, camera, height_m=height_m, fps=fps or info.fps, options=options or (SolveOptions() if refined is None else AFTER_REFINEMENT))
        diagnostics = Diagnostics(lifted) if mended is None else Diagnostics(lifted, mended.swapped, mended.outliers)
        found.append(Person(single.keypoints, poses, motion, diagnostics))
    progress("solve", len(tracks), len(tracks))
    if camera.assumed:
        notes.append(f"the camera's angle of view is not known: {_fov_text(camera)} assumed (--fov gives it)")
    if height_m is None:
        notes.append(f"the person's height is not known: {DEFAULT_STATURE_M:.2f} m assumed (--height gives it)")
    return Capture(info, world or camera, tuple(found), tuple(notes))


def _mended_note(mended: Repaired) -> list[str]:
    count = int(mended.swapped.sum())
    return [f"left and right were mixed up in {count} frames and put right"] if count else []


def _vertical_note(refined: Refined) -> list[str]:
    """How the camera was held, where that was found from the clip."""
    if refined.vertical is None:
        return []
    down = refined.vertical.pitch_deg
    return [f"the camera looks {abs(down):.0f} degrees {'down' if down >= 0 else 'up'} and is rolled by {refined.vertical.roll_deg:.0f}, as the person's balance tells"]


def _fov_text(camera: Camera) -> str:
    """The angle of view along the longer side, in words."""
    width, height = camera.image_size
    return f"{math.degrees(2 * math.atan(max(width, height) / 2 / camera.focal[0])):.0f} degrees"


def _gaps(single: Track, number: int, of: int, timeline: list[float]) -> list[str]:
    """A note when the person is out of view for part of the clip."""
    seen = single.keypoints.confidence.max(axis=1) > 0
    share = seen.sum() / len(timeline)
    if share > 0.95:
        return []
    who = "the person" if of == 1 else f"person {number + 1}"
    first, last = single.keypoints.timestamps[seen][[0, -1]]
    return [f"{who} is seen in {seen.sum()} of {len(timeline)} frames, from {first:.2f} s to {last:.2f} s; elsewhere the pose is held or filled in"]
