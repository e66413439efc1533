"""Where the drawn people stand and what takes their picture: cameras, rooms and made-up backgrounds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.study.render import Figure, Renderer, Room
from posewright.study.scene import look_at, random_room
from posewright.train.estimator.motions import some_poses
from posewright.train.estimator.people import coco_points, disguised
from posewright.types import Camera, Character, Motion

SIDE = 192
"""Of a picture, pixels."""
FILLED = 0.62
"""Longer side of the box round the keypoints over the picture's side."""
POSES, VIEWS = 24, 4
"""Poses of one body in one recording, and how many of them share a camera and a room, which cost as much as three people."""


@dataclass(frozen=True)
class Sources:
    """What people are made of."""

    motions: Sequence[Motion]
    bodies: Sequence[Character]


def pictures(sources: Sources, rng: np.random.Generator, count: int) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    """Pictures uint8 RGB (SIDE, SIDE, 3) of one person each, and COCO's keypoints in them, (17, 2), pixels.

    Raises:
        RenderError: no OpenGL here.
    """
    done = 0
    with Renderer((SIDE, SIDE), 4) as renderer:
        while done < count:
            body = disguised(sources.bodies[int(rng.integers(len(sources.bodies)))], rng)
            positions, rotations = some_poses(sources.motions, body, rng, POSES)
            points = coco_points(body, positions, rotations)
            for first in range(0, POSES, VIEWS):
                camera = random_camera(points[first : first + VIEWS], rng)
                room = random_surroundings(camera, rng)
                for i in range(first, first + VIEWS):
                    if done < count:
                        yield renderer.render([Figure(body, positions[i], rotations[i])], camera, room), camera.project(points[i]).astype(np.float32)
                        done += 1


def random_camera(points: NDArray[np.float64], rng: np.random.Generator) -> Camera:
    """A camera on +Z, near or far, high or low, that shows points (..., K, 3) as large as `FILLED`."""
    cloud = points.reshape(-1, 3)
    middle = (cloud.min(0) + cloud.max(0)) / 2
    distance = math.exp(rng.uniform(math.log(1.9), math.log(7.0)))
    pitch = math.radians(float(np.clip(rng.normal(8.0, 14.0), -25.0, 45.0)))
    eye = middle + distance * np.array([0.0, math.sin(pitch), math.cos(pitch)])
    eye[1] = max(eye[1], 0.15)
    camera = look_at(eye.tolist(), middle.tolist(), (SIDE, SIDE), 50.0, float(rng.normal(0.0, 5.0)))
    seen = camera.project(points)
    largest = float(np.nanmax(seen.max(-2) - seen.min(-2)))
    focal = camera.focal[0] * FILLED * SIDE / max(largest, 1.0)
    return replace(camera, focal=(focal, focal))


def random_surroundings(camera: Camera, rng: np.random.Generator) -> Room:
    """A room that holds the camera, or a made-up picture in its place."""
    room = random_room(int(rng.integers(2**31)))
    eye = camera.T_world_camera[:3, 3]
    low = (room.low[0], 0.0, min(room.low[2], -2.5))
    room = replace(room, low=low, high=(room.high[0], max(room.high[1], float(eye[1]) + 0.6), room.high[2]))
    return replace(room, image=random_background(rng)) if rng.random() < 0.5 else room


def random_background(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Noise of several scales in a few colours, with shapes of plain colour and lines, uint8 RGB (SIDE, SIDE, 3)."""
    picture = np.full((SIDE, SIDE, 3), rng.uniform(0, 255, 3))
    for cells in (2, 4, 9, 24, 64):
        grid = rng.normal(0.0, 1.0, (cells, cells, 1)) * rng.uniform(0.0, 1.0, 3) + rng.normal(0.0, 0.4, (cells, cells, 3))
        picture += rng.uniform(0.0, 45.0) / math.sqrt(math.log2(cells)) * cv2.resize(grid, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    canvas = np.clip(picture, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 14))):
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        x, y, width, height = (int(value) for value in rng.integers(-20, SIDE, 4))
        kind = rng.integers(3)
        if kind == 0:
            corners = cv2.boxPoints(((x, y), (width / 2 + 4, height / 2 + 4), float(rng.uniform(0, 90))))
            cv2.fillPoly(canvas, [corners.astype(np.int32)], colour)
        elif kind == 1:
            cv2.ellipse(canvas, (x, y), (abs(width) // 4 + 3, abs(height) // 4 + 3), float(rng.uniform(0, 180)), 0, 360, colour, -1)
        else:
            cv2.line(canvas, (x, y), (width, height), colour, int(rng.integers(1, 14)), cv2.LINE_AA)
    return np.ascontiguousarray(canvas)
