"""Frames a second of the offscreen renderer (extra `render` and EGL): python tools/render_speed.py [WIDTH HEIGHT]."""

from __future__ import annotations

import sys
import time

import numpy as np

from posewright.character import default_character, retarget
from posewright.study.authored import walk_wave
from posewright.study.render import Figure, Renderer, Room
from posewright.study.scene import body_skeleton, look_at

FRAMES = 200


def main(width: int, height: int) -> None:
    character = default_character()
    motion = retarget(walk_wave(body_skeleton(character)), character)
    positions, rotations = motion.skeleton.forward(motion.rotations, motion.root_translation)
    camera = look_at((0.3, 1.25, 4.0), (-0.15, 0.92, 0.0), (width, height), 50.0)
    triangles = sum(len(mesh.triangles) for mesh in character.meshes)
    for samples in (4, 0):
        with Renderer((width, height), samples) as renderer:
            renderer.render([Figure(character, positions[0], rotations[0])], camera, Room())
            seconds, busy = [], time.process_time()
            for i in range(FRAMES):
                began = time.perf_counter()
                renderer.render([Figure(character, positions[i], rotations[i])], camera, Room())
                seconds.append(time.perf_counter() - began)
            busy = (time.process_time() - busy) / FRAMES
            median, best = np.median(seconds), np.quantile(seconds, 0.1)
            print(f"{renderer.device}: {width} x {height}, {triangles} triangles, {samples} samples: {1 / median:.0f} frames a second", end="")
            print(f" (median; {1 / best:.0f} in the best tenth; {1000 * busy:.1f} ms of processor time a frame)")


if __name__ == "__main__":
    main(*(int(number) for number in sys.argv[1:3]) if len(sys.argv) > 2 else (512, 512))
