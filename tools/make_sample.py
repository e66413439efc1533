"""Render the sample clip and write its truth beside it (needs the extra `render` and EGL): python tools/make_sample.py [FOLDER]."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import posewright
from posewright.character import default_character, retarget
from posewright.study.authored import walk_wave
from posewright.study.render import Room
from posewright.study.sample import SAMPLE
from posewright.study.scene import Actor, body_skeleton, look_at, render_clip

SIZE = (1280, 720)
FOV_DEG = 50.0
CRF = 21
LICENCE = """The clip and its truth in this folder are made by the Posewright project: a motion authored in code
(`posewright.study.authored`) on the project's mannequin, rendered by `tools/make_sample.py`.
They are released under CC0 1.0 (https://creativecommons.org/publicdomain/zero/1.0/): use them for anything.
"""


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    clip = folder / SAMPLE.name
    character = default_character()
    actor = Actor(character, retarget(walk_wave(body_skeleton(character)), character))
    camera = look_at(eye=(0.3, 1.25, 4.6), target=(-0.15, 0.92, 0.0), image_size=SIZE, fov_deg=FOV_DEG)
    began = time.perf_counter()
    truth = render_clip(clip, [actor], camera, Room(), crf=CRF)
    seconds = time.perf_counter() - began
    tall = max(float(mesh.positions[:, 1].max()) for mesh in character.meshes)
    notes = (f"The person is {tall:.2f} m tall with shoes and hair; the camera's angle of view is {FOV_DEG:.0f} degrees.", "CC0 1.0, made by tools/make_sample.py")
    posewright.write(clip.with_suffix(".npz"), replace(truth, notes=notes))
    (folder / "LICENCE.txt").write_text(LICENCE, encoding="utf-8")
    frames = len(actor.motion)
    print(f"{clip}: {frames} frames of {SIZE[0]} x {SIZE[1]}, {frames / actor.motion.fps:.1f} s, {clip.stat().st_size / 1e6:.2f} MB")
    print(f"rendered and encoded at {frames / seconds:.0f} frames a second")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE.parent)
