"""Going on from weights that there are: of the same network, or of a narrower one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from posewright.errors import UsageError
from posewright.geometry import Array
from posewright.train.lifter.perceptron import Perceptron


def started(net: Perceptron, layers: Sequence[tuple[Array, Array]], inputs: Tensor) -> None:
    """Set a network to folded layers, so that it gives what they give.

    Each normalisation then gives back what it takes out, as measured on some inputs. Where the network is wider than the
    layers, the units that are new keep their random weights and have no say yet.

    Args:
        layers: weights (in, out) and biases (out,) as `folded` makes them; no wider than the network.
        inputs: (N, F), many enough to measure means and variances on.

    Raises:
        UsageError: the layers are wider, or more or fewer, than the network's.
    """
    inner = net.hidden()
    wider = any(w.shape[0] > linear.in_features or w.shape[1] > linear.out_features for (w, _), linear in zip(layers, [*(layer[0] for layer in inner), net.last], strict=False))
    if len(layers) != len(inner) + 1 or wider:
        raise UsageError(f"a network of {len(inner)} layers, {net.last.in_features} wide, cannot start from {len(layers) - 1} layers, {layers[0][0].shape[1]} wide")
    with torch.no_grad():
        h = before = inputs
        for i, (linear, norm, *_) in enumerate(inner):
            _fill(linear, layers[i])
            z = linear(h)
            variance, mean = torch.var_mean(z, 0)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            norm.weight.copy_((variance + norm.eps).sqrt())
            norm.bias.copy_(mean)
            h = torch.relu(z)
            if i % 2 == 0:  # the first layer, and the second of each block
                before = h = h if i == 0 else before + h
        _fill(net.last, layers[-1])


def _fill(linear: torch.nn.Linear, layer: tuple[Array, Array]) -> None:
    weights, bias = (torch.from_numpy(array).float() for array in layer)
    rows, columns = weights.shape
    linear.weight[:columns, rows:] = 0.0
    linear.weight[:columns, :rows] = weights.T
    linear.bias[:columns] = bias
