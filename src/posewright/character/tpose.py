"""How a rig's bones stand when its body is put in the canonical T-pose, whatever pose it rests in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import IDENTITY, Array, matrix_from_axes, normalize, quat_between, quat_conjugate, quat_from_matrix, quat_from_rotvec, quat_multiply, quat_rotate
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.solve.ik import aim

UP, LEFT, FORWARD = np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
SIDES = ("left", "right")
FOUR_FINGERS = ("Index", "Middle", "Ring", "Little")
CROOKED_DEG = 15.0
"""A trunk that is off by less is built that way; one that is off by more rests in a pose."""
BENT_DEG = 15.0
"""From this bend on, an elbow or knee tells about which axis it bends."""
FLAT_DEG = 35.0
"""A foot whose instep slopes by so much more or less than the usual does not stand flat at rest."""
TRUNK = ("spine", "chest", "upperChest")


def t_pose(skeleton: Skeleton, humanoid: Mapping[str, str]) -> NDArray[np.float64]:
    """World rotation (J, 4) of each joint when the body stands in the T-pose of `reference_skeleton`.

    Limbs are swung the shortest way from where they point at rest, from the trunk outwards; bent elbows and knees are
    turned so that they bend as people's do, palms so that they face down, feet so that they point ahead and stay as flat
    as they stood. Joints without a humanoid bone go along with their parents. Arms straight, legs straight, fingers
    straight: so two rigs in their T-poses point all limbs the same ways, exactly.

    Args:
        skeleton: at rest upright and facing +Z on the whole, in any pose.
        humanoid: humanoid bone to joint.
    """
    return _TPose(skeleton, humanoid).worlds()


class _TPose:
    """The turns from rest to T-pose, found from the root outwards."""

    def __init__(self, skeleton: Skeleton, humanoid: Mapping[str, str]) -> None:
        self.skeleton = skeleton
        self.joint = {bone: skeleton.index(joint) for bone, joint in humanoid.items()}
        self.bone = {index: bone for bone, index in self.joint.items()}
        self.positions, self.rest = skeleton.rest_pose()
        self.turn = np.tile(IDENTITY, (len(skeleton), 1))
        """World rotation of each joint from rest to T-pose."""

    def worlds(self) -> NDArray[np.float64]:
        for i, parent in enumerate(self.skeleton.parents):
            inherited = self.turn[parent] if parent >= 0 else IDENTITY
            self.turn[i] = self._turn(self.bone.get(i, ""), i, inherited)
        for side in SIDES:
            self._share_roll(side)
        return quat_multiply(self.turn, self.rest)

    def _turn(self, bone: str, i: int, inherited: Array) -> Array:
        """Turn of one joint, given its parent's."""
        if bone == "hips":
            return self._pelvis(inherited)
        if bone in TRUNK:
            return self._trunk(bone, inherited)
        side = bone[:4] if bone.startswith("left") else bone[:5]
        part = bone[len(side) :]
        if part in ("UpperArm", "UpperLeg"):
            lower, end, bend = ("LowerArm", "Hand", FORWARD) if part == "UpperArm" else ("LowerLeg", "Foot", -FORWARD)
            return self._upper(i, side, part, lower, end, bend, inherited)
        if part in ("LowerArm", "LowerLeg"):
            return self._swung(i, side + ("Hand" if part == "LowerArm" else "Foot"), reference_direction(bone), inherited)
        if part == "Hand":
            return self._hand(i, side, inherited)
        if part == "Foot":
            return self._foot(i, side, inherited)
        if part.startswith(FOUR_FINGERS):
            return self._finger(i, bone, part, inherited)
        return inherited

    def _way(self, a: str, b: str) -> Array | None:
        """Vector at rest between the joints of two bones; None where one is missing."""
        return self.positions[self.joint[b]] - self.positions[self.joint[a]] if a in self.joint and b in self.joint else None

    def _middle(self, bone: str) -> Array | None:
        pair = [self.positions[self.joint[side + bone]] for side in SIDES if side + bone in self.joint]
        return sum(pair) / 2.0 if len(pair) == 2 else None

    def _pelvis(self, inherited: Array) -> Array:
        across, chest, hips = self._way("rightUpperLeg", "leftUpperLeg"), self._middle("UpperArm"), self._middle("UpperLeg")
        if across is None or chest is None or hips is None:
            return inherited
        frame = quat_from_matrix(_upright(quat_rotate(inherited, across), quat_rotate(inherited, chest - hips)))
        off = 2.0 * np.arccos(min(abs(frame[3]), 1.0))
        return quat_multiply(quat_conjugate(frame), inherited) if off > np.radians(CROOKED_DEG) else inherited

    def _trunk(self, bone: str, inherited: Array) -> Array:
        top = next(other for other in reversed(TRUNK) if other in self.joint)
        shoulders, line = self._middle("UpperArm"), self._way("rightUpperArm", "leftUpperArm")
        if bone == "spine" and shoulders is not None:
            inherited = _corrected(inherited, shoulders - self.positions[self.joint[bone]], UP)
        if bone == top and line is not None:
            inherited = _corrected(inherited, line, LEFT)
        return inherited

    def _swung(self, i: int, child: str, wanted: Array, inherited: Array) -> Array:
        """Swung the shortest way so that the bone points as it should; as inherited where its end is unknown."""
        if child not in self.joint:
            return inherited
        way = quat_rotate(inherited, self.positions[self.joint[child]] - self.positions[i])
        return quat_multiply(quat_between(way, wanted), inherited) if np.linalg.norm(way) > 1e-9 else inherited

    def _upper(self, i: int, side: str, part: str, lower: str, end: str, bend: Array, inherited: Array) -> Array:
        """Upper arm or thigh: swung, and if the joint below is bent, turned about itself so that it bends towards `bend`."""
        axis = reference_direction(side + part)
        turn = self._swung(i, side + lower, axis, inherited)
        way = self._way(side + lower, side + end)
        if way is None:
            return turn
        below = normalize(quat_rotate(turn, way))
        aside = below - axis * float(below @ axis)
        if np.degrees(np.arctan2(np.linalg.norm(aside), below @ axis)) < BENT_DEG or np.linalg.norm(aside) < 1e-6:
            return turn
        angle = float(np.arctan2(np.cross(aside, bend) @ axis, aside @ bend))
        if part == "UpperLeg" and abs(angle) > np.pi / 2.0:  # a knee that bends forward is a bird's, or noise
            return turn
        return quat_multiply(quat_from_rotvec(axis * angle), turn)

    def _hand(self, i: int, side: str, inherited: Array) -> Array:
        """Palm down, fingers along the arm, as far as knuckles tell."""
        known = [f"{side}{finger}Proximal" for finger in FOUR_FINGERS if f"{side}{finger}Proximal" in self.joint]
        if not known:
            return inherited
        middle = known[len(known) // 2] if len(known) != 4 else f"{side}MiddleProximal"
        along, wanted = quat_rotate(inherited, self.positions[self.joint[middle]] - self.positions[i]), _reference_way(f"{side}Hand", middle)
        if np.linalg.norm(along) < 1e-6:
            return inherited
        if len(known) == 1:
            return quat_multiply(quat_between(along, wanted), inherited)
        knuckles = quat_rotate(inherited, self.positions[self.joint[known[0]]] - self.positions[self.joint[known[-1]]])
        if np.linalg.norm(np.cross(normalize(along), normalize(knuckles))) < 0.2:
            return quat_multiply(quat_between(along, wanted), inherited)
        return quat_multiply(aim(along, knuckles, wanted, _reference_way(known[-1], known[0])), inherited)

    def _foot(self, i: int, side: str, inherited: Array) -> Array:
        """As flat as it stands at rest, pointing ahead; turned to the usual slope where it does not stand."""
        way, wanted = self._way(f"{side}Foot", f"{side}Toes"), _reference_way(f"{side}Foot", f"{side}Toes")
        if way is None:
            return IDENTITY if self._stands(i) else inherited
        slope = np.degrees(np.arctan2(way[1], np.hypot(way[0], way[2])) - np.arctan2(wanted[1], np.hypot(wanted[0], wanted[2])))
        if abs(slope) > FLAT_DEG or way[2] < 0.0:
            return self._swung(i, f"{side}Toes", wanted, inherited)
        return quat_from_rotvec(np.array([0.0, -np.arctan2(way[0], way[2]), 0.0]))

    def _stands(self, i: int) -> bool:
        """Whether a joint is within the lowest quarter of the body, so that a foot there may be taken to stand."""
        height = self.positions[:, 1]
        return bool(height[i] < height.min() + 0.25 * np.ptp(height))

    def _finger(self, i: int, bone: str, part: str, inherited: Array) -> Array:
        segments = ("Proximal", "Intermediate", "Distal")
        at = next(k for k, segment in enumerate(segments) if part.endswith(segment))
        if at < 2:
            return self._swung(i, bone.removesuffix(segments[at]) + segments[at + 1], _reference_way(bone, bone.removesuffix(segments[at]) + segments[at + 1]), inherited)
        tips = self.skeleton.children(i)
        if len(tips) != 1:
            return inherited
        way = quat_rotate(inherited, self.positions[tips[0]] - self.positions[i])
        return quat_multiply(quat_between(way, reference_direction(bone.removesuffix("Distal") + "Intermediate")), inherited) if np.linalg.norm(way) > 1e-9 else inherited

    def _share_roll(self, side: str) -> None:
        """A palm that had to be rolled over takes half of that from the forearm, as bones do."""
        arm, hand = self.joint.get(f"{side}LowerArm"), self.joint.get(f"{side}Hand")
        if arm is None or hand is None:
            return
        axis = reference_direction(f"{side}LowerArm")
        apart = quat_multiply(self.turn[hand], quat_conjugate(self.turn[arm]))
        roll = 2.0 * np.arctan2(apart[:3] @ axis, apart[3])
        roll = np.arctan2(np.sin(roll), np.cos(roll))
        for i in range(len(self.skeleton)):
            if i == arm or (self.skeleton.parents[i] == arm and i not in self.bone):
                self.turn[i] = quat_multiply(quat_from_rotvec(0.5 * roll * axis), self.turn[i])


def reference_direction(bone: str) -> NDArray[np.float64]:
    """Where a limb or finger bone of the reference body points in its T-pose, unit vector (3,)."""
    skeleton = _reference()
    return np.asarray(normalize(skeleton.rest_offsets[skeleton.children(skeleton.index(bone))[0]]))


def _reference_way(a: str, b: str) -> NDArray[np.float64]:
    """Unit vector between two joints of the reference body."""
    skeleton = _reference()
    positions = skeleton.rest_pose()[0]
    return np.asarray(normalize(positions[skeleton.index(b)] - positions[skeleton.index(a)]))


@cache
def _reference() -> Skeleton:
    return reference_skeleton(fingers=True)


def _upright(across: Array, up: Array) -> NDArray[np.float64]:
    """A frame whose x is `across` and whose y is near `up`, (3, 3)."""
    x = normalize(across)
    z = normalize(np.cross(x, up))
    return matrix_from_axes(x, np.cross(z, x), z)


def _corrected(turn: Array, way: Array, wanted: Array) -> Array:
    """`turn`, and the shortest swing of `way` onto `wanted` where it is far off."""
    now = normalize(quat_rotate(turn, way))
    return quat_multiply(quat_between(now, wanted), turn) if now @ wanted < np.cos(np.radians(CROOKED_DEG)) else turn
