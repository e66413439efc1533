"""Render the clips of the quality study: recorded motion on bodies of many shapes, before cameras held in many ways.

Each clip is an .mp4 with its exact truth beside it: `NAME.npz` (motion on the drawn body, contacts, camera) and
`NAME.json` (frame rate, angle of view, stature, camera angles, kind). Clips are seeded and come out the same each time.

    pip install -e ".[study]" "anny==0.6.2"
    python tools/make_study_clips.py --mocap DIR --work DIR

The motion is read from the mocap .npz and .bvh files that the project measures with; neither motion nor clips are part
of the repository. Bodies are made once (anny) and kept in WORK/bodies; clips that are already there are left alone.
"""

from __future__ import annotations

import argparse
import json
import math
import time
import zlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from study_bodies import FIGURES, person

import posewright
from posewright.geometry import Array
from posewright.study.metrics import detect_contacts
from posewright.study.mocap import joined, performed, read_bvh_recording, read_mocap, resampled, staged
from posewright.study.render import Room
from posewright.study.scene import Actor, body_motion, look_at, random_room, render_clip
from posewright.study.tracks import track_of_motion
from posewright.types import Camera, Motion

WIDE, LARGE, TALL = (960, 540), (1280, 720), (540, 960)
IN_VIEW = 0.98
"""Share of joints, over the clip, that must lie within the picture; the camera steps back until they do."""
FARTHEST_M = 7.0
MARGIN = 0.02
"""Distance from the picture's edge, as a share of its side, at which a joint counts as within."""


@dataclass(frozen=True)
class Clip:
    """One clip: what is done, by whom, and seen from where."""

    name: str
    source: str
    """File of the mocap folder, and for an .npz the sequences joined, as `file:sequence+sequence`."""
    seconds: tuple[float, float]
    """Part of the recording."""
    figure: str
    fps: float
    size: tuple[int, int]
    fov_deg: float
    pitch_deg: float
    """Positive looks down, negative up."""
    distance_m: float
    """At least; more where the person would not be in view."""
    azimuth_deg: float = 0.0
    """Where the person faces at first: 0 the camera, 90 the right of the picture, 180 away."""
    roll_deg: float = 0.0


_CC0 = "extra_cc0_animations.npz:"
_JAB = "UE/M2M_Fighting Left Jab+UE/M2M_Fighting Right Jab"
CLIPS = (
    Clip("walk_across", "cmu_test.npz:AMC/131_12", (0, 6.4), "anna", 30, WIDE, 60, 12, 4.0, 90),
    Clip("kick_front", "cmu_val.npz:AMC/135_04", (4, 10), "elena", 60, WIDE, 55, 15, 3.5, 60),
    Clip("jabs", _CC0 + f"{_JAB}+{_JAB}+{_JAB}", (0, 5), "boris", 60, WIDE, 60, 12, 3.0, 30),
    Clip("walk_away", "cmu_test.npz:AMC/131_13", (0, 7), "carla", 24, LARGE, 65, -15, 3.5, 180),
    Clip("jump_forward", "cmu_test.npz:AMC/131_07", (0, 5.7), "boris", 30, WIDE, 65, 18, 4.0, 60, -3),
    Clip("dance_body_roll", _CC0 + "UE/M2M_Dance Body Roll", (0, 6.4), "grace", 24, TALL, 50, 10, 3.0),
    Clip("sit_on_chair", _CC0 + "DEF/M2M_Sitting_Enter+DEF/M2M_Sitting_Idle_Loop+DEF/M2M_Sitting_Exit", (0, 4), "carla", 30, WIDE, 60, 15, 2.5, 40),
    Clip("walk_towards", "cmu_test.npz:AMC/131_11", (0, 7), "david", 25, WIDE, 70, 20, 5.0, 0),
    Clip("balance", "cmu_test.npz:AMC/49_18", (1, 7), "frank", 25, TALL, 60, -25, 3.0, 20, 2),
    Clip("dance_ballet", "bvh/cc_05_02_dance.bvh", (1, 7), "anna", 50, WIDE, 55, -18, 4.0, 0, 3),
    Clip("kick_round", "cmu_val.npz:AMC/135_07", (4, 10), "frank", 50, WIDE, 60, 20, 3.5, 0),
    Clip("walk_turn", "cmu_test.npz:AMC/131_14", (3, 10), "david", 50, WIDE, 60, 25, 4.0, 45),
    Clip("punch_lunge", "cmu_val.npz:AMC/135_09", (4, 10), "david", 60, WIDE, 60, -12, 4.0, 45),
    Clip("run", "bvh/cc_02_03_run.bvh", (0, 1.42), "elena", 60, WIDE, 70, 10, 5.0, 70),
    Clip("walk_circle", "extra_mit_deepmimic.npz:DM/DM_long_walk3", (2, 9), "elena", 30, WIDE, 65, 15, 4.5, 0, 4),
    Clip("sneak", "extra_mit_deepmimic.npz:DM/DM_stealthy_walk0", (3, 9), "frank", 25, WIDE, 60, -20, 4.0, 90),
    Clip("stagger", "extra_mit_fair.npz:FAIR/AD_zombie", (3, 10), "grace", 30, WIDE, 60, 10, 4.5, 0),
    Clip("hop", "cmu_test.npz:AMC/131_03", (1, 8), "anna", 25, WIDE, 65, -12, 4.5, 90),
    Clip("jump_turn", "cmu_val.npz:DAZ/91_54#0", (0, 5.5), "david", 60, WIDE, 55, 20, 3.5, 20),
    Clip("jumps_about", "cmu_val.npz:CC/01_01", (3, 10), "elena", 30, WIDE, 70, 28, 4.5, 330),
    Clip("dance_charleston", _CC0 + "UE/M2M_Dance Charleston+UE/M2M_Dance Charleston+UE/M2M_Dance Charleston", (0, 6.5), "frank", 30, LARGE, 60, 22, 3.5, 10),
    Clip("kick_ball", "bvh/daz_10_01_soccer_kick.bvh", (0.1, 6.6), "grace", 60, WIDE, 60, -10, 4.0, 70),
    Clip("kneel_and_mend", _CC0 + "DEF/M2M_Fixing_Kneeling", (0, 5.1), "david", 25, WIDE, 45, 25, 4.0, 35),
    Clip("throw_and_greet", _CC0 + "UE/M2M_Throw Object+UE/M2M_Greeting", (0, 6.5), "boris", 24, TALL, 60, 14, 3.0, 20),
    Clip("get_up", "extra_mit_deepmimic.npz:DM/DM_getup_faceup", (0, 3.7), "boris", 30, WIDE, 60, 25, 3.5, 300),
    Clip("duck_under", "cmu_test.npz:AMC/131_05", (2, 9), "carla", 30, WIDE, 60, 15, 4.0, 90),
    Clip("jumping_jacks", "bvh/cmu_jumping_jacks_AD.bvh", (0, 4.1), "grace", 30, TALL, 75, -15, 2.5),
)

