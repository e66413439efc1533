"""What is compared on each clip: raw network output, MediaPipe's own smoothing, and Posewright with parts turned off."""

from __future__ import annotations

import json
import pickle
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from posewright.pipeline import Seen, animate, see
from posewright.skeletons import BLAZEPOSE33
from posewright.solve import SolveOptions
from posewright.solve.refine import ALIKE, RefineOptions
from posewright.study.tracks import JointTrack, track_of_motion, track_of_poses
from posewright.types import Camera, Poses3D

LANDMARKER = Path(__file__).parent / "mediapipe_landmarks.py"
OFF = float("inf")
USUAL, BEST = "balanced", "performance"
"""The default mode, and the one with the larger network."""
BEST_ROW = f"Posewright, {BEST} mode"
ALIKE_ROW, NO_CUT_OFF = "all bones accelerate alike", "no cut-off"


@dataclass(frozen=True)
class Clip:
    """A clip with what is known of it."""

    name: str
    video: Path
    truth: Path
    facts: Mapping[str, Any]
    cache: Path
    """Folder for what the networks gave."""

    def known(self) -> dict[str, Any]:
        """What a user who knows the camera and the person would tell."""
        return {name: self.facts[name] for name in ("fov_deg", "height_m")}

    def seen(self, mode: str = USUAL) -> Seen:
        """Tracks of the clip's person in one of our modes, from the cache if they are there."""
        path = self.cache / (f"{self.name}.pkl" if mode == USUAL else f"{self.name}.{mode}.pkl")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(pickle.dumps(see(self.video, mode=mode)))
        seen = pickle.loads(path.read_bytes())
        assert isinstance(seen, Seen)
        return seen


def clips_of(folder: Path) -> list[Clip]:
    """The clips of `make_study_clips.py` in a folder."""
    return [
        Clip(path.stem, path.with_suffix(".mp4"), path.with_suffix(".npz"), json.loads(path.read_text(encoding="utf-8")), folder / "cache")
        for path in sorted(folder.glob("*.json"))
    ]


Method = Callable[[Clip], JointTrack]


def raw(clip: Clip) -> JointTrack:
    """The network's world landmarks, frame by frame, the camera taken as level."""
    poses = clip.seen().tracks[0].poses
    assert poses is not None  # BlazePose lifts
    return track_of_poses(poses, "raw BlazePose")


def mediapipe(clip: Clip, interpreter: str) -> JointTrack:
    """MediaPipe's own smoothed world landmarks, the camera taken as level."""
    path = clip.cache / f"{clip.name}.mediapipe.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([interpreter, str(LANDMARKER), str(clip.video), str(path)], check=True, capture_output=True)
    with np.load(path) as data:
        world = data["world_m"]
    times = np.array(clip.seen().timeline)
    frames = min(len(world), len(times))
    confidence = np.isfinite(world[:frames]).all(-1).astype(np.float32)
    return track_of_poses(Poses3D(world[:frames], confidence, BLAZEPOSE33, times[:frames], "camera", True), "MediaPipe, smoothed")


def posewright(clip: Clip, known: bool = True, mode: str = USUAL, **changes: Any) -> JointTrack:
    """Our motion, with some of `animate`'s arguments changed."""
    return track_of_motion(animate(clip.seen(mode), **(clip.known() if known else {}), **changes).people[0].motion, "Posewright")


def true_camera(clip: Clip) -> Camera:
    """The camera as rendered, with its pose."""
    with np.load(clip.truth) as data:
        numbers = {name: data[f"camera.{name}"].tolist() for name in ("image_size", "focal", "centre", "distortion")}
        return Camera(**{name: tuple(value) for name, value in numbers.items()}, T_world_camera=data["camera.T_world_camera"])


def calibrated(clip: Clip) -> JointTrack:
    """Our motion where the camera's pose is known too (`--camera`)."""
    return track_of_motion(animate(clip.seen(), camera=true_camera(clip), height_m=clip.facts["height_m"]).people[0].motion, "Posewright")


def _refined(**changes: Any) -> dict[str, Any]:
    return {"refine": replace(RefineOptions(), **changes)}


ABLATIONS: dict[str, dict[str, Any]] = {
    "no mending of swaps and outliers": {"mend": False},
    "no second lifter (wright)": {"wright": False},
    "no whole-clip refinement": {"refine": None},
    "camera taken as level": {"find_vertical": False},
    "no ground, no contacts in the refinement": {"use_ground": False},
    "feet not planted": {"plant_feet": False},
    "no acceleration terms": _refined(turn_acceleration=OFF, root_acceleration=OFF),
    NO_CUT_OFF: _refined(cutoff_hz=OFF),
    ALIKE_ROW: _refined(**ALIKE),
    "keypoints' errors independent in time": _refined(jitter_m=OFF),
    "lift trusted as much in fast limbs": _refined(lag=0.0),
    "accelerations squared, not robust": _refined(burst=1e3),
    "no joint limits in the refinement": _refined(limit=OFF),
    "arms weighed like the rest": _refined(arms=1.0, arms_lift=1.0),
    "bone lengths as lifted": _refined(length=OFF),
    "lift not weighed": _refined(lift=1e3, lift_depth=1e3),
    "lift not weighed, no joint limits": _refined(lift=1e3, lift_depth=1e3, limit=OFF),
    "keypoints not weighed": _refined(reprojection_m=1e3),
    "residuals squared, not robust": _refined(robust=1e3),
    "solver smooths too": {"options": SolveOptions()},
}
"""What is turned off, or on: arguments of `animate`."""


def methods(interpreter: str | None, known: bool = True, best: bool = False) -> dict[str, Method]:
    """The rows of the first table; `known`: also with what a user may tell; `best`: also in the mode with the larger network."""
    rows: dict[str, Method] = {"raw BlazePose": raw}
    if interpreter:
        rows["MediaPipe, smoothed"] = partial(mediapipe, interpreter=interpreter)
    rows["Posewright"] = partial(posewright, known=known)
    if best:
        rows[BEST_ROW] = partial(posewright, known=known, mode=BEST)
    return rows | ({"Posewright, nothing given": partial(posewright, known=False), "Posewright, calibrated camera": calibrated} if known else {})


def ablations(known: bool = True) -> dict[str, Method]:
    """Posewright without each of its parts."""
    return {name: partial(posewright, known=known, **changes) for name, changes in ABLATIONS.items()}
