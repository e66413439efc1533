"""What retargeting loses on the way from rig to rig and back, and how feet skate on shorter and longer legs: tables for `character_sheet.py`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from posewright.character import default_character, read_character, retarget
from posewright.character.contacts import foot_points
from posewright.character.stance import Body
from posewright.character.tpose import SIDES
from posewright.formats import read_motion, write
from posewright.formats.names import with_humanoid_bones
from posewright.formats.rest import with_t_pose
from posewright.geometry import quat_angle, quat_conjugate, quat_multiply
from posewright.skeletons import HUMANOID_PARENTS
from posewright.solve.footprints import segments
from posewright.types import Character, Motion

RIGS = {
    "Mixamo": "makehuman_mpfb2_CC0/makehuman_base_mixamo_boneaxis.glb",
    "game engine": "makehuman_mpfb2_CC0/makehuman_base_game_engine_boneaxis.glb",
    "CMU": "makehuman_mpfb2_CC0/makehuman_base_cmu_mb_boneaxis.glb",
    "Mesh2Motion": "mesh2motion_male/human-male.glb",
    "KayKit": "kaykit_mannequin/manny_med_mod.gltf",
    "VRM robot": "vrm_addon_samples/debug_robot.vrm",
}
"""One character of each kind of rig, by its file under `characters`."""

LEGS = {"as they are": (1.0, 1.0), "30 % shorter": (0.7, 0.7), "30 % longer": (1.3, 1.3), "shins alone 30 % shorter": (1.0, 0.7), "thighs alone 30 % longer": (1.3, 1.0)}
"""Factors of thighs and shins."""


def read_rigs(folder: Path) -> dict[str, Character]:
    return {name: read_character(folder / file) for name, file in RIGS.items()}


def carried(motion: Motion, hero: Character) -> Motion:
    """As `formats.on_character` does, but without what depends on the body: feet are not pinned, hands not kept clear."""
    known = with_t_pose(replace(motion, skeleton=with_humanoid_bones(motion.skeleton)))
    return retarget(known, hero, pin=False, clear=False)


def through_file(motion: Motion, hero: Character, folder: Path) -> Motion:
    """The motion as it is read from the .glb that is written of it."""
    write(folder / "trip.glb", motion, character=hero)
    return read_motion(folder / "trip.glb")


def round_trip(motion: Motion, first: Character, second: Character) -> dict[str, np.ndarray]:
    """The angle (T,), degrees, of each bone on `first` before and after a trip to `second`; bones that both have.

    A bone's rotation is taken against the nearest bone above it that both have: what one rig does with a neck, the
    other may do with the head alone.

    Args:
        motion: on any skeleton; it is put on `first`, and that is what makes the trip.
    """
    with tempfile.TemporaryDirectory() as place:
        start = through_file(carried(motion, first), first, Path(place))
        there = through_file(carried(start, second), second, Path(place))
        back = through_file(carried(there, first), first, Path(place))
    bones = [bone for bone in HUMANOID_PARENTS if bone in first.humanoid and bone in second.humanoid]
    before, after = (dict(zip(bones, _relative(recording, first, bones), strict=True)) for recording in (start, back))
    return {bone: np.degrees(quat_angle(before[bone], after[bone])) for bone in bones}


def _relative(motion: Motion, character: Character, bones: list[str]) -> list[np.ndarray]:
    """Rotation (T, 4) of each bone against the nearest of `bones` above it; of the hips in the world."""
    worlds = dict(zip(bones, np.moveaxis(motion.world_rotations()[:, [character.skeleton.index(character.humanoid[bone]) for bone in bones]], 1, 0), strict=True))
    relative = []
    for bone in bones:
        above = HUMANOID_PARENTS[bone]
        while above is not None and above not in worlds:
            above = HUMANOID_PARENTS[above]
        relative.append(worlds[bone] if above is None else quat_multiply(quat_conjugate(worlds[above]), worlds[bone]))
    return relative


def trips_table(rigs: Mapping[str, Character], motions: Mapping[str, Motion]) -> list[str]:
    """Markdown: a row for each rig that a motion starts on, a column for each that it goes to; mean over bones, frames and motions, and the worst bone's mean."""
    lines = ["| from / to | " + " | ".join(rigs) + " |", "|" + "---|" * (len(rigs) + 1)]
    for name, first in rigs.items():
        cells = []
        for other, second in rigs.items():
            if other == name:
                cells.append("")
                continue
            trips = [round_trip(motion, first, second) for motion in motions.values()]
            means = {bone: float(np.mean([trip[bone].mean() for trip in trips])) for bone in trips[0]}
            worst = max(means, key=lambda bone: means[bone])
            cells.append(f"{np.mean(list(means.values())):.2f} ({means[worst]:.2f} {worst})")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def with_legs(character: Character, thigh: float, shin: float) -> Character:
    """The character's bones with legs of other lengths, its ankles as high above the floor as before; without its mesh."""
    skeleton, body = character.skeleton, Body.of(character)
    ankles = [skeleton.index(character.humanoid[f"{side}Foot"]) for side in SIDES]
    height = body.rest_positions[ankles, 1].mean() - body.floor
    offsets = skeleton.rest_offsets.copy()
    for side in SIDES:
        offsets[skeleton.index(character.humanoid[f"{side}LowerLeg"])] *= thigh
        offsets[skeleton.index(character.humanoid[f"{side}Foot"])] *= shin
    changed = replace(skeleton, rest_offsets=offsets)
    lift = np.zeros_like(offsets)
    lift[0, 1] = height - changed.rest_pose()[0][ankles, 1].mean()
    return replace(character, skeleton=replace(changed, rest_offsets=offsets + lift), meshes=(), document=None)


def skate(motion: Motion, body: Body, source: Motion) -> float:
    """Mean speed of planted feet over the floor, in legs a second."""
    assert source.contacts is not None
    planted = segments(source.contacts, motion.fps, 0.6, 0.5, 0.1, 0.06)
    speed = np.linalg.norm(np.gradient(foot_points(motion, body)[..., [0, 2]], 1.0 / motion.fps, axis=0), axis=-1)
    return float(speed[planted].mean()) / body.leg_height


def legs_table(motions: Mapping[str, Motion]) -> list[str]:
    """Markdown: the mannequin's legs at other lengths, and the skate of each motion, with and without planted feet put back, against the source's."""
    lines = ["| legs | " + " | ".join(motions) + " |", "|" + "---|" * (len(motions) + 1)]
    for name, factors in LEGS.items():
        hero = with_legs(default_character(), *factors)
        body, cells = Body.of(hero), []
        for motion in motions.values():
            actor = Body(motion.skeleton, {joint: joint for joint in motion.skeleton.joints})
            pinned, loose = (skate(retarget(motion, hero, pin=pin), body, motion) / skate(motion, actor, motion) for pin in (True, False))
            cells.append(f"{pinned:.2f} ({loose:.2f})")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines
