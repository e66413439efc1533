"""Pictures of a character without a GPU: what `posewright demo` shows, and a quick look for anyone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.character import retarget, skin
from posewright.errors import require
from posewright.geometry import normalize, quat_rotate
from posewright.types import Camera, Character, Motion
from posewright.view.raster import rasterise

SUPERSAMPLE = 2
FRAMING_FOV_DEG = 26.0
BACKDROP = ((0.86, 0.89, 0.92), (0.62, 0.66, 0.71))
"""Linear RGB at the top and at the bottom of the picture, and of the far floor."""
_FLOOR = np.array([0.60, 0.63, 0.67])
_SKY_LIGHT = np.array([0.40, 0.43, 0.48])
_GROUND_LIGHT = np.array([0.20, 0.19, 0.18])
_KEY_LIGHT = np.array([0.80, 0.76, 0.70])
_RIM_LIGHT = np.array([0.24, 0.27, 0.32])
_KEY_DIRECTION = normalize(np.array([-0.55, -0.75, -0.62]))
"""Towards the key light, camera frame (x right, y down, z forward): above the viewer's left shoulder."""


def render_character(
    character: Character,
    positions: NDArray[Any],
    normals: NDArray[Any],
    camera: Camera,
    size: tuple[int, int] | None = None,
    floor: bool = True,
) -> NDArray[np.uint8]:
    """Draw a posed character on a plain floor.

    Args:
        character: gives triangles and colours.
        positions: world positions of all its vertices, (V, 3), metres, as `skin` gives them.
        normals: their normals, (V, 3).
        camera: from where; its distortion is not applied.
        size: width and height of the picture, the camera's own if None.
        floor: draw the floor at y = 0 with the character's shadow.

    Returns:
        RGB picture (H, W, 3).
    """
    camera = _resized(camera, size or camera.image_size)
    width, height = camera.image_size
    fine = _resized(camera, (width * SUPERSAMPLE, height * SUPERSAMPLE))
    triangles, materials = _surface(character)
    index, weights, _ = rasterise(positions, triangles, fine)

    picture = _backdrop(camera, positions[triangles] if floor else None)
    fine_picture = np.asarray(cv2.resize(picture, fine.image_size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    hit = index >= 0
    faces = index[hit]
    corners, share = triangles[faces], weights[hit][..., None]
    colours = np.array([m.base_colour[:3] for m in character.materials], dtype=np.float32)
    gloss = np.array([1.0 - m.roughness for m in character.materials], dtype=np.float32)
    rotation = fine.T_camera_world[:3, :3]
    normal = normalize((normals[corners] * share).sum(1)) @ rotation.T
    towards = normalize(-fine.to_camera((positions[corners] * share).sum(1)))
    fine_picture[hit] = _shade(normal, towards, rotation[:, 1], colours[materials[faces]], gloss[materials[faces]])
    return _to_srgb(cv2.resize(fine_picture, (width, height), interpolation=cv2.INTER_AREA))


def framing_camera(points: NDArray[Any], size: tuple[int, int], azimuth_deg: float = 35.0, elevation_deg: float = 8.0, margin: float = 0.06) -> Camera:
    """A camera that sees all `points` (..., 3), as near as it can be.

    Args:
        points: world positions, metres.
        size: width and height of the picture in pixels.
        azimuth_deg: 0 looks a character facing +Z in the face, 90 at its left side, 180 at its back.
        elevation_deg: how far from above it looks down.
        margin: part of the picture left free on each side.
    """
    azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
    backward = np.array([np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)])
    right = normalize(np.cross([0.0, 1.0, 0.0], backward))
    axes = np.stack([right, np.cross(right, backward), -backward], axis=1)  # columns: camera x, y, z in the world
    camera = Camera.from_fov(size, FRAMING_FOV_DEG)
    reach = np.array(size) / 2.0 / np.array(camera.focal) * (1.0 - 2.0 * margin)
    local = np.asarray(points, dtype=np.float64).reshape(-1, 3) @ axes
    # Each side of the frustum gives the least distance at which all points lie within it.
    sides = [(local[:, i] * sign / reach[i] - local[:, 2]).max() for i in (0, 1) for sign in (1.0, -1.0)]
    centre = np.array([(sides[0] - sides[1]) * reach[0], (sides[2] - sides[3]) * reach[1]]) / 2.0
    distance = max(sides[0] + sides[1], sides[2] + sides[3]) / 2.0
    pose = np.eye(4)
    pose[:3, :3] = axes
    pose[:3, 3] = axes @ np.array([*centre, -distance])
    return replace(camera, T_world_camera=pose)


def contact_sheet(
    character: Character,
    motion: Motion,
    moments: int | Sequence[int] = 4,
    size: tuple[int, int] = (1600, 720),
    azimuth_deg: float = 35.0,
) -> NDArray[np.uint8]:
    """Moments of a motion side by side, each person whole and all at one scale, seen from the front quarter.

    Args:
        character: who is shown.
        motion: on the humanoid (it is retargeted) or on the character's own skeleton.
        moments: how many moments, evenly spread over the motion; or the frames themselves.
        size: width and height of the whole picture in pixels.
        azimuth_deg: from where, against the mean direction that the character faces.

    Returns:
        RGB picture (H, W, 3).
    """
    if motion.skeleton.joints != character.skeleton.joints:
        motion = retarget(motion, character)
    if isinstance(moments, int):
        require(moments > 0, "a contact sheet needs at least one moment")
        moments = [int((i + 0.5) * len(motion) / moments) for i in range(moments)]
    width, height = size[0] // len(moments), size[1]
    bodies = [skin(character, motion, frame) for frame in moments]
    # Each stands on the same spot before the same camera, so that all have one scale and one floor.
    spots = [(positions.min(0) + positions.max(0)) / 2.0 * [1.0, 0.0, 1.0] for positions, _ in bodies]
    everybody = np.stack([positions - spot for (positions, _), spot in zip(bodies, spots, strict=True)])
    camera = framing_camera(everybody, (width, height), azimuth_deg + _mean_heading_deg(character, motion))
    panels = []
    for frame, positions, (_, normals) in zip(moments, everybody, bodies, strict=True):
        panel = render_character(character, positions, normals, camera)
        cv2.putText(panel, f"{frame / motion.fps:.2f} s", (14, height - 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (70, 76, 84), 1, cv2.LINE_AA)
        panels.append(panel)
    return np.ascontiguousarray(np.concatenate(panels, axis=1))


def _distance(camera: Camera, points: NDArray[Any]) -> float:
    return float(camera.to_camera(points.mean(0))[2])


def _mean_heading_deg(character: Character, motion: Motion) -> float:
    """Direction that the hips face over the motion, degrees from +Z towards +X."""
    hips = character.skeleton.index(character.humanoid["hips"])
    rest = character.skeleton.rest_pose()[1][hips]
    local_forward = quat_rotate(rest * [-1.0, -1.0, -1.0, 1.0], np.array([0.0, 0.0, 1.0]))
    forward = quat_rotate(motion.world_rotations()[:, hips], local_forward).mean(0)
    return float(np.degrees(np.arctan2(forward[0], forward[2])))


def _surface(character: Character) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Triangles over the stacked vertices of all meshes (F, 3), and the material of each (F,)."""
    starts = np.cumsum([0] + [len(mesh.positions) for mesh in character.meshes])
    triangles = [mesh.triangles.astype(np.int64) + start for mesh, start in zip(character.meshes, starts, strict=False)]
    return np.concatenate(triangles), np.concatenate([mesh.triangle_materials for mesh in character.meshes]).astype(np.int64)


def _resized(camera: Camera, size: tuple[int, int]) -> Camera:
    scale = np.array(size) / np.array(camera.image_size)
    focal, centre = np.array(camera.focal) * scale, np.array(camera.centre) * scale
    return replace(camera, image_size=size, focal=(focal[0], focal[1]), centre=(centre[0], centre[1]))


def _shade(normal: NDArray[Any], towards: NDArray[Any], up: NDArray[Any], colour: NDArray[Any], gloss: NDArray[Any]) -> NDArray[Any]:
    """Wrapped Lambert key light, sky and ground light, a soft highlight and a rim. All vectors (N, 3) in the camera frame."""
    height = (normal @ up)[:, None] * 0.5 + 0.5
    key = np.clip((normal @ _KEY_DIRECTION + 0.18) / 1.18, 0.0, 1.0)[:, None]
    facing = np.clip((normal * towards).sum(1), 0.0, 1.0)[:, None]
    half = normalize(_KEY_DIRECTION + towards)
    highlight = np.clip((normal * half).sum(1), 0.0, 1.0)[:, None] ** (8.0 + 60.0 * gloss[:, None]) * gloss[:, None]
    ambient = _GROUND_LIGHT + (_SKY_LIGHT - _GROUND_LIGHT) * height
    rim = (1.0 - facing) ** 3 * height
    return colour * (ambient + _KEY_LIGHT * key) + 0.35 * highlight + _RIM_LIGHT * rim * (0.25 + colour)


def _backdrop(camera: Camera, shadow_of: NDArray[Any] | None) -> NDArray[np.float32]:
    """Backdrop and, where `shadow_of` (F, 3, 3) gives triangles, a floor with a faint metre grid and their shadow. Linear RGB (H, W, 3)."""
    width, height = camera.image_size
    top, bottom = (np.array(colour, dtype=np.float32) for colour in BACKDROP)
    picture = np.broadcast_to(top + (bottom - top) * np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None, None], (height, width, 3)).copy()
    if shadow_of is None:
        return picture
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    rays = np.stack([(u - camera.centre[0]) / camera.focal[0], (v - camera.centre[1]) / camera.focal[1], np.ones_like(u)], axis=-1) @ camera.T_world_camera[:3, :3].T
    eye = camera.T_world_camera[:3, 3]
    reach = np.where(rays[..., 1] < -1e-4, -eye[1] / np.minimum(rays[..., 1], -1e-4), np.inf)  # metres along the optical axis to the floor
    reach = np.where(reach > 0.0, reach, np.inf)
    near = np.isfinite(reach)
    x, z = (eye[i] + np.where(near, reach, 0.0) * rays[..., i] for i in (0, 2))
    middle = shadow_of.reshape(-1, 3).mean(0)
    fade = np.where(near, np.exp(-(((x - middle[0]) ** 2 + (z - middle[2]) ** 2) / 9.0)), 0.0)[..., None]
    footprint = np.where(near, reach, 1.0) / camera.focal[0]  # metres a pixel covers across the line of sight
    line = np.maximum(*(np.clip(1.5 - np.abs((w + 0.25) % 0.5 - 0.25) / np.maximum(footprint, 0.004), 0.0, 1.0) for w in (x, z)))[..., None]
    floor = _FLOOR * (1.0 - 0.10 * line)
    picture += (floor - picture) * fade
    return (picture * (1.0 - 0.55 * _shadow(camera, shadow_of)[..., None] * near[..., None])).astype(np.float32)


def _shadow(camera: Camera, triangles: NDArray[Any]) -> NDArray[np.float32]:
    """How deep in shadow the floor lies at each pixel, 0 to 1, (H, W): triangles (F, 3, 3) cast down along the key light."""
    light = camera.T_world_camera[:3, :3] @ _KEY_DIRECTION
    light = normalize(np.array([light[0], max(light[1], 0.6) * 2.4, light[2]]))
    cast = triangles - light * (triangles[..., 1:][..., :1] / light[1])
    points = cast.reshape(-1, 3)
    points[:, 1] = 0.0
    ahead = (camera.to_camera(cast)[..., 2] > 0.05).all(-1)
    pixels = camera.project(points).reshape(-1, 3, 2)[ahead]
    mask = np.zeros((camera.image_size[1], camera.image_size[0]), dtype=np.uint8)
    for corner in np.round(np.clip(pixels, -1e4, 1e4) * 16).astype(np.int32):
        cv2.fillConvexPoly(mask, corner, 255, shift=4)
    sigma = 0.02 * camera.focal[1] / max(_distance(camera, points), 0.1)
    soft = cv2.GaussianBlur(mask.astype(np.float32) / 255.0, (0, 0), max(sigma, 0.5))
    return np.asarray(soft, dtype=np.float32)


def _to_srgb(linear: NDArray[Any]) -> NDArray[np.uint8]:
    """Linear light to sRGB bytes (IEC 61966-2-1)."""
    linear = np.clip(linear, 0.0, 1.0)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(coded * 255.0), dtype=np.uint8)
