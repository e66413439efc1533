"""The task: the loss of the papers, the learning rate's path, and a network that learns."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from posewright.nets.table import BGR_IMAGENET

torch = pytest.importorskip("torch")

from posewright.train.estimator.crops import Crops  # noqa: E402
from posewright.train.estimator.task import EstimatorTask, MakeBatch, heatmap_loss, learning_rate  # noqa: E402


@pytest.fixture(scope="module")
def crops():
    rng = np.random.default_rng(0)
    files = [cv2.imencode(".jpg", rng.integers(0, 256, (192, 192, 3), dtype=np.uint8))[1] for _ in range(4)]
    return Crops(np.concatenate(files), np.cumsum([len(file) for file in files]), rng.uniform(40, 150, (4, 17, 2)).astype(np.float32))


def test_the_loss_is_half_the_mean_square_without_what_is_not_known():
    predicted, maps = torch.zeros(1, 2, 2, 2), torch.ones(1, 2, 2, 2)
    assert heatmap_loss(predicted, maps, torch.tensor([[1.0, 1.0]])) == 0.5
    assert heatmap_loss(predicted, maps, torch.tensor([[1.0, 0.0]])) == 0.25


def test_the_learning_rate_rises_and_falls():
    rates = [learning_rate(step, 1000, 1e-3) for step in range(1, 1001)]
    assert max(rates) == rates[29] == pytest.approx(1e-3)
    assert rates[0] < 1e-4
    assert rates[-1] == pytest.approx(1e-5)
    assert (np.diff(rates[29:]) < 0).all()


def test_a_batch_depends_on_its_random_numbers_alone(crops):
    make = MakeBatch(crops, (96, 128), BGR_IMAGENET, 3, 1.5)
    one, same = make(np.random.default_rng([0, 7])), make(np.random.default_rng([0, 7]))
    assert [array.shape for array in one] == [(3, 3, 128, 96), (3, 17, 32, 24), (3, 17)]
    for a, b in zip(one, same, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("network", ["simplebaseline-small", "hrnet-small"])
def test_it_learns_one_batch_and_evaluation_leaves_it_as_it_was(crops, network):
    torch.manual_seed(0)
    task = EstimatorTask(network, crops, 100, 3e-3)
    batch = MakeBatch(crops, task.size, BGR_IMAGENET, 4, 1.5)(np.random.default_rng(0))
    losses = [task.step(20, batch)["loss"] for _ in range(25)]
    assert losses[-1] < 0.8 * losses[0]
    before = {name: value.clone() for name, value in task.net.state_dict().items()}
    assert 0 <= task.evaluate(1)["pck"] <= 1
    assert task.net.training
    assert all(torch.equal(value, before[name]) for name, value in task.net.state_dict().items())
