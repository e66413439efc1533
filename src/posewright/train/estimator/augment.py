"""From a picture of a person to what a network learns from: a crop as at run time, spoiled in many ways, and heat maps."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.estimate.crop import Crop, Size
from posewright.skeletons import COCO17

Picture = NDArray[np.uint8]
Points = NDArray[np.float32]

MARGIN = 1.2
"""Side of a person's box over that of the box round their keypoints: what `estimate.topdown` takes from one frame to the next."""
STRIDE = 4
"""Pixels of the input a pixel of the heat map."""
_MIRROR = COCO17.mirror()


def box_round(points: Points) -> NDArray[np.float64]:
    """The person's box (4,), x0, y0, x1, y1, from keypoints (17, 2)."""
    low, high = points.min(0).astype(np.float64), points.max(0).astype(np.float64)
    half = MARGIN * np.maximum(high - low, 1.0) / 2
    return np.concatenate([(low + high) / 2 - half, (low + high) / 2 + half])


def plain_crop(picture: Picture, points: Points, size: Size) -> tuple[Picture, Points]:
    """The crop that the estimator would take, (h, w, 3), and the keypoints in its pixels."""
    return _cut(picture, points, size, Crop.of_box(box_round(points), size[0] / size[1]), 0.0, cv2.BORDER_CONSTANT)


def augmented_crop(picture: Picture, points: Points, size: Size, rng: np.random.Generator) -> tuple[Picture, Points]:
    """A crop moved, turned, scaled and mirrored at random, in other light, through a worse lens, behind things; and the keypoints in its pixels."""
    if rng.random() < 0.5:
        picture, points = mirrored(picture, points)
    box = box_round(points)
    width, height = box[2:] - box[:2]
    scale = math.exp(float(np.clip(rng.normal(0.0, 0.16), -0.35, 0.4)))
    centre = (box[:2] + box[2:]) / 2 + rng.normal(0.0, 0.05, 2) * max(width, height)
    half = scale * (box[2:] - box[:2]) / 2
    angle = float(np.clip(rng.normal(0.0, 14.0), -40.0, 40.0)) if rng.random() < 0.6 else 0.0
    border = cv2.BORDER_CONSTANT if rng.random() < 0.3 else cv2.BORDER_REFLECT_101
    crop, at = _cut(picture, points, size, Crop.of_box(np.concatenate([centre - half, centre + half]), size[0] / size[1]), angle, border)
    return _spoiled(_hidden(crop, rng), rng), at


def mirrored(picture: Picture, points: Points) -> tuple[Picture, Points]:
    """Left and right exchanged."""
    return picture[:, ::-1], (points * (-1.0, 1.0) + (picture.shape[1] - 1, 0.0)).astype(np.float32)[_MIRROR]


def heatmaps(points: Points, size: Size, sigma: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Targets as Xiao et al. 2018 train on: a Gaussian of height 1 at each keypoint.

    Args:
        points: keypoints in pixels of the input, (..., 17, 2).
        size: of the input.
        sigma: of the Gaussian, pixels of the heat map.

    Returns:
        Heat maps (..., 17, h, w), and a weight (..., 17) of 0 for what lies beyond the crop.
    """
    width, height = size[0] // STRIDE, size[1] // STRIDE
    x, y = points[..., 0, None] / STRIDE, points[..., 1, None] / STRIDE
    across = np.exp(-((np.arange(width) - x) ** 2) / (2 * sigma**2))
    down = np.exp(-((np.arange(height) - y) ** 2) / (2 * sigma**2))
    inside = (points[..., 0] >= 0) & (points[..., 1] >= 0) & (points[..., 0] < size[0]) & (points[..., 1] < size[1])
    return (down[..., :, None] * across[..., None, :]).astype(np.float32), inside.astype(np.float32)


def _cut(picture: Picture, points: Points, size: Size, crop: Crop, angle_deg: float, border: int) -> tuple[Picture, Points]:
    T_frame_crop = np.vstack([crop.T_frame_crop(size), [0.0, 0.0, 1.0]])
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    middle = np.array([[1.0, 0.0, size[0] / 2], [0.0, 1.0, size[1] / 2], [0.0, 0.0, 1.0]])
    turn = middle @ np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]]) @ np.linalg.inv(middle)
    T_crop_frame = turn @ np.linalg.inv(T_frame_crop)
    image = cv2.warpAffine(picture, T_crop_frame[:2], size, flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(image), (points @ T_crop_frame[:2, :2].T + T_crop_frame[:2, 2]).astype(np.float32)


def _hidden(crop: Picture, rng: np.random.Generator) -> Picture:
    """Now and then a rectangle of one colour, or of noise, before a part of the person."""
    height, width = crop.shape[:2]
    if rng.random() < 0.35:
        crop = crop.copy()
        for _ in range(int(rng.integers(1, 3))):
            w, h = int(width * rng.uniform(0.08, 0.4)), int(height * rng.uniform(0.06, 0.3))
            x, y = int(rng.integers(-w // 2, width)), int(rng.integers(-h // 2, height))
            part = crop[max(y, 0) : y + h, max(x, 0) : x + w]
            part[:] = rng.integers(0, 256, 3) if rng.random() < 0.7 else rng.integers(0, 256, part.shape)
    return crop


def _spoiled(crop: Picture, rng: np.random.Generator) -> Picture:
    """Other brightness, contrast and colours; blurred, coarse or noisy."""
    image: NDArray[Any] = crop.astype(np.float32)
    if rng.random() < 0.1:
        image = image[..., rng.permutation(3)]
    if rng.random() < 0.12:
        image = np.repeat(image.mean(-1, keepdims=True), 3, axis=-1)
    gain = math.exp(rng.normal(0.0, 0.25)) * np.exp(rng.normal(0.0, 0.1, 3))
    image = (image - 128.0) * gain + 128.0 + rng.normal(0.0, 18.0)
    kind = rng.random()
    if kind < 0.25:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 1.5)))
    elif kind < 0.4:
        share = float(rng.uniform(0.35, 0.8))
        small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        image = cv2.resize(small, (crop.shape[1], crop.shape[0]), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.4:
        image = image + rng.normal(0.0, rng.uniform(1.0, 14.0), image.shape).astype(np.float32)
    return np.clip(image, 0.0, 255.0).astype(np.uint8)
