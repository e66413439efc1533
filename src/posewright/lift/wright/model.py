"""`wright`'s network as the package runs it: a residual perceptron over a window of 2D keypoints, in plain NumPy.

Blocks after Martinez et al. 2017 (https://arxiv.org/abs/1705.03098). The window is seen by a virtual camera that looks
straight at the pelvis, and is divided by the body's size in the picture, so that neither place nor distance matters.
Trained by `posewright train lifter`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from posewright.errors import ModelError
from posewright.files import atomic_path
from posewright.geometry import Array
from posewright.lift.wright.outputs import MIRRORED, OUTPUTS
from posewright.lift.wright.window import WINDOWS, Window, mirrored_inputs, with_confidence

FORMAT = "posewright wright 2"
_WEIGHTS, _CAUSAL = ("first.npz", "second.npz"), "causal.npz"


@dataclass(frozen=True)
class Model:
    """A residual perceptron; normalisation is folded into its layers."""

    window: Window
    layers: tuple[tuple[Array, Array], ...]
    """Weights (in, out) and biases (out,): one into the blocks, two in each, and one out of them."""
    told: int = OUTPUTS
    """How many of the outputs, from the first, it was trained to give."""
    graded: bool = True
    """It was trained with the detector's confidence, else with 1 for what is seen."""

    def __call__(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Outputs (N, OUTPUTS) of inputs (N, F) as `features` makes them."""
        (w, b), *inner, (last, bias) = self.layers
        h = inputs @ w + b
        np.maximum(h, 0.0, out=h)
        for (w0, b0), (w1, b1) in zip(inner[::2], inner[1::2], strict=True):
            part = _rectified(_rectified(h, w0, b0), w1, b1)
            h += part
        return np.asarray(h @ last + bias)

    def symmetric(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """The mean of the outputs (N, OUTPUTS) for a window and for its mirror image."""
        columns, signs = self._mirror
        if not self.graded:
            inputs = with_confidence(inputs, self.window, inputs > 0)
        order, flip = MIRRORED
        return np.asarray(0.5 * (self(inputs) + self(inputs[:, columns] * signs)[:, order] * flip))

    @cached_property
    def _mirror(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        return mirrored_inputs(self.window)


FIRST, MEAN = (1.0, 0.0), (0.4, 0.6)
"""Shares of the package's two networks: the first alone, and their mean, which does better on all but exact keypoints (README.md has the figures)."""


@dataclass(frozen=True)
class Models:
    """Several networks whose outputs are averaged: what errors they do not share cancels (Hansen and Salamon 1990)."""

    members: tuple[Model, ...]
    """All of one window; the last gives every output."""
    shares: tuple[float, ...]
    """How much each counts in what all of them tell; they sum to 1. The rest is the last one's."""

    @property
    def window(self) -> Window:
        """What they see."""
        return self.members[0].window

    def symmetric(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Outputs (N, OUTPUTS) for a window and for its mirror image."""
        given = [member.symmetric(inputs) for member in self.members]
        common = min(member.told for member in self.members)
        out = given[-1].copy()
        out[:, :common] = sum(np.float32(share) * each[:, :common] for share, each in zip(self.shares, given, strict=True))
        return out


def _rectified(h: Array, weights: Array, bias: Array) -> Array:
    out = h @ weights
    out += bias
    return np.asarray(np.maximum(out, 0.0, out=out))


def write_model(path: str | os.PathLike[str], window: Window, layers: Sequence[Array], told: int = OUTPUTS, graded: bool = True) -> None:
    """Write weights and biases in turn as a .npz in half precision.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_path(Path(path)) as part, open(part, "wb") as file:
        arrays: dict[str, Any] = {f"layer{i // 2}_{'bias' if i % 2 else 'weights'}": array.astype(np.float16) for i, array in enumerate(layers)}
        np.savez(file, format=FORMAT, window=window.name, told=told, graded=graded, **arrays)


def read_model(path: str | os.PathLike[str]) -> Model:
    """A model that `posewright train lifter` wrote.

    Raises:
        ModelError: the file cannot be read, is of another program, or does not fit its window.
    """
    try:
        with open(path, "rb") as file:
            return _read(file, os.fspath(path))
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror}") from error


@cache
def load_models(shares: tuple[float, ...] = MEAN) -> Models:
    """The networks that come with the package."""
    return Models(tuple(_shipped(name) for name in _WEIGHTS), shares)


@cache
def load_causal() -> Model:
    """The network that looks at the past alone, for live use."""
    return _shipped(_CAUSAL)


def _shipped(name: str) -> Model:
    with (files(__package__) / name).open("rb") as file:
        return _read(file, name)


def _read(file: IO[bytes], name: str) -> Model:
    try:
        with np.load(file, allow_pickle=False) as data:
            if str(data["format"]) != FORMAT:
                raise KeyError(str(data["format"]))
            window = WINDOWS[str(data["window"])]
            count = sum(key.endswith("_weights") for key in data.files)
            told, graded = int(data["told"]), bool(data["graded"])
            layers = tuple((data[f"layer{i}_weights"].astype(np.float32), data[f"layer{i}_bias"].astype(np.float32)) for i in range(count))
    except Exception as error:
        raise ModelError(f"{name} holds no weights of the lifter 'wright', or is damaged ({type(error).__name__}: {error})") from error
    if layers[0][0].shape[0] != window.features or layers[-1][0].shape[1] != OUTPUTS:
        raise ModelError(f"{name} takes {layers[0][0].shape[0]} inputs and gives {layers[-1][0].shape[1]} outputs, not {window.features} and {OUTPUTS}: it is of another version")
    return Model(window, layers, told, graded)
