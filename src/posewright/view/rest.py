"""A character at rest, and in the T-pose that it is understood to have: what `posewright character inspect --picture` draws."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.character import skin
from posewright.character.stance import Body
from posewright.errors import CharacterError
from posewright.geometry import quat_conjugate, quat_multiply
from posewright.types import Character, Motion
from posewright.view.picture import framing_camera, render_character
from posewright.view.texture import painted


def rest_picture(character: Character, t_pose: bool = True, panel: tuple[int, int] = (420, 480)) -> NDArray[np.uint8]:
    """Front and side of the rest pose and, if wanted, of the T-pose, side by side.

    Args:
        character: needs a mesh, and for the T-pose the bones of a humanoid.
        t_pose: draw that too.
        panel: width and height of each picture in pixels.

    Returns:
        RGB picture (H, W, 3).

    Raises:
        CharacterError: there is no mesh to draw.
    """
    if not any(len(mesh.triangles) for mesh in character.meshes):
        raise CharacterError(f"{character.name} has no mesh that its bones move: there is nothing to draw.")
    skeleton = character.skeleton
    poses = [("at rest", skeleton.rest_rotations)]
    if t_pose:
        worlds, parents = Body.of(character).t_pose, np.array(skeleton.parents)
        local = worlds.copy()
        local[1:] = quat_multiply(quat_conjugate(worlds[parents[1:]]), worlds[1:])
        poses.append(("as T-pose", local))
    character = painted(character)
    motion = Motion(skeleton, np.stack([pose for _, pose in poses]), np.repeat(skeleton.rest_offsets[:1], len(poses), axis=0), 30.0)
    panels = []
    for frame, (label, _) in enumerate(poses):
        positions, normals = skin(character, motion, frame)
        for azimuth in (0.0, 90.0):
            image = render_character(character, positions, normals, framing_camera(positions, panel, azimuth))
            cv2.putText(image, label, (12, panel[1] - 14), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (70, 76, 84), 1, cv2.LINE_AA)
            panels.append(image)
    return np.ascontiguousarray(np.concatenate(panels, axis=1))