_VAL = "cmu_val.npz:"
FORMS = (
    Clip("bassai_1", _VAL + "NEO/135_01", (1, 7), "elena", 30, WIDE, 50, 17, 3.7, 210),
    Clip("bassai_13", _VAL + "NEO/135_01", (13, 19), "carla", 30, WIDE, 50, -4, 3.5, 120),
    Clip("bassai_31", _VAL + "NEO/135_01", (31, 37), "anna", 60, WIDE, 50, -14, 4.5, 60),
    Clip("bassai_43", _VAL + "NEO/135_01", (43, 49), "elena", 30, WIDE, 50, -4, 4.5, 150),
    Clip("empi_1", _VAL + "AMC/135_02", (1, 7), "boris", 30, WIDE, 65, 18, 3.5, 210),
    Clip("empi_13", _VAL + "AMC/135_02", (13, 19), "david", 50, WIDE, 60, 11, 3.7, 0),
    Clip("empi_19", _VAL + "AMC/135_02", (19, 25), "grace", 60, WIDE, 55, 20, 2.9, 120),
    Clip("empi_31", _VAL + "AMC/135_02", (31, 37), "elena", 60, WIDE, 65, -2, 4.3, 60),
    Clip("gedanbarai_1", _VAL + "AMC/135_05", (1, 7), "grace", 30, WIDE, 55, -15, 4.0, 270),
    Clip("gedanbarai_7", _VAL + "AMC/135_05", (7, 13), "anna", 60, WIDE, 60, -2, 3.1, 150),
    Clip("gedanbarai_13", _VAL + "AMC/135_05", (13, 19), "david", 60, WIDE, 55, 17, 3.3, 30),
    Clip("second_empi_1", _VAL + "AMC/135_03", (1, 7), "boris", 60, WIDE, 60, 8, 4.2, 150),
    Clip("second_empi_7", _VAL + "AMC/135_03", (7, 13), "frank", 60, WIDE, 50, -3, 4.2, 180),
    Clip("second_empi_13", _VAL + "AMC/135_03", (13, 19), "david", 60, WIDE, 60, 23, 2.8, 60),
    Clip("heian_1", _VAL + "AMC/135_06", (1, 7), "carla", 30, WIDE, 65, -12, 4.2, 150),
    Clip("heian_7", _VAL + "AMC/135_06", (7, 13), "carla", 30, WIDE, 65, 12, 4.4, 120),
    Clip("heian_13", _VAL + "AMC/135_06", (13, 19), "boris", 50, WIDE, 60, -6, 4.1, 60),
    Clip("heian_19", _VAL + "AMC/135_06", (19, 25), "elena", 30, WIDE, 60, 10, 3.2, 150),
    Clip("shuto_1", _VAL + "AMC/135_10", (1, 7), "carla", 50, WIDE, 60, -11, 4.0, 300),
    Clip("shuto_7", _VAL + "AMC/135_10", (7, 13), "elena", 30, WIDE, 55, -2, 3.1, 270),
    Clip("yokogeri_1", _VAL + "AMC/135_11", (1, 7), "boris", 60, WIDE, 50, 16, 3.4, 0),
    Clip("yokogeri_7", _VAL + "AMC/135_11", (7, 13), "elena", 60, WIDE, 60, -9, 4.5, 330),
    Clip("yokogeri_13", _VAL + "AMC/135_11", (13, 19), "elena", 50, WIDE, 55, 17, 3.1, 120),
)
"""Blows as they come: up to four parts of six seconds of every karate form among the recordings that nothing was trained with, those of `CLIPS` aside.
Figure, frame rate, camera and the side that is seen were drawn at random."""
SETS = {"clips": CLIPS, "forms": FORMS}
"""What is rendered, by the folder of WORK in which it is kept."""


