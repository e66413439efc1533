"""Which bone is which by the shape of a skeleton alone: two legs that reach the floor, two arms above them, a head on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import Array, normalize

ALIKE = 0.08
"""Two chains mirror each other when their joints' distances differ by at most this share of their length."""
UPRIGHT_DEG = 50.0
LIMB_SHARE = 0.12
"""A limb is at least this long against the skeleton's whole extent."""


@dataclass(frozen=True)
class Guess:
    """What the shape tells."""

    bones: Mapping[str, str]
    """Humanoid bone to joint; empty when the skeleton is none of a biped."""
    reason: str = ""
    """Why not, in a sentence."""


@dataclass(frozen=True)
class _Pair:
    """Two chains that mirror each other below one joint."""

    base: int
    chains: tuple[list[int], list[int]]
    length: float
    tip_height: float
    """Height of their lowest point."""


def guess_bones(names: Sequence[str], parents: Sequence[int], positions: NDArray[np.float64]) -> Guess:
    """Find hips, legs, spine, arms and head by symmetry, chains and heights.

    Args:
        names: of the joints.
        parents: index of each joint's parent, -1 for none; parents first.
        positions: world positions at rest (J, 3), +Y up, a standing body whatever its arms do.
    """
    children: list[list[int]] = [[] for _ in names]
    for i, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(i)
    extent = float(np.ptp(positions, axis=0).max()) or 1.0
    pairs = [pair for pair in _mirror_pairs(children, positions) if pair.length > LIMB_SHARE * extent]
    floor = float(positions[:, 1].min())
    grounded = [pair for pair in pairs if pair.tip_height < floor + 0.12 * extent]
    if not grounded:
        return Guess({}, "No two chains of bones reach the floor side by side as legs do.")
    legs = max(grounded, key=lambda pair: (_depth(parents, pair.base) == min(_depth(parents, other.base) for other in grounded), pair.length))
    arms = [pair for pair in pairs if pair is not legs and _above(parents, pair.base, legs.base) and not set(pair.chains[0]) & {*legs.chains[0], *legs.chains[1]}]
    if not arms:
        return Guess({}, "No two chains of bones branch off above the legs as arms do.")
    arm = max(arms, key=lambda pair: pair.length)
    trunk = positions[arm.base] - positions[legs.base]
    if arm.base == legs.base or trunk[1] < np.cos(np.radians(UPRIGHT_DEG)) * np.linalg.norm(trunk):
        return Guess({}, "The trunk does not stand upright: a four-legged animal, or a rest pose that lies down.")
    bones: dict[str, int] = {"hips": legs.base}
    _name_trunk(bones, parents, children, positions, legs.base, arm)
    left = _left_chain(legs, positions)
    # The arms lie on the sides of the legs: the same way across.
    across = positions[legs.chains[left][0]] - positions[legs.chains[1 - left][0]]
    arm_left = int(np.dot(positions[arm.chains[1][0]] - positions[arm.chains[0][0]], across) > 0)
    for side, leg_chain, arm_chain in (("left", legs.chains[left], arm.chains[arm_left]), ("right", legs.chains[1 - left], arm.chains[1 - arm_left])):
        _name_limb(bones, side, leg_chain, positions, ("", "UpperLeg", "LowerLeg", "Foot", "Toes"))
        _name_limb(bones, side, arm_chain, positions, ("Shoulder", "UpperArm", "LowerArm", "Hand", ""))
    return Guess({bone: names[joint] for bone, joint in bones.items()})


