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
import time
from datetime import date
from pathlib import Path

import cv2
import numpy as np

from posewright.character import Inspection, inspect, retarget, with_contacts
from posewright.character.contacts import foot_points
from posewright.character.stance import Body
from posewright.errors import CharacterError
from posewright.formats import read_motion, write
from posewright.geometry import normalize
from posewright.solve.footprints import segments
from posewright.study.mocap import read_mocap
from posewright.types import Motion
from posewright.view.picture import contact_sheet
from posewright.view.texture import painted

DOCS = Path(__file__).parents[1] / "docs"
MOTIONS = {"131_05": "walk, duck underneath", "49_18": "balance on one leg", "131_03": "walk, hop"}
"""CMU recordings, by their names in mocap/cmu_test.npz."""
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
        motions["a real clip"] = read_motion(options.clip)
    rows, sheet = [], []
    folder = options.shared / "characters"
    for path in sorted(path for path in folder.glob("*/*") if path.suffix in (".glb", ".gltf", ".vrm")):
        name = path.relative_to(folder).as_posix()
        try:
            found = inspect(path)
        except CharacterError as error:
            rows.append(f"| `{name}` | refused: {str(error).split(': ')[0].partition(' has ')[2]} | | | | | | |")
            continue
        rows.append(measured(name, found, list(motions.values())))
        if name in SHOWN:
            hero = painted(found.character)
            sheet.append(np.concatenate([contact_sheet(hero, retarget(motion, hero), 4, PANEL) for motion in motions.values()], axis=1))
        print(rows[-1])
    cv2.imwrite(str(DOCS / "images" / "characters.png"), np.concatenate(sheet)[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
    (DOCS / "results" / "characters.md").write_text(page(rows, motions), encoding="utf-8")


def measured(name: str, found: Inspection, motions: list[Motion]) -> str:
    """One line of the table."""
    hero, body = found.character, Body.of(found.character)
    angle, skates, apart, seconds = 0.0, [], 0.0, 0.0
    for motion in motions:
        angle = max(angle, limb_error(motion, retarget(motion, hero, pin=False, clear=False), body))
        started = time.perf_counter()
        result = retarget(motion, hero)
        with tempfile.TemporaryDirectory() as place:
            write(Path(place) / "x.glb", result, character=hero)
            seconds = max(seconds, time.perf_counter() - started)
            back = read_motion(Path(place) / "x.glb").joint_positions()
        below = [i for i in range(len(hero.skeleton)) if body.joint["hips"] in ancestors(body, i)]
        apart = max(apart, float(np.abs(back - result.joint_positions())[:, below].max()))
        if {"leftFoot", "rightFoot"} <= body.joint.keys():
            actor = Body(motion.skeleton, {joint: joint for joint in motion.skeleton.joints})
            skates.append(skate(result, body, motion) / skate(motion, actor, motion))
    skating = f"{max(skates):.2f}" if skates else "no feet"
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


def skate(motion: Motion, body: Body, source: Motion) -> float:
    """Mean speed of planted feet over the floor, in legs a second."""
    assert source.contacts is not None
    planted = segments(source.contacts, motion.fps, 0.6, 0.5, 0.1, 0.06)
    speed = np.linalg.norm(np.gradient(foot_points(motion, body)[..., [0, 2]], 1.0 / motion.fps, axis=0), axis=-1)
    return float(speed[planted].mean()) / body.leg_height


def page(rows: list[str], motions: dict[str, Motion]) -> str:
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
        "- *skate*: speed of planted feet over the floor against the source's, each in its own leg lengths; the worst motion.",
        "- *read back*: largest distance of a joint in the written file from where we say it is.",
        "",
        "| file | bones known by | score | bones / mapped | rest pose | limbs, degrees | skate | read back, mm |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
