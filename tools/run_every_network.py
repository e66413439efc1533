"""Every estimator and every lifter through the real command on the sample clip, with full-size random networks: writes tables of docs/results/networks.md.

    python tools/run_every_network.py --home SCRATCH_FOLDER --page docs/results/networks.md

Each network gets a random checkpoint in its published container (`random_networks.py`), is converted by `posewright models
convert` into a cache of its own, and compared with itself in batches of one and of several; then `posewright animate` runs
it to the end. What is in the folder already is neither made nor run anew. RTMPose is published as ONNX: a small graph of the same
inputs and outputs stands in for it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from page_section import replace_section
from random_networks import MIMICS, save_mimic, save_random

from posewright.estimate import ESTIMATORS, EstimatorEntry
from posewright.lift.table import LIFTERS, LifterEntry
from posewright.models import MODELS, cache_dir
from posewright.models.onnx import OnnxSession
from posewright.nets import NETS
from posewright.study.sample import sample_clip

SECTION = "Every pair through the command"
MANY = 2
"""Members of the batch that is held against its members alone."""
SEEN = 0.25
"""Seconds of the clip that are run: eight frames."""
NOT_HERE = ("blazepose-lite", "blazepose-heavy")
"""BlazePose's other sizes are no networks of `posewright.nets`, and are fetched."""
BESIDE = "hrnet", "motionbert"
"""The estimator that lifters are shown with, and the lifter that estimators are shown with."""


class FailedError(Exception):
    """The command did not end well."""


@dataclass(frozen=True)
class Ran:
    """What a run of the command gave."""

    frames: int
    people: int
    joints: str
    finite: bool
    size_m: tuple[float, float]
    """Longest side of the box round the pose, metres: the least and the most over the frames."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="folder of the converted networks, about 3.5 GB, and of what was found so far")
    parser.add_argument("--only", default="", help="pairs that have this in their names")
    parser.add_argument("--page", type=Path, help="page whose tables are brought up to date")
    arguments = parser.parse_args()
    prepare_home(arguments.home)
    found = Found(arguments.home / "found.json")
    for estimator, lifter in (pair for pair in pairs() if arguments.only in " ".join(pair)):
        for name in networks_of(estimator, lifter):
            file = made(name, arguments.home)
            if name not in found.networks:
                found.networks[name] = [f"{file.stat().st_size / 1e6:.0f} MB", f"{batch_difference(name, file):.1e}"]
                found.save()
        key = f"{estimator} {lifter}"
        if key not in found.pairs or found.pairs[key][0].startswith("failed"):
            found.pairs[key] = outcome(estimator, lifter)
            found.save()
            print(key, *found.pairs[key], flush=True)
        if arguments.page:
            replace_section(arguments.page, SECTION, found.tables())
    print(found.tables())
    sys.exit(any(row[0].startswith("failed") for row in found.pairs.values()))


class Found:
    """What is known so far, kept in a file, so that a long run can be broken off."""

    def __init__(self, file: Path) -> None:
        self._file = file
        known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        self.networks: dict[str, list[str]] = known.get("networks", {})
        self.pairs: dict[str, list[str]] = known.get("pairs", {})

    def save(self) -> None:
        """Write it down."""
        self._file.write_text(json.dumps({"networks": self.networks, "pairs": self.pairs}, indent=1), encoding="utf-8")

    def tables(self) -> str:
        """Both tables in Markdown."""
        left = [pair for pair in map(" ".join, pairs()) if pair not in self.pairs]
        lines = ["| estimator | lifter | frames | people | joints | numbers finite | size of the pose, m |", "|---|---|---|---|---|---|---|"]
        lines += [f"| `{pair.split()[0]}` | `{pair.split()[1]}` | {' | '.join(row)} |" for pair, row in self.pairs.items()]
        lines += ["", f"Not run yet: {', '.join(f'`{pair}`' for pair in left)}." if left else "All pairs named above were run."]
        lines += ["", "| network | ONNX file | a batch of one against one of several |", "|---|---|---|"]
        return "\n".join([*lines, *(f"| `{name}` | {' | '.join(row)} |" for name, row in self.networks.items())])


def outcome(estimator: str, lifter: str) -> list[str]:
    """The cells of a pair's row; one that begins with `failed` where it did."""
    try:
        ran = run_pair(estimator, lifter)
    except FailedError as error:
        return [f"failed: {error}"]
    return [str(ran.frames), str(ran.people), ran.joints, "yes" if ran.finite else "NO", f"{ran.size_m[0]:.2f} to {ran.size_m[1]:.2f}"]


