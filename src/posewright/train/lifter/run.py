"""A whole run: motion capture becomes training pairs, a network learns from them and is written as the package runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posewright.errors import OutputError, UsageError
from posewright.lift.wright.model import read_model, write_model
from posewright.lift.wright.window import WINDOWS, Window
from posewright.train.batches import batches
from posewright.train.config import as_table
from posewright.train.data.bodies import load_bodies
from posewright.train.data.clips import read_clips
from posewright.train.lifter.material import held_out_motion, rarity, training_motion
from posewright.train.lifter.noise import MeasuredNoise
from posewright.train.lifter.pairs import Make, Mixed, PairMaker, Pairs
from posewright.train.lifter.real import RealMaker, detected
from posewright.train.loop import Notify, Schedule, Task, resume, set_deterministic, train

WEIGHTS = "wright.npz"
ONNX = "wright.onnx"
HELD_OUT_SEED = 1
THINGS = CUT = 0.06
"""Shares of the training windows in which something stands before the person, or the picture's edge cuts a part off."""
UNNAMED = ("cache", "workers", "log_every", "save_every", "device", "threads")
"""Settings that a run may change when it is resumed."""


@dataclass(frozen=True)
class LifterConfig:
    """Settings of a run."""

    network: str = "wright"
    """A key of `NETWORKS`."""
    window: str = "centred"
    """A key of `posewright.lift.wright.window.WINDOWS`; `causal` for live use."""
    width: int = 576
    """Units of a hidden layer of `wright`."""
    blocks: int = 2
    """Its residual blocks."""
    dropout: float = 0.1
    """Share of its units left out at each step."""
    frames: int = 243
    """Frames that a published network sees."""
    channels: int | None = None
    """Its channels; as published when None."""
    steps: int = 5000
    batch: int = 1536
    """New windows a step."""
    passes: int = 2
    """How often each is learnt from, every second time in a mirror."""
    part: int = 512
    """Windows learnt from in one go."""
    rate: float = 1e-3
    """The highest learning rate."""
    decay: float = 0.5
    """Share of the steps over which it falls to nothing."""
    seed: int = 0
    mocap: Path | None = None
    """Folder of motion capture; None for the sample clip's motion alone."""
    cache: Path | None = None
    """Folder that keeps what was read of it."""
    detected: Path | None = None
    """Folder of clips that a detector saw (`tools/measure_detector.py`)."""
    detected_share: float = 0.1
    """Share of each batch that comes from them."""
    milder: float = 0.6
    """Share of the other windows whose errors are only a random part of the measured ones."""
    start: Path | None = None
    """Weights to go on from (`wright.npz` of a run of this width or a narrower one)."""
    held_out: int = 3000
    """Windows to measure on."""
    threads: int = 1
    workers: int = 1
    """Processes that make batches; 0 for none beside the training."""
    log_every: int = 100
    save_every: int = 1000
    bf16: bool = False
    """Multiply in 16 bits: twice as fast on processors with instructions for it (AVX-512 BF16, AMX), and on GPUs."""
    device: str = "cpu"
    """PyTorch's name of what trains: cpu, cuda."""


@dataclass(frozen=True)
class Trained:
    """What a run leaves."""

    weights: Path
    advice: tuple[str, ...]
    """What to do with them, in words."""


def run(config: LifterConfig, folder: Path, notify: Notify | None = None) -> Trained:
    """Train, from the last checkpoint if there is one.

    Args:
        config: the settings; those of a run to be resumed must be the same.
        folder: for checkpoint, curves and weights; made if missing.
        notify: told the losses and figures, see `train.loop`.

    Raises:
        UsageError: there is no such network or window, or it cannot go on from those weights.
        InputError: motions are missing or damaged; a checkpoint of a run with other settings lies in the folder.
        OutputError: the folder cannot be written.
    """
    if config.network not in NETWORKS:
        raise UsageError(f"no network '{config.network}' to train. There are: {', '.join(NETWORKS)}")
    if config.window not in WINDOWS:
        raise UsageError(f"no window '{config.window}'. There are: {', '.join(WINDOWS)}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror}") from error
    set_deterministic(config.seed, config.threads)
    return NETWORKS[config.network](config, folder, notify)


