"""Top-down 2D pose from heat maps: SimpleBaseline and HRNet (Xiao et al. 2018, https://arxiv.org/abs/1804.06208; Sun et al. 2019, https://arxiv.org/abs/1902.09212)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from posewright.errors import ModelError
from posewright.estimate.crop import Crop, Size, network_input
from posewright.media import Frame
from posewright.models.onnx import Session
from posewright.nets.table import Pixels
from posewright.skeletons import COCO17, MPII16, JointSet

JOINT_SETS: dict[int, JointSet] = {17: COCO17, 16: MPII16}
"""By the number of heat maps."""
BATCH = 16
"""Crops a run at most, to bound the memory."""


class HeatmapNetwork:
    """2D joints of the person in each crop, from one heat map a joint."""

    def __init__(self, session: Session, pixels: Pixels, flip_test: bool = False) -> None:
        """
        Args:
            session: a network with one input (B, 3, H, W) and one output (B, J, h, w).
            pixels: what the network takes.
            flip_test: run each crop mirrored too and take the mean, as the published results do; twice the time.

        Raises:
            ModelError: the network gives another number of maps than a known joint set has joints.
        """
        joints = session.output_shapes[0][1]
        if joints not in JOINT_SETS:
            raise ModelError(f"{session.name} gives {joints} heat maps: 17 (COCO) or 16 (MPII) are known")
        self.joint_set = JOINT_SETS[joints]
        self.runtime = session.runtime
        height, width = session.image_size()
        self.size: Size = (width, height)
        self._session, self._pixels, self._flip_test = session, pixels, flip_test

    def __call__(self, frame: Frame, boxes: Sequence[NDArray[np.floating]]) -> list[tuple[NDArray[np.float32], NDArray[np.float32], Crop]]:
        """Joints (J, 2) in pixels of the frame, their confidence (J,), and the crop looked at, for each box (4,) of x0, y0, x1, y1."""
        crops = [Crop.of_box(box, self.size[0] / self.size[1]) for box in boxes]
        return self.decode(self.run(self.prepare(frame, crops)), crops)

    def prepare(self, frame: Frame, crops: Sequence[Crop]) -> NDArray[np.float32]:
        """The network's input, (B, 3, H, W); black beyond the frame."""
        return network_input(np.stack([frame.warp(crop.T_frame_crop(self.size), self.size) for crop in crops]), self._pixels)

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """Heat maps, (B, J, h, w)."""
        maps = [self._run(tensor[start : start + BATCH]) for start in range(0, len(tensor), BATCH)]
        return np.concatenate(maps)

    def _run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        if not self._flip_test:
            return self._session.run([tensor])[0]
        both = self._session.run([np.concatenate([tensor, tensor[..., ::-1]])])[0]
        return (both[: len(tensor)] + shift_right(flip_back(both[len(tensor) :], self.joint_set))) * np.float32(0.5)

    def decode(self, heatmaps: NDArray[np.float32], crops: Sequence[Crop]) -> list[tuple[NDArray[np.float32], NDArray[np.float32], Crop]]:
        """See `__call__`."""
        points, highest = decode_heatmaps(heatmaps)
        size = heatmaps.shape[3], heatmaps.shape[2]
        trust = np.clip(highest, 0.0, 1.0)
        return [(crop.to_frame(xy, size).astype(np.float32), sure, crop) for xy, sure, crop in zip(points, trust, crops, strict=True)]


def decode_heatmaps(heatmaps: NDArray[np.float32], quarter_shift: bool = True) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Peaks of heat maps (B, J, H, W): their places in pixels of the map, (B, J, 2), and their heights, (B, J).

    The place is the highest pixel's, moved a quarter of a pixel towards the higher neighbour in x and in y where it does not
    lie on the map's two outermost rows or columns at the upper left, or the outermost at the lower right; it is (0, 0) where nothing is above zero.
    """
    batch, joints, height, width = heatmaps.shape
    flat = heatmaps.reshape(batch, joints, -1)
    at = flat.argmax(axis=2)
    highest = np.take_along_axis(flat, at[..., None], axis=2)[..., 0]
    points = np.stack([at % width, at // width], axis=-1).astype(np.float32)
    points[highest <= 0] = 0.0
    if quarter_shift:
        x, y = points[..., 0].astype(np.intp), points[..., 1].astype(np.intp)
        inner = (x > 1) & (x < width - 1) & (y > 1) & (y < height - 1)
        b, j = np.nonzero(inner)
        x, y = x[inner], y[inner]
        slope = np.stack([heatmaps[b, j, y, x + 1] - heatmaps[b, j, y, x - 1], heatmaps[b, j, y + 1, x] - heatmaps[b, j, y - 1, x]], axis=-1)
        points[inner] += np.float32(0.25) * np.sign(slope)
    return points, highest


def flip_back(heatmaps: NDArray[np.float32], joint_set: JointSet) -> NDArray[np.float32]:
    """Heat maps (B, J, H, W) of a mirrored image as those of the image: mirrored, left and right exchanged."""
    return heatmaps[:, joint_set.mirror(), :, ::-1]


def shift_right(heatmaps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Moved by one pixel, column 0 kept: a map's pixels are a network's stride apart, so mirroring it does not fall into place."""
    return np.concatenate([heatmaps[..., :1], heatmaps[..., :-1]], axis=-1)
