"""How long the refinement takes, and how that grows with the clip's length."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from posewright.solve.refine import RefineOptions, refine_clip
from posewright.types import Camera, Keypoints, Poses3D
from quality.methods import Clip

LENGTHS = (100, 300, 1000, 3000, 10000)


def refinement_seconds(clip: Clip) -> dict[int, float]:
    """Frames to seconds, for one person; long clips are the given one played to and fro."""
    seen = clip.seen()
    camera = Camera.from_fov(seen.info.frame_size, clip.facts["fov_deg"])
    single = seen.tracks[0].on_timeline(seen.timeline)
    poses = seen.lift(single, camera)
    found = {}
    for frames in LENGTHS:
        keypoints, lifted = _to_and_fro(single.keypoints, poses, frames)
        began = time.perf_counter()
        refine_clip(keypoints, lifted, camera, RefineOptions())
        found[frames] = time.perf_counter() - began
    return found


def _to_and_fro(keypoints: Keypoints, poses: Poses3D, frames: int) -> tuple[Keypoints, Poses3D]:
    count = len(keypoints)
    order = np.abs((np.arange(frames) + count - 1) % (2 * (count - 1)) - (count - 1)) if count > 1 else np.zeros(frames, dtype=int)
    times = np.arange(frames, dtype=np.float64) * float(np.median(np.diff(keypoints.timestamps)))
    return (
        replace(keypoints, xy=keypoints.xy[order], confidence=keypoints.confidence[order], timestamps=times),
        replace(poses, xyz=poses.xyz[order], confidence=poses.confidence[order], timestamps=times),
    )
