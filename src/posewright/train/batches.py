"""Batches made ahead of the training, in processes of their own; which batch comes at which step depends on the seed alone."""

from __future__ import annotations

import multiprocessing
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from posewright.errors import PosewrightError

Batch = TypeVar("Batch")
AHEAD = 4
"""Batches that each process keeps ready."""


def rng_of(seed: int, step: int) -> np.random.Generator:
    """The random numbers of one step: the same whichever process makes them, and after a resumed run."""
    return np.random.default_rng([seed, step])


@contextmanager
def batches(make: Callable[[np.random.Generator], Batch], seed: int, first: int, last: int, workers: int = 1) -> Iterator[Iterator[Batch]]:
    """The batches of the steps `first` to `last`, both included.

    Args:
        make: makes a batch with the random numbers it is given; must be picklable when `workers` is not 0.
        seed: of the whole run.
        first: number of the first step.
        last: number of the last step.
        workers: processes; 0 makes the batches in this one.

    Raises:
        PosewrightError: while iterating: making a batch failed, or a process died.
    """
    steps = range(first, last + 1)
    if not workers:
        yield (make(rng_of(seed, step)) for step in steps)
        return
    context = multiprocessing.get_context("spawn")
    queues: list[Any] = [context.Queue(AHEAD) for _ in range(workers)]
    processes = [context.Process(target=_produce, args=(make, seed, steps[i::workers], queues[i]), daemon=True) for i in range(workers)]
    for process in processes:
        process.start()
    try:
        yield (_taken(queues[i % workers], processes[i % workers]) for i in range(len(steps)))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()


def _produce(make: Callable[[np.random.Generator], Any], seed: int, steps: range, out: Any) -> None:
    for step in steps:
        try:
            out.put((make(rng_of(seed, step)), None))
        except Exception as error:
            out.put((None, f"{type(error).__name__}: {error}"))
            return


def _taken(source: Any, process: Any) -> Any:
    while True:
        try:
            batch, error = source.get(timeout=5.0)
        except queue.Empty:
            if process.is_alive():
                continue
            raise PosewrightError("a process that makes training batches has died (out of memory?)") from None
        if error:
            raise PosewrightError(f"no batch could be made: {error}")
        return batch
