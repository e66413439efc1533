"""How many windows a second the training data of `wright` streams, beside how many the network learns from.

    python benchmarks/training_data.py --mocap DIR [--cache DIR] [--detected DIR] [--workers 2] [--seconds 20]

A: windows made, in 1 to `--workers` processes of one thread each (motion varied, on a random body, before a random camera, with the
detector's errors). B: windows learnt from by a network of the shipped size, one thread, forwards and backwards, in 16 bits. What
matters is the ratio: above 1 the data never keeps the training waiting.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from posewright.lift.wright.window import WINDOWS
from posewright.train.batches import batches
from posewright.train.lifter.pairs import Pairs
from posewright.train.lifter.perceptron import Perceptron
from posewright.train.lifter.run import LifterConfig, maker
from posewright.train.lifter.task import Settings, WrightTask

WINDOW = WINDOWS["centred"]


def made(config: LifterConfig, workers: int, seconds: float) -> float:
    """Windows a second, after a first batch that is not counted."""
    with batches(maker(config, WINDOW), 0, 1, 1_000_000, workers) as source:
        stream = iter(source)
        for _ in range(workers + 1):
            next(stream)
        begun, count = time.perf_counter(), 0
        while time.perf_counter() - begun < seconds:
            next(stream)
            count += 1
        return count * config.batch / (time.perf_counter() - begun)


def learnt(config: LifterConfig, pairs: Pairs, seconds: float) -> float:
    """Windows a second that one thread learns from."""
    torch.set_num_threads(1)
    net = Perceptron(WINDOW.features, config.width, config.blocks, config.dropout)
    task = WrightTask(net, {}, WINDOW, Settings(1_000_000, 1e-3, passes=1, part=config.part, bf16=config.bf16))
    task.step(1, pairs)
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        task.step(count + 2, pairs)
        count += 1
    return count * len(pairs.inputs) / (time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mocap", type=Path, help="folder of motion capture; the sample clip's motion without it")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--detected", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    config = replace(LifterConfig(), mocap=options.mocap, cache=options.cache, detected=options.detected, bf16=True)
    pairs = maker(config, WINDOW)(np.random.default_rng(0))
    b = learnt(config, pairs, options.seconds)
    for workers in range(1, options.workers + 1):
        a = made(config, workers, options.seconds)
        print(f"{workers} process{'es' if workers > 1 else ''}: {a:,.0f} windows a second made, {b:,.0f} learnt from by one thread: {a / b:.2f}", flush=True)


if __name__ == "__main__":
    main()
