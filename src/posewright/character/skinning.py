"""The skin in a pose: plain linear blend skinning, the reference for everything faster."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError
from posewright.geometry import normalize, quat_conjugate, quat_multiply, quat_to_matrix
from posewright.types import Character, Motion


def skin(character: Character, motion: Motion, frames: int | slice | NDArray[Any] = slice(None)) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vertices of a character in the poses of a motion, by linear blend skinning (Magnenat-Thalmann et al. 1988).

    Args:
        character: whose meshes are posed.
        motion: on the character's own skeleton, as `retarget` gives it.
        frames: one frame, or several as a slice or an array.

    Returns:
        World positions and unit normals of the vertices of all meshes, one mesh after the other:
        (V, 3) each for one frame, (T, V, 3) for several. Metres.

    Raises:
        UsageError: the motion is for another skeleton.
    """
    skeleton = character.skeleton
    if motion.skeleton.joints != skeleton.joints:
        raise UsageError(f"motion '{motion.name}' is not on the skeleton of {character.name}: retarget it first")
    rest_positions, rest_rotations = skeleton.rest_pose()
    positions, rotations = skeleton.forward(motion.rotations[frames], motion.root_translation[frames])
    turn = quat_to_matrix(quat_multiply(rotations, quat_conjugate(rest_rotations)))  # (..., J, 3, 3), from rest to pose
    shift = positions - np.einsum("...jab,jb->...ja", turn, rest_positions)
    moves = np.concatenate([turn, shift[..., None]], axis=-1)  # (..., J, 3, 4)

    joints, weights, points, normals = (np.concatenate([getattr(mesh, name) for mesh in character.meshes]) for name in ("joints", "weights", "positions", "normals"))
    blend = sum(moves[..., joints[:, k], :, :] * weights[:, k, None, None] for k in range(4))
    posed = np.einsum("...vab,vb->...va", blend[..., :3], points) + blend[..., 3]
    return posed, normalize(np.einsum("...vab,vb->...va", blend[..., :3], normals))
