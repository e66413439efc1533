"""Rigs to retarget to, and files to read: made here from the humanoid, with seeds."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from posewright.character.default import MANNEQUIN
from posewright.character.gltf import read_gltf
from posewright.geometry import quat_conjugate, quat_multiply, quat_rotate
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.types import Character


def rolled(skeleton: Skeleton, seed: int) -> Skeleton:
    """The same T-pose with bones of random axes: each joint's rest orientation is any rotation."""
    worlds = Rotation.random(len(skeleton), random_state=seed).as_quat()
    offsets, local = skeleton.rest_offsets.copy(), worlds.copy()
    for i, parent in enumerate(skeleton.parents):
        if parent >= 0:
            offsets[i] = quat_rotate(quat_conjugate(worlds[parent]), skeleton.rest_offsets[i])
            local[i] = quat_multiply(quat_conjugate(worlds[parent]), worlds[i])
    return Skeleton(skeleton.joints, skeleton.parents, offsets, local)


def posed(skeleton: Skeleton, seed: int, angle: float) -> Skeleton:
    """The same body resting in a random pose: each joint but the root turned by up to about `angle` radians, its axes along the world's."""
    rng = np.random.default_rng(seed)
    local = Rotation.from_rotvec(angle * rng.uniform(-1, 1, (len(skeleton), 3)) * (np.arange(len(skeleton)) > 0)[:, None]).as_quat()
    return rested(skeleton, dict(zip(skeleton.joints, local, strict=True)))


def rested(skeleton: Skeleton, turns: dict[str, np.ndarray]) -> Skeleton:
    """An identity-rest body that rests with some joints turned; bones' axes stay along the world's, so that nothing tells but the places."""
    local = np.array([turns.get(joint, [0.0, 0.0, 0.0, 1.0]) for joint in skeleton.joints])
    positions, _ = skeleton.forward(local, skeleton.rest_offsets[0])
    feet = [skeleton.index(f"{side}Foot") for side in ("left", "right")]
    positions[:, 1] -= positions[feet, 1].min() - skeleton.rest_pose()[0][feet, 1].min()  # it stands where it stood
    offsets = [positions[i] - (positions[parent] if parent >= 0 else 0.0) for i, parent in enumerate(skeleton.parents)]
    return Skeleton(skeleton.joints, skeleton.parents, np.array(offsets), np.tile([0.0, 0.0, 0.0, 1.0], (len(skeleton), 1)))


def without(skeleton: Skeleton, *bones: str) -> Skeleton:
    """An identity-rest skeleton less some bones, whose children hang on the next bone up."""
    positions = skeleton.rest_pose()[0]
    kept = [i for i, joint in enumerate(skeleton.joints) if joint not in bones]
    parents, offsets = [], []
    for i in kept:
        parent = skeleton.parents[i]
        while parent >= 0 and parent not in kept:
            parent = skeleton.parents[parent]
        parents.append(kept.index(parent) if parent >= 0 else -1)
        offsets.append(positions[i] - (positions[parent] if parent >= 0 else 0.0))
    return Skeleton(tuple(skeleton.joints[i] for i in kept), tuple(parents), np.array(offsets), np.tile([0.0, 0.0, 0.0, 1.0], (len(kept), 1)))


def below_root(skeleton: Skeleton) -> Skeleton:
    """The same body under a root that stands on the floor behind it, with a joint of no meaning in each upper arm."""
    joints = ["Root", *skeleton.joints]
    parents = [-1, *(parent + 1 for parent in skeleton.parents)]
    offsets = [np.array([0.1, 0.0, -0.2]), *skeleton.rest_offsets]
    offsets[1] = skeleton.rest_offsets[0] - offsets[0]
    for side in ("left", "right"):
        elbow = joints.index(f"{side}LowerArm")
        joints.insert(elbow, f"{side}Twist")
        parents = [p + (p >= elbow) for p in parents]
        parents.insert(elbow, parents[elbow])
        parents[elbow + 1] = elbow
        offsets.insert(elbow, offsets[elbow] / 2.0)
        offsets[elbow + 1] = offsets[elbow].copy()
    return Skeleton(tuple(joints), tuple(parents), np.array(offsets), np.tile([0.0, 0.0, 0.0, 1.0], (len(joints), 1)))


def bare_character(skeleton: Skeleton) -> Character:
    """A character without a mesh, whose bones bear other names than the humanoid's."""
    known = reference_skeleton(fingers=True)
    humanoid = {joint: f"rig:{joint}" for joint in skeleton.joints if joint in known}
    return Character("bare", skeleton.renamed(humanoid), (), (), humanoid)


def mannequin_file() -> tuple[dict[str, Any], bytes]:
    """JSON and binary of the default character, to be changed."""
    gltf = read_gltf(MANNEQUIN)
    return json.loads(json.dumps(gltf.document)), bytes(gltf.binary)


def write_file(path: Path, document: dict[str, Any], binary: bytes) -> Path:
    """A binary glTF of these two."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<2I", len(text), 0x4E4F534A) + text + struct.pack("<2I", len(binary), 0x004E4942) + binary
    path.write_bytes(struct.pack("<4s2I", b"glTF", 2, 12 + len(body)) + body)
    return path
