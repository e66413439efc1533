"""Whole-command time of `posewright animate` against MediaPipe's own Python API on the same clip.

    python benchmarks/end_to_end.py CLIP [--runs 5] [--mediapipe-python PATH]

A is `posewright animate CLIP -o FILE.glb` in a process of its own: start-up, decoding, pose, solving and writing.
B is the loop of MediaPipe's examples (`mediapipe==0.10.21`, model_complexity 1, OpenCV's VideoCapture): landmarks only,
nothing written; its imports and the loading of its networks are left out of its time, so that the comparison leans to its side.
They run in turns, A B A B, after one run of each that is not counted. Without --mediapipe-python an environment is made
with pip, once, in Posewright's cache folder; that needs a Python of 3.9 to 3.12.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from posewright.models import cache_dir

MEDIAPIPE = "mediapipe==0.10.21"
NEWEST_PYTHON = (3, 12)
LOOP = """
import json, sys, time
import cv2
import mediapipe as mp
pose = mp.solutions.pose.Pose(model_complexity=1)
begun = time.perf_counter()
capture = cv2.VideoCapture(sys.argv[1])
frames = found = 0
while True:
    there, image = capture.read()
    if not there:
        break
    result = pose.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    frames, found = frames + 1, found + (result.pose_landmarks is not None)
print(json.dumps({"frames": frames, "found": found, "seconds": time.perf_counter() - begun}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each (5)")
    parser.add_argument("--mediapipe-python", type=Path, help=f"a Python that has {MEDIAPIPE}")
    options = parser.parse_args()
    clip = options.clip.resolve()
    if not clip.is_file():
        parser.error(f"{clip} does not exist")
    theirs = options.mediapipe_python or mediapipe_python()
    frames, _, _ = run_mediapipe(theirs, clip)
    run_posewright(clip)
    ours_s, loop_s, process_s = [], [], []
    for number in range(options.runs):
        ours_s.append(run_posewright(clip))
        frames, loop, process = run_mediapipe(theirs, clip)
        loop_s.append(loop)
        process_s.append(process)
        print(f"run {number + 1}: posewright {frames / ours_s[-1]:6.1f} fps   MediaPipe {frames / loop:6.1f} fps", flush=True)
    report(clip, frames, ours_s, loop_s, process_s)


def run_posewright(clip: Path) -> float:
    """Seconds of the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "posewright", "animate", str(clip), "-o", str(Path(folder) / "out.glb"), "--quiet"]
        begun = time.perf_counter()
        finished = subprocess.run(command, capture_output=True, text=True)
        seconds = time.perf_counter() - begun
    if finished.returncode:
        sys.exit(f"posewright animate failed:\n{finished.stdout}{finished.stderr}")
    return seconds


def run_mediapipe(python: Path, clip: Path) -> tuple[int, float, float]:
    """Frames, seconds of the loop alone, and of the whole process."""
    begun = time.perf_counter()
    finished = subprocess.run([str(python), "-c", LOOP, str(clip)], capture_output=True, text=True)
    process = time.perf_counter() - begun
    if finished.returncode:
        sys.exit(f"MediaPipe's loop failed:\n{finished.stderr}")
    result = json.loads(finished.stdout.strip().splitlines()[-1])
    return result["frames"], result["seconds"], process


def report(clip: Path, frames: int, ours_s: list[float], loop_s: list[float], process_s: list[float]) -> None:
    """Medians, and their ratio."""
    ours, loop, process = (statistics.median(times) for times in (ours_s, loop_s, process_s))
    print(f"\n{clip.name}: {frames} frames, {len(ours_s)} runs of each, {os.cpu_count()} processors ({platform.machine()}), medians")
    print(f"  posewright animate, whole command  {ours:6.2f} s  {frames / ours:6.1f} fps")
    print(f"  MediaPipe, loop alone              {loop:6.2f} s  {frames / loop:6.1f} fps")
    print(f"  MediaPipe, whole process           {process:6.2f} s  {frames / process:6.1f} fps")
    print(f"  ratio, whole command to its loop   {loop / ours:.2f}   (to its whole process {process / ours:.2f})")


def mediapipe_python() -> Path:
    """The Python of an environment with MediaPipe, made on first use."""
    folder = cache_dir() / "benchmark" / MEDIAPIPE.replace("==", "-")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "complete").exists():
        print(f"making an environment with {MEDIAPIPE} in {folder} ...", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([old_python(), "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", MEDIAPIPE], check=True)
        (folder / "complete").touch()
    return python


def old_python() -> str:
    """A Python for which MediaPipe has wheels: this one, or one on the path."""
    if sys.version_info[:2] <= NEWEST_PYTHON:
        return sys.executable
    for minor in range(NEWEST_PYTHON[1], 8, -1):
        if found := shutil.which(f"python3.{minor}"):
            return found
    sys.exit(f"{MEDIAPIPE} needs Python 3.9 to 3.12 and none is on the path: give one that has it with --mediapipe-python")


if __name__ == "__main__":
    main()
