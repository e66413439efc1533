"""Where people are in a whole frame: boxes for the top-down networks, by any of several detectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.errors import ModelError
from posewright.estimate.blazepose.detector import Detection, Detector
from posewright.estimate.crop import Size
from posewright.media import Frame
from posewright.models.onnx import Session

MIN_SCORE = 0.4
"""Of a box that is taken for a person."""
SLIM = 0.5
"""Width of a person's box over its height, at least, and the other way round for one who lies."""
GREY = 114
"""What the published detectors see beside the frame."""


@dataclass(frozen=True)
class Box:
    """A person in a frame."""

    score: float
    """0 to 1."""
    corners: NDArray[np.float64]
    """x0, y0, x1, y1 in pixels, (4,)."""


class PeopleDetector(Protocol):
    """Finds people in a frame."""

    def __call__(self, frame: Frame) -> list[Box]:
        """People, the surest first."""


class BlazePosePeople:
    """BlazePose's detector, which needs no other file than BlazePose itself; it finds people by their faces and the circle round the body."""

    def __init__(self, detector: Detector | Callable[[Frame], list[Detection]]) -> None:
        self._detector = detector

    def __call__(self, frame: Frame) -> list[Box]:
        """People in `frame`, the surest first."""
        return [Box(found.score, around(found.points)) for found in self._detector(frame)]


def around(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """A box (4,) from BlazePose's alignment points, (K, 2) pixels: mid-point of the hips, and a point on the circle round the body in the direction of the head."""
    axis = points[1] - points[0]
    radius = float(np.hypot(*axis))
    half = np.maximum(np.abs(axis), SLIM * radius)
    return np.concatenate([points[0] - half, points[0] + half])


@dataclass(frozen=True)
class Colours:
    """What an ONNX detector takes: B, G, R with this mean and standard deviation, 0 to 255."""

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)


RTMDET = Colours((103.53, 116.28, 123.675), (57.375, 57.12, 58.395))
YOLOX = Colours()


class OnnxPeople:
    """RTMDet (Lyu et al. 2022, https://arxiv.org/abs/2212.07784) or YOLOX (Ge et al. 2021, https://arxiv.org/abs/2107.08430), as MMPose publishes them, suppression included."""

    def __init__(self, session: Session, colours: Colours) -> None:
        """
        Args:
            session: a network with one input (1, 3, H, W) and a first output (1, N, 5) of x0, y0, x1, y1 in its pixels and the score.
            colours: what it takes.

        Raises:
            ModelError: it gives something else.
        """
        if session.output_shapes[0][-1] != 5:
            raise ModelError(f"{session.name} gives arrays of shape {session.output_shapes[0]}, not boxes with scores (1, N, 5): export it with its non-maximum suppression")
        height, width = session.image_size()
        self.size: Size = (width, height)
        self._session, self._colours = session, colours

    def __call__(self, frame: Frame) -> list[Box]:
        """People in `frame`, the surest first."""
        tensor, scale = self.prepare(frame)
        outputs = self._session.run([tensor])
        labels = outputs[1][0] if len(outputs) > 1 else np.zeros(outputs[0].shape[1], dtype=np.int64)
        return self.decode(outputs[0][0], labels, scale)

    def prepare(self, frame: Frame) -> tuple[NDArray[np.float32], float]:
        """The network's input (1, 3, H, W): the frame in the upper left corner, grey beside it; and its scale."""
        width, height = frame.size
        scale = min(self.size[0] / width, self.size[1] / height)
        inner = round(width * scale), round(height * scale)
        image = np.full((self.size[1], self.size[0], 3), GREY, np.uint8)
        image[: inner[1], : inner[0]] = cv2.resize(frame.rgb(), inner, interpolation=cv2.INTER_LINEAR)
        mean, std = (np.asarray(values, dtype=np.float32) for values in (self._colours.mean, self._colours.std))
        values = (image[..., ::-1].astype(np.float32) - mean) / std
        return np.ascontiguousarray(values.transpose(2, 0, 1))[None], scale

    def decode(self, found: NDArray[np.float32], labels: NDArray[np.integer], scale: float) -> list[Box]:
        """Rows (N, 5) in the network's pixels and their classes (N,), of which 0 is a person."""
        kept = found[(found[:, 4] >= MIN_SCORE) & (labels == 0)]
        return [Box(float(min(row[4], 1.0)), row[:4].astype(np.float64) / scale) for row in kept[np.argsort(-kept[:, 4], kind="stable")]]
