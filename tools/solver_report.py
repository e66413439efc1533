"""How well the solver turns real motion's joint positions back into rotations: writes docs/results/solver.md.

Limb joints of recorded motion go in as positions; out come rotations, held against the positions (forward kinematics)
and against the recorded rotations. Smoothing is off. The motion is CMU's, at 30 frames a second, in the `.npz` files
that the project measures with (see its README for their layout); it is not part of the repository.

    python tools/solver_report.py --mocap DIR -o docs/results/solver.md
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from posewright.files import atomic_path
from posewright.geometry import Array, normalize, quat_conjugate, quat_multiply
from posewright.skeletons import JointSet
from posewright.solve import SolveOptions, solve
from posewright.types import Camera, Motion, Poses3D

FILES = ("cmu_val.npz", "cmu_test.npz")
FPS = 30.0
EXACT = SolveOptions(smoothing_s=0.0, rotation_smoothing_s=0.0, noise_m=0.002, symmetric=False)
# Column of the recording (without its side): humanoid bone at whose head it lies.
_COLUMNS = {"Shoulder": "UpperArm", "Elbow": "LowerArm", "Wrist": "Hand", "Hip": "UpperLeg", "Knee": "LowerLeg", "Ankle": "Foot", "ToeBase": "Toes"}
COLUMNS = {letter + column: side + bone for letter, side in (("L", "left"), ("R", "right")) for column, bone in _COLUMNS.items()}
LIMBS = JointSet("mocap-limbs", tuple(COLUMNS.values()), (), ())
# Recorded joint of each skeleton (with {l} or {left}) whose rotation a humanoid bone's is held against.
RECORDED = {
    "AMC": {"hips": "root", "upperChest": "thorax", "UpperArm": "{l}humerus", "LowerArm": "{l}radius", "UpperLeg": "{l}femur", "LowerLeg": "{l}tibia", "Foot": "{l}foot"},
    "HAHNE2": {
        "hips": "Hips",
        "upperChest": "Chest2",
        "UpperArm": "{Left}Shoulder",
        "LowerArm": "{Left}Elbow",
        "UpperLeg": "{Left}Hip",
        "LowerLeg": "{Left}Knee",
        "Foot": "{Left}Ankle",
    },
    "CC": {
        "hips": "CC_Base_Hip",
        "upperChest": "CC_Base_Spine02",
        "UpperArm": "CC_Base_{L}_Upperarm",
        "LowerArm": "CC_Base_{L}_Forearm",
        "UpperLeg": "CC_Base_{L}_Thigh",
        "LowerLeg": "CC_Base_{L}_Calf",
        "Foot": "CC_Base_{L}_Foot",
    },
    "NEO": {
        "hips": "Neo_Hips",
        "upperChest": "Neo_Spine2",
        "UpperArm": "Neo_{Left}Arm",
        "LowerArm": "Neo_{Left}ForeArm",
        "UpperLeg": "Neo_{Left}UpLeg",
        "LowerLeg": "Neo_{Left}Leg",
        "Foot": "Neo_{Left}Foot",
    },
    "DAZ": {"hips": "hip", "upperChest": "chest", "UpperArm": "{l}Shldr", "LowerArm": "{l}ForeArm", "UpperLeg": "{l}Thigh", "LowerLeg": "{l}Shin", "Foot": "{l}Foot"},
}
CENTRAL = ("hips", "upperChest")


@dataclass(frozen=True)
class Recording:
    """One sequence: limb positions, and the recorded world rotations by joint."""

    skeleton: str
    name: str
    xyz: Array
    """(T, 14, 3), metres, world."""
    worlds: dict[str, Array]
    """World rotations (T, 4) by joint name."""


def read(path: Path) -> Iterator[Recording]:
    """The sequences of one file."""
    data = np.load(path)
    columns = [list(data["joint_names"]).index(column) for column in COLUMNS]
    positions = data["pos"]
    for i, tag in enumerate(data["seq_skel"]):
        start, count, first = int(data["seq_start"][i]), int(data["seq_len"][i]), int(data["seq_skel_row"][i][1])
        quat = data[f"skel_{tag}_quat_i16"][first : first + count].astype(np.float64) / 32767.0
        locals_ = np.roll(quat, -1, axis=-1) / np.linalg.norm(quat, axis=-1, keepdims=True)
        worlds: list[Array] = []
        for j, parent in enumerate(data[f"skel_{tag}_parents"]):
            worlds.append(locals_[:, j] if parent < 0 else quat_multiply(worlds[parent], locals_[:, j]))
        names = [str(name) for name in data[f"skel_{tag}_names"]]
        yield Recording(str(tag), str(data["seq_desc"][i]), positions[start : start + count][:, columns].astype(np.float64), dict(zip(names, worlds, strict=True)))


def solve_recording(recording: Recording, options: SolveOptions = EXACT) -> Motion:
    """The solver's motion of a recording's limb positions."""
    known = np.isfinite(recording.xyz).all(-1).astype(np.float32)
    poses = Poses3D(recording.xyz.astype(np.float32), known, LIMBS, np.arange(len(known)) / FPS, "world", False)
    return solve(poses, None, Camera.from_fov((1280, 720)), options=options)


def position_errors(recording: Recording, motion: Motion) -> dict[str, Array]:
    """Distance in millimetres of each limb joint from where it was recorded, both sides together, by bone."""
    positions = motion.joint_positions()
    found: dict[str, Array] = {}
    for bone in _COLUMNS.values():
        sides = [positions[:, motion.skeleton.index(side + bone)] - recording.xyz[:, LIMBS.index(side + bone)] for side in ("left", "right")]
        found[bone] = 1000.0 * np.linalg.norm(np.concatenate(sides), axis=-1)
    return found


def turn_pairs(recording: Recording, motion: Motion) -> Iterator[tuple[str, str, Array]]:
    """(humanoid bone, recorded joint, recorded orientation seen from the solved one (T, 4)): constant where the two agree but for their rest pose."""
    worlds = motion.world_rotations()
    for bone, pattern in RECORDED[recording.skeleton].items():
        for side in ("",) if bone in CENTRAL else ("left", "right"):
            letter = side[:1]
            joint = pattern.format(l=letter, L=letter.upper(), Left=side.capitalize())
            index = motion.skeleton.index(bone if bone in CENTRAL else side + bone)
            yield motion.skeleton.joints[index], joint, quat_multiply(quat_conjugate(worlds[:, index]), recording.worlds[joint])


def rotation_errors(turns: Array, axis: Array) -> Array:
    """Degrees (3, T) of the whole, of swing and of twist about the bone, left when the mean offset between the two definitions is taken away."""
    mean = Rotation.from_quat(turns).mean()
    rest = (Rotation.from_quat(turns) * mean.inv()).as_quat()
    whole = 2.0 * np.arccos(np.clip(np.abs(rest[:, 3]), 0, 1))
    twist = 2.0 * np.arctan2(np.abs(rest[:, :3] @ axis), np.abs(rest[:, 3]))
    swing = 2.0 * np.arccos(np.clip(np.hypot(rest[:, :3] @ axis, rest[:, 3]), 0, 1))
    return np.degrees([whole, swing, twist])


def bone_axis(motion: Motion, bone: str) -> Array:
    """Unit vector along a bone in its own frame."""
    skeleton = motion.skeleton
    child = {"hips": "spine", "upperChest": "neck"}.get(bone) or skeleton.joints[skeleton.children(skeleton.index(bone))[0]]
    return normalize(skeleton.rest_offsets[skeleton.index(child)])


def measure(folder: Path) -> tuple[dict[str, Array], dict[str, Array], dict[str, float]]:
    """Position errors by bone, rotation errors (3, N) by bone, and counts with the speed."""
    positions: dict[str, list[Array]] = {}
    turns: dict[tuple[str, str, str], list[Array]] = {}
    axes: dict[str, Array] = {}
    frames, sequences, seconds = 0, 0, 0.0
    for file in FILES:
        for recording in read(folder / file):
            began = time.perf_counter()
            motion = solve_recording(recording)
            seconds += time.perf_counter() - began
            frames, sequences = frames + len(motion), sequences + 1
            for bone, error in position_errors(recording, motion).items():
                positions.setdefault(bone, []).append(error)
            for bone, joint, turn in turn_pairs(recording, motion):
                turns.setdefault((recording.skeleton, bone, joint), []).append(turn)
                axes[bone] = bone_axis(motion, bone)
    angles: dict[str, list[Array]] = {}
    for (_, bone, _), parts in turns.items():
        name = bone.removeprefix("left").removeprefix("right")
        angles.setdefault(name, []).append(rotation_errors(np.concatenate(parts), axes[bone]))
    return (
        {bone: np.concatenate(parts) for bone, parts in positions.items()},
        {bone: np.concatenate(parts, axis=1) for bone, parts in angles.items()},
        {"frames": frames, "sequences": sequences, "fps": frames / seconds},
    )


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table."""
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows)]


