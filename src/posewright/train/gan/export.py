"""The trained generator as a small file for the lifter `gan`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from posewright.files import atomic_path
from posewright.lift.gan import FORMAT, Generator


def generator_of(task: Any, nose_made: bool) -> Generator:
    """The trained network of a task of either form, in NumPy."""
    weights = {name: tensor.detach().cpu().numpy().astype(np.float32) for name, tensor in task.trained.state_dict().items()}
    return Generator(task.form, weights, task.distance, nose_made)


def write_generator(path: Path, generator: Generator) -> None:
    """Write what `posewright.lift.gan.load_generator` reads, in half precision.

    Raises:
        OutputError: the file cannot be written.
    """
    weights = {f"w.{name}": array.astype(np.float16) for name, array in generator.weights.items()}
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, format=FORMAT, form=generator.form, distance=generator.distance, nose_made=generator.nose_made, **weights)
