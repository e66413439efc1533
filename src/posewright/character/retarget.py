"""A motion on another body: what each humanoid bone turns from its T-pose is carried onto the rig's own bones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from posewright.character.clear import clear_hands
from posewright.character.hands import relaxed_fingers
from posewright.character.pin import pin_feet
from posewright.character.share import Chain, shared_deltas, twist_joints
from posewright.character.stance import Body
from posewright.errors import CharacterError, UsageError
from posewright.geometry import IDENTITY, Array, quat_conjugate, quat_continuous, quat_from_rotvec, quat_multiply
from posewright.solve.extremities import twist_angle
from posewright.types import Character, Motion

NEEDED = ("hips", "leftUpperLeg", "rightUpperLeg")


def retarget(motion: Motion, character: Character, pin: bool = True, clear: bool = True) -> Motion:
    """Carry a motion onto a character.

    Bodies may rest in any pose and their bones have any axes. Each humanoid bone that the motion has turns its
    counterpart by the same world rotation away from the T-pose (`tpose`), so limbs point the same way on both bodies
    whatever bones lie between. A spine or neck of more or fewer bones shares the rotation out; twist bones take their
    part of the roll; other bones keep their place on their parent, and fingers that the motion lacks are curled as in a
    hand at rest. The path of the hips is scaled by the length of the legs, and feet that the motion says are planted are
    put where the source's are, to scale, by inverse kinematics. Hands that would lie in the character's trunk are moved
    out of it.

    Args:
        motion: on a skeleton whose joints have the humanoid's names (others are ignored).
        character: who is to move.
        pin: put planted feet where they belong; needs the motion's contacts.
        clear: keep hands out of the trunk, as the character's mesh shows it.

    Returns:
        A motion on all joints of the character's skeleton, with the same frames, contacts and confidence.

    Raises:
        UsageError: the motion's skeleton has no hips or no upper legs.
        CharacterError: the character has none.
    """
    source, target = motion.skeleton, character.skeleton
    for bone in NEEDED:
        if bone not in source:
            raise UsageError(f"motion '{motion.name}' has no humanoid bone '{bone}'. Its joints: {', '.join(source.joints)}")
        if bone not in character.humanoid:
            raise CharacterError(f"{character.name} has no bone for '{bone}'")
    actor = Body(source, {joint: joint for joint in source.joints})
    hero = Body.of(character)
    turned = quat_multiply(motion.world_rotations(), quat_conjugate(actor.t_pose))  # (T, J, 4), away from the T-pose
    deltas = _deltas({joint: turned[:, i] for i, joint in enumerate(source.joints)}, actor, hero)
    worlds = quat_multiply(deltas, hero.t_pose)
    parents = np.array(target.parents)
    local = worlds.copy()
    local[:, 1:] = quat_multiply(quat_conjugate(worlds[:, parents[1:]]), worlds[:, 1:])
    result = Motion(target, quat_continuous(local), _root_path(motion, actor, hero, local), motion.fps, motion.contacts, motion.confidence, motion.name)
    if pin and motion.contacts is not None:
        result = pin_feet(motion, result, actor, hero)
    return clear_hands(result, character, hero) if clear else result


def _deltas(turned: Mapping[str, NDArray[np.float64]], actor: Body, hero: Body) -> NDArray[np.float64]:
    """World rotation away from the T-pose of every joint of the character, (T, J, 4)."""
    known = {hero.joint[bone]: turned[bone] for bone in hero.joint if bone in turned}
    known |= shared_deltas(turned, actor, hero)
    curls = relaxed_fingers(hero)
    twists = twist_joints(hero)
    frames = len(next(iter(turned.values())))
    deltas = np.empty((frames, len(hero.skeleton), 4))
    for i, parent in enumerate(hero.skeleton.parents):
        if i in known:
            deltas[:, i] = known[i]
            continue
        leader = hero.leader(i)
        above = deltas[:, parent] if parent >= 0 else np.broadcast_to(IDENTITY, (frames, 4))
        if leader in known and leader != parent:
            above = known[leader]
        deltas[:, i] = quat_multiply(above, curls.get(hero.bone.get(i, ""), IDENTITY))
        if i in twists:
            deltas[:, i] = quat_multiply(above, _twist(twists[i], deltas, known))
    return deltas


def _twist(chain: Chain, deltas: Array, known: Mapping[int, Array]) -> Array:
    """What a twist joint turns about its limb against the bone that it sits on, (T, 4)."""
    if chain.end not in known:
        return IDENTITY
    if chain.end == chain.bone:  # upper arm, thigh: near the trunk the roll of the bone is taken back
        relative = quat_multiply(quat_conjugate(deltas[:, chain.carrier]), deltas[:, chain.bone])
        swing_free = -(1.0 - chain.share) * twist_angle(relative, chain.axis)
    else:  # forearm: near the hand the hand's roll is taken on
        swing_free = chain.share * twist_angle(quat_multiply(quat_conjugate(deltas[:, chain.bone]), known[chain.end]), chain.axis)
    return quat_from_rotvec(swing_free[:, None] * chain.axis)


def _root_path(motion: Motion, actor: Body, hero: Body, local: Array) -> NDArray[np.float64]:
    """World positions (T, 3) of the character's root that bring its hip joints to where the motion's are, to scale."""
    wanted = motion.joint_positions()[:, actor.hips].mean(1)
    scale = hero.leg_height / actor.leg_height
    unmoved = hero.skeleton.forward(local, np.zeros(3))[0][:, hero.hips].mean(1)
    return np.asarray(wanted * scale - unmoved)
