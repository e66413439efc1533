"""Bottom-up 2D pose of several people by CenterNet (Zhou et al. 2019, Objects as Points, https://arxiv.org/abs/1904.07850)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.errors import ModelError
from posewright.estimate.clip import FrameByFrame
from posewright.estimate.crop import Crop, Size, network_input
from posewright.estimate.result import Pose2D
from posewright.media import Frame
from posewright.models.onnx import Session
from posewright.nets.table import CENTERNET_PIXELS
from posewright.skeletons import COCO17

INPUT: Size = (512, 512)
HEADS = ("hm", "wh", "hps", "reg", "hm_hp", "hp_offset")
CANDIDATES = 100
"""Centres looked at, and peaks of each joint."""
MIN_PEAK = 0.1
"""A joint's peak below this moves nothing."""
REACH = 0.3
"""Of the box's longer side: how far a joint may be moved to a peak."""
MIN_SCORE = 0.3
"""Of a centre that is taken for a person."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Heads:
    """What the network gives for one frame, (C, H, W) each."""

    hm: Array
    """Whether a person's centre lies here, 1 channel, 0 to 1."""
    wh: Array
    """Width and height of the person's box."""
    hps: Array
    """Joints as offsets x, y from the centre, 34 channels."""
    reg: Array | None
    """What the centre's pixel lacks of its place, 2 channels; half a pixel where None."""
    hm_hp: Array | None
    """Whether a joint lies here, 17 channels, 0 to 1; joints stay where the centre puts them where None."""
    hp_offset: Array | None
    """What a joint's pixel lacks of its place, 2 channels; half a pixel where None."""


class CenterNet(FrameByFrame):
    """People found as points: each centre tells where its joints are, which then snap to peaks of the joints' heat maps."""

    joint_set = COCO17

    def __init__(self, session: Session, people: int = 1, flip_test: bool = False) -> None:
        """
        Args:
            session: a network with one input (B, 3, H, W) and the outputs `HEADS`, without sigmoid.
            people: how many to give at most.
            flip_test: run each frame mirrored too and take the mean; twice the time.

        Raises:
            ModelError: the network gives other outputs.
        """
        channels = [shape[1] for shape in session.output_shapes if len(shape) == 4]
        if channels != [1, 2, 34, 2, 17, 2]:
            raise ModelError(f"{session.name} gives maps of {channels} channels, not CenterNet's 1, 2, 34, 2, 17, 2 ({', '.join(HEADS)})")
        self.runtime = session.runtime
        self._session, self._people, self._flip_test = session, people, flip_test

    def estimate(self, frames: Sequence[Frame]) -> list[list[Pose2D]]:
        """The people in each frame, the surest first."""
        crops = [whole(frame.size) for frame in frames]
        heads = self.run(np.stack([self.prepare(frame, crop) for frame, crop in zip(frames, crops, strict=True)]))
        return [self.decode(head, crop) for head, crop in zip(heads, crops, strict=True)]

    def prepare(self, frame: Frame, crop: Crop) -> Array:
        """The network's input, (3, 512, 512)."""
        return prepare(frame, crop, INPUT)

    def run(self, tensor: Array) -> list[Heads]:
        """The network's outputs for each frame of a batch."""
        if not self._flip_test:
            return [Heads(*activated(maps)) for maps in zip(*self._session.run([tensor]), strict=True)]
        both = [Heads(*activated(maps)) for maps in zip(*self._session.run([np.concatenate([tensor, tensor[..., ::-1]])]), strict=True)]
        half = len(tensor)
        return [average_flip(plain, mirrored) for plain, mirrored in zip(both[:half], both[half:], strict=True)]

    def decode(self, heads: Heads, crop: Crop) -> list[Pose2D]:
        """The people in a frame, the surest first."""
        _, scores, joints = decode(heads)
        size = heads.hm.shape[2], heads.hm.shape[1]
        poses: list[Pose2D] = []
        for score, xy in zip(scores[: self._people], joints, strict=False):
            if score < MIN_SCORE and poses:
                break
            # The network knows no confidence of a single joint.
            trust = np.full(len(COCO17), score, dtype=np.float32)
            poses.append(Pose2D(crop.to_frame(xy, size).astype(np.float32), trust, float(score), COCO17, roi=crop.corners()))
        return poses


def whole(size: Size) -> Crop:
    """The square that holds the whole frame in its middle (CenterNet's `fix_res`)."""
    width, height = size
    return Crop((width / 2, height / 2), (float(max(size)), float(max(size))))