def _wright(config: LifterConfig, folder: Path, notify: Notify | None) -> Trained:
    from posewright.train.lifter.perceptron import Perceptron
    from posewright.train.lifter.task import Settings, WrightTask

    window = WINDOWS[config.window]
    make = maker(config, window)
    net = Perceptron(window.features, config.width, config.blocks, config.dropout)
    if config.start:
        _start(net, config.start, make)
    settings = Settings(config.steps, config.rate, config.decay, config.passes, config.part, config.device, config.bf16)
    task = WrightTask(net, held_out(config, window), window, settings)

    def told(number: int, figures: dict[str, float]) -> None:
        if "loss" not in figures:  # just saved
            write_model(folder / WEIGHTS, window, task.layers())
        if notify:
            notify(number, figures)

    _loop(config, folder, task, make, told)
    write_model(folder / WEIGHTS, window, task.layers())
    export(task.average.net, window, folder / ONNX)
    return Trained(
        folder / WEIGHTS,
        (f"the same as ONNX: {folder / ONNX}", f"use them:  posewright animate clip.mp4 --lifter wright:{folder / WEIGHTS}"),
    )


def _reference(config: LifterConfig, folder: Path, notify: Notify | None) -> Trained:
    from posewright.train.lifter.clips import ClipMaker
    from posewright.train.lifter.references import REFERENCES, ReferenceTask
    from posewright.train.lifter.task import Settings

    reference = REFERENCES[config.network]
    motion, held = training_motion(config.mocap, config.cache), held_out_motion(config.mocap, config.cache)
    rng = np.random.default_rng(HELD_OUT_SEED)
    kinds = {name: ClipMaker(held, load_bodies(), config.frames, config.held_out, reference.normalise, noisy, False)(rng) for name, noisy in (("exact", False), ("noisy", True))}
    settings = Settings(config.steps, config.rate, config.decay, device=config.device, bf16=config.bf16)
    task = ReferenceTask(reference, config.frames, config.channels, kinds, settings)
    _loop(config, folder, task, ClipMaker(motion, load_bodies(), config.frames, config.batch, reference.normalise), notify)
    weights = task.save(folder, config.steps)
    task.export(folder / f"{reference.name}.onnx")
    if config.channels or config.frames != LifterConfig.frames:
        return Trained(weights, (f"of another size than the published network: {config.frames} frames, {config.channels or 'all'} channels",))
    return Trained(weights, (f"convert them:  posewright models convert {reference.name} {weights} -o {folder / reference.name}.onnx",))


def _loop(config: LifterConfig, folder: Path, task: Task, make: Any, notify: Notify | None) -> None:
    table = {key: value for key, value in as_table(config).items() if key not in UNNAMED}
    done = resume(task, folder, table)
    with batches(make, config.seed, done + 1, config.steps, config.workers) as source:
        train(task, source, folder, Schedule(config.steps, config.log_every, config.save_every), table, done, notify)


def _start(net: Any, weights: Path, make: Make) -> None:
    import torch

    from posewright.train.lifter.start import started

    inputs = [make(np.random.default_rng([HELD_OUT_SEED, part])).inputs for part in range(4)]
    started(net, read_model(weights).layers, torch.from_numpy(np.concatenate(inputs)))


def maker(config: LifterConfig, window: Window) -> Make:
    """Makes the batches of a run."""
    real = round(config.batch * config.detected_share) if config.detected else 0
    motion = training_motion(config.mocap, config.cache)
    made: Make = PairMaker(motion, load_bodies(), window, config.batch - real, MeasuredNoise(config.milder, THINGS, CUT), chances=rarity(motion))
    if not config.detected:
        return made
    return Mixed((made, RealMaker(detected(read_clips(config.detected)), window, real)))


def held_out(config: LifterConfig, window: Window) -> dict[str, Pairs]:
    """What a run is measured on: other motions on the bodies as baked, exact and as a detector would see them."""
    motion = held_out_motion(config.mocap, config.cache)
    rng = np.random.default_rng(HELD_OUT_SEED)
    kinds: Sequence[tuple[str, Any]] = (("exact", None), ("noisy", MeasuredNoise()))
    return {name: PairMaker(motion, load_bodies(), window, config.held_out, noise, variety=False, lifted=0.0)(rng) for name, noise in kinds}


def export(net: Any, window: Window, path: Path) -> None:
    """Write the network as ONNX: `input` (batch, F) to `output` (batch, OUTPUTS) as `posewright.lift.wright` reads them."""
    from posewright.nets.export import export_onnx
    from posewright.nets.table import BATCH, Net

    spec = Net("", (1, window.features), (BATCH,), ("output",))
    export_onnx(net.cpu().eval(), path, f"wright-{window.name}", spec)


NETWORKS = {"wright": _wright, "videopose3d": _reference, "motionbert-lite": _reference}
"""What can be trained."""
