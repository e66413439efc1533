"""BlazePose's landmark network: 33 points, their depth and their place in metres, from a crop of one person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.estimate.blazepose.detector import sigmoid
from posewright.estimate.blazepose.region import Region
from posewright.media import Frame
from posewright.models.runtime import LiteRTSession

INPUT_SIZE = 256
BODY_POINTS = 33
USED_POINTS = 35
"""The body's and the two that give the next region; the network has four more."""
UNUSED = ("Identity_2",)
"""The output that holds a mask of the person: a third of the network's time, and nobody needs it."""
MIN_SCORE = 0.5
MIN_PEAK = 0.5
"""A heat map whose highest value near the landmark is lower moves nothing."""
REACH = 4
"""Cells on each side of the landmark's that count: the window is 9 x 9. (MediaPipe's graph says 7; its released program uses 9.)"""


@dataclass(frozen=True)
class RawOutput:
    """What the network gives for one crop."""

    landmarks: NDArray[np.float32]
    """Crop pixels x, y, z and the logits of visibility and presence, (35, 5)."""
    score: float
    """Probability that there is a person."""
    heatmap: NDArray[np.float32]
    """Logits, (64, 64, 35)."""
    world: NDArray[np.float32]
    """Metres in the crop's axes, (33, 3)."""


@dataclass(frozen=True)
class Landmarks:
    """One person in a frame."""

    xyz: NDArray[np.float64]
    """Frame pixels x, y, and depth in the same unit relative to the hips, (33, 3)."""
    visibility: NDArray[np.float32]
    """Probability that each point is in the frame and not hidden, (33,)."""
    presence: NDArray[np.float32]
    """Probability that each point lies inside the frame, hidden or not, (33,)."""
    sharpness: NDArray[np.float32]
    """Highest probability in each point's heat map, (33,): low where the network does not see just where the point is."""
    world: NDArray[np.float64]
    """Metres from the mid-point of the hips, camera axes, (33, 3)."""
    alignment: NDArray[np.float64]
    """The two points that give the next region, frame pixels, (2, 2)."""
    score: float
    """Probability that there is a person in the region."""


class LandmarkNetwork:
    """Landmarks of the person in a region (Bazarevsky et al. 2020, https://arxiv.org/abs/2006.10204; world landmarks: Grishchenko et al. 2022, https://arxiv.org/abs/2206.11678)."""

    def __init__(self, session: LiteRTSession) -> None:
        """`session` gives landmarks, score, heat maps and world landmarks; the network's mask is `UNUSED`."""
        self._session = session

    def __call__(self, frame: Frame, region: Region) -> Landmarks | None:
        """The person in `region`, or None where there is none."""
        crop = self.prepare(frame, region)
        raw = self.run(crop)
        return self.decode(raw, region) if raw.score > MIN_SCORE else None

    def prepare(self, frame: Frame, region: Region) -> NDArray[np.uint8]:
        """The region upright, (256, 256, 3) RGB; pixels outside the frame repeat its edge."""
        return frame.warp(region.T_frame_crop(INPUT_SIZE), (INPUT_SIZE, INPUT_SIZE), border="edge")

    def run(self, crop: NDArray[np.uint8]) -> RawOutput:
        """The network on one crop; it takes RGB in 0..1."""
        tensor = np.multiply(crop, np.float32(1 / 255), dtype=np.float32)
        landmarks, score, heatmap, world = self._session.run([tensor[None]])
        return RawOutput(
            landmarks=landmarks.reshape(-1, 5)[:USED_POINTS],
            score=float(score[0, 0]),
            heatmap=heatmap[0, :, :, :USED_POINTS],
            world=world.reshape(-1, 3)[:BODY_POINTS],
        )

    def decode(self, raw: RawOutput, region: Region) -> Landmarks:
        """Crop to frame: refine on the heat maps, then turn, scale and shift."""
        T_frame_crop = region.T_frame_crop(INPUT_SIZE)
        crop_xy = refine(raw.landmarks[:, :2] / INPUT_SIZE, raw.heatmap) * INPUT_SIZE
        xy = crop_xy @ T_frame_crop[:, :2].T + T_frame_crop[:, 2]
        depth = raw.landmarks[:BODY_POINTS, 2:3].astype(np.float64) * (region.size / INPUT_SIZE)
        world = raw.world.astype(np.float64)
        world[:, :2] = world[:, :2] @ region.turn.T
        trust = sigmoid(raw.landmarks[:BODY_POINTS, 3:5])
        return Landmarks(
            xyz=np.concatenate([xy[:BODY_POINTS], depth], axis=1),
            visibility=trust[:, 0],
            presence=trust[:, 1],
            sharpness=sigmoid(raw.heatmap[..., :BODY_POINTS].max((0, 1))),
            world=world,
            alignment=xy[BODY_POINTS:USED_POINTS],
            score=raw.score,
        )


_WINDOW = np.arange(-REACH, REACH + 1)


def refine(xy: NDArray[np.floating], heatmap: NDArray[np.float32]) -> NDArray[np.float64]:
    """Move each landmark to the mean of its heat map in a window round it, weighted by probability.

    A landmark stays where it lies outside the map, and where the window's highest probability is below `MIN_PEAK`.

    Args:
        xy: positions in 0..1, (K, 2).
        heatmap: logits, (H, W, K).

    Returns:
        Positions in 0..1, (K, 2).
    """
    height, width, count = heatmap.shape
    xy = xy.astype(np.float64)
    cells = np.trunc(xy * (width, height)).astype(np.intp)
    columns, rows = cells[:, :1] + _WINDOW, cells[:, 1:] + _WINDOW  # (K, 9)
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
    logits = heatmap[np.clip(rows, 0, height - 1)[:, :, None], np.clip(columns, 0, width - 1)[:, None, :], np.arange(count)[:, None, None]]
    weights = np.where(inside, sigmoid(logits), 0.0)  # (K, 9, 9)
    total = np.maximum(weights.sum((1, 2)), 1e-12)
    mean = np.stack([(weights.sum(1) * columns).sum(1) / width, (weights.sum(2) * rows).sum(1) / height], axis=1) / total[:, None]
    on_map = ((cells >= 0) & (cells < (width, height))).all(axis=1)
    return np.where((on_map & (weights.max((1, 2)) >= MIN_PEAK))[:, None], mean, xy)
