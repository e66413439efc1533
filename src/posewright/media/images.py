"""An image or a folder of images as a source of frames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError, UsageError
from posewright.media.base import Source, Window
from posewright.media.frame import Frame
from posewright.types import SourceInfo

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})


class ImageSource(Source):
    """One image, or the images of a folder in natural order (2 before 10), evenly `fps` a second."""

    def __init__(self, path: Path, window: Window, fps: float) -> None:
        """
        Raises:
            InputError: there is no image, or none in the window, or the first cannot be read.
            UsageError: `fps` is not positive.
        """
        if not fps > 0:
            raise UsageError(f"{fps} frames a second: give a positive number.")
        files = images_in(path) if path.is_dir() else [path]
        times = [i / fps for i in range(len(files))]
        self._wanted = [(t, file) for t, file in zip(times, files, strict=True) if not window.is_before(t) and not window.is_after(t)]
        if not self._wanted:
            raise window.nothing(str(path), len(files) / fps)
        self._first = read_image(self._wanted[0][1])
        self.warnings = []
        height, width = self._first.shape[:2]
        self.info = SourceInfo(str(path), "images" if path.is_dir() else "image", (width, height), float(fps), len(self._wanted))

    def __iter__(self) -> Iterator[Frame]:
        """
        Raises:
            InputError: an image cannot be read, or differs in size from the first.
        """
        for index, (timestamp, file) in enumerate(self._wanted):
            rgb = self._first if index == 0 else read_image(file)
            if rgb.shape != self._first.shape:
                expected = "{1} x {0}".format(*self._first.shape)
                raise InputError(f"{file} is {rgb.shape[1]} x {rgb.shape[0]}, the images before it are {expected}. Give images of one size.")
            yield Frame.from_rgb(rgb, index, timestamp)


def images_in(folder: Path) -> list[Path]:
    """The images of a folder in natural order.

    Raises:
        InputError: there is none.
    """
    files = [file for file in folder.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".")]
    if not files:
        raise InputError(f"{folder} holds no image ({', '.join(sorted(IMAGE_SUFFIXES))}).")
    return sorted(files, key=lambda file: [(part.isdigit(), int(part) if part.isdigit() else 0, part.lower()) for part in re.split(r"([0-9]+)", file.name)])


def read_image(path: Path) -> NDArray[np.uint8]:
    """RGB (h, w, 3), turned upright by its EXIF orientation.

    Raises:
        InputError: the file cannot be read as an image.
    """
    try:
        data = np.fromfile(path, dtype=np.uint8)  # OpenCV's own reader cannot open every file name on Windows
        bgr = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (OSError, cv2.error) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    if bgr is None:
        raise InputError(f"{path} is not an image that can be read: it is damaged, or of another kind than its name says.")
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]
