"""Measure BlazePose's errors on rendered people and fit the training data's noise to them.

    pip install -e ".[study]" "anny==0.6.2"
    python tools/measure_detector.py render --mocap DIR --work DIR [--clips 600]
    python tools/measure_detector.py render --mocap DIR --work DIR --held-out --clips 60
    python tools/measure_detector.py fit --work DIR

`render` writes WORK/shards (or WORK/heldout: motion of the test split, other people), a file a clip; clips that are there are
left alone, so it can be stopped at any time. `fit` writes `src/posewright/train/data/noise.npz` and prints how near it comes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

OUTPUT = Path(__file__).parents[1] / "src/posewright/train/data/noise.npz"
FIGURES, HELD_OUT_FIGURES = 28, 8


def render(arguments: argparse.Namespace) -> None:
    from detector_clips import Studio, people

    from posewright.train.data.sequences import load_split

    folder = arguments.work / ("heldout" if arguments.held_out else "shards")
    folder.mkdir(parents=True, exist_ok=True)
    sequences = load_split(arguments.mocap, "test" if arguments.held_out else arguments.split, arguments.work / "cache", print)
    crowd = people(arguments.work / "people", *(("held", HELD_OUT_FIGURES) if arguments.held_out else ("p", FIGURES)))
    studio = Studio()
    total, began = 0, time.monotonic()
    for seed in range(arguments.first, arguments.clips):
        path = folder / f"clip_{seed:05d}.npz"
        if not path.exists():
            total += studio.clip(path, seed + (1 << 20 if arguments.held_out else 0), sequences, crowd)
            print(f"{path.name}: {total} frames, {total / (time.monotonic() - began):.1f} a second", flush=True)


def fit(arguments: argparse.Namespace) -> None:
    import fit_noise

    fit_noise.run(arguments.work, arguments.output)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, run in (("render", render), ("fit", fit)):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        command.add_argument("--work", type=Path, required=True, help="folder for people/, shards/ and heldout/")
        if name == "fit":
            command.add_argument("-o", "--output", type=Path, default=OUTPUT)
        if name == "render":
            command.add_argument("--mocap", type=Path, required=True, help="folder with the mocap .npz files")
            command.add_argument("--clips", type=int, default=600)
            command.add_argument("--first", type=int, default=0, help="number of the first clip")
            command.add_argument("--split", choices=("train", "val"), default="train", help="whose motion; give each split clip numbers of its own (--first)")
            command.add_argument("--held-out", action="store_true", help="motion of the test split on other people")
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