def prepare_home(home: Path) -> None:
    """Make the folder the model store's for this process and its children; BlazePose is taken over from the usual one."""
    kept = cache_dir() / "models"
    (home / "models").mkdir(parents=True, exist_ok=True)
    for name in ("blazepose-detector", "blazepose-full"):
        if not (home / "models" / name).exists() and (kept / name).is_dir():
            (home / "models" / name).symlink_to((kept / name).resolve(), target_is_directory=True)
    os.environ |= {"POSEWRIGHT_HOME": str(home.resolve()), "POSEWRIGHT_OFFLINE": "1"}


def networks_of(estimator: str, lifter: str) -> list[str]:
    """The networks of the model store that a pair needs, but for BlazePose's."""
    tables: tuple[tuple[str, Mapping[str, EstimatorEntry | LifterEntry]], ...] = ((estimator, ESTIMATORS), (lifter, LIFTERS))
    names = []
    for chosen, table in tables:
        name, _, variant = chosen.partition(":")
        names += table[name].models[variant or next(iter(table[name].models))]
    return [name for name in names if not name.startswith("blazepose")]


def made(name: str, home: Path) -> Path:
    """The network's file, from a random checkpoint and the project's own command where it is not there yet."""
    file = home / "models" / name / (MODELS[name].files[0].name if name in MIMICS else f"{name}.onnx")
    if file.is_file():
        return file
    if name in MIMICS:
        return save_mimic(name, file)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = save_random(str(MODELS[name].network), Path(folder) / MODELS[name].files[0].name)
        command("models", "convert", name, checkpoint)
    return file


def batch_difference(name: str, file: Path) -> float:
    """Largest difference between outputs of a batch and of its members alone, as a share of the largest output."""
    session = OnnxSession(file)
    network = MODELS[name].network
    shape = MODELS[name].shape or (NETS[network].shape if network else (1, 3, 256, 192))
    many = np.random.default_rng(0).normal(size=(MANY, *shape[1:])).astype(np.float32)
    together = session.run([many])
    alone = [session.run([many[i : i + 1]]) for i in range(MANY)]
    return max(float(np.abs(all_of[i] - one[k][0]).max() / np.abs(all_of).max()) for k, all_of in enumerate(together) for i, one in enumerate(alone))


def pairs() -> Iterator[tuple[str, str]]:
    """Every variant of an estimator with one lifter, every variant of a lifter with one estimator, and all their defaults with each other first."""
    estimators = {name: entry.models for name, entry in ESTIMATORS.items()}
    lifters = {name: entry.models for name, entry in LIFTERS.items() if entry.estimators is None}
    found = [("blazepose:full", "blazepose:own")]
    found += [(f"{name}:{next(iter(variants))}", f"{lifter}:{next(iter(lifters[lifter]))}") for name, variants in estimators.items() for lifter in lifters]
    found += [(f"{name}:{variant}", f"{BESIDE[1]}:lite") for name, variants in estimators.items() for variant in variants if f"{name}-{variant}" not in NOT_HERE]
    found += [(f"{BESIDE[0]}:w32", f"{name}:{variant}") for name, variants in lifters.items() for variant in variants]
    yield from dict.fromkeys(found)


def run_pair(estimator: str, lifter: str) -> Ran:
    """`posewright animate` on the beginning of the sample clip, and what its arrays hold."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.npz"
        command("animate", sample_clip(), "--end", SEEN, "--estimator", estimator, "--lifter", lifter, "-o", out, "-o", out.with_suffix(".glb"))
        assert out.with_suffix(".glb").stat().st_size > 1000
        with np.load(out) as data:
            arrays = {key: data[key] for key in data.files}
    poses = arrays["people.0.poses.xyz"]
    finite = all(np.isfinite(value).all() for key, value in arrays.items() if value.dtype.kind == "f" and "keypoints" not in key)
    heights = np.ptp(poses, axis=1).max(axis=-1)
    people = len({key.split(".")[1] for key in arrays if key.startswith("people.")})
    joints = f"{arrays['people.0.keypoints.xy'].shape[1]} in 2D, {poses.shape[1]} in 3D"
    return Ran(len(poses), people, joints, finite, (float(heights.min()), float(heights.max())))


def command(*arguments: object) -> None:
    """Run `posewright`.

    Raises:
        FailedError: it does not end well; with what it said last.
    """
    done = subprocess.run([sys.executable, "-m", "posewright", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise FailedError(next((line for line in done.stderr.splitlines() if line.startswith("error: ")), done.stderr.strip().rpartition("\n")[2]))


if __name__ == "__main__":
    main()