def recording(folder: Path, source: str) -> Motion:
    """The motion that a clip's `source` names, at rest in a T-pose."""
    file, _, names = source.partition(":")
    if not names:
        return read_bvh_recording(folder / file)
    wanted = names.split("+")
    found = {each.name: each.motion for each in read_mocap(folder / file, wanted)}
    return joined([found[name] for name in wanted])


def play(clip: Clip, motion: Motion, body: Path) -> Actor:
    """The clip's person and motion, on stage before the camera."""
    start, end = (round(second * motion.fps) for second in clip.seconds)
    character = person(body, clip.figure)
    part = staged(resampled(motion.sliced(start, min(end, len(motion))), clip.fps), math.radians(clip.azimuth_deg))
    return Actor(character, performed(part, character))


def shoot(clip: Clip, points: Array) -> Camera:
    """A camera on +Z that looks at the middle of the joints (T, J, 3), as far away as it takes to see them."""
    low, high = points.reshape(-1, 3).min(0), points.reshape(-1, 3).max(0)
    middle = (low + high) / 2.0
    distance = clip.distance_m
    while True:
        pitch = math.radians(clip.pitch_deg)
        eye = middle + distance * np.array([0.0, math.sin(pitch), math.cos(pitch)])
        lift = max(0.0, 0.12 - eye[1])  # a low camera looks over the person's middle rather than from under the floor
        eye[1], aim = eye[1] + lift, middle + np.array([0.0, lift, 0.0])
        camera = look_at(eye.tolist(), aim.tolist(), clip.size, clip.fov_deg, clip.roll_deg)
        share = np.nan_to_num(camera.project(points) / np.array(clip.size), nan=-1.0)
        if (((share > MARGIN) & (share < 1.0 - MARGIN)).all(-1)).mean() >= IN_VIEW or distance >= FARTHEST_M:
            return camera
        distance += 0.1


def surroundings(clip: Clip, camera: Camera) -> Room:
    """A random room, large enough for the camera and the path."""
    room = random_room(zlib.crc32(clip.name.encode()))
    eye = camera.T_world_camera[:3, 3]
    low, high = np.array(room.low), np.array(room.high)
    low[2] = min(low[2], -4.5)
    high[1] = max(high[1], eye[1] + 0.6)
    return replace(room, low=(float(low[0]), 0.0, float(low[2])), high=(float(high[0]), float(high[1]), float(high[2])))


def make(clip: Clip, mocap: Path, bodies: Path, folder: Path) -> str:
    """Render one clip into a folder and write its truth; a line about it."""
    actor = play(clip, recording(mocap, clip.source), bodies)
    camera = shoot(clip, body_motion(actor).joint_positions())
    path = folder / f"{clip.name}.mp4"
    began = time.perf_counter()
    truth = render_clip(path, [actor], camera, surroundings(clip, camera), samples=2)
    seconds = time.perf_counter() - began
    motion = truth.people[0].motion
    soles = track_of_motion(motion, clip.name).soles
    assert soles is not None  # our own rest pose stands on the floor
    motion = replace(motion, contacts=detect_contacts(soles, motion.fps).astype(np.float32), name=clip.name)
    posewright.write(path.with_suffix(".npz"), replace(truth, people=(replace(truth.people[0], motion=motion),)))
    eye = camera.T_world_camera[:3, 3]
    facts = asdict(clip) | {"height_m": FIGURES[clip.figure].height_m, "frames": len(motion), "camera_distance_m": round(float(np.hypot(eye[0], eye[2])), 2)}
    path.with_suffix(".json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    return f"{clip.name}: {len(motion)} frames, {clip.fps:g} a second, {facts['camera_distance_m']} m away, {len(motion) / seconds:.0f} frames a second rendered"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mocap", type=Path, required=True, help="folder with the mocap .npz files and bvh/")
    parser.add_argument("--work", type=Path, required=True, help=f"folder for bodies/, {'/ and '.join(SETS)}/")
    parser.add_argument("--set", choices=SETS, default=None, help="one set of clips; all when not given")
    parser.add_argument("--only", nargs="*", default=None, help="names of clips")
    arguments = parser.parse_args()
    for name, clips in SETS.items():
        folder = arguments.work / name
        if arguments.set in (None, name):
            folder.mkdir(parents=True, exist_ok=True)
            for clip in clips:
                if (arguments.only is None or clip.name in arguments.only) and not (folder / f"{clip.name}.json").exists():
                    print(make(clip, arguments.mocap, arguments.work / "bodies", folder), flush=True)


if __name__ == "__main__":
    main()
