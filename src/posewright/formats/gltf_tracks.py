"""A motion in the axes of the file that its character came from: what each node must do, whatever scales and axes lie above it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.character.gltf import Gltf
from posewright.character.read import bone_axes
from posewright.errors import require
from posewright.geometry import Array, quat_angle, quat_between, quat_continuous, quat_from_matrix, quat_multiply, quat_rotate, quat_to_matrix
from posewright.types import Character, Motion

Track = tuple[int, str, NDArray[np.float64]]
STILL_RAD, STILL_SHARE = 1e-6, 1e-6
"""A joint that turns less than this against its rest gets no track; the same for its place, as a share of the body's size."""
EVEN = 1e-4
"""Scales along a bone's axes that differ by less, as a share, count as one."""
_LIMBS = tuple((side + a, side + b) for side in ("left", "right") for a, b in (("UpperArm", "LowerArm"), ("LowerArm", "Hand"), ("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot")))


def file_tracks(character: Character, motion: Motion) -> Iterator[Track]:
    """What the nodes of the character's file must do for its skeleton to do the motion.

    Yields:
        Joint, `rotation` (K, 4) or `translation` (K, 3), and the keys: one a frame, or two for a joint that is still but
        not at rest. Joints at rest yield nothing.
    """
    nodes = _Nodes(character)
    document = character.document
    assert document is not None
    positions, worlds = motion.skeleton.forward(motion.rotations, motion.root_translation)
    positions, worlds = quat_rotate(document.file_from_world, positions), quat_multiply(document.file_from_world, worlds)
    frames = nodes.rigid(worlds) if nodes.evenly_scaled() else nodes.bent(character, positions, worlds)
    carrier = _carrier(character)
    size = max(float(np.ptp(character.skeleton.rest_pose()[0], axis=0).max()), 1e-9)
    origins = nodes.origins(positions, frames, carrier)
    for joint, above in enumerate(nodes.above):
        frame, back = _with_inverse(frames[:, above] if above >= 0 else nodes.base(joint)[:3, :3])
        rotation = nearest_rotation(back @ frames[:, joint] @ np.linalg.inv(nodes.scale[joint]))
        yield from _kept(joint, "rotation", quat_continuous(rotation), nodes.rest_rotation(joint))
        if joint == 0 and carrier != 0:
            continue
        if joint == carrier or character.skeleton.parents[joint] != above:
            origin = origins[:, above] if above >= 0 else nodes.base(joint)[:3, 3]
            place = np.einsum("...ab,...b->...a", back, positions[:, joint] - origin)
            yield from _kept(joint, "translation", place, nodes.local[joint, :3, 3], size / float(np.cbrt(np.abs(np.linalg.det(frame)).max())))


def _carrier(character: Character) -> int:
    """The joint that takes the path through space: the hips, as VRM and most programs have it, unless the root moves parts of the body beside them."""
    skeleton = character.skeleton
    hips = skeleton.index(character.humanoid.get("hips", skeleton.joints[0]))
    below = [hips]
    for i, parent in enumerate(skeleton.parents):
        if parent in below:
            below.append(i)
    assert character.document is not None
    is_vrm = {"VRM", "VRMC_vrm"} & character.document.json.get("extensions", {}).keys()
    beside = any(((mesh.weights > 0.01) & ~np.isin(mesh.joints, below)).any() for mesh in character.meshes)
    return 0 if beside and not is_vrm else hips


