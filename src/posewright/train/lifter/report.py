"""The figures of the model card: the package's own `wright` (or another) on motion, bodies and cameras that it never saw.

python -m posewright.train.lifter.report --mocap DIR [--detected DIR] [--weights FILE]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from posewright.lift.wright.model import FIRST, MEAN, Model, Models, load_models, read_model
from posewright.lift.wright.outputs import PARTS
from posewright.lift.wright.window import TREE
from posewright.study.metrics import pa_mpjpe
from posewright.train.data.bodies import load_bodies
from posewright.train.data.clips import read_clips
from posewright.train.data.sequences import Sequences, load_split
from posewright.train.lifter.evaluation import Figures, angle_deg, figures, placed
from posewright.train.lifter.noise import MeasuredNoise
from posewright.train.lifter.pairs import PairMaker
from posewright.train.lifter.real import Detected, RealMaker, detected

WINDOWS_MEASURED = 3000
SEED = 3


def synthetic(model: Model | Models, motion: Sequences, count: int = WINDOWS_MEASURED) -> Iterator[tuple[str, Figures]]:
    """Figures from exact keypoints, and from keypoints with a detector's errors on people who are whole in the picture and on all."""
    noises = {"exact 2D": None, "noisy 2D, nothing hidden": MeasuredNoise(things=0.0, cut=0.0), "noisy 2D": MeasuredNoise()}
    for name, noise in noises.items():
        pairs = PairMaker(motion, load_bodies(), model.window, count, noise, variety=False, lifted=0.0)(np.random.default_rng(SEED))
        yield name, figures(model.symmetric, pairs)


def on_detections(model: Model | Models, frames: Detected, count: int = WINDOWS_MEASURED) -> Iterator[tuple[str, Figures]]:
    """Figures from a detector's real output, without and with its own 3D as further input."""
    for name, lifted in (("BlazePose's 2D", 0.0), ("BlazePose's 2D and 3D", 1.0)):
        yield name, figures(model.symmetric, RealMaker(frames, model.window, count, False, lifted)(np.random.default_rng(SEED)))


def own_errors(frames: Detected) -> tuple[float, float, float]:
    """MPJPE and PA-MPJPE, mm, and mean angle of the bones, degrees, of the detector's own 3D."""
    known = np.abs(frames.others).max((1, 2)) > 0
    true = frames.targets[known][:, PARTS["directions"]].reshape(-1, len(TREE.bones), 3).astype(np.float64)
    own = frames.others[known].astype(np.float64)
    a, b = placed(own), placed(true)
    return 1000.0 * float(np.linalg.norm(a - b, axis=-1).mean()), 1000.0 * float(pa_mpjpe(a, b)), float(angle_deg(own, true).mean())


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mocap", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--detected", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--first", action="store_true", help="the package's directions from its first network alone, not the mean of both")
    options = parser.parse_args()
    model = read_model(options.weights) if options.weights else load_models(FIRST if options.first else MEAN)
    rows = list(synthetic(model, load_split(options.mocap, options.split, options.cache)))
    if options.detected:
        frames = detected(read_clips(options.detected))
        rows += on_detections(model, frames)
        print("BlazePose's own 3D: MPJPE {:.1f}, PA-MPJPE {:.1f} mm, bones {:.1f} degrees".format(*own_errors(frames)))
    for name, each in rows:
        print(f"{name}: " + ", ".join(f"{key} {value:.2f}" for key, value in vars(each).items()), flush=True)


if __name__ == "__main__":
    main()
