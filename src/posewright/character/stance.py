"""`Body`: what retargeting needs to know of a skeleton, worked out once: its bones, its T-pose, its legs and its floor."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from posewright.character.tpose import SIDES, t_pose
from posewright.geometry import quat_conjugate, quat_multiply
from posewright.skeletons import HUMANOID_PARENTS, Skeleton
from posewright.types import Character

FINGER_PARTS = ("Thumb", "Index", "Middle", "Ring", "Little")


class Body:
    """A skeleton and the humanoid in it."""

    def __init__(self, skeleton: Skeleton, humanoid: Mapping[str, str], floor: float | None = None) -> None:
        """
        Args:
            skeleton: in any rest pose.
            humanoid: humanoid bone to joint; keys that are no humanoid bones are ignored.
            floor: height of what the body stands on at rest; the lowest joint, or 0 if that lies higher, when None.
        """
        self.skeleton = skeleton
        self.humanoid = {bone: joint for bone, joint in humanoid.items() if bone in HUMANOID_PARENTS}
        self.joint = {bone: skeleton.index(joint) for bone, joint in self.humanoid.items()}
        self.bone = {index: bone for bone, index in self.joint.items()}
        self.hips = [self.joint[f"{side}UpperLeg"] for side in SIDES]
        self._floor = floor

    @classmethod
    def of(cls, character: Character) -> Body:
        """The body of a character, which stands on the lowest vertex of its feet."""
        return cls(character.skeleton, character.humanoid, _mesh_floor(character))

    @cached_property
    def rest_positions(self) -> NDArray[np.float64]:
        """World positions at rest, (J, 3)."""
        return np.asarray(self.skeleton.rest_pose()[0])

    @cached_property
    def t_pose(self) -> NDArray[np.float64]:
        """World rotations in the T-pose, (J, 4)."""
        return t_pose(self.skeleton, self.humanoid)

    @cached_property
    def t_positions(self) -> NDArray[np.float64]:
        """World positions in the T-pose, (J, 3), the root where it is at rest."""
        parents = np.array(self.skeleton.parents)
        local = self.t_pose.copy()
        local[1:] = quat_multiply(quat_conjugate(self.t_pose[parents[1:]]), self.t_pose[1:])
        return np.asarray(self.skeleton.forward(local, self.skeleton.rest_offsets[0])[0])

    @cached_property
    def floor(self) -> float:
        """Height of the floor at rest."""
        return float(min(self.rest_positions[:, 1].min(), 0.0)) if self._floor is None else self._floor

    @cached_property
    def leg_height(self) -> float:
        """Height of the hip joints above the floor in the T-pose, metres."""
        ends = [self.joint.get(f"{side}Foot", self.joint.get(f"{side}LowerLeg", -1)) for side in SIDES]
        if min(ends) < 0:
            return float(max(self.rest_positions[self.hips, 1].mean() - self.floor, 1e-3))
        legs = self.t_positions[self.hips, 1].mean() - self.t_positions[ends, 1].mean()
        return float(max(legs + max(self.rest_positions[ends, 1].mean() - self.floor, 0.0), 1e-3))

    def leader(self, joint: int) -> int:
        """Whose turn a joint without one of its own follows: its parent's, or the hand's where fingers and palms hang on the forearm."""
        parent = self.skeleton.parents[joint]
        bone = self.bone.get(joint, "")
        for side in SIDES:
            hand, forearm = self.joint.get(f"{side}Hand"), self.joint.get(f"{side}LowerArm")
            if hand is None or forearm is None or parent != forearm:
                continue
            length = float(np.linalg.norm(self.rest_positions[hand] - self.rest_positions[forearm]))
            at_hand = float(np.linalg.norm(self.rest_positions[joint] - self.rest_positions[hand])) < 0.15 * length
            if at_hand or bone.removeprefix(side).startswith(FINGER_PARTS):
                return hand
        return parent


def _mesh_floor(character: Character) -> float | None:
    """Height of the lowest vertex that the feet move, of any vertex where they move none; None without a mesh."""
    skeleton = character.skeleton
    feet = {skeleton.index(character.humanoid[bone]) for bone in (f"{side}{part}" for side in SIDES for part in ("Foot", "Toes", "LowerLeg")) if bone in character.humanoid}
    for i, parent in enumerate(skeleton.parents):
        if parent in feet:
            feet.add(i)
    lowest: list[float] = []
    for only_feet in (True, False):
        for mesh in character.meshes:
            own = np.isin(mesh.joints, list(feet)) & (mesh.weights > 0.2) if only_feet else np.ones((len(mesh.joints), 1), dtype=bool)
            heights = mesh.positions[own.any(1), 1]
            if len(heights):
                lowest.append(float(heights.min()))
        if lowest:
            return min(lowest)
    return None
