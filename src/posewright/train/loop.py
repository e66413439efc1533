"""The training loop: any task, checkpoints, curves, and a killed run that resumes to the same weights.

A task's step must depend on its state, the seed and the step's number alone: then there are no random states to keep,
and a run from a checkpoint goes on as if it had never stopped.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from posewright.errors import InputError, OutputError
from posewright.files import atomic_path

CHECKPOINT = "checkpoint.pt"
CURVES = "curves.csv"
FORMAT = "posewright training 1"


class Task(Protocol):
    """What is trained."""

    @property
    def parts(self) -> dict[str, Any]:
        """Everything with a `state_dict` that a checkpoint must hold: networks, optimisers, schedules."""

    def step(self, number: int, batch: Any) -> dict[str, float]:
        """Train on one batch; gives the losses. `number` counts from 1."""

    def evaluate(self, number: int) -> dict[str, float]:
        """Figures on held-out data, with the networks left as they were."""


@dataclass(frozen=True)
class Schedule:
    """How long, and how often to stop for a look."""

    steps: int
    log_every: int = 100
    save_every: int = 1000
    """Steps between checkpoints; each is followed by an evaluation."""


Notify = Callable[[int, dict[str, float]], None]
"""Takes a step's number and its figures."""


def set_deterministic(seed: int, threads: int | None = None) -> None:
    """Make PyTorch's weights and sums the same on every run with this seed on this machine's CPU."""
    import torch

    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    if threads:
        torch.set_num_threads(threads)


def resume(task: Task, folder: Path, config: dict[str, Any]) -> int:
    """Load the checkpoint of `folder` into the task.

    Returns:
        The number of the last step done; 0 where there is no checkpoint yet.

    Raises:
        InputError: the checkpoint is damaged, another program's, or of a run with other settings (it names them).
    """
    import torch

    path = folder / CHECKPOINT
    if not path.exists():
        return 0
    try:
        data = torch.load(path, map_location="cpu", weights_only=True)
        if data["format"] != FORMAT:
            raise KeyError(data["format"])
    except Exception as error:
        raise InputError(f"{path} is not a checkpoint of this program, or is damaged ({type(error).__name__}: {error}). Train into another folder") from error
    others = sorted(name for name in config.keys() | data["config"].keys() if config.get(name) != data["config"].get(name))
    if others:
        told = ", ".join(f"{name} {data['config'].get(name)!r}, now {config.get(name)!r}" for name in others)
        raise InputError(f"{path} belongs to a run with other settings ({told}). Train into another folder")
    for name, part in task.parts.items():
        part.load_state_dict(data["parts"][name])
    return int(data["step"])


def save(task: Task, folder: Path, config: dict[str, Any], step: int) -> None:
    """Write the checkpoint; an older one stays as it was until the new one is whole.

    Raises:
        OutputError: the folder cannot be written, or the disk is full.
    """
    import torch

    with atomic_path(folder / CHECKPOINT) as path:
        try:
            torch.save({"format": FORMAT, "step": step, "config": config, "parts": {name: part.state_dict() for name, part in task.parts.items()}}, path)
        except RuntimeError as error:  # PyTorch's writer reports a full disk so
            raise OutputError(f"cannot write {folder / CHECKPOINT}: {error}") from error


def train(task: Task, batches: Any, folder: Path, schedule: Schedule, config: dict[str, Any], done: int = 0, notify: Notify | None = None) -> None:
    """Train from step `done` + 1 to the schedule's last.

    Args:
        task: as `resume` left it.
        batches: an iterator over the batches of just these steps.
        folder: where checkpoint and curves go; made if missing.
        schedule: how long.
        config: plain values that name the run; `resume` compares them.
        done: the step that `resume` gave.
        notify: told the means of the losses since the last time, and each evaluation.

    Raises:
        OutputError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    curves = _Curves(folder / CURVES, done)
    sums: dict[str, float] = {}
    count, began = 0, time.monotonic()
    for number, batch in enumerate(batches, start=done + 1):
        for name, value in task.step(number, batch).items():
            sums[name] = sums.get(name, 0.0) + value
        count += 1
        last = number == schedule.steps
        if last or number % schedule.log_every == 0:
            means = {name: value / count for name, value in sums.items()}
            curves.add(number, means)
            if notify:
                notify(number, {**means, "seconds": time.monotonic() - began})
            sums, count = {}, 0
        if last or number % schedule.save_every == 0:
            save(task, folder, config, number)
            figures = task.evaluate(number)
            curves.add(number, figures)
            if notify and figures:
                notify(number, figures)


class _Curves:
    """A CSV of step, name, value; rows after the step from which a run resumes are dropped."""

    def __init__(self, path: Path, done: int) -> None:
        self._path = path
        rows: list[list[str]] = []
        if path.exists() and done:
            with path.open(encoding="utf-8", newline="") as file:
                rows = [row for row in csv.reader(file) if len(row) == 3 and row[0].isdigit() and int(row[0]) <= done]
        with atomic_path(path) as part, part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["step", "name", "value"], *rows])

    def add(self, step: int, values: dict[str, float]) -> None:
        with self._path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([step, name, f"{value:.6g}"] for name, value in values.items())