class _Nodes:
    """The nodes of a character's joints as the file has them."""

    def __init__(self, character: Character) -> None:
        document = character.document
        require(document is not None, f"{character.name} was not read from a file")
        assert document is not None
        gltf = Gltf(Path(character.name), dict(document.json), document.binary)
        nodes = list(document.joint_nodes)
        self._parents, self._static = [gltf.parents()[node] for node in nodes], gltf.world_matrices()
        self.above = [nodes.index(parent) if parent in nodes else -1 for parent in self._parents]
        """The joint that is each joint's parent in the file, -1 for none: not the skeleton's where that was mended."""
        self.static = self._static[nodes]
        """World matrices as the file stands, (J, 4, 4)."""
        self.local = gltf.local_matrices()[nodes]
        self.scale = np.array([np.diag(node_scale(gltf.items("nodes")[node])) for node in nodes])
        """Each node's own scale, (J, 3, 3) diagonal; an animation leaves it as it is."""

    def base(self, joint: int) -> NDArray[np.float64]:
        """World matrix (4, 4) of the parent of a joint that hangs on no joint."""
        parent = self._parents[joint]
        return np.asarray(self._static[parent]) if parent >= 0 else np.eye(4)

    def rest_rotation(self, joint: int) -> NDArray[np.float64]:
        return nearest_rotation(self.local[joint, :3, :3] @ np.linalg.inv(self.scale[joint]))

    def evenly_scaled(self) -> bool:
        """Whether the joints are only rotated and scaled evenly, by whatever stands above them."""
        axes = self.static[:, :3, :3]
        gram = np.swapaxes(axes, -1, -2) @ axes
        size = np.trace(gram, axis1=-2, axis2=-1) / 3.0
        return bool((np.abs(gram - size[:, None, None] * np.eye(3)).max((1, 2)) < EVEN * size).all() and (np.linalg.det(axes) > 0).all())

    def origins(self, positions: Array, frames: Array, carrier: int) -> NDArray[np.float64]:
        """World positions of the nodes (T, J, 3): the skeleton's, but for those above the joint that carries the path, which stay at home."""
        places, way = positions.copy(), [carrier]
        while self.above[way[0]] >= 0:
            way.insert(0, self.above[way[0]])
        for joint in way[:-1]:
            above, base = self.above[joint], self.base(joint)
            frame, start = (frames[:, above], places[:, above]) if above >= 0 else (base[:3, :3], base[:3, 3])
            places[:, joint] = start + np.einsum("...ab,b->...a", frame, self.local[joint, :3, 3])
        return places

    def rigid(self, worlds: Array) -> NDArray[np.float64]:
        """World axes with scale of each node (T, J, 3, 3) where scales are even: rotation times size."""
        return np.asarray(quat_to_matrix(worlds) * np.cbrt(np.linalg.det(self.static[:, :3, :3]))[:, None, None])

    def bent(self, character: Character, positions: Array, worlds: Array) -> NDArray[np.float64]:
        """The same where scales are uneven or mirrored: each node as near to its wished axes as rotating it brings it, limbs pointing exactly.

        A node's wished axes are its rest axes, stretch and all, carried by its joint. Below an uneven scale no rotation
        reaches them, and the nearest is taken (polar decomposition).
        """
        skeleton, axes = character.skeleton, self.static[:, :3, :3]
        rest = quat_to_matrix(skeleton.rest_pose()[1])
        read_turn = rest[0] @ bone_axes(axes[0]).T
        wished = quat_to_matrix(worlds) @ np.swapaxes(rest, -1, -2) @ read_turn @ axes
        ends = {skeleton.index(character.humanoid[a]): skeleton.index(character.humanoid[b]) for a, b in _LIMBS if {a, b} <= character.humanoid.keys()}
        frames = np.empty_like(wished)
        for joint, above in enumerate(self.above):
            frame, back = _with_inverse(frames[:, above] if above >= 0 else self.base(joint)[:3, :3])
            scale = self.scale[joint]
            rotation = quat_to_matrix(nearest_rotation(back @ wished[:, joint] @ np.linalg.inv(scale)))
            child = ends.get(joint, joint)
            if self.above[child] == joint:
                now = rotation @ scale @ self.local[child, :3, 3]
                aimed = np.einsum("...ab,...b->...a", back, positions[:, child] - positions[:, joint])
                rotation = quat_to_matrix(quat_between(now, aimed)) @ rotation
            frames[:, joint] = frame @ rotation @ scale
        return frames


def _with_inverse(frame: Array) -> tuple[Array, Array]:
    return frame, np.linalg.inv(frame)


def _kept(joint: int, channel: str, values: Array, rest: Array, size: float = 1.0) -> Iterator[Track]:
    """The track as it is needed: all keys, two, or none."""

    def apart(a: Array, b: Array) -> float:
        return float(quat_angle(a, b).max() / STILL_RAD if channel == "rotation" else np.abs(a - b).max() / (STILL_SHARE * size))

    if apart(values, values[:1]) > 1.0:
        yield joint, channel, values
    elif apart(values[:1], rest[None]) > 1.0:
        yield joint, channel, values[[0, -1]] if len(values) > 2 else values


def nearest_rotation(matrices: Array) -> NDArray[np.float64]:
    """The rotations nearest to matrices (..., 3, 3), as quaternions (..., 4)."""
    u, _, vt = np.linalg.svd(matrices)
    u[..., -1] *= np.sign(np.linalg.det(u @ vt))[..., None]
    return quat_from_matrix(u @ vt)


def node_scale(node: dict[str, Any]) -> NDArray[np.float64]:
    """A node's scale (3,); of a matrix, its columns' lengths, mirrored in x where it mirrors."""
    if "matrix" not in node:
        return np.array(node.get("scale", [1.0, 1.0, 1.0]), dtype=np.float64)
    matrix = np.array(node["matrix"], dtype=np.float64).reshape(4, 4).T[:3, :3]
    return np.linalg.norm(matrix, axis=0) * [np.sign(np.linalg.det(matrix)), 1.0, 1.0]


def without_matrix(node: dict[str, Any]) -> dict[str, Any]:
    """The node with its matrix, which an animated node must not have (glTF 2.0, 3.11), as translation, rotation and scale."""
    if "matrix" not in node:
        return node
    matrix, scale = np.array(node["matrix"], dtype=np.float64).reshape(4, 4).T, node_scale(node)
    rotation = nearest_rotation(matrix[:3, :3] @ np.linalg.inv(np.diag(scale)))
    rest = {key: value for key, value in node.items() if key != "matrix"}
    return rest | {"translation": matrix[:3, 3].tolist(), "rotation": rotation.tolist(), "scale": scale.tolist()}
