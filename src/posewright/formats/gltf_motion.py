"""The first animation of any glTF file with a skeleton, as a motion at an even frame rate.

Specification: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html, chapter 3.11 and appendix C (interpolation).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.character.gltf import Gltf
from posewright.character.read import examine
from posewright.errors import CharacterError, InputError
from posewright.formats.gltf_tracks import nearest_rotation, node_scale
from posewright.formats.names import with_humanoid_names
from posewright.geometry import Array, quat_conjugate, quat_continuous, quat_multiply, quat_normalize, quat_rotate, quat_slerp, quat_to_matrix
from posewright.skeletons import REQUIRED_BONES
from posewright.solve.fit import local_rotations
from posewright.types import Motion

Track = tuple[NDArray[Any], NDArray[Any], str]
MOST_FRAMES = 1_000_000
SPARSE_FPS, DEFAULT_FPS = 9.5, 30.0
"""Fewer keys a second than the first are no frames; frames are then taken at the second."""


def read_gltf_motion(path: Path) -> Motion:
    """The first animation on the file's skeleton. Bones keep their lengths; the path is that of the hips where they are known.

    Joints keep their names if these tell the humanoid's bones, and get the humanoid's where only the file's map does.

    Raises:
        InputError: the file cannot be read, or has no skeleton with an animation.
    """
    try:
        character = examine(path, strict=False, meshes=False).character
    except CharacterError as error:
        raise InputError(str(error)) from error
    document, skeleton = character.document, character.skeleton
    assert document is not None
    gltf = Gltf(path, dict(document.json), document.binary)
    try:
        animation = gltf.document["animations"][0]
        tracks = _tracks(gltf, animation)
        times = _times(gltf, animation, tracks, path)
        matrices = _joint_matrices(gltf, document.joint_nodes, tracks, times)
    except CharacterError as error:
        raise InputError(str(error)) from error
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError(f"{path} has no skin with an animation ({error!r})") from error
    back = quat_conjugate(document.file_from_world)
    mirrored = np.sign(np.linalg.det(matrices[..., :3, :3]))[..., None, None]
    worlds = quat_multiply(back, nearest_rotation(matrices[..., :3, :3] * mirrored))
    rotations = quat_continuous(local_rotations(worlds, skeleton.parents))
    hips = skeleton.index(character.humanoid["hips"]) if "hips" in character.humanoid else 0
    path_of_hips = quat_rotate(back, matrices[:, hips, :3, 3])
    root = path_of_hips - skeleton.forward(rotations, np.zeros(3))[0][:, hips]
    if not {*with_humanoid_names(skeleton).joints} >= REQUIRED_BONES:
        skeleton = skeleton.renamed({joint: bone for bone, joint in character.humanoid.items()})
    return Motion(skeleton, rotations, root, _fps(gltf, animation, tracks), name=str(animation.get("name", path.stem)))


def _tracks(gltf: Gltf, animation: dict[str, Any]) -> dict[tuple[int, str], Track]:
    """Node and channel to key times (K,), values, and the kind of interpolation."""
    tracks = {}
    for channel in animation["channels"]:
        sampler, target = animation["samplers"][channel["sampler"]], channel["target"]
        if "node" in target and target["path"] in ("translation", "rotation", "scale"):
            values = gltf.array(sampler["output"]).astype(np.float64)
            tracks[target["node"], target["path"]] = (gltf.array(sampler["input"]).astype(np.float64), values, sampler.get("interpolation", "LINEAR"))
    if not tracks:
        raise KeyError("channels")
    return tracks


def _fps(gltf: Gltf, animation: dict[str, Any], tracks: dict[tuple[int, str], Track]) -> float:
    """What the file says in a remark of ours, otherwise one key a frame of the densest track; keys far apart are poses, not frames."""
    for place in (animation, *gltf.items("scenes")[:1]):
        if isinstance(place.get("extras"), dict) and float(place["extras"].get("fps", 0.0)) > 0:
            return float(place["extras"]["fps"])
    steps = np.diff(max((times for times, _, _ in tracks.values()), key=len))
    found = round(1.0 / max(float(np.median(steps)), 1e-6), 2) if len(steps) else 0.0
    return float(min(found, 240.0)) if found >= SPARSE_FPS else DEFAULT_FPS


def _times(gltf: Gltf, animation: dict[str, Any], tracks: dict[tuple[int, str], Track], path: Path) -> NDArray[np.float64]:
    """Seconds of the even frames, (T,), from the first key to the last."""
    start, end, fps = min(times[0] for times, _, _ in tracks.values()), max(times[-1] for times, _, _ in tracks.values()), _fps(gltf, animation, tracks)
    count = int((end - start) * fps + 1e-3) + 1
    if not 0 < count < MOST_FRAMES:
        raise InputError(f"{path}: its animation lasts from {start} to {end} seconds. It is damaged; export it again.")
    return np.asarray(start + np.arange(count) / fps)


def _joint_matrices(gltf: Gltf, nodes: tuple[int, ...], tracks: dict[tuple[int, str], Track], times: Array) -> NDArray[np.float64]:
    """World matrices of some nodes at some times, (T, J, 4, 4)."""
    parents, rest = gltf.parents(), gltf.local_matrices()
    worlds: dict[int, NDArray[np.float64]] = {-1: np.tile(np.eye(4), (len(times), 1, 1))}

    def world(node: int) -> NDArray[np.float64]:
        if node not in worlds:
            local = np.tile(rest[node], (len(times), 1, 1))
            if {(node, "rotation"), (node, "scale")} & tracks.keys():
                scale = _sampled(tracks, node, "scale", node_scale(gltf.items("nodes")[node]), times)
                still = nearest_rotation(rest[node, :3, :3] @ np.linalg.inv(np.diag(node_scale(gltf.items("nodes")[node]))))
                local[:, :3, :3] = quat_to_matrix(quat_normalize(_sampled(tracks, node, "rotation", still, times))) * scale[:, None, :]
            local[:, :3, 3] = _sampled(tracks, node, "translation", rest[node, :3, 3], times)
            worlds[node] = world(parents[node]) @ local
        return worlds[node]

    return np.stack([world(node) for node in nodes], axis=1)


def _sampled(tracks: dict[tuple[int, str], Track], node: int, channel: str, still: Array, times: Array) -> NDArray[np.float64]:
    """A node's channel at some times (T, 3 or 4): by its track, held beyond the ends, or as the node stands."""
    if (node, channel) not in tracks:
        return np.tile(still, (len(times), 1))
    keys, values, kind = tracks[node, channel]
    tangents = values.reshape(len(keys), 3, -1) if kind == "CUBICSPLINE" else None
    values = tangents[:, 1] if tangents is not None else values
    if len(keys) == 1:
        return np.tile(values[0], (len(times), 1))
    times = np.clip(times, keys[0], keys[-1])
    after = np.clip(np.searchsorted(keys, times, side="right"), 1, len(keys) - 1)
    before, step = after - 1, np.maximum(keys[after] - keys[after - 1], 1e-9)
    share = np.clip((times - keys[before]) / step, 0.0, 1.0)
    if kind == "STEP":
        return np.where(share[:, None] >= 1.0, values[after], values[before])
    if tangents is not None:
        s = share[:, None]
        leave, arrive = step[:, None] * tangents[before, 2], step[:, None] * tangents[after, 0]
        return (2 * s**3 - 3 * s**2 + 1) * values[before] + (s**3 - 2 * s**2 + s) * leave + (3 * s**2 - 2 * s**3) * values[after] + (s**3 - s**2) * arrive
    if channel == "rotation":
        return quat_slerp(values[before], values[after], share)
    return values[before] + share[:, None] * (values[after] - values[before])
