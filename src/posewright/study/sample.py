"""The sample clip that comes with the package, and its truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from posewright.formats.arrays import read_npz
from posewright.types import Camera, Motion

SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "walk_wave.mp4"
TRUTH = SAMPLE.with_suffix(".npz")


def sample_clip() -> Path:
    """The clip: somebody walks in, waves with the right hand, squats and turns. Made by `tools/make_sample.py`."""
    return SAMPLE


def sample_truth() -> tuple[Motion, Camera]:
    """The motion of the humanoid's body bones exactly as the clip shows it, one frame a picture, and the camera that took it."""
    with np.load(TRUTH) as data:
        camera = Camera(
            image_size=(int(data["camera.image_size"][0]), int(data["camera.image_size"][1])),
            focal=(float(data["camera.focal"][0]), float(data["camera.focal"][1])),
            centre=(float(data["camera.centre"][0]), float(data["camera.centre"][1])),
            T_world_camera=data["camera.T_world_camera"],
        )
    return read_npz(TRUTH), camera
