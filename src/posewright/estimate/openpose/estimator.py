"""`OpenPose`: several people from whole frames, by any of three networks, each with its own program's pre- and post-processing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.errors import ModelError, UsageError
from posewright.estimate.clip import FrameByFrame
from posewright.estimate.crop import network_input
from posewright.estimate.openpose.grouping import Group, Rules, group
from posewright.estimate.openpose.layout import BODY25, COCO, Layout
from posewright.estimate.openpose.maps import STRIDE, Padding, centred_padding, corner_padding, enlarged, pad
from posewright.estimate.openpose.peaks import sharp_peaks, smooth_peaks, strongest
from posewright.estimate.result import Pose2D
from posewright.media import Frame
from posewright.models.onnx import Session
from posewright.nets.table import OPENPOSE_PIXELS

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Program:
    """How one of the programs that share the method prepares frames and reads maps."""

    layout: Layout
    rules: Rules
    heights: tuple[int, ...]
    """Of the frame as the network sees it, pixels; where there are several, the maps' mean counts."""
    map_height: int | None
    """Of the frame to which maps are enlarged; None: they are enlarged `factor` times and keep the padding."""
    factor: int
    """By which the network's maps are enlarged first."""
    padding: Callable[[int, int], Padding]
    find_peaks: Callable[[NDArray[np.floating]], NDArray[np.float64]]
    interpolation: int
    """OpenCV's, for scaling the frame."""


VARIANTS: dict[str, Program] = {
    # Osokin 2018, Lightweight OpenPose, https://arxiv.org/abs/1811.12004
    "mobile": Program(COCO, Rules(0.1, prior=False, min_parts=3, min_score=0.2), (256,), None, 4, centred_padding, partial(sharp_peaks, threshold=0.1), cv2.INTER_LINEAR),
    # As pytorch-openpose runs it: half of 368 rows.
    "coco": Program(COCO, Rules(0.1), (184,), 368, STRIDE, corner_padding, partial(smooth_peaks, threshold=0.1), cv2.INTER_CUBIC),
    # CMU's thresholds; peaks are found as for COCO, without its sub-pixel mean.
    "body25": Program(BODY25, Rules(0.05, min_share=0.95, min_parts=3), (368,), 368, STRIDE, corner_padding, partial(smooth_peaks, threshold=0.05), cv2.INTER_CUBIC),
}
"""The networks, the default first."""


class OpenPose(FrameByFrame):
    """OpenPose (Cao et al. 2019, https://arxiv.org/abs/1812.08008)."""

    def __init__(self, session: Session, variant: str = "mobile", people: int = 1) -> None:
        """
        Args:
            session: a network with one input (B, 3, H, W) of any height and width in steps of 8, and two outputs: heat maps and fields.
            variant: a key of `VARIANTS`, the network's.
            people: how many to give at most.

        Raises:
            UsageError: there is no such variant.
            ModelError: the network is another one.
        """
        if variant not in VARIANTS:
            raise UsageError(f"OpenPose has no variant '{variant}'. It has: {', '.join(VARIANTS)}")
        self.program = VARIANTS[variant]
        self.joint_set = self.program.layout.joint_set
        channels = [shape[1] for shape in session.output_shapes]
        wanted = self.program.layout.heatmap_channels, self.program.layout.field_channels
        if sorted(channels) != sorted(wanted):
            raise ModelError(f"{session.name} gives maps of {channels} channels: OpenPose's {variant} network gives {list(wanted)}")
        self._heatmaps, self._fields = (channels.index(count) for count in wanted)
        self.runtime = session.runtime
        self._session, self._people = session, people

    def estimate(self, frames: Sequence[Frame]) -> list[list[Pose2D]]:
        """The people in each frame, the surest first."""
        found = []
        for frame in frames:
            maps = [self.run(*self.prepare(frame, height), frame) for height in self.program.heights]
            heatmaps, fields = (np.mean([scale[kind] for scale in maps], axis=0) for kind in (0, 1))
            found.append(self.decode(heatmaps, fields, frame))
        return found

    def prepare(self, frame: Frame, height: int) -> tuple[Array, Padding]:
        """The frame scaled to `height` as the network takes it, (3, H, W), and what was padded."""
        scale = height / frame.size[1]
        image = cv2.resize(frame.rgb(), None, fx=scale, fy=scale, interpolation=self.program.interpolation)
        padding = self.program.padding(*image.shape[:2])
        return network_input(pad(image, padding), OPENPOSE_PIXELS), padding  # type: ignore[arg-type]

    def run(self, image: Array, padding: Padding, frame: Frame) -> tuple[Array, Array]:
        """Heat maps (J + 1, H, W) and fields (2 L, H, W), enlarged."""
        maps = self._session.run([image[None]])
        if self.program.map_height is None:
            return enlarged(maps[self._heatmaps][0], self.program.factor), enlarged(maps[self._fields][0], self.program.factor)
        size = max(1, round(frame.size[0] * self.program.map_height / frame.size[1])), self.program.map_height
        return enlarged(maps[self._heatmaps][0], self.program.factor, padding, size), enlarged(maps[self._fields][0], self.program.factor, padding, size)

    def decode(self, heatmaps: Array, fields: Array, frame: Frame) -> list[Pose2D]:
        """The people in the maps of a frame, the surest first."""
        peaks = [strongest(self.program.find_peaks(heatmap)) for heatmap in heatmaps[: len(self.joint_set)]]
        people = sorted(group(peaks, fields, self.program.layout, self.program.rules), key=lambda person: -person.score)
        everything = np.concatenate(peaks)
        return [self._pose(person, everything, frame) for person in people[: self._people]]

    def _pose(self, person: Group, peaks: NDArray[np.float64], frame: Frame) -> Pose2D:
        found = person.parts >= 0
        taken = peaks[np.maximum(person.parts, 0)]
        xy = self.to_frame(taken[:, :2], frame)
        # A joint that was not found stands in the middle of the others, and is not trusted.
        xy = np.where(found[:, None], xy, xy[found].mean(axis=0))
        trust = np.where(found, np.clip(taken[:, 2], 0.0, 1.0), 0.0)
        score = float(np.clip(person.mean_score, 0.0, 1.0))
        return Pose2D(xy.astype(np.float32), trust.astype(np.float32), score, self.joint_set)

    def to_frame(self, points: NDArray[np.float64], frame: Frame) -> NDArray[np.float64]:
        """Points (N, 2) in pixels of the enlarged maps, in pixels of the frame."""
        width, height = frame.size
        if self.program.map_height is not None:  # pixel centres of OpenCV's resize
            scale = np.array([width / max(1, round(width * self.program.map_height / height)), height / self.program.map_height])
            return (points + 0.5) * scale - 0.5
        scale_in = self.program.heights[0] / height
        padding = self.program.padding(self.program.heights[0], round(width * scale_in))
        return (points * (STRIDE / self.program.factor) - (padding.left, padding.top)) / scale_in