def _mirror_pairs(children: list[list[int]], positions: Array) -> list[_Pair]:
    """All pairs of chains below a common joint whose joints lie alike; each chain goes on to its farthest tip, as far as both go."""
    pairs = []
    for base, branches in enumerate(children):
        chains = {branch: _main_chain(children, positions, branch) for branch in branches}
        for a, b in combinations(branches, 2):
            length = min(len(chains[a]), len(chains[b]))
            if length < 3:
                continue
            first, second = chains[a][:length], chains[b][:length]
            whole = float(np.linalg.norm(np.diff(positions[first], axis=0), axis=-1).sum())
            both = [np.concatenate([np.linalg.norm(positions[chain] - positions[base], axis=-1), positions[chain][:, 1]]) for chain in (first, second)]
            apart = float(np.linalg.norm(positions[first[-1]] - positions[second[-1]]))
            if np.abs(both[0] - both[1]).max() < ALIKE * whole and apart > ALIKE * whole:
                pairs.append(_Pair(base, (first, second), whole, float(min(positions[first][:, 1].min(), positions[second][:, 1].min()))))
    return pairs


def _main_chain(children: list[list[int]], positions: Array, start: int) -> list[int]:
    """From `start` down to where the bones branch, and on along the branch that reaches farthest."""
    chain = [start]
    while children[chain[-1]]:
        chain.append(max(children[chain[-1]], key=lambda child: _reach(children, positions, child, chain[-1])))
    return chain


def _reach(children: list[list[int]], positions: Array, joint: int, parent: int) -> float:
    own = float(np.linalg.norm(positions[joint] - positions[parent]))
    return own + max((_reach(children, positions, child, joint) for child in children[joint]), default=0.0)


def _depth(parents: Sequence[int], joint: int) -> int:
    depth = 0
    while parents[joint] >= 0:
        joint, depth = parents[joint], depth + 1
    return depth


def _above(parents: Sequence[int], joint: int, ancestor: int) -> bool:
    while joint >= 0 and joint != ancestor:
        joint = parents[joint]
    return joint == ancestor


def _name_trunk(bones: dict[str, int], parents: Sequence[int], children: list[list[int]], positions: Array, hips: int, arm: _Pair) -> None:
    """Spine bones from the hips to where the arms branch off, neck and head beyond."""
    way = [arm.base]
    while parents[way[0]] != hips:
        way.insert(0, parents[way[0]])
    picks = {1: [0], 2: [0, 1], 3: [0, 1, 2]}.get(len(way), [0, len(way) // 2, len(way) - 1])
    bones |= dict(zip(("spine", "chest", "upperChest"), (way[i] for i in picks), strict=False))
    beyond = [child for child in children[arm.base] if child not in (arm.chains[0][0], arm.chains[1][0])]
    if beyond:
        top = max(beyond, key=lambda child: positions[_main_chain(children, positions, child), 1].max())
        chain = _main_chain(children, positions, top)
        bones |= {"neck": chain[0], "head": chain[1]} if len(chain) > 1 else {"head": chain[0]}


def _left_chain(legs: _Pair, positions: Array) -> int:
    """Which of the two legs is the left one: with the toes pointing forward, left is up x forward."""
    forward = np.zeros(3)
    for chain in legs.chains:
        start = _two_longest(chain, positions)
        if start + 2 < len(chain) - 1:
            forward += positions[chain[-1]] - positions[chain[start + 2]]
    forward[1] = 0.0
    if np.linalg.norm(forward) < 1e-6:
        forward = np.array([0.0, 0.0, 1.0])  # no toes: as the format says that models face
    left = np.cross([0.0, 1.0, 0.0], normalize(forward))
    return int(np.dot(positions[legs.chains[1][0]] - positions[legs.chains[0][0]], left) > 0)


def _two_longest(chain: list[int], positions: Array) -> int:
    """Where in a chain the two neighbouring bones begin whose shorter one is longest: upper arm and forearm, thigh and shin."""
    lengths = np.linalg.norm(np.diff(positions[chain], axis=0), axis=-1)
    return int(np.minimum(lengths[:-1], lengths[1:]).argmax()) if len(lengths) > 1 else 0


def _name_limb(bones: dict[str, int], side: str, chain: list[int], positions: Array, parts: tuple[str, str, str, str, str]) -> None:
    """Name a limb's joints: one before, upper, lower, end, one beyond; empty names are left out."""
    start = _two_longest(chain, positions)
    for offset, part in zip(range(-1, 4), parts, strict=True):
        if part and 0 <= start + offset < len(chain):
            bones[side + part] = chain[start + offset]
