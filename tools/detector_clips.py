"""Clips for `measure_detector.py`: recorded motion on random people before random cameras, seen by BlazePose, with the truth.

Every clip follows from its number and the folder's motions alone. A clip is one .npz of T frames at 30 a second:

    xy, confidence, world     what BlazePose gave: pixels (T, 33, 2), (T, 33), metres (T, 33, 3); NaN where it found nobody
    points                    where the points truly are: the world, +Y up, metres, (T, 33, 3)
    rotations, root           the humanoid's local rotations (T, 22, 4) and the place of its hips bone (T, 3)
    contacts                  heel and ball of the left, then of the right foot, (T, 4)
    offsets, local, stature   the body, as in `posewright.train.data.Bodies`
    focal, centre, size, T_world_camera, pitch, distance    the camera: pixels, (4, 4), radians, metres
    hidden                    a thing before the person: left, top, right, bottom in pixels; zeros for none
    kind, name, figure        "whole", "cut" by the picture's edge or "hidden" in part; the motion; the person
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import bake_bodies
import cv2
import numpy as np
import study_bodies
from mannequin.body import load_body

from posewright.character.hands import relaxed_fingers
from posewright.character.stance import Body
from posewright.estimate.blazepose import BlazePose
from posewright.files import atomic_path
from posewright.geometry import Array, quat_from_rotvec, quat_multiply
from posewright.media import Frame
from posewright.study.render import Figure, Renderer, Room
from posewright.study.scene import look_at, random_room
from posewright.train.data.bodies import JOINTS, POINTS, Bodies
from posewright.train.data.sequences import Sequences, mirrored
from posewright.types import Camera, Character

FRAMES = 80
FPS = 30.0
SIZES = ((448, 448), (608, 400), (400, 608))
"""Pictures of these sizes (width, height), the one that fits the path best."""
SMALLEST_PX = 130.0
"""Height of the person below which a clip is made shorter, so that its path needs less room."""
_SKINS = (0xC68C6C, 0xA86A4A, 0x8A4C2C, 0x5A3018, 0x3A1C0C, 0xB47C60, 0xD09A80)
_SOLE_M = 0.02
_FEET = [POINTS.index(f"{side}_{part}") for side in ("left", "right") for part in ("heel", "foot_index")]


@dataclass(frozen=True)
class Person:
    """Somebody to render."""

    name: str
    character: Character
    body: Bodies
    """The one body."""


def people(folder: Path, prefix: str, count: int) -> list[Person]:
    """`count` random people; kept as .glb and .npz in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return [person(folder, f"{prefix}{i:02d}") for i in range(count)]


def person(folder: Path, name: str) -> Person:
    """One random person, by name."""
    rng = np.random.default_rng(list(name.encode()))
    shape, height_m = bake_bodies.random_person(rng)
    colours = {part: tuple(float(c) for c in rng.uniform(0.01, 0.7) * rng.uniform(0.15, 1.0, 3)) for part in ("top", "trousers", "shoes", "trim", "hair")}
    skin = int(rng.choice(_SKINS))
    colours["skin"] = ((skin >> 16) / 255, (skin >> 8 & 255) / 255, (skin & 255) / 255)
    study_bodies.FIGURES[name] = study_bodies.Figure(shape, height_m, colours)
    table = folder / f"{name}.npz"
    if not table.exists():
        load = bake_bodies.loader()
        _, local, _ = bake_bodies.table(load(shape, study_bodies.REFERENCE_M), bake_bodies.point_weights(load()))
        study_bodies.load_body = load_body
        np.savez(table, local=local * height_m / study_bodies.REFERENCE_M)
    character = study_bodies.person(folder, name)
    offsets = character.skeleton.rest_offsets[[character.skeleton.index(bone) for bone in JOINTS]]
    carrier = np.array([JOINTS.index(bake_bodies.carrier_of(point)) for point in POINTS])
    with np.load(table) as data:
        local = data["local"]
    return Person(name, character, Bodies(offsets[None].astype(np.float32), local[None].astype(np.float32), carrier, np.array([height_m], dtype=np.float32)))


