"""The second half of the path: tracks to motion."""

from __future__ import annotations

import math
import os

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError
from posewright.formats.calibration import read_camera
from posewright.lift.wright import can_lift, lift_directions
from posewright.pipeline.numbers import check_numbers
from posewright.pipeline.progress import Progress, silent
from posewright.pipeline.see import Seen
from posewright.pipeline.span import on_whole_clip
from posewright.solve import SolveOptions, solve
from posewright.solve.plant import plant
from posewright.solve.refine import DEFAULT_STATURE_M, Refined, RefineOptions, refine_clip
from posewright.solve.refine.support import LEVEL_CAMERA_UP
from posewright.track import Repaired, Track, repair
from posewright.types import CONTACT_POINTS, Camera, Capture, Diagnostics, Motion, Person, SourceInfo

AFTER_REFINEMENT = SolveOptions(smoothing_s=0.0, rotation_smoothing_s=0.0)
"""What has been refined is steady already."""


def animate(
    seen: Seen,
    *,
    height_m: float | None = None,
    fov_deg: float | None = None,
    camera: Camera | str | os.PathLike[str] | None = None,
    up_axis: str | None = None,
    find_vertical: bool = True,
    fps: float | None = None,
    trim: bool = False,
    mend: bool = True,
    wright: bool = True,
    refine: RefineOptions | bool | None = True,
    use_ground: bool = True,
    plant_feet: bool = True,
    options: SolveOptions | None = None,
    progress: Progress = silent,
) -> Capture:
    """Motion of the people that were seen. Arguments and errors as of `capture()`."""
    check_numbers(height_m, fov_deg, up_axis, camera is not None)
    view, up = _camera(seen.info, fov_deg, camera, up_axis, find_vertical)
    weights = RefineOptions() if refine is True else refine or None
    notes = list(seen.notes)
    found: list[Person] = []
    world: Camera | None = None
    for number, single in enumerate(seen.tracks):
        progress("solve", number, len(seen.tracks))
        notes += _gaps(single, number, len(seen.tracks), seen.timeline)
        mended = repair(single) if mend else None
        if mended is not None:
            single, notes = mended.track, notes + _mended_note(mended)
        poses = lifted = seen.lift(single, view)
        keypoints = single.keypoints if poses.joint_set is single.keypoints.joint_set else single.keypoints.to(poses.joint_set)
        opinion = lift_directions(single.keypoints, view) if wright and weights and can_lift(single.keypoints) else None
        refined = refine_clip(keypoints, poses, view, weights, height_m=height_m, opinion=opinion, up=up, world=world, use_ground=use_ground) if weights else None
        if refined is not None:
            poses = refined.poses
            if world is None:
                world = refined.camera  # the others stand in it too
                notes += _vertical_note(refined)
        settings = options or (AFTER_REFINEMENT if refined else SolveOptions())
        motion = solve(poses, keypoints, view, height_m=height_m, fps=fps or seen.info.fps, body=opinion, options=settings)
        if plant_feet:
            motion = plant(motion, _contacts(refined, motion))
        person = Person(single.keypoints, poses, motion, Diagnostics(lifted, *((mended.swapped, mended.outliers) if mended else ())))
        found.append(person if trim else on_whole_clip(person, np.array(seen.timeline)))
    progress("solve", len(seen.tracks), len(seen.tracks))
    if view.assumed:
        notes.append(f"the camera's angle of view is not known: {_fov_text(view)} assumed (--fov gives it)")
    if height_m is None:
        notes.append(f"the person's height is not known: {DEFAULT_STATURE_M:.2f} m assumed (--height gives it)")
    if seen.camera_motion.note:
        notes.append(seen.camera_motion.note)
    return Capture(seen.info, world or view, tuple(found), tuple(notes), seen.runtime, seen.camera_motion.spans)


def _camera(
    info: SourceInfo, fov_deg: float | None, camera: Camera | str | os.PathLike[str] | None, up_axis: str | None, find_vertical: bool
) -> tuple[Camera, NDArray[np.float64] | None]:
    """The camera, and up in its frame where that is known beforehand."""
    if camera is None:
        view = Camera.from_fov(info.frame_size, fov_deg)
    elif fov_deg is not None:
        raise UsageError("give either the camera's calibration or its angle of view, not both")
    else:
        view = camera if isinstance(camera, Camera) else read_camera(camera, video=info.name, frame_size=info.frame_size, rotation=info.rotation, up_axis=up_axis)
    if camera is not None and (up_axis is not None or isinstance(camera, Camera)):
        return view, view.T_camera_world[:3, 1]
    return view, None if find_vertical else LEVEL_CAMERA_UP


def _contacts(refined: Refined | None, motion: Motion) -> NDArray[np.float32] | None:
    """The refinement's contacts on the motion's frames; None where it did not look at heels and toes."""
    if refined is None or refined.ground.planted.shape[1] != len(CONTACT_POINTS):
        return None
    times = refined.poses.timestamps
    return np.stack([np.interp(times[0] + motion.timestamps, times, column) for column in refined.ground.planted.T], axis=1).astype(np.float32)


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
    return f"{math.degrees(2 * math.atan(max(camera.image_size) / 2 / camera.focal[0])):.0f} degrees"


def _gaps(single: Track, number: int, of: int, timeline: tuple[float, ...]) -> list[str]:
    """A note when the person is out of view for part of the clip."""
    count = int(single.seen.sum())
    if count / len(timeline) > 0.95:
        return []
    who = "the person" if of == 1 else f"person {number + 1}"
    first, last = single.keypoints.timestamps[single.seen][[0, -1]]
    return [f"{who} is seen in {count} of {len(timeline)} frames, from {first:.2f} s to {last:.2f} s; elsewhere the pose is held or filled in"]
