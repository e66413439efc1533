"""Small clips that the tests write for themselves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

MILLISECOND = Fraction(1, 1000)


def texture(size: tuple[int, int] = (160, 96), seed: int = 0, grain: int = 12) -> NDArray[np.uint8]:
    """A smooth random RGB picture (h, w, 3); details are about `grain` pixels large."""
    width, height = size
    coarse = np.random.default_rng(seed).integers(40, 216, (height // grain + 1, width // grain + 1, 3), dtype=np.uint8)
    return cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)


def quarters(size: tuple[int, int] = (160, 96)) -> NDArray[np.uint8]:
    """Red, green, blue, white: top left, top right, bottom left, bottom right."""
    width, height = size
    colours = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], dtype=np.uint8)
    return cv2.resize(colours, (width, height), interpolation=cv2.INTER_NEAREST)


def write_clip(
    path: Path,
    pictures: list[NDArray[np.uint8]],
    *,
    fps: int = 30,
    times_ms: list[int] | None = None,
    turn_deg: int = 0,
    flip: bool = False,
    faststart: bool = False,
) -> Path:
    """An MPEG-4 part 2 clip of RGB pictures. `turn_deg` counter-clockwise goes into its display matrix.

    The key frames are 10 frames apart, so that a seek has something to find.
    """
    with av.open(str(path), "w", options={"movflags": "faststart"} if faststart else {}) as container:
        stream = container.add_stream("mpeg4", rate=fps)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 8_000_000
        stream.codec_context.gop_size = 10
        if times_ms is not None:
            stream.codec_context.time_base = MILLISECOND
        if turn_deg or flip:
            if not hasattr(stream, "set_display_rotation"):
                pytest.skip("this PyAV cannot write a display matrix")
            stream.set_display_rotation(turn_deg, hflip=flip)
        for index, rgb in enumerate(pictures):
            picture = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            picture.pts = index if times_ms is None else times_ms[index]
            picture.time_base = Fraction(1, fps) if times_ms is None else MILLISECOND
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def write_sound(path: Path) -> Path:
    """Half a second of silence, no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4000), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def mean_difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Mean absolute difference of two pictures, levels of 256."""
    assert a.shape == b.shape
    return float(np.abs(a.astype(int) - b.astype(int)).mean())
