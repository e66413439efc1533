"""Clips are made here: a textured wall seen through a window that moves as the camera would, and somebody who dances before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from posewright.media import Frame, open_source
from posewright.skeletons import BLAZEPOSE33
from posewright.track.camera_motion import CameraMotion, CameraWatch, camera_motion
from posewright.types import Keypoints

SHARED = Path(__file__).parents[2].parent / "shared" / "video"
WIDTH, HEIGHT, FPS, SECONDS = 640, 360, 24.0, 4.0
TIMES = np.arange(round(FPS * SECONDS)) / FPS

Path2D = Callable[[float], tuple[float, float, float]]
"""Time to the shift in x and y, pixels, and the zoom."""


def wall(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(3 * HEIGHT // 8, 3 * WIDTH // 8)).astype(np.float32)
    coarse = cv2.resize(cv2.GaussianBlur(noise, (0, 0), 1.0), (3 * WIDTH, 3 * HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(128 + 110 * coarse, 0, 255).astype(np.uint8)


def clip(camera: Path2D, dancer_px: int = 120, background: np.ndarray | None = None, gain: float = 0.0) -> Iterator[Frame]:
    """Frames of the wall, with a dancer `dancer_px` wide who sways by 150 pixels; `gain` lets the exposure pump."""
    scene = wall() if background is None else background
    cloth = wall(1)
    noise = np.random.default_rng(2)
    for i, t in enumerate(TIMES):
        dx, dy, zoom = camera(t)
        view = np.array([[zoom, 0.0, -zoom * (WIDTH + dx)], [0.0, zoom, -zoom * (HEIGHT + dy)]])
        picture = cv2.warpAffine(scene, view, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR).astype(np.float32)
        left = dancer_left(t, dancer_px)
        picture[60:340, left : left + dancer_px] = cloth[60:340, :dancer_px]
        picture = picture * (1.0 + gain * np.sin(5 * t)) + noise.normal(0.0, 3.0, picture.shape)
        yield Frame.from_rgb(np.repeat(np.clip(picture, 0, 255).astype(np.uint8)[..., None], 3, axis=2), i, float(t))


def dancer_left(t: float, dancer_px: int) -> int:
    return round((WIDTH - dancer_px) / 2 + 150 * np.sin(4 * t))


def dancer(dancer_px: int = 120) -> Keypoints:
    rng = np.random.default_rng(3)
    places = rng.uniform(0.0, 1.0, (len(BLAZEPOSE33), 2))
    places[:2] = [[0.0, 0.0], [1.0, 1.0]]
    left = np.array([dancer_left(t, dancer_px) for t in TIMES])
    xy = np.stack([left[:, None] + dancer_px * places[:, 0], np.broadcast_to(60 + 280 * places[:, 1], (len(TIMES), len(places)))], axis=-1)
    return Keypoints(xy.astype(np.float32), np.ones(xy.shape[:2], np.float32), BLAZEPOSE33, TIMES, (WIDTH, HEIGHT))


def still(t: float) -> tuple[float, float, float]:
    return 0.0, 0.0, 1.0


def check_static(motion: CameraMotion) -> None:
    assert motion.sure
    assert not motion.moving
    assert motion.note is None
    assert motion.fastest < 0.003


def test_a_static_camera_before_somebody_who_dances() -> None:
    check_static(camera_motion(clip(still), [dancer()]))


def test_a_dancer_who_fills_half_of_the_picture_is_not_taken_for_the_camera() -> None:
    check_static(camera_motion(clip(still, 300), [dancer(300)]))


def test_a_small_dancer_nobody_told_of_is_outvoted() -> None:
    check_static(camera_motion(clip(still)))


def test_changing_exposure_is_no_motion() -> None:
    check_static(camera_motion(clip(still, gain=0.2), [dancer()]))


def test_a_pan_is_found_with_its_time() -> None:
    motion = camera_motion(clip(lambda t: (120.0 * np.clip(t - 1.0, 0.0, 1.0), 0.0, 1.0)), [dancer()])
    assert motion.sure
    ((start, end),) = motion.spans
    assert 0.6 <= start <= 1.01
    assert 1.99 <= end <= 2.4
    assert motion.note is not None
    assert motion.note.startswith(f"the camera moves between {start:.1f} s and {end:.1f} s")
    assert motion.fastest == pytest.approx(120.0 / WIDTH / 3, rel=0.1)


@pytest.mark.parametrize(
    "camera",
    [
        lambda t: (5.0 * t, 0.0, 1.0),
        lambda t: (0.0, -6.0 * t, 1.0),
        lambda t: (0.0, 0.0, 1.0 + 0.02 * t),
        lambda t: (8.0 * np.sin(3 * t), 5.0 * np.sin(4.1 * t + 1.0), 1.0),
    ],
    ids=["creeping pan", "creeping tilt", "zoom", "hand-held"],
)
def test_slow_motion_is_found(camera: Path2D) -> None:
    motion = camera_motion(clip(camera), [dancer()])
    assert sum(end - start for start, end in motion.spans) > 0.6 * SECONDS


def test_a_knock_against_the_tripod_is_found() -> None:
    ((start, end),) = camera_motion(clip(lambda t: (15.0 if t > 2.1 else 0.0, 4.0 if t > 2.1 else 0.0, 1.0)), [dancer()]).spans
    assert start <= 2.1 <= end
    assert end - start < 0.7


def test_a_cut_counts_as_motion() -> None:
    first, second = (list(clip(still, background=wall(seed))) for seed in (5, 6))
    motion = camera_motion([*first[:48], *second[48:]], [dancer()])
    ((start, end),) = motion.spans
    assert start <= TIMES[48] <= end
    assert end - start < 0.7
    assert np.isinf(motion.fastest)


def test_a_bare_wall_tells_nothing() -> None:
    motion = camera_motion(clip(still, background=np.full((3 * HEIGHT, 3 * WIDTH), 128, np.uint8)), [dancer()])
    assert not motion.sure
    assert not motion.moving


def test_nothing_seen_is_nothing_known() -> None:
    assert CameraWatch().motion() == CameraMotion((), 0.0, False)
    assert not camera_motion([Frame.from_rgb(np.zeros((36, 64, 3), np.uint8))]).sure


@pytest.mark.parametrize("name", ["pose2sim_single/cam02.mp4", "jesse_dance.mp4"])
def test_real_clips_of_a_tripod(name: str) -> None:
    if not (SHARED / name).is_file():
        pytest.skip(f"needs ../shared/video/{name}")
    with open_source(SHARED / name, end=4.0) as source:
        motion = camera_motion(source)
    assert motion.sure
    assert not motion.moving