def padded(size: Size, pad: int) -> tuple[Crop, Size]:
    """The frame at its own resolution, padded evenly to a multiple of `pad` + 1 (CenterNet's `keep_res`), and the input's size.

    `pad` is 31 for DLA-34, 127 for the hourglass.
    """
    width, height = ((side | pad) + 1 for side in size)
    return Crop((float(size[0] // 2), float(size[1] // 2)), (float(width), float(height))), (width, height)


def prepare(frame: Frame, crop: Crop, size: Size) -> Array:
    """The network's input, (3, H, W); black beyond the frame."""
    return network_input(frame.warp(crop.T_frame_crop(size), size), CENTERNET_PIXELS)


def activated(maps: Sequence[Array]) -> list[Array]:
    """The heads `HEADS` with both heat maps as probabilities."""
    return [np.float32(1.0) / (np.float32(1.0) + np.exp(-value)) if name in ("hm", "hm_hp") else value for name, value in zip(HEADS, maps, strict=True)]


def decode(heads: Heads, candidates: int = CANDIDATES) -> tuple[Array, Array, Array]:
    """People in pixels of the map, the surest first: boxes (K, 4) of x0, y0, x1, y1, scores (K,) and joints (K, 17, 2)."""
    scores, ys, xs = top(peaks(heads.hm)[0], candidates)
    centres = np.stack([xs, ys], axis=-1).astype(np.float32)
    offsets = heads.hps[:, ys, xs].T.reshape(candidates, -1, 2)
    joints = offsets + centres[:, None]
    middle = centres + (heads.reg[:, ys, xs].T if heads.reg is not None else np.float32(0.5))
    half = heads.wh[:, ys, xs].T / 2
    boxes = np.concatenate([middle - half, middle + half], axis=1)
    if heads.hm_hp is not None:
        joints = snap(joints, boxes, heads.hm_hp, heads.hp_offset, candidates)
    return boxes, scores, joints


def snap(joints: Array, boxes: Array, heatmaps: Array, offset: Array | None, candidates: int) -> Array:
    """Joints (K, J, 2) moved to the nearest peak of their heat map (J, H, W), where one is sure enough, near enough and in the box."""
    moved = joints.copy()
    reach = REACH * (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    for j, heatmap in enumerate(peaks(heatmaps)):
        scores, ys, xs = top(heatmap, candidates)
        found = scores > MIN_PEAK
        if not found.any():
            continue
        ys, xs = ys[found], xs[found]
        places = np.stack([xs, ys], axis=-1).astype(np.float32) + (offset[:, ys, xs].T if offset is not None else np.float32(0.5))
        distance = np.linalg.norm(joints[:, j, None] - places, axis=-1)  # (K, P)
        nearest = distance.argmin(axis=1)
        place = places[nearest]
        inside = ((place >= boxes[:, :2]) & (place <= boxes[:, 2:])).all(axis=1)
        taken = inside & (distance.min(axis=1) <= reach)
        moved[taken, j] = place[taken]
    return moved


def peaks(heatmaps: Array) -> Array:
    """Heat maps (C, H, W) with all that is not the highest of its 3 x 3 pixels set to 0."""
    highest = np.stack([cv2.dilate(heatmap, np.ones((3, 3), np.uint8)) for heatmap in heatmaps])
    return np.where(heatmaps == highest, heatmaps, np.float32(0.0))


def top(heatmap: Array, count: int) -> tuple[Array, NDArray[np.intp], NDArray[np.intp]]:
    """Values, rows and columns of the `count` highest pixels of a map (H, W), the highest first."""
    flat = heatmap.ravel()
    best = np.argpartition(-flat, min(count, flat.size) - 1)[:count]
    best = best[np.lexsort((best, -flat[best]))]
    rows, columns = np.divmod(best, heatmap.shape[1])
    return flat[best], rows, columns


def average_flip(plain: Heads, mirrored: Heads) -> Heads:
    """The mean of the outputs for a frame and for its mirror image. The sub-pixel offsets are the frame's own, as published."""
    assert plain.hm_hp is not None
    assert mirrored.hm_hp is not None
    mirror, half = COCO17.mirror(), np.float32(0.5)
    return Heads(
        hm=(plain.hm + mirrored.hm[..., ::-1]) * half,
        wh=(plain.wh + mirrored.wh[..., ::-1]) * half,
        hps=(plain.hps + flip_offsets(mirrored.hps)) * half,
        reg=plain.reg,
        hm_hp=(plain.hm_hp + mirrored.hm_hp[mirror, :, ::-1]) * half,
        hp_offset=plain.hp_offset,
    )


def flip_offsets(hps: Array) -> Array:
    """Joint offsets (34, H, W) of a mirrored frame as those of the frame."""
    pairs = hps[..., ::-1].reshape(17, 2, *hps.shape[1:])[COCO17.mirror()]
    return (pairs * np.array([-1.0, 1.0], dtype=np.float32)[:, None, None]).reshape(hps.shape)
