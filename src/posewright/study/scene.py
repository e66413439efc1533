"""Synthetic clips with exact truth: who moves, before which camera, in what room."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError, require
from posewright.geometry import IDENTITY, matrix_from_axes, normalize, quat_conjugate, quat_continuous, quat_multiply
from posewright.media.encode import write_video
from posewright.skeletons import BODY_PARENTS, HUMANOID, Skeleton
from posewright.study.render import FLOORS, Figure, Renderer, Room
from posewright.types import Camera, Capture, Character, Keypoints, Motion, Person, Poses3D, SourceInfo

if TYPE_CHECKING:
    from posewright.pipeline import Progress


@dataclass(frozen=True)
class Actor:
    """A character and what it does."""

    character: Character
    motion: Motion
    """On the character's own skeleton, as `posewright.character.retarget` gives it."""

    def __post_init__(self) -> None:
        require(self.motion.skeleton.joints == self.character.skeleton.joints, f"motion '{self.motion.name}' is not on the skeleton of {self.character.name}: retarget it first")


def look_at(eye: Sequence[float], target: Sequence[float], image_size: tuple[int, int], fov_deg: float = 50.0, roll_deg: float = 0.0) -> Camera:
    """A camera at `eye` that looks at `target`, both world points in metres.

    Args:
        eye: the camera's centre.
        target: what appears in the middle of the picture.
        image_size: width and height in pixels.
        fov_deg: angle of view along the longer side, degrees.
        roll_deg: how far the camera is turned clockwise about its line of sight, degrees.
    """
    forward = normalize(np.subtract(target, eye))
    right = normalize(np.cross(forward, [0.0, 1.0, 0.0]))
    down = np.cross(forward, right)
    cos, sin = math.cos(math.radians(roll_deg)), math.sin(math.radians(roll_deg))
    pose = np.eye(4)
    pose[:3, :3] = matrix_from_axes(cos * right + sin * down, cos * down - sin * right, forward)
    pose[:3, 3] = eye
    return replace(Camera.from_fov(image_size, fov_deg), T_world_camera=pose)


def random_room(seed: int) -> Room:
    """A plausible room: floor, colours, size and light drawn at random."""
    rng = np.random.default_rng(seed)
    floor = str(rng.choice(FLOORS))
    shade = rng.uniform(0.10, 0.32)
    tint = {"wood": (1.0, 0.66, 0.42), "concrete": (1.0, 0.98, 0.94), "carpet": tuple(rng.uniform(0.55, 1.0, 3)), "tiles": (1.0, 0.97, 0.92)}[floor]
    red, green, blue = (float(shade * part) for part in tint)
    walls = rng.uniform(0.25, 0.75) * rng.uniform(0.86, 1.0, 3)
    return Room(
        floor=floor,
        floor_colour=(red, green, blue),
        wall_colour=(float(walls[0]), float(walls[1]), float(walls[2])),
        low=(float(rng.uniform(-6.0, -3.5)), 0.0, float(rng.uniform(-5.5, -3.0))),
        high=(float(rng.uniform(3.5, 6.0)), float(rng.uniform(2.7, 4.5)), 12.0),
        sun_azimuth=float(rng.uniform(-1.3, 1.3)),
        sun_elevation=float(rng.uniform(0.7, 1.3)),
        sun=float(rng.uniform(1.2, 2.2)),
        sky=float(rng.uniform(0.55, 0.95)),
        warmth=float(rng.uniform(-0.05, 0.22)),
        softness_m=float(rng.uniform(0.006, 0.03)),
    )


def body_skeleton(character: Character) -> Skeleton:
    """The humanoid's body bones in the character's proportions: T-pose, identity rest rotations, soles where the character's are.

    Raises:
        UsageError: the character lacks a body bone.
    """
    rest = character.skeleton.rest_pose()[0]
    missing = [bone for bone in BODY_PARENTS if bone not in character.humanoid]
    if missing:
        raise UsageError(f"{character.name} has no bone for {', '.join(missing)}")
    place = {bone: rest[character.skeleton.index(character.humanoid[bone])] for bone in BODY_PARENTS}
    offsets = np.array([place[bone] - (place[parent] if parent else 0.0) for bone, parent in BODY_PARENTS.items()])
    parents = tuple(-1 if parent is None else list(BODY_PARENTS).index(parent) for parent in BODY_PARENTS.values())
    return Skeleton(tuple(BODY_PARENTS), parents, offsets, np.tile(IDENTITY, (len(offsets), 1)))


