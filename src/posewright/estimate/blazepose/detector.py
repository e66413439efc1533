"""BlazePose's person detector: an SSD that gives a face box and four alignment points a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.estimate.blazepose.anchors import ssd_anchors
from posewright.media import Frame
from posewright.models.runtime import LiteRTSession

INPUT_SIZE = 224
MIN_SCORE = 0.5
OVERLAP = 0.3
"""Intersection over union above which two boxes are the same face."""


@dataclass(frozen=True)
class Detection:
    """A person found in the whole frame."""

    score: float
    """0 to 1."""
    points: NDArray[np.float64]
    """Mid-point of the hips, a point on the circle round the whole body, and the same two for the upper body; pixels, (4, 2)."""


class Detector:
    """Find people in a whole frame (Bazarevsky et al. 2020, https://arxiv.org/abs/2006.10204)."""

    def __init__(self, session: LiteRTSession) -> None:
        self._session = session
        self._anchors = ssd_anchors(INPUT_SIZE)

    def __call__(self, frame: Frame) -> list[Detection]:
        """People in `frame`, the surest first."""
        tensor, T_frame_crop = self.prepare(frame)
        return self.decode(*self.run(tensor), T_frame_crop)

    def prepare(self, frame: Frame) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """The frame fitted into the network's square with black beside it, (224, 224, 3) in -1..1, and the way back to pixels, (2, 3)."""
        T_frame_crop = letterbox(frame.size, INPUT_SIZE)
        crop = frame.warp(T_frame_crop, (INPUT_SIZE, INPUT_SIZE))
        return crop.astype(np.float32) / np.float32(127.5) - np.float32(1.0), T_frame_crop

    def run(self, tensor: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Raw boxes (2254, 12) and logits (2254,)."""
        boxes, logits = self._session.run([tensor[None]])
        return boxes[0], logits[0, :, 0]

    def decode(self, raw: NDArray[np.float32], logits: NDArray[np.float32], T_frame_crop: NDArray[np.float64]) -> list[Detection]:
        """Raw boxes (N, 12) in crop pixels relative to their anchors, and logits (N,), to detections."""
        scores = sigmoid(np.clip(logits, -100.0, 100.0))
        kept = np.flatnonzero(scores >= MIN_SCORE)
        scores, values = scores[kept], raw[kept].reshape(-1, 6, 2) / INPUT_SIZE
        centres, sizes = values[:, 0] + self._anchors[kept], values[:, 1]
        boxes = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)
        points = values[:, 2:] + self._anchors[kept, None]
        found = weighted_nms(boxes, scores, points)
        return [Detection(score, (mean * INPUT_SIZE) @ T_frame_crop[:, :2].T + T_frame_crop[:, 2]) for score, mean in found]


def letterbox(frame_size: tuple[int, int], side: int) -> NDArray[np.float64]:
    """T_frame_crop, (2, 3), that fits a frame of (width, height) into the middle of a square crop."""
    width, height = frame_size
    longer = max(width, height)
    scale = longer / side
    return np.array([[scale, 0.0, (width - longer) / 2], [0.0, scale, (height - longer) / 2]])


def weighted_nms(boxes: NDArray[np.floating], scores: NDArray[np.floating], points: NDArray[np.floating]) -> list[tuple[float, NDArray[np.float64]]]:
    """Non-maximum suppression that averages what it suppresses, weighted by score (Bazarevsky et al. 2019, BlazeFace, https://arxiv.org/abs/1907.05047).

    Args:
        boxes: (N, 4) of x0, y0, x1, y1.
        scores: (N,).
        points: (N, K, 2), averaged together with the boxes.

    Returns:
        The highest score and the mean points (K, 2) of each group, surest first.
    """
    order = np.argsort(-scores, kind="stable")
    groups = []
    while len(order):
        best = order[0]
        same = overlap(boxes[best], boxes[order]) > OVERLAP
        same[0] = True  # a box without area overlaps nothing, not even itself
        members = order[same]
        weights = scores[members].astype(np.float64)
        groups.append((float(scores[best]), np.einsum("n,nkd->kd", weights / weights.sum(), points[members].astype(np.float64))))
        order = order[~same]
    return groups


def overlap(box: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray[np.floating]:
    """Intersection over union of `box` (4,) with each of `boxes` (N, 4), as x0, y0, x1, y1; (N,)."""
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.clip(sides, 0.0, None).prod(axis=1)
    union = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def sigmoid(x: NDArray[np.floating]) -> NDArray[np.floating]:
    """The logistic function, without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))
