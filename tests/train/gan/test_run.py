import csv

import numpy as np
import pytest

from posewright.errors import InputError, UsageError
from posewright.lift.gan import BODY, load_generator, normalised
from posewright.train.batches import batches, rng_of
from posewright.train.gan.measure import flat, mean_depth, measure, views_of
from posewright.train.gan.poses import Projected
from tests.train.gan.bodies import bodies

torch = pytest.importorskip("torch")
from posewright.train.gan.elevation import ElevationBatches, ElevationTask  # noqa: E402
from posewright.train.gan.export import generator_of  # noqa: E402
from posewright.train.gan.heuristic import HeuristicBatches, HeuristicTask  # noqa: E402
from posewright.train.gan.run import GENERATOR, PLOT, GANConfig, train_gan  # noqa: E402
from posewright.train.gan.space import bone_spread, placed  # noqa: E402
from posewright.train.gan.supervised import SupervisedBatches, SupervisedTask  # noqa: E402
from posewright.train.loop import CHECKPOINT, CURVES, set_deterministic  # noqa: E402


@pytest.fixture
def poses(tmp_path):
    """A file of made-up people as seen by random cameras."""
    xy = Projected(bodies()).seen(np.arange(len(bodies())), np.random.default_rng(0))
    np.save(tmp_path / "poses.npy", xy.reshape(len(xy), -1))
    return tmp_path / "poses.npy"


def tiny(poses, **more):
    return GANConfig(**{"poses": (poses,), "steps": 6, "batch": 8, "width": 12, "save_every": 2, **more})


def weights(folder):
    return load_generator(folder / GENERATOR).weights


@pytest.mark.parametrize("form", ["elevation", "heuristic"])
def test_one_seed_gives_one_result_and_a_killed_run_resumes_to_it(poses, tmp_path, form, monkeypatch):
    monkeypatch.setattr("posewright.train.gan.run._draw", lambda *given: None)

    def stop(step, figures):
        if step == 6:
            raise KeyboardInterrupt

    config = tiny(poses, form=form)
    train_gan(config, tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        train_gan(config, tmp_path / "b", stop)  # after the checkpoint of step 4, before that of step 6
    train_gan(config, tmp_path / "b")
    train_gan(tiny(poses, form=form, seed=1), tmp_path / "c")
    for name, array in weights(tmp_path / "a").items():
        np.testing.assert_array_equal(array, weights(tmp_path / "b")[name])
    assert any((array != weights(tmp_path / "c")[name]).any() for name, array in weights(tmp_path / "a").items())
    with pytest.raises(InputError, match="seed 0, now 2"):
        train_gan(tiny(poses, form=form, seed=2), tmp_path / "a")


def test_a_run_leaves_checkpoint_curves_generator_and_pictures(poses, tmp_path):
    train_gan(tiny(poses), tmp_path / "run")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert {CHECKPOINT, CURVES, GENERATOR} <= names
    parts = torch.load(tmp_path / "run" / CHECKPOINT, weights_only=True)["parts"]
    assert {"generator", "averaged_generator", "discriminator", "generator_optimiser", "discriminator_optimiser"} == set(parts)
    with (tmp_path / "run" / CURVES).open() as file:
        assert {"adversarial", "discriminator", "bones"} <= {row["name"] for row in csv.DictReader(file)}
    generator = load_generator(tmp_path / "run" / GENERATOR)
    assert generator.nose_made
    pytest.importorskip("matplotlib")
    assert (tmp_path / "run" / PLOT).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("task", [ElevationTask(10, 24, 10.0), HeuristicTask(24)])
def test_numpy_runs_what_pytorch_trained(task):
    xy = normalised(np.random.default_rng(0).normal(size=(5, len(BODY), 2))).astype(np.float32)
    generator = generator_of(task, nose_made=False)
    out = task.trained(torch.from_numpy(xy))
    depth = out[0] if isinstance(out, tuple) else out - out[:, :1]
    mirror = xy[:, BODY.mirror()] * np.float32([-1, 1])
    other = task.trained(torch.from_numpy(mirror))
    other_depth = (other[0] if isinstance(other, tuple) else other - other[:, :1])[:, BODY.mirror()]
    np.testing.assert_allclose(generator(xy)[0][..., 2], 0.5 * (depth + other_depth).detach(), atol=1e-5)


@pytest.mark.parametrize("frames", [1, 4])
def test_every_loss_has_finite_gradients(frames):
    set_deterministic(0)
    task, make = ElevationTask(8, 24, 10.0, frames), ElevationBatches(Projected(bodies()), 16, frames)
    for number in range(1, 9):  # two gradient penalties, the early part and the late
        losses = task.step(number, make(rng_of(0, number)))
        assert all(np.isfinite(value) for value in losses.values())
        for net in (task.generator, task.parts["discriminator"]):
            assert all(torch.isfinite(parameter.grad).all() and parameter.grad.abs().max() > 0 for parameter in net.parameters())
    assert "facing" not in losses


def trained(task, make, steps):
    with batches(make, 0, 1, steps, workers=0) as stream:
        return [task.step(number, batch) for number, batch in enumerate(stream, start=1)]


def test_learning_from_2d_gives_people_one_set_of_proportions():
    set_deterministic(0)
    people = bodies()
    task = ElevationTask(120, 32, 10.0)
    trained(task, ElevationBatches(Projected(people), 64), 120)
    xy = normalised(views_of(people).xy).astype(np.float32)
    lifted = placed(torch.from_numpy(xy), task.generator(torch.from_numpy(xy))[0], 10.0)
    assert bone_spread(lifted) < 0.8 * bone_spread(torch.from_numpy(flat(xy)))


def test_learning_from_3d_beats_the_mean_depth():
    set_deterministic(0)
    people = bodies()
    task = SupervisedTask(120, 32, 10.0)
    trained(task, SupervisedBatches(people, 64), 120)
    views = views_of(people)
    assert measure(lambda xy: generator_of(task, nose_made=False)(xy)[0], views).mean_mm < measure(mean_depth(views_of(people, 2)), views).mean_mm < measure(flat, views).mean_mm


def test_the_form_of_2018_turns_faces_to_the_front():
    set_deterministic(0)
    task = HeuristicTask(32)
    losses = trained(task, HeuristicBatches(Projected(bodies()), 32), 100)
    assert losses[-1]["heuristic"] < 0.5 * max(loss["heuristic"] for loss in losses)


def test_settings_that_do_not_fit_are_refused(poses, tmp_path):
    for wrong, told in (({"form": "both"}, "elevation, heuristic"), ({"form": "heuristic", "frames": 3}, "temporal"), ({"steps": 0}, "at least 1")):
        with pytest.raises(UsageError, match=told):
            tiny(poses, **wrong)
    with pytest.raises(UsageError, match="needs 3D"):
        train_gan(tiny(poses, form="supervised"), tmp_path / "run")
    with pytest.raises(InputError, match="no clip of the poses is 3 frames long"):
        train_gan(tiny(poses, frames=3), tmp_path / "run")
