"""Trains the network of `posewright.lift.wright` on motion capture, seen by random cameras with a detector's errors.

    python tools/train_wright.py ../shared/mocap out.npz --steps 6000 --seed 0

Needs PyTorch. One process makes batches in NumPy, the other trains. The same seed gives the same batches.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from pathlib import Path
from typing import Any

import numpy as np
from wright_data import Motions, batch, held_out_batch, read_motions

from posewright.files import atomic_path
from posewright.lift.wright.network import FEATURES, OUTPUTS, TREE
from posewright.study.metrics import pa_mpjpe

TRAIN = ("cmu_train.npz", "extra_cc0_animations.npz", "extra_mit_deepmimic.npz", "extra_mit_fair.npz")
WIDTH = 480
BLOCKS = 2
SMALL = {"head": 0.6, "left_hand": 0.3, "right_hand": 0.3, "left_foot": 0.4, "right_foot": 0.4, "left_heel": 0.3, "right_heel": 0.3}
"""Weights in the loss of bones that matter less than the rest."""


def produce(motions: Motions, queue: Any, size: int, steps: int, seed: int) -> None:
    """Put `steps` batches into the queue."""
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        queue.put(batch(motions, rng, size))


def network() -> Any:
    """The trainable network, normalised before each rectifier."""
    import torch
    from torch import nn

    def layer(width_in: int) -> nn.Sequential:
        return nn.Sequential(nn.Linear(width_in, WIDTH), nn.BatchNorm1d(WIDTH), nn.ReLU())

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = layer(FEATURES)
            self.blocks = nn.ModuleList([nn.Sequential(layer(WIDTH), layer(WIDTH)) for _ in range(BLOCKS)])
            self.last = nn.Linear(WIDTH, OUTPUTS)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = self.first(x)
            for block in self.blocks:
                h = h + block(h)
            return self.last(h).reshape(len(x), -1, 3)

    return Net()


def folded(net: Any) -> list[np.ndarray]:
    """The layers' weights (in, out) and biases in order, normalisation folded in."""
    arrays: list[np.ndarray] = []
    for linear, norm, _ in (net.first, *(layer for block in net.blocks for layer in block)):
        scale = norm.weight.detach() / (norm.running_var + norm.eps).sqrt()
        arrays += [(linear.weight.detach() * scale[:, None]).T.numpy(), ((linear.bias.detach() - norm.running_mean) * scale + norm.bias.detach()).numpy()]
    return [*arrays, net.last.weight.detach().T.numpy(), net.last.bias.detach().numpy()]


def started(net: Any, arrays: list[np.ndarray], inputs: Any) -> None:
    """Set a network to folded layers; each normalisation then gives back what it takes out, as measured on some inputs."""
    import torch

    def set_linear(linear: Any, weight: np.ndarray, bias: np.ndarray) -> None:
        linear.weight.copy_(torch.from_numpy(weight.T.astype(np.float32)))
        linear.bias.copy_(torch.from_numpy(bias.astype(np.float32)))

    with torch.no_grad():
        pairs = list(zip(arrays[::2], arrays[1::2], strict=True))
        h, before = inputs, inputs
        for i, (linear, norm, _) in enumerate([net.first, *(layer for block in net.blocks for layer in block)]):
            set_linear(linear, *pairs[i])
            z = linear(h)
            variance, mean = torch.var_mean(z, 0)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            norm.weight.copy_((variance + norm.eps).sqrt())
            norm.bias.copy_(mean)
            h = torch.relu(z)
            if i % 2 == 0:  # the first layer, and the second of each block
                before = h = h if i == 0 else before + h
        set_linear(net.last, *pairs[-1])


def report(net: Any, motions: Motions) -> str:
    """Errors on held-out motions, from exact and from noisy keypoints."""
    import torch

    net.eval()
    lines = []
    for name, noise in (("exact", False), ("noisy", True)):
        inputs, targets = held_out_batch(motions, np.random.default_rng(1), 6000, noise)
        with torch.no_grad():
            given = net(torch.from_numpy(inputs)).numpy()
        given /= np.linalg.norm(given, axis=-1, keepdims=True)
        angles = np.degrees(np.arccos(np.clip((given * targets).sum(-1), -1, 1)))
        rebuilt, truth = (TREE.chain @ (d[:, :-1] * TREE.reference[:, None]) for d in (given, targets))
        mpjpe = np.linalg.norm(rebuilt - truth, axis=-1).mean()
        lines.append(
            f"{name}: MPJPE {1000 * mpjpe:.1f} PA {1000 * pa_mpjpe(rebuilt, truth):.1f} mm, up {angles[:, -1].mean():.1f} deg, bones {angles[:, :-1].mean(0).round(1).tolist()}"
        )
    net.train()
    return "\n".join(lines)


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mocap", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    motions, held_out = read_motions([options.mocap / name for name in TRAIN]), read_motions([options.mocap / "cmu_val.npz"])
    print(f"{len(motions.root)} frames to train on, {len(held_out.root)} held out", flush=True)
    queue: Any = multiprocessing.get_context("fork").Queue(maxsize=8)
    producer = multiprocessing.get_context("fork").Process(target=produce, args=(motions, queue, options.batch, options.steps + bool(options.start), options.seed), daemon=True)
    producer.start()
    net = network()
    if options.start:
        with np.load(options.start) as data:
            started(net, [data[f"arr_{i}"] for i in range(len(data.files))], torch.from_numpy(queue.get()[0]))
    weights = torch.tensor([*(SMALL.get(bone, 1.0) for bone in TREE.bones), 1.0])[:, None]
    optimizer = torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, options.rate, total_steps=options.steps, pct_start=0.08)
    began, sliding = time.time(), 0.0
    for step in range(1, options.steps + 1):
        inputs, targets = (torch.from_numpy(array) for array in queue.get())
        with torch.autocast("cpu", torch.bfloat16):
            given = net(inputs)
        loss = (weights * (given.float() - targets) ** 2).sum(-1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        sliding = loss.item() if step == 1 else 0.98 * sliding + 0.02 * loss.item()
        if step % 200 == 0:
            print(f"step {step}, {time.time() - began:.0f} s, loss {sliding:.4f}", flush=True)
        if step % 1000 == 0 or step == options.steps:
            print(report(net, held_out), flush=True)
            with atomic_path(options.out) as path, open(path, "wb") as file:
                np.savez(file, *[array.astype(np.float16) for array in folded(net)])


if __name__ == "__main__":
    main()