@dataclass(frozen=True)
class Take:
    """What happens in a clip."""

    rotations: Array
    root: Array
    points: Array
    contacts: Array
    name: str

    def first(self, frames: int) -> Take:
        return Take(self.rotations[:frames], self.root[:frames], self.points[:frames], self.contacts[:frames], self.name)


def take(rng: np.random.Generator, sequences: Sequences, who: Person) -> Take:
    """A random part of a random motion, at another pace, perhaps mirrored, on a person who faces any way."""
    sequence = int(rng.choice(len(sequences.length), p=sequences.length / sequences.length.sum()))
    pace = float(rng.uniform(0.8, 1.25))
    spare = int(sequences.length[sequence] - FRAMES * pace)
    start = int(sequences.first[sequence] + (rng.integers(0, spare) if spare > 0 else 0))
    frames = min(FRAMES, int(sequences.length[sequence] / pace))
    window = sequences.window(np.array([start]), np.arange(frames) * pace)
    if rng.random() < 0.5:
        window = mirrored(window)
    turn = quat_from_rotvec(np.array([0.0, rng.uniform(-np.pi, np.pi), 0.0]))
    rotations = window.rotations.copy()
    rotations[:, :, 0] = quat_multiply(turn, rotations[:, :, 0])
    middle = window.pelvis[0] * who.body.leg_lengths[0]
    path = quat_multiply(quat_multiply(turn, np.concatenate([middle, np.zeros((frames, 1))], -1)), turn * [-1, -1, -1, 1])[:, :3]
    path[:, [0, 2]] -= (path[:, [0, 2]].min(0) + path[:, [0, 2]].max(0)) / 2
    floor = np.percentile(who.body.pose(rotations, path[None]).points[0][:, _FEET, 1].min(1), 5.0) - _SOLE_M
    posed = who.body.pose(rotations, path[None] - [0.0, floor, 0.0])
    return Take(rotations[0].astype(np.float64), posed.joints[0, :, 0].astype(np.float64), posed.points[0].astype(np.float64), window.contacts[0], sequences.names[sequence])


@dataclass(frozen=True)
class View:
    """Where from, and how much is seen."""

    camera: Camera
    pitch: float
    distance: float
    kind: str


def view(rng: np.random.Generator, doing: Take) -> View:
    """A camera on +Z at any distance and pitch, whose picture is cut out round the person's path."""
    distance, pitch = math.exp(rng.uniform(math.log(1.9), math.log(7.0))), math.radians(rng.uniform(-25.0, 45.0) if rng.random() < 0.4 else rng.uniform(-8.0, 22.0))
    target = doing.points.reshape(-1, 3).mean(0)
    distance = max(distance, 1.6 + float(doing.points[..., 2].max() - target[2]))
    pitch = math.asin(max(math.sin(pitch), (0.12 - target[1]) / distance))
    eye = target + distance * np.array([0.0, math.sin(pitch), math.cos(pitch)])
    aim = target + distance * np.append(np.tan(np.radians(rng.normal(0.0, (9.0, 6.0)))), 0.0)
    base = look_at(eye.tolist(), aim.tolist(), (2, 2), 90.0, float(rng.normal(0.0, 4.0)))
    rays = base.rays(base.project(doing.points))
    low, high = rays.min(1), rays.max(1)
    tall, extent = float(np.median(np.max(high - low, axis=-1))), high.max(0) - low.min(0)
    size = min(SIZES, key=lambda s: abs(math.log(s[0] / s[1]) - math.log(extent[0] / extent[1])))
    focal = min(rng.uniform(220.0, 390.0) / tall, *(0.94 * side / reach for side, reach in zip(size, extent, strict=True)))
    middle = (low.min(0) + high.max(0)) / 2
    kind = str(rng.choice(["whole", "cut", "hidden"], p=[0.76, 0.12, 0.12]))
    if kind == "cut":
        zoom = rng.uniform(1.3, 2.2)
        focal *= zoom
        middle = middle + (0.5 - 0.5 / zoom) * extent * [rng.uniform(-0.6, 0.6), rng.choice([-1.0, -1.0, -1.0, 1.0])]
    centre = np.array(size) / 2 - focal * middle + rng.uniform(-1.0, 1.0, 2) * (np.array(size) - focal * extent).clip(0) / 2 * 0.9 * (kind != "cut")
    camera = replace(base, image_size=size, focal=(focal, focal), centre=(float(centre[0]), float(centre[1])))
    return View(camera, pitch, distance, kind)


def surroundings(rng: np.random.Generator, camera: Camera, points: Array) -> Room:
    """A random room round the camera and the path; sometimes a picture of blotches in its place."""
    room = random_room(int(rng.integers(1 << 31)))
    eye = camera.T_world_camera[:3, 3]
    low, high = (np.array(corner) for corner in (room.low, room.high))
    low[[0, 2]] = np.minimum(low[[0, 2]], points.min((0, 1))[[0, 2]] - 0.6)
    high = np.maximum(high, np.maximum(points.max((0, 1)), eye) + 0.6)
    low[[0, 2]] = np.minimum(low[[0, 2]], eye[[0, 2]] - 0.3)
    room = replace(room, low=(float(low[0]), 0.0, float(low[2])), high=(float(high[0]), float(high[1]), float(high[2])))
    if rng.random() < 0.2:
        cells = rng.integers(3, 40)
        blotches = rng.integers(0, 256, (int(cells), int(cells), 3), dtype=np.uint8)
        width, height = camera.image_size
        room = replace(room, image=np.asarray(cv2.resize(blotches, (width, height), interpolation=int(rng.choice([cv2.INTER_NEAREST, cv2.INTER_CUBIC]))), dtype=np.uint8))
    return room


class Spoiler:
    """What happens to a clip's pictures before the detector sees them: things in the way, poor light, a soft lens, compression."""

    def __init__(self, rng: np.random.Generator, seen: View, xy: Array) -> None:
        self._rng = rng
        self.hidden = np.zeros(4, dtype=np.int64)
        if seen.kind == "hidden":
            low, high = np.nanmin(xy, (0, 1)), np.nanmax(xy, (0, 1))
            start = low + (high - low) * rng.uniform(-0.1, 0.75, 2)
            end = start + (high - low) * rng.uniform(0.12, 0.5, 2)
            if rng.random() < 0.5:  # a table, a desk: all that is below
                start, end = np.array([low[0] - 40, low[1] + (high[1] - low[1]) * rng.uniform(0.45, 0.8)]), high + 200
            self.hidden = np.concatenate([start, end]).clip(0, [*seen.camera.image_size] * 2).astype(np.int64)
            left, top, right, bottom = self.hidden
            grain = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
            self._thing = cv2.resize(grain, (max(int(right - left), 1), max(int(bottom - top), 1)), interpolation=cv2.INTER_CUBIC)
        self._gain = rng.uniform(0.55, 1.3, 3) ** 0.5 * rng.uniform(0.6, 1.2) if rng.random() < 0.5 else np.ones(3)
        self._blur = float(rng.uniform(0.5, 1.6)) if rng.random() < 0.25 else 0.0
        self._noise = float(rng.uniform(3.0, 14.0)) if rng.random() < 0.3 else 0.0
        self._quality = int(rng.integers(15, 80)) if rng.random() < 0.4 else 0

    def __call__(self, picture: Array) -> Array:
        """uint8 RGB (H, W, 3) to the same."""
        left, top, right, bottom = self.hidden
        if right > left and bottom > top:
            picture[top:bottom, left:right] = self._thing[: bottom - top, : right - left]
        if self._blur:
            picture = cv2.GaussianBlur(picture, (0, 0), self._blur)
        if (self._gain != 1.0).any() or self._noise:
            changed = picture * self._gain.astype(np.float32)
            if self._noise:
                changed += self._noise * self._rng.standard_normal(picture.shape, dtype=np.float32)
            picture = np.clip(changed, 0, 255).astype(np.uint8)
        if self._quality:
            picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, self._quality])[1], cv2.IMREAD_COLOR)
        return picture


