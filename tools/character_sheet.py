"""Drive every character beside the project with recorded motion: `docs/results/characters.md` and a contact sheet.

    python tools/character_sheet.py ../shared [--clip MOTION.npz]

MOTION.npz is what `posewright animate CLIP -o MOTION.npz` wrote of a real clip. Only characters whose licence lets
anybody show renders of them (CC0, MIT) come on the sheet; the table has all.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import tempfile
from datetime import date
from pathlib import Path

import cv2
import numpy as np
from character_trials import legs_table, read_rigs, skate, trips_table
from page_section import replace_section

from posewright.character import Inspection, inspect, retarget, with_contacts
from posewright.character.stance import Body
from posewright.errors import CharacterError
from posewright.formats import read_motion, write
from posewright.geometry import normalize
from posewright.study.mocap import read_mocap
from posewright.types import Motion
from posewright.view.picture import contact_sheet
from posewright.view.texture import painted

DOCS = Path(__file__).parents[1] / "docs"
MOTIONS = {"131_05": "walk, duck underneath", "49_18": "balance on one leg", "131_03": "walk, hop"}
"""CMU recordings, by their names in mocap/cmu_test.npz."""
CLIP = "a real clip"
SHOWN = {
    "mesh2motion_male/human-male.glb": "Mesh2Motion, CC0",
    "mesh2motion_female/human-female.glb": "Mesh2Motion, CC0",
    "mesh2motion_animations_CC0/human-base-animations.glb": "Mesh2Motion, CC0",
    "kaykit_mannequin/manny_med_mod.gltf": "Kay Lousberg, CC0",
    "robotexpressive/RobotExpressive.source.glb": "Tomas Laulhe, CC0",
    "vrm_addon_samples/debug_robot.vrm": "VRM add-on samples, MIT",
}
LIMBS = [(side + a, side + b) for side in ("left", "right") for a, b in (("UpperArm", "LowerArm"), ("LowerArm", "Hand"), ("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot"))]
PANEL = (440, 180)
"""Width and height of the four moments of one motion, pixels."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--clip", type=Path)
    options = parser.parse_args()
    recordings = read_mocap(options.shared / "mocap" / "cmu_test.npz", names=list(MOTIONS))
    motions = {MOTIONS[recording.name.rpartition("/")[2]]: with_contacts(recording.motion) for recording in recordings}
    if options.clip:
        motions[CLIP] = read_motion(options.clip)
    rows, sheet = [], []
    folder = options.shared / "characters"
    for path in sorted(path for path in folder.glob("*/*") if path.suffix in (".glb", ".gltf", ".vrm")):
        name = path.relative_to(folder).as_posix()
        try:
            found = inspect(path)
        except CharacterError as error:
            rows.append(f"| `{name}` | refused: {str(error).split(': ')[0].partition(' has ')[2]} | | | | | | |")
            continue
        rows.append(measured(name, found, motions))
        if name in SHOWN:
            hero = painted(found.character)
            sheet.append(np.concatenate([contact_sheet(hero, retarget(motion, hero), 4, PANEL) for motion in motions.values()], axis=1))
        print(rows[-1])
    trials = trials_text(options.shared, motions)
    cv2.imwrite(str(DOCS / "images" / "characters.png"), np.concatenate(sheet)[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
    replace_section(DOCS / "results" / "characters.md", "made by tools/character_sheet.py", page(rows, motions, trials))


def measured(name: str, found: Inspection, motions: dict[str, Motion]) -> str:
    """One line of the table."""
    hero, body = found.character, Body.of(found.character)
    angle, apart = 0.0, 0.0
    skates: dict[str, float] = {}
    for title, motion in motions.items():
        angle = max(angle, limb_error(motion, retarget(motion, hero, pin=False, clear=False), body))
        result = retarget(motion, hero)
        with tempfile.TemporaryDirectory() as place:
            write(Path(place) / "x.glb", result, character=hero)
            back = read_motion(Path(place) / "x.glb").joint_positions()
        below = [i for i in range(len(hero.skeleton)) if body.joint["hips"] in ancestors(body, i)]
        apart = max(apart, float(np.abs(back - result.joint_positions())[:, below].max()))
        if {"leftFoot", "rightFoot"} <= body.joint.keys():
            actor = Body(motion.skeleton, {joint: joint for joint in motion.skeleton.joints})
            skates[title] = skate(result, body, motion) / skate(motion, actor, motion)
    recorded = max((ratio for title, ratio in skates.items() if title != CLIP), default=None)
    skating = f"{recorded:.2f}" + (f", {skates[CLIP]:.2f}" if CLIP in skates else "") if recorded is not None else "no feet"
    counts = f"{len(hero.skeleton)} / {len(found.bone_map.bones)}"
    return f"| `{name}` | {found.bone_map.source} | {found.bone_map.score:.2f} | {counts} | {found.rest_pose} | {angle:.3f} | {skating} | {1000 * apart:.3f} |"


def ancestors(body: Body, joint: int) -> list[int]:
    chain = [joint]
    while body.skeleton.parents[chain[-1]] >= 0:
        chain.append(body.skeleton.parents[chain[-1]])
    return chain


def limb_error(source: Motion, result: Motion, body: Body) -> float:
    """Largest angle between a limb on the source and on the character, degrees."""
    theirs, ours = source.joint_positions(), result.joint_positions()
    angles = [0.0]
    for a, b in LIMBS:
        if {a, b} <= body.joint.keys():
            there = normalize(theirs[:, source.skeleton.index(b)] - theirs[:, source.skeleton.index(a)])
            here = normalize(ours[:, body.joint[b]] - ours[:, body.joint[a]])
            angles.append(float(np.degrees(np.arctan2(np.linalg.norm(np.cross(here, there), axis=-1), (here * there).sum(-1))).max()))
    return max(angles)


def trials_text(shared: Path, motions: dict[str, Motion]) -> list[str]:
    """The sections on round trips and on legs of other lengths."""
    recorded = {name: motion for name, motion in motions.items() if name in MOTIONS.values()}
    return [
        "",
        "## There and back",
        "",
        "The first three motions, put on one rig and written as its file, read from there and carried to another rig's file, and from there back:",
        "the angle between each bone's rotation before and after, against the nearest bone above it that both rigs have. Mean over bones, frames and",
        "motions in degrees; in brackets the bone that loses most, with its mean. Feet are not pinned and hands not kept clear on the way.",
        "What is lost is what the other rig has no joints for: a neck of two bones does not fit into one, nor a spine of three into two.",
        "",
        *trips_table(read_rigs(shared / "characters"), recorded),
        "",
        "## Legs of other lengths",
        "",
        "Skate of the mannequin's planted feet against the source's (each in its own leg lengths); in brackets without putting them back.",
        "",
        *legs_table(motions),
    ]


def still(motions: dict[str, Motion]) -> float:
    """Skate of the real clip's own feet, percent of its legs a second; 0 without one."""
    motion = motions.get(CLIP)
    return 0.0 if motion is None else 100.0 * skate(motion, Body(motion.skeleton, {joint: joint for joint in motion.skeleton.joints}), motion)


def page(rows: list[str], motions: dict[str, Motion], trials: list[str]) -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    shown = "; ".join(f"{Path(name).stem} ({licence})" for name, licence in SHOWN.items())
    lines = [
        "# Characters, driven by recorded motion",
        "",
        f"Made by `python tools/character_sheet.py ../shared --clip jesse.npz` at commit {commit} on {platform.machine()}, two cores, {date.today()}.",
        f"Motions: {'; '.join(motions)}. The first three are from mocap.cs.cmu.edu, created with funding from NSF EIA-0196217.",
        "",
        "![characters in four moments of each motion](../images/characters.png)",
        "",
        f"Shown are characters whose licence allows it: {shown}.",
        "",
        "- *limbs*: largest angle between an arm's or leg's bone on the source and on the character, over all frames, before feet are pinned.",
        "- *skate*: speed of planted feet over the floor against the source's, each in its own leg lengths; the worst recorded motion, and the real clip,",
        f"  whose feet have been planted already and move {still(motions):.1f} % of their legs' length a second on average: feet that are long for their legs",
        "  (KayKit's, the robot's) roll over more of it.",
        "- *read back*: largest distance of a joint in the written file from where we say it is.",
        "",
        "| file | bones known by | score | bones / mapped | rest pose | limbs, degrees | skate | read back, mm |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
        *trials,
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
