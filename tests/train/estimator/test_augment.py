"""Crops for training: geometry that keeps keypoints where they belong, heat maps that decode back."""

from __future__ import annotations

import cv2
import numpy as np

from posewright.estimate.crop import Crop
from posewright.estimate.heatmap import decode_heatmaps
from posewright.skeletons import COCO17
from posewright.train.estimator.augment import STRIDE, _cut, augmented_crop, box_round, heatmaps, mirrored, plain_crop

SIZE = (96, 128)


def someone(rng, side=192):
    return (side / 2 + rng.uniform(-50, 50, (17, 2))).astype(np.float32)


def dotted(points, side=192):
    picture = np.zeros((side, side, 3), np.uint8)
    for x, y in points:
        cv2.circle(picture, (round(float(x)), round(float(y))), 3, (255, 255, 255), -1)
    return picture


def test_heat_maps_decode_back(rng):
    points = rng.uniform((8, 8), (86, 118), (5, 17, 2)).astype(np.float32)
    maps, weights = heatmaps(points, SIZE, 1.5)
    assert maps.shape == (5, 17, 32, 24)
    assert maps.max() <= 1
    assert weights.all()
    decoded = STRIDE * decode_heatmaps(maps)[0]
    assert np.abs(decoded - points).max() <= STRIDE / 4 + 1e-3


def test_what_lies_beyond_the_crop_has_no_weight():
    points = np.full((17, 2), 40.0, np.float32)
    points[3] = -5, 40
    points[4] = 40, 128
    weights = heatmaps(points, SIZE, 1.5)[1]
    assert [i for i in range(17) if not weights[i]] == [3, 4]


def test_turned_and_scaled_keypoints_lie_on_their_pixels(rng):
    points = someone(rng)
    picture = dotted(points)
    for angle in (0.0, 35.0, -20.0):
        crop, at = _cut(picture, points, SIZE, Crop.of_box(box_round(points), 0.75), angle, cv2.BORDER_CONSTANT)
        inside = (at >= 1).all(1) & (at < np.array(SIZE) - 1).all(1)
        assert inside.sum() > 8
        assert all(crop[round(float(y)), round(float(x))].max() > 100 for x, y in at[inside])


def test_a_mirrored_picture_has_its_sides_exchanged(rng):
    points = someone(rng)
    picture, at = mirrored(dotted(points), points)
    left, right = COCO17.index("left_wrist"), COCO17.index("right_wrist")
    np.testing.assert_allclose(at[right], (191 - points[left, 0], points[left, 1]))
    assert all(picture[round(float(y)), round(float(x))].max() > 100 for x, y in at)
    np.testing.assert_allclose(mirrored(picture, at)[1], points, atol=1e-4)


def test_a_plain_crop_is_what_the_estimator_takes(rng):
    points = someone(rng)
    _, at = plain_crop(dotted(points), points, SIZE)
    crop = Crop.of_box(box_round(points), SIZE[0] / SIZE[1])
    np.testing.assert_allclose(crop.to_frame(at, SIZE), points, atol=1e-3)


def test_the_seed_decides_the_augmentation(rng):
    points = someone(rng)
    picture = rng.integers(0, 256, (192, 192, 3), dtype=np.uint8)
    (one, at), (same, _), (other, elsewhere) = (augmented_crop(picture, points, SIZE, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.shape == (128, 96, 3)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert (at != elsewhere).any()