class Studio:
    """Renders takes and has BlazePose look at them."""

    def __init__(self) -> None:
        self._renderers: dict[tuple[int, int], Renderer] = {}
        self._detector = BlazePose(threads=1)

    def frames(self, doing: Take, who: Person, camera: Camera, room: Room):
        """Pictures one by one."""
        renderer = self._renderers.get(camera.image_size) or self._open(camera.image_size)
        skeleton = who.character.skeleton
        full = np.tile(skeleton.rest_rotations, (len(doing.root), 1, 1))
        for bone, curl in relaxed_fingers(Body.of(who.character)).items():
            full[:, skeleton.index(bone)] = curl
        full[:, [skeleton.index(bone) for bone in JOINTS]] = doing.rotations
        positions, rotations = skeleton.forward(full, doing.root)
        for place, turned in zip(positions, rotations, strict=True):
            yield renderer.render([Figure(who.character, place, turned)], camera, room)

    def _open(self, size: tuple[int, int]) -> Renderer:
        return self._renderers.setdefault(size, Renderer(size, 2))

    def look(self, pictures) -> tuple[Array, Array, Array]:
        """BlazePose's pixels (T, 33, 2), confidence (T, 33) and metres (T, 33, 3)."""
        self._detector.reset()
        rows = []
        for i, picture in enumerate(pictures):
            found = self._detector(Frame.from_rgb(picture, i, i / FPS))
            lost = (np.full((33, 2), np.nan), np.zeros(33), np.full((33, 3), np.nan))
            rows.append((found[0].xy, found[0].confidence, found[0].xyz) if found else lost)
        xy, confidence, world = (np.array(part, dtype=np.float32) for part in zip(*rows, strict=True))
        return xy, confidence, world

    def clip(self, path: Path, seed: int, sequences: Sequences, crowd: list[Person]) -> int:
        """Make the clip of one number; how many frames it has."""
        rng = np.random.default_rng([11, seed])
        who = crowd[int(rng.integers(len(crowd)))]
        doing = take(rng, sequences, who)
        looks = rng.bit_generator.state
        seen = view(rng, doing)
        while seen.camera.focal[0] * _tall(seen, doing) < SMALLEST_PX and len(doing.root) > 30:
            doing = doing.first(int(0.8 * len(doing.root)))
            rng.bit_generator.state = looks
            seen = view(rng, doing)
        room = surroundings(rng, seen.camera, doing.points)
        spoil = Spoiler(rng, seen, seen.camera.project(doing.points))
        xy, confidence, world = self.look(spoil(picture) for picture in self.frames(doing, who, seen.camera, room))
        camera = seen.camera
        with atomic_path(path) as part:
            np.savez_compressed(
                part, xy=xy, confidence=confidence, world=world, points=doing.points.astype(np.float32), rotations=doing.rotations.astype(np.float32), root=doing.root,
                contacts=doing.contacts, offsets=who.body.offsets[0], local=who.body.local[0], stature=who.body.stature[0], focal=camera.focal[0], centre=camera.centre,
                size=camera.image_size, T_world_camera=camera.T_world_camera, pitch=seen.pitch, distance=seen.distance, hidden=spoil.hidden, kind=seen.kind, name=doing.name,
                figure=who.name,
            )  # fmt: skip
        return len(xy)


def _tall(seen: View, doing: Take) -> float:
    rays = seen.camera.rays(seen.camera.project(doing.points))
    return float(np.median((rays.max(1) - rays.min(1)).max(-1)))


if __name__ == "__main__":
    sys.exit("run measure_detector.py")
