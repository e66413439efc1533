"""Pictures of people: the keypoints lie on them, the whole person is in view, and the seed decides."""

from __future__ import annotations

import numpy as np
import pytest

from posewright.character import default_character
from posewright.study.render import Figure, Renderer
from posewright.train.estimator.motions import some_poses
from posewright.train.estimator.people import coco_points
from posewright.train.estimator.scenes import FILLED, SIDE, pictures, random_background, random_camera, random_surroundings


@pytest.mark.usefixtures("opengl")
def test_keypoints_lie_on_the_drawn_person(sources, rng):
    body = default_character()
    positions, rotations = some_poses(sources.motions, body, rng, 6)
    points = coco_points(body, positions, rotations)
    on_body = []
    with Renderer((SIDE, SIDE)) as renderer:
        for i in range(6):
            camera = random_camera(points[i : i + 1], rng)
            room = random_surroundings(camera, rng)
            drawn = np.abs(renderer.render([Figure(body, positions[i], rotations[i])], camera, room).astype(int) - renderer.render([], camera, room)).max(-1) > 4
            at = camera.project(points[i])
            # a pixel of tolerance: ears and nose lie on the outline
            on_body += [drawn[max(int(y) - 1, 0) : int(y) + 2, max(int(x) - 1, 0) : int(x) + 2].any() for x, y in at]
            assert 0.5 * FILLED * SIDE < (at.max(0) - at.min(0)).max() < 1.01 * FILLED * SIDE
            assert drawn.mean() < 0.7
    assert np.mean(on_body) > 0.97  # a sleeve may have the colour of the wall


@pytest.mark.usefixtures("opengl")
def test_the_seed_decides_what_is_drawn(sources):
    first, again, other = (list(pictures(sources, np.random.default_rng(seed), 3)) for seed in (1, 1, 2))
    for (picture, points), (same, same_points) in zip(first, again, strict=True):
        assert picture.shape == (SIDE, SIDE, 3)
        np.testing.assert_array_equal(picture, same)
        np.testing.assert_array_equal(points, same_points)
    assert (first[0][0] != other[0][0]).mean() > 0.5


def test_backgrounds_differ(rng):
    one, other = random_background(rng), random_background(rng)
    assert one.dtype == np.uint8
    assert np.abs(one.astype(int) - other).mean() > 5
