"""Top-down 2D pose from one distribution a coordinate: RTMPose (Jiang et al. 2023, https://arxiv.org/abs/2303.07399; SimCC: Li et al. 2022, https://arxiv.org/abs/2107.03332)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from posewright.errors import ModelError
from posewright.estimate.crop import Crop, Size, network_input
from posewright.media import Frame
from posewright.models.onnx import Session
from posewright.nets.table import RGB
from posewright.skeletons import COCO17, HALPE26, JointSet

JOINT_SETS: dict[int, JointSet] = {17: COCO17, 26: HALPE26}
"""By the number of rows."""
BATCH = 16
"""Crops a run at most, to bound the memory."""


class SimCCNetwork:
    """2D joints of the person in each crop, from two one-dimensional distributions a joint."""

    def __init__(self, session: Session, flip_test: bool = False) -> None:
        """
        Args:
            session: a network with one input (B, 3, H, W), RGB, and two outputs (B, J, k W) and (B, J, k H).
            flip_test: run each crop mirrored too and take the mean; twice the time.

        Raises:
            ModelError: the network gives other outputs.
        """
        shapes = session.output_shapes
        if len(shapes) != 2 or shapes[0][1] not in JOINT_SETS:
            raise ModelError(f"{session.name} has outputs of shapes {shapes}: two with 17 (COCO) or 26 (Halpe) rows are known")
        self.joint_set = JOINT_SETS[shapes[0][1]]
        self.runtime = session.runtime
        height, width = session.image_size()
        self.size: Size = (width, height)
        self._session, self._flip_test = session, flip_test

    def __call__(self, frame: Frame, boxes: Sequence[NDArray[np.floating]]) -> list[tuple[NDArray[np.float32], NDArray[np.float32], Crop]]:
        """Joints (J, 2) in pixels of the frame, their confidence (J,), and the crop looked at, for each box (4,) of x0, y0, x1, y1."""
        crops = [Crop.of_box(box, self.size[0] / self.size[1]) for box in boxes]
        return self.decode(*self.run(self.prepare(frame, crops)), crops)

    def prepare(self, frame: Frame, crops: Sequence[Crop]) -> NDArray[np.float32]:
        """The network's input, (B, 3, H, W); black beyond the frame."""
        return network_input(np.stack([frame.warp(crop.T_frame_crop(self.size), self.size) for crop in crops]), RGB)

    def run(self, tensor: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Distributions along x, (B, J, k W), and y, (B, J, k H)."""
        parts = [self._run(tensor[start : start + BATCH]) for start in range(0, len(tensor), BATCH)]
        return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])

    def _run(self, tensor: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        x, y = self._session.run([np.concatenate([tensor, tensor[..., ::-1]]) if self._flip_test else tensor])
        if not self._flip_test:
            return x, y
        half, mirror = len(tensor), self.joint_set.mirror()
        return (x[:half] + x[half:, mirror, ::-1]) / 2, (y[:half] + y[half:, mirror]) / 2

    def decode(self, x: NDArray[np.float32], y: NDArray[np.float32], crops: Sequence[Crop]) -> list[tuple[NDArray[np.float32], NDArray[np.float32], Crop]]:
        """See `__call__`."""
        points, height = decode_simcc(x, y)
        width = self.size[0]
        points = points * np.float32(width / x.shape[2])
        trust = np.clip(height, 0.0, 1.0)
        return [(crop.to_frame(xy, self.size).astype(np.float32), sure, crop) for xy, sure, crop in zip(points, trust, crops, strict=True)]


def decode_simcc(x: NDArray[np.float32], y: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The likeliest bins, (B, J, 2), of distributions along x (B, J, X) and y (B, J, Y), and the lesser of their two heights, (B, J).

    As MMPose decodes: the place is (-1, -1) where nothing is above zero.
    """
    points = np.stack([x.argmax(axis=2), y.argmax(axis=2)], axis=-1).astype(np.float32)
    height = np.minimum(x.max(axis=2), y.max(axis=2))
    points[height <= 0] = -1.0
    return points, height