def report(folder: Path) -> str:
    """The page."""
    positions, angles, counts = measure(folder)
    speed = f"Speed of the whole `solve`: {counts['fps']:,.0f} frames a second."
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip() or "unknown"
    at_rest = {"UpperArm": "shoulder", "LowerArm": "elbow", "Hand": "wrist", "UpperLeg": "hip", "LowerLeg": "knee", "Foot": "ankle", "Toes": "ball"}
    lines = [
        "# The solver on recorded motion",
        "",
        f"Joint positions of {counts['sequences']:.0f} CMU sequences ({counts['frames']:.0f} frames at 30 a second: karate, jumps, climbing, walks, balance; five skeletons)",
        "in, rotations out: shoulders, elbows, wrists, hips, knees, ankles and balls of the feet only, smoothing off, bone lengths one set a sequence.",
        "",
        "    python tools/solver_report.py --mocap DIR -o docs/results/solver.md",
        "",
        f"Commit {commit} (or the next), {time.strftime('%Y-%m-%d')}, {platform.machine()}, Python {platform.python_version()}. {speed}",
        "",
        "## Positions: forward kinematics against the recording, millimetres",
        "",
        *table(
            ["joint", "median", "95th percentile", "99th percentile", "most"],
            [[at_rest[bone], *(f"{value:.1f}" for value in [*np.nanpercentile(error, [50, 95, 99]), np.nanmax(error)])] for bone, error in positions.items()],
        ),
        "",
        "## Rotations: world orientation against the recorded one, degrees",
        "",
        "The skeletons differ in their rest poses and in how a bone's frame lies, so for each bone the mean offset between the two is taken away; what is left",
        "is what the solver says differently from frame to frame. Swing is of the bone's direction, twist about it. Positions say all about the swing of limbs;",
        "of twist they say only what the plane of elbow or knee shows, and of the trunk only what hips and shoulders show.",
        "",
        *table(
            ["bone", "whole, median", "95th", "swing, median", "95th", "twist, median", "95th"],
            [[bone, *(f"{value:.1f}" for part in errors for value in np.percentile(part, [50, 95]))] for bone, errors in angles.items()],
        ),
        "",
        "The data used in this project was obtained from mocap.cs.cmu.edu. The database was created with funding from NSF EIA-0196217.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mocap", type=Path, required=True, help="folder with " + " and ".join(FILES))
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results/solver.md"))
    arguments = parser.parse_args()
    text = report(arguments.mocap)
    with atomic_path(arguments.output) as path:
        path.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
