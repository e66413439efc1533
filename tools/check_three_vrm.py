"""Have three.js with @pixiv/three-vrm play our VRM and VRMA in headless Chromium, and hold its bones against ours.

    npm install --prefix build/three three @pixiv/three-vrm @pixiv/three-vrm-animation
    python tools/check_three_vrm.py HERO.vrm --modules build/three/node_modules [--motion MOTION] [--pictures FOLDER] [--vrm0]

MOTION is any file that `posewright.formats.read_motion` reads; without it the sample clip's. It is put on HERO, and
written as .vrm (HERO with an animation) and .vrma (played on HERO, as applications do). Every bone's place must be ours
within 1 mm at several times, and for the VRMA the normalised bones' rotations within 0.1 degrees. Ends with 1 if not.
"""

from __future__ import annotations

import argparse
import base64
import functools
import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vrm0 import as_vrm0

from posewright.character import read_character
from posewright.formats import on_character, read_motion, write
from posewright.formats.humanoid_motion import humanoid_motion
from posewright.geometry import quat_angle, quat_rotate
from posewright.study.sample import sample_truth
from posewright.types import Character, Motion

PAGE = Path(__file__).with_name("three_vrm")
LIMIT_M, LIMIT_DEG = 0.001, 0.1
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-gpu-sandbox", "--mute-audio")
PATIENCE_S = 240.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hero", type=Path, help="a .vrm character")
    parser.add_argument("--modules", type=Path, required=True, help="the node_modules folder with three and @pixiv")
    parser.add_argument("--motion", help="a motion file")
    parser.add_argument("--pictures", type=Path, help="folder for screenshots")
    parser.add_argument("--times", type=int, default=9, help="moments to look at")
    parser.add_argument("--vrm0", action="store_true", help="turn HERO, a VRM 1.0, into a VRM 0.x first")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{options.hero.stem}_0x.vrm" if options.vrm0 else options.hero
        if options.vrm0:
            as_vrm0(options.hero, file)
        failures = check(file, options)
    for failure in failures:
        print("FAILED", failure)
    raise SystemExit(1 if failures else 0)


def check(file: Path, options: argparse.Namespace) -> list[str]:
    """What is wrong with the VRM and the VRMA of a motion on the character in a file."""
    hero = read_character(file)
    motion = on_character(read_motion(options.motion) if options.motion else sample_truth()[0], hero)
    frames = np.unique(np.linspace(0, len(motion) - 1, options.times).round().astype(int))
    failures: list[str] = []
    for kind, apart, degrees, wrong in measure(file, motion, hero, frames, options.modules, options.pictures):
        print(
            f"{file.name}, {kind}: bones at {len(frames)} moments off by at most {1000 * apart:.4f} mm"
            + ("" if degrees is None else f", normalised rotations by {degrees:.4f} degrees")
        )
        failures += wrong
    return failures


def measure(file: Path, motion: Motion, hero: Character, frames: NDArray[np.int64], modules: Path, pictures: Path | None) -> Iterator[tuple[str, float, float | None, list[str]]]:
    """Play a motion that is on the character in a file.

    Yields:
        The format, the largest distance of a bone (metres), the largest angle of a normalised bone (degrees; None for a VRM),
        and what is wrong.
    """
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(file, Path(folder) / "hero.vrm")
        write(Path(folder) / "moved.vrm", motion, character=hero)
        write(Path(folder) / "moved.vrma", motion, character=hero)
        for kind, job in ((".vrm", {"vrm": "moved.vrm"}), (".vrma", {"vrm": "hero.vrm", "vrma": "moved.vrma"})):
            answer = played(Path(folder), modules, job | {"times": motion.timestamps[frames].tolist()})
            yield kind, *compare(kind, answer, motion, hero, frames)
            if pictures:
                pictures.mkdir(parents=True, exist_ok=True)
                (pictures / f"{file.stem}{kind}.png").write_bytes(base64.b64decode(answer["image"].partition(",")[2]))


class _Handler(SimpleHTTPRequestHandler):
    """The page, the modules, the files and the job; takes the answer."""

    def __init__(self, *arguments: Any, places: dict[str, Path], job: dict[str, Any], box: dict[str, Any]) -> None:
        self.places, self.job, self.box = places, job, box
        super().__init__(*arguments)

    def translate_path(self, path: str) -> str:
        first, _, rest = path.lstrip("/").partition("/")
        return str(
            self.places["modules"] / rest if first == "modules" else next((p for p in (PAGE / path.lstrip("/"), self.places["files"] / path.lstrip("/")) if p.is_file()), PAGE)
        )

    def do_GET(self) -> None:
        if self.path == "/job.json":
            body = json.dumps(self.job).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        else:
            super().do_GET()

    def do_POST(self) -> None:
        self.box["answer"] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        self.box["done"].set()

    def log_message(self, *_: Any) -> None:
        pass


def played(files: Path, modules: Path, job: dict[str, Any]) -> dict[str, Any]:
    """What the page answers to a job: by moment the bones, and a picture."""
    browser = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if browser is None:
        raise SystemExit(f"no Chromium: none of {', '.join(CHROMIUM)} is on PATH")
    box: dict[str, Any] = {"done": threading.Event()}
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, places={"modules": modules.resolve(), "files": files}, job=job, box=box))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as profile:
        address = f"http://127.0.0.1:{server.server_address[1]}/index.html"
        process = subprocess.Popen([browser, *FLAGS, f"--user-data-dir={profile}", address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            answered = box["done"].wait(PATIENCE_S)
        finally:
            process.terminate()
            process.wait()
            server.shutdown()
    if not answered or "error" in box["answer"]:
        raise SystemExit(f"the browser failed: {box.get('answer', {}).get('error', 'no answer')}")
    return dict(box["answer"])


def compare(kind: str, answer: dict[str, Any], motion: Motion, hero: Character, frames: NDArray[np.int64]) -> tuple[float, float | None, list[str]]:
    """How far three-vrm's bones are from ours: metres, degrees (of a VRMA), and what is wrong."""
    positions = motion.joint_positions()[frames]
    if hero.document is not None and kind == ".vrm":
        positions = quat_rotate(hero.document.file_from_world, positions)
    bones = [bone for bone in hero.humanoid if bone in answer["frames"][0]]
    theirs = np.array([[frame[bone]["position"] for bone in bones] for frame in answer["frames"]])
    distance = np.linalg.norm(theirs - positions[:, [hero.skeleton.index(hero.humanoid[bone]) for bone in bones]], axis=-1)
    apart = float(distance.max())
    wrong = [f"{kind}: {bones[int(distance.max(0).argmax())]} is off by {1000 * apart:.2f} mm"] * (apart > LIMIT_M)
    late = abs(answer["duration"] - motion.duration)
    wrong += [f"{kind}: the animation's length is off by {late:.3f} s"] * (late > 1e-3)
    if kind != ".vrma":
        return apart, None, wrong
    bare = humanoid_motion(motion, hero)
    shared = [bone for bone in bones if bone in bare.skeleton and "Eye" not in bone]
    turns = np.array([[frame[bone]["rotation"] for bone in shared] for frame in answer["frames"]])
    if answer["meta"] == "0":  # normalised bones of VRM 0.x face -Z
        turns *= [-1.0, 1.0, -1.0, 1.0]
    degrees = float(np.degrees(quat_angle(turns, bare.rotations[frames][:, [bare.skeleton.index(bone) for bone in shared]])).max())
    return apart, degrees, wrong + [f"{kind}: a bone is turned {degrees:.2f} degrees off"] * (degrees > LIMIT_DEG)


if __name__ == "__main__":
    main()