def body_motion(actor: Actor) -> Motion:
    """What the humanoid's body bones do on the actor, exactly where they are drawn: a motion on `body_skeleton`."""
    character, motion = actor.character, actor.motion
    skeleton = body_skeleton(character)
    joints = [character.skeleton.index(character.humanoid[bone]) for bone in skeleton.joints]
    positions, rotations = motion.skeleton.forward(motion.rotations, motion.root_translation)
    away = quat_multiply(rotations, quat_conjugate(character.skeleton.rest_pose()[1]))[:, joints]
    local = away.copy()
    for i, parent in enumerate(skeleton.parents[1:], start=1):
        local[:, i] = quat_multiply(quat_conjugate(away[:, parent]), away[:, i])
    return Motion(skeleton, quat_continuous(local), positions[:, joints[0]], motion.fps, motion.contacts, motion.confidence, motion.name)


def truth(actors: Sequence[Actor], camera: Camera, name: str, notes: tuple[str, ...] = ()) -> Capture:
    """What a perfect capture of the clip would give: joints where they project to, where they are, and the motions."""
    people = []
    for actor in actors:
        motion = body_motion(actor)
        positions = motion.joint_positions().astype(np.float32)
        certain = np.ones(positions.shape[:2], dtype=np.float32)
        xy = camera.project(motion.joint_positions()).astype(np.float32)
        keypoints = Keypoints(xy, certain, HUMANOID, motion.timestamps, camera.image_size)
        people.append(Person(keypoints, Poses3D(positions, certain, HUMANOID, motion.timestamps, "world", False), motion))
    first = actors[0].motion
    return Capture(SourceInfo(name, "video", camera.image_size, first.fps, len(first)), camera, tuple(people), notes)


def frames(actors: Sequence[Actor], camera: Camera, room: Room, samples: int = 4) -> Iterator[NDArray[np.uint8]]:
    """The clip's pictures one by one, uint8 RGB (H, W, 3).

    Raises:
        UsageError: nobody is in the scene, or the motions differ in length or frame rate.
        RenderError: no OpenGL here.
    """
    if not actors or len({(len(actor.motion), actor.motion.fps) for actor in actors}) > 1:
        raise UsageError("a scene needs at least one actor, and all motions the same length and frame rate")
    poses = [actor.motion.skeleton.forward(actor.motion.rotations, actor.motion.root_translation) for actor in actors]
    with Renderer(camera.image_size, samples) as renderer:
        for i in range(len(actors[0].motion)):
            figures = [Figure(actor.character, positions[i], rotations[i]) for actor, (positions, rotations) in zip(actors, poses, strict=True)]
            yield renderer.render(figures, camera, room)


def render_clip(
    path: str | os.PathLike[str], actors: Sequence[Actor], camera: Camera, room: Room | None = None, *, crf: int = 20, samples: int = 4, progress: Progress | None = None
) -> Capture:
    """Render a scene to an H.264 file at the motions' frame rate.

    Args:
        path: the .mp4 to write.
        actors: who is in the scene.
        camera: fixed through the clip, without distortion.
        room: surroundings and light; `Room()` when None.
        crf: quality of the encoder: the smaller, the larger the file.
        samples: anti-aliasing samples a pixel.
        progress: told of each frame, if given.

    Returns:
        The clip's truth.

    Raises:
        UsageError: nobody is in the scene, or the motions differ in length or frame rate.
        RenderError: no OpenGL here.
        OutputError: the file cannot be written.
    """
    total = len(actors[0].motion) if actors else 0

    def told() -> Iterator[NDArray[np.uint8]]:
        for i, frame in enumerate(frames(actors, camera, room or Room(), samples)):
            yield frame
            if progress:
                progress("render", i + 1, total)

    write_video(path, told(), actors[0].motion.fps if actors else 30.0, crf)
    return truth(actors, camera, Path(path).name)
